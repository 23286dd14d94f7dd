/** Statements: control flow here, everything else handed to the file that knows it. Follows what is known about headers' validity along the way. */
import { dropReasons, type Expr, maxRounds, type Stmt } from '../ir/ir.ts';
import { addEntry, getEntryExpireTime, isFirstHitOfPeriod, restartExpireTimer, setEntryExpireTime } from './add-entry.ts';
import { apply } from './apply.ts';
import { assertNever, Bug } from './bug.ts';
import type { Ref } from './builder.ts';
import { constant } from './bytes.ts';
import { copy, cutPayload, truncate } from './copies.ts';
import { deparse, emit } from './deparser.ts';
import { evaluateLimbs, evaluateNumber } from './expr.ts';
import { allocateFlowId, count, digest, mirror, random, registerRead, registerWrite } from './externs.ts';
import { assume, changedHeaders, decide, type Facts, forget, meet } from './facts.ts';
import { assign, copyHeader, copyVarbit, setValid } from './headers.ts';
import { meter } from './meters.ts';
import { isWide } from './narrow.ts';
import { advance, extract, goto, lookahead, parser } from './parser.ts';
import type { LabelScope, Pipe } from './pipe.ts';
import { narrowSlice } from './wide.ts';

/** Passes after which a packet that keeps recirculating is dropped. */
const maxPasses = 16;

/** Most cases that become one branch table. */
const maxBranchTable = 1024;

export function statements(p: Pipe, list: readonly Stmt[]): void {
  for (const s of list) {
    // Nothing behind a jump is reached.
    if (!p.facts) return;
    p.scoped(() => {
      p.enter(s);
      statement(p, s);
    });
  }
}

function statement(p: Pipe, s: Stmt): void {
  switch (s.kind) {
    case 'assign':
      assign(p, s.target, s.value);
      return;
    case 'assignSlice':
      assign(p, s.target, s.value, s.high, s.low);
      return;
    case 'setValid':
      setValid(p, s.header, s.valid);
      return;
    case 'copyHeader':
      copyHeader(p, s.target, s.source);
      return;
    case 'copyVarbit':
      copyVarbit(p, s.target, s.source);
      return;
    case 'if':
      ifStatement(p, s);
      return;
    case 'switch':
      switchStatement(p, s);
      return;
    case 'block': {
      const scope: LabelScope = { breakTo: p.label(), facts: undefined };
      p.labels.set(s.label, scope);
      p.block(() => statements(p, s.body), scope.breakTo);
      p.facts = meet(p.facts, scope.facts);
      return;
    }
    case 'loop':
      loopStatement(p, s);
      return;
    case 'break':
    case 'continue': {
      const scope = p.labels.get(s.label);
      const to = s.kind === 'break' ? scope?.breakTo : scope?.continueTo;
      if (!scope || to === undefined) throw new Bug(`${s.kind} ${s.label} outside`);
      if (s.kind === 'break') scope.facts = meet(scope.facts, p.facts);
      p.br(to);
      p.facts = undefined;
      return;
    }
    case 'apply':
      apply(p, s, statements);
      return;
    case 'parser':
      parser(p, s, statements);
      return;
    case 'goto':
      goto(p, s.state);
      return;
    case 'extract':
      extract(p, s);
      return;
    case 'lookahead':
      lookahead(p, s);
      return;
    case 'advance':
      advance(p, s.bits);
      return;
    case 'setParserError':
      p.set(p.parserError, number32(p, s.error));
      return;
    case 'deparse':
      deparse(p, s, statements);
      return;
    case 'emit':
      emit(p, s.header);
      return;
    case 'nextPass':
      nextPass(p);
      return;
    case 'output':
      setFate(p, number32(p, s.port), 'none');
      return;
    case 'drop':
      setFate(p, p.m.i32.const(-1), s.reason);
      return;
    case 'multicast':
      setFate(p, p.m.i32.const(-1), 'none');
      p.set(p.group, number32(p, s.group));
      p.set(p.hasGroup, p.m.i32.const(1));
      return;
    case 'mirror':
      mirror(p, s);
      return;
    case 'copy':
      copy(p, s);
      return;
    case 'truncate':
      truncate(p, s.bytes);
      return;
    case 'cutPayload':
      cutPayload(p, s.bytes);
      return;
    case 'addEntry':
      addEntry(p, s);
      return;
    case 'restartExpireTimer':
      restartExpireTimer(p, s.table);
      return;
    case 'getEntryExpireTime':
      getEntryExpireTime(p, s.table, s.target);
      return;
    case 'isFirstHitOfPeriod':
      isFirstHitOfPeriod(p, s.table, s.target);
      return;
    case 'setEntryExpireTime':
      setEntryExpireTime(p, s.table, number32(p, s.profile));
      return;
    case 'count':
      count(p, s);
      return;
    case 'meter':
      meter(p, s);
      return;
    case 'registerRead':
      registerRead(p, s);
      return;
    case 'registerWrite':
      registerWrite(p, s);
      return;
    case 'random':
      random(p, s);
      return;
    case 'digest':
      digest(p, s);
      return;
    case 'allocateFlowId':
      allocateFlowId(p, s.target);
      return;
    default:
      assertNever(s);
  }
}

/** The low 32 bits of a value. */
export function number32(p: Pipe, e: Expr): Ref {
  return e.width <= 32 ? evaluateNumber(p, e) : narrowSlice(p, evaluateLimbs(p, e), 0, 32);
}

