/**
 * Parsers. States are laid out so that jumps go forward where they can: each state's code follows a block that a `br` to it leaves.
 *
 *   (block $end  (block $s2  (block $s1  start's code)  s1's code)  s2's code)
 *
 * Jumps back (header stacks, options) set `resume` and start an outer loop again, which branches to the state by table.
 */
import type { Expr, Stmt } from '../ir/ir.ts';
import { forEachStmt } from '../ir/walk.ts';
import { i32, type Ref } from './builder.ts';
import { loadBits } from './bytes.ts';
import { evaluateLimbs, evaluateNumber } from './expr.ts';
import { changedHeaders, type Facts, forget, learn, meet } from './facts.ts';
import { isAlignedPlace, loadRawPlace, loadRawWords, loadWideBits } from './fields.ts';
import { detach } from './headers.ts';
import { isWide } from './narrow.ts';
import type { ParserScope, Pipe } from './pipe.ts';
import { compareWide, narrowSlice, wideConstant } from './wide.ts';

type ParserStmt = Extract<Stmt, { kind: 'parser' }>;

/** Jumps back that one parse may make before it ends with ParserTimeout. */
const maxBackJumps = 256;

export function parser(p: Pipe, s: ParserStmt, body: (p: Pipe, list: readonly Stmt[]) => void): void {
  const { i32: A } = p.m;
  p.clearHeaders();
  p.set(p.payload, p.get(p.addr));
  if (p.unit.strays) p.set(p.relaid, A.const(0));
  p.set(p.parserError, A.const(0));
  const order = layOut(s);
  const rank = new Map(order.map((state, i) => [state, i]));
  const nexts = new Map(order.map((state) => [state, successors(s, state)]));
  const backTargets = order.filter((target) =>
    order.some((from) => rank.get(target)! <= rank.get(from)! && nexts.get(from)!.includes(target)),
  );
  const changed = changedHeaders(s.states.flatMap((state) => state.body));
  const labels = order.map(() => p.label());
  const again = p.label();
  const resume = p.local(i32);
  const jumps = p.local(i32);
  const before = new Map<number, Facts>([[s.start, p.facts]]);
  for (const target of backTargets) before.set(target, forget(p.facts, changed));

  const outer = p.parser;
  let current = 0;
  const jump = (target: number): void => {
    const to = rank.get(target)!;
    if (to > current) {
      if (!backTargets.includes(target)) before.set(target, meet(before.get(target), p.facts));
      p.br(labels[to]!);
      return;
    }
    p.set(resume, A.const(backTargets.indexOf(target) + 1));
    p.set(jumps, A.add(p.get(jumps), A.const(1)));
    p.br(again, A.le_u(p.get(jumps), A.const(maxBackJumps)));
    fail(p, 'ParserTimeout');
  };
  const scope: ParserScope = { end: p.label(), facts: undefined, jump };
  p.parser = scope;
  const run = (index: number): void => {
    current = index;
    const state = order[index]!;
    p.facts = before.get(state);
    if (!p.facts) return;
    body(p, s.states[state]!.body);
    if (p.facts) leave(p);
  };
  /** State `index` behind all that come before it. */
  const nest = (index: number): void => {
    if (index > 0) p.block(() => nest(index - 1), labels[index]!);
    else if (backTargets.length > 0) {
      const targets = [labels[0]!, ...backTargets.map((target) => labels[rank.get(target)!]!)];
      p.block(() => p.emit(p.m.switch(targets, labels[0]!, p.get(resume))), labels[0]!);
    }
    run(index);
  };
  p.block(() => {
    if (backTargets.length === 0) {
      nest(order.length - 1);
      return;
    }
    p.set(resume, A.const(0));
    p.set(jumps, A.const(0));
    p.loop(() => nest(order.length - 1), again);
  }, scope.end);
  p.facts = scope.facts;
  p.parser = outer;
}

/** Goes to accept or reject: both end the parse. */
export function leave(p: Pipe): void {
  const scope = p.parser!;
  scope.facts = meet(scope.facts, p.facts);
  p.br(scope.end);
  p.facts = undefined;
}

export function goto(p: Pipe, state: number | 'accept' | 'reject'): void {
  if (typeof state !== 'number') {
    leave(p);
    return;
  }
  p.parser!.jump(state);
  p.facts = undefined;
}