function ifStatement(p: Pipe, s: Extract<Stmt, { kind: 'if' }>): void {
  const known = decide(p.facts, s.condition);
  if (known !== undefined) {
    statements(p, known ? s.then : s.else);
    return;
  }
  const before = p.facts;
  let after: Facts;
  const branch = (body: readonly Stmt[], outcome: boolean): void => {
    p.facts = assume(before, s.condition, outcome);
    statements(p, body);
    after = meet(after, p.facts);
  };
  const condition = evaluateNumber(p, s.condition);
  if (s.then.length === 0) {
    p.if(p.m.i32.eqz(condition), () => branch(s.else, false));
    after = meet(after, assume(before, s.condition, true));
  } else {
    const otherwise = s.else.length > 0 ? () => branch(s.else, false) : undefined;
    p.if(condition, () => branch(s.then, true), otherwise);
    if (!otherwise) after = meet(after, assume(before, s.condition, false));
  }
  p.facts = after;
}

function switchStatement(p: Pipe, s: Extract<Stmt, { kind: 'switch' }>): void {
  const before = p.facts;
  let after: Facts;
  const branch = (body: readonly Stmt[]): void => {
    p.facts = before;
    statements(p, body);
    after = meet(after, p.facts);
  };
  const values = s.cases.flatMap((c) => c.values).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const [low = 0n, high = 0n] = [values[0], values.at(-1)];
  const span = high - low + 1n;
  const isDense = values.length >= 4 && span <= BigInt(4 * values.length) && span <= BigInt(maxBranchTable);
  if (isDense && s.value.width <= 32 && p.unit.does('select-tables')) {
    const offset = p.m.i32.sub(evaluateNumber(p, s.value), constant(p, 32, low));
    branchTable(p, offset, Number(span), (index) => s.cases.findIndex((c) => c.values.includes(low + BigInt(index))), [
      ...s.cases.map((c) => () => branch(c.body)),
      () => branch(s.default),
    ]);
  } else {
    const value = heldVariable(p, s.value);
    p.block((done) => {
      for (const c of s.cases) {
        const tests = c.values.map((v): Expr => {
          const right: Expr = { kind: 'const', width: s.value.width, value: v };
          return { kind: 'binary', op: 'eq', width: 1, signed: false, left: value, right };
        });
        if (tests.length === 0) continue;
        const any = tests.reduce((left, right) => ({ kind: 'logical', op: 'or', width: 1, left, right }));
        p.if(evaluateNumber(p, any), () => {
          branch(c.body);
          p.br(done);
        });
      }
      branch(s.default);
    });
  }
  p.facts = after;
}

/** An expression that is cheap to repeat: variables, fields and constants are, the rest would be computed once per case. */
function heldVariable(p: Pipe, e: Expr): Expr {
  const isCheap = e.kind === 'var' || e.kind === 'field' || (e.kind === 'slice' && e.operand.kind === 'field');
  if (isCheap || isWide(e.width)) return e;
  return p.temporary(e.width, evaluateNumber(p, e));
}

/**
 * Branches by `index` (unsigned, below `span`) to one of the bodies; `choose` gives the body of an index. The last body is for all others.
 */
export function branchTable(
  p: Pipe,
  index: Ref,
  span: number,
  choose: (index: number) => number,
  bodies: readonly (() => void)[],
): void {
  const labels = bodies.map(() => p.label());
  const last = labels.length - 1;
  const targets = Array.from({ length: span }, (_, i) => {
    const body = choose(i);
    return labels[body < 0 ? last : body]!;
  });
  p.block((done) => {
    const nest = (i: number): void => {
      if (i < 0) {
        p.emit(p.m.switch(targets, labels[last]!, index));
        return;
      }
      p.block(() => nest(i - 1), labels[i]!);
      bodies[i]!();
      if (i < last) p.br(done);
    };
    nest(last);
  });
}

function loopStatement(p: Pipe, s: Extract<Stmt, { kind: 'loop' }>): void {
  const scope: LabelScope = { breakTo: p.label(), continueTo: p.label(), facts: undefined };
  p.labels.set(s.label, scope);
  p.facts = forget(p.facts, changedHeaders(s.body));
  const { i32: A } = p.m;
  p.block(() => {
    p.loop((again) => {
      const before = p.facts;
      p.if(A.ge_u(p.get(p.rounds), A.const(maxRounds)), () => p.abandon(dropReasons.indexOf('loop-limit')));
      p.facts = before;
      p.set(p.rounds, A.add(p.get(p.rounds), A.const(1)));
      statements(p, s.body);
      if (p.facts) p.br(again);
    }, scope.continueTo);
  }, scope.breakTo);
  p.facts = scope.facts;
}

function nextPass(p: Pipe): void {
  const { i32: A } = p.m;
  p.set(p.pass, A.add(p.get(p.pass), A.const(1)));
  const before = p.facts;
  p.if(A.ge_u(p.get(p.pass), A.const(maxPasses)), () => p.abandon(dropReasons.indexOf('recirculation-limit')));
  p.facts = before;
}

function setFate(p: Pipe, port: Ref, reason: (typeof dropReasons)[number]): void {
  p.set(p.outPort, port);
  p.set(p.reason, p.m.i32.const(dropReasons.indexOf(reason)));
  p.set(p.hasGroup, p.m.i32.const(0));
}