export function extract(p: Pipe, s: Extract<Stmt, { kind: 'extract' }>): void {
  const { i32: A } = p.m;
  const { pointer, varbitBytes, type } = p.header(s.header);
  const fixed = type.fixedBits / 8;
  const maxVarbit = type.varbitField === undefined ? 0 : type.fields[type.varbitField]!.width / 8;
  let bytes: () => Ref = () => A.const(fixed);
  if (s.varbitBits) {
    const bits = p.holdI32(saturated(p, s.varbitBits));
    failIf(p, A.and(bits(), A.const(7)), 'ParserInvalidArgument');
    const length = p.holdI32(A.shr_u(bits(), A.const(3)));
    bytes = p.holdI32(A.add(length(), A.const(fixed)));
    failIf(p, A.lt_u(remaining(p), bytes()), 'PacketTooShort');
    failIf(p, A.gt_u(length(), A.const(maxVarbit)), 'HeaderTooShort');
    if (varbitBytes !== undefined) p.set(varbitBytes, length());
  } else {
    if (fixed > 0) failIf(p, A.lt_u(remaining(p), bytes()), 'PacketTooShort');
    if (varbitBytes !== undefined) p.set(varbitBytes, A.const(0));
  }
  p.set(pointer, p.get(p.payload));
  if (s.varbitBits || fixed > 0) p.set(p.payload, A.add(p.get(p.payload), bytes()));
  const { keepsOriginal, writtenHeaders } = p.unit.features;
  if (p.unit.strays?.has(s.header)) p.relay();
  if (keepsOriginal && writtenHeaders.has(s.header)) detach(p, s.header);
  p.facts = learn(p.facts, s.header, true);
}

export function lookahead(p: Pipe, s: Extract<Stmt, { kind: 'lookahead' }>): void {
  const { i32: A } = p.m;
  const bytes = Math.ceil((s.offsetBits + s.width) / 8);
  failIf(p, A.lt_u(remaining(p), A.const(bytes)), 'PacketTooShort');
  const place = { base: () => p.get(p.payload), bit: s.offsetBits, width: s.width, bound: bytes };
  const isRaw = p.rawVars.has(s.target);
  const locals = p.varLocals(s.target);
  if (!isWide(s.width)) {
    if (isRaw && isAlignedPlace(place)) p.set(locals[0]!, loadRawPlace(p, place));
    else p.setNumber(s.target, s.width, loadBits(p, place));
    return;
  }
  if (isRaw && isAlignedPlace(place)) {
    const words = loadRawWords(p, place);
    for (const [i, local] of locals.entries()) p.set(local, words[i]!());
  } else p.setLimbs(s.target, s.width, loadWideBits(p, place));
}

export function advance(p: Pipe, bits: Expr): void {
  const { i32: A } = p.m;
  const amount = p.holdI32(saturated(p, bits));
  failIf(p, A.and(amount(), A.const(7)), 'ParserInvalidArgument');
  const bytes = p.holdI32(A.shr_u(amount(), A.const(3)));
  failIf(p, A.lt_u(remaining(p), bytes()), 'PacketTooShort');
  p.set(p.payload, A.add(p.get(p.payload), bytes()));
  p.relay();
}

/** A number of bits as i32; what does not fit becomes the largest multiple of 8. */
function saturated(p: Pipe, e: Expr): Ref {
  if (e.width <= 32) return evaluateNumber(p, e);
  const limbs = evaluateLimbs(p, e);
  const wide = [...limbs, () => p.m.i64.const(0)];
  const fits = compareWide(p, 'lt', 64 * wide.length, false, wide, wideConstant(p, 64 * wide.length, 1n << 32n));
  return p.m.select(fits, narrowSlice(p, limbs, 0, 32), p.m.i32.const(-8));
}

/** Bytes that have not been extracted. */
function remaining(p: Pipe): Ref {
  return p.m.i32.sub(p.get(p.end), p.get(p.payload));
}

function failIf(p: Pipe, condition: Ref, error: string): void {
  const before = p.facts;
  p.if(condition, () => fail(p, error));
  p.facts = before;
}

function fail(p: Pipe, error: string): void {
  p.set(p.parserError, p.m.i32.const(p.unit.errorCode(error)));
  leave(p);
}

/** States that can be reached, each behind those that lead to it but for loops. */
function layOut(s: ParserStmt): number[] {
  const seen = new Set<number>();
  const finished: number[] = [];
  const visit = (state: number): void => {
    if (seen.has(state)) return;
    seen.add(state);
    for (const next of successors(s, state)) visit(next);
    finished.push(state);
  };
  visit(s.start);
  return finished.reverse();
}

function successors(s: ParserStmt, state: number): number[] {
  const next: number[] = [];
  forEachStmt(s.states[state]!.body, (inner) => {
    if (inner.kind === 'goto' && typeof inner.state === 'number') next.push(inner.state);
  });
  return next;
}
