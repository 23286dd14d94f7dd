/**
 * Statements on the likely path, in continuation-passing style: `run` emits a list and then what comes behind it (`rest`), so that code behind a branch
 * is made once for each way that leads there, with what is known there. Branches that only compute (`straight`) are joined again.
 */
import { anyOf, equal } from '../../ir/build.ts';
import type { Expr, Stmt } from '../../ir/ir.ts';
import { bodiesOf } from '../../ir/walk.ts';
import { getEntryExpireTime, isFirstHitOfPeriod, restartExpireTimer, setEntryExpireTime } from '../add-entry.ts';
import type { Ref } from '../builder.ts';
import { evaluateNumber } from '../expr.ts';
import { count, registerRead } from '../externs.ts';
import { number32 } from '../statements.ts';
import { apply, applyStraight } from './apply.ts';
import { assignTo, forgetVar, materialise, settle, setVar } from './assign.ts';
import { assume, conditionRef, guard } from './guard.ts';
import type { LikelyPipe } from './likely-pipe.ts';
import { extract, goto, lookahead, parser } from './parser.ts';
import { joinPaths } from './path.ts';
import { isSupported, substitute } from './substitute.ts';

/** Emits what comes next; false if that does not lead to a packet being sent, or to something that the path cannot do. */
export type Rest = () => boolean;

/** Outcome of `straight`: emitted; leads away from the likely path; has to be emitted with what comes behind it. */
type Straight = 'done' | 'unlikely' | 'splits';

/** Statements that all paths together may look at: so that no program takes for ever. */
const maxSteps = 6000;
/** Ends of the likely path, each with its own code. */
export const maxEnds = 24;

export function run(p: LikelyPipe, list: readonly Stmt[], rest: Rest, from = 0): boolean {
  for (let i = from; i < list.length; i++) {
    if (p.ends === maxEnds || ++p.steps > maxSteps) return false;
    const s = list[i]!;
    const next = (): boolean => run(p, list, rest, i + 1);
    switch (s.kind) {
      case 'if': {
        const how = ifStraight(p, s);
        if (how === 'done') continue;
        return how === 'splits' && ifSplit(p, s, next);
      }
      case 'switch':
        return run(p, [asIf(s)], next);
      case 'block':
        p.rests.set(s.label, next);
        return run(p, s.body, next);
      case 'break': {
        const to = p.rests.get(s.label);
        return to?.() ?? false;
      }
      case 'apply':
        return apply(p, s, next, run);
      case 'parser':
        return parser(p, s, next);
      case 'goto':
        return goto(p, s.state);
      case 'extract':
        if (!extract(p, s)) return false;
        continue;
      case 'lookahead':
        lookahead(p, s);
        continue;
      case 'deparse':
        // The headers are where they were, and the deparser emits them in that order (order.ts).
        if (!p.unit.strays || s.body.some((inner) => bodiesOf(inner).some((body) => body.some((x) => x.kind === 'emit'))))
          return false;
        return run(p, s.body, next);
      case 'output':
        p.path.output = held(p, s.port);
        continue;
      default:
        if (!simple(p, s)) return false;
    }
  }
  return rest();
}

/** A statement without branches; false if the likely path cannot do it. */
function simple(p: LikelyPipe, s: Stmt): boolean {
  switch (s.kind) {
    case 'assign':
    case 'assignSlice':
      return assignTo(p, s);
    case 'setValid':
      return (p.facts?.get(s.header) === true) === s.valid;
    case 'emit':
      return p.facts?.get(s.header) !== true || !p.unit.strays?.has(s.header);
    case 'count': {
      if (![s.index, s.increment].every((e) => e === undefined || isSupported(e))) return false;
      const kept = { ...s, index: s.index && held(p, s.index), increment: s.increment && held(p, s.increment) };
      p.path.deferred.push(() => count(p, kept));
      return true;
    }
    case 'registerRead': {
      // The path writes no register, so it does not matter when one is read.
      if (!isSupported(s.index)) return false;
      p.checkLength();
      const values = s.targets.map((id) => p.newVar(p.unit.widthOf(id), false));
      registerRead(p, { ...s, index: substitute(p, s.index), targets: values.map((value) => value.id) });
      for (const [i, id] of s.targets.entries()) setVar(p, { kind: 'var', width: values[i]!.width, id }, values[i]!);
      return true;
    }
    case 'restartExpireTimer':
      p.path.aged.add(s.table);
      p.path.deferred.push(onEntry(p, () => restartExpireTimer(p, s.table)));
      return true;
    case 'isFirstHitOfPeriod':
      if (p.path.aged.has(s.table)) return false;
      isFirstHitOfPeriod(p, s.table, s.target);
      forgetVar(p, s.target);
      return true;
    case 'setEntryExpireTime': {
      const profile = held(p, s.profile);
      p.path.aged.add(s.table);
      p.path.deferred.push(onEntry(p, () => setEntryExpireTime(p, s.table, number32(p, profile))));
      return true;
    }
    case 'getEntryExpireTime':
      if (p.path.aged.has(s.table)) return false;
      getEntryExpireTime(p, s.table, s.target);
      forgetVar(p, s.target);
      return true;
    default:
      return false;
  }
}

/** Runs later what is known now about the table that was applied. */
function onEntry(p: LikelyPipe, effect: () => void): () => void {
  const { hitKnown } = p;
  return () => {
    const outer = p.hitKnown;
    p.hitKnown = hitKnown;
    effect();
    p.hitKnown = outer;
  };
}

/** The value as it is now, to be read later. */
function held(p: LikelyPipe, e: Expr): Expr {
  const value = substitute(p, e);
  if (value.kind === 'const') return value;
  p.checkLength();
  if (value.width > 64) return value;
  return p.temporary(value.width, evaluateNumber(p, value));
}

/** An `if` whose branches both come back without having to be taken apart. */
function ifStraight(p: LikelyPipe, s: Extract<Stmt, { kind: 'if' }>): Straight {
  if (!isSupported(s.condition)) return 'unlikely';
  const condition = substitute(p, s.condition);
  const alone = (body: readonly Stmt[]): Straight => {
    if (!isStraight(body)) return 'splits';
    const fork = p.fork(() => straight(p, body));
    if (fork.result === 'done') p.follow(fork);
    return fork.result;
  };
  if (condition.kind === 'const') return alone(condition.value !== 0n ? s.then : s.else);
  if (s.unlikely) {
    if (!isStraight(likelyBranch(s))) return 'splits';
    return guard(p, condition, s.unlikely === 'else') ? alone(likelyBranch(s)) : 'unlikely';
  }
  if (!isStraight(s.then) || !isStraight(s.else)) return 'splits';
  p.flush();
  for (const body of [s.then, s.else]) prepare(p, body);
  const test = p.holdI32(conditionRef(p, condition));
  const { length } = p.path.deferred;
  const branch = (body: readonly Stmt[], outcome: boolean) =>
    p.fork(() => {
      p.branches++;
      assume(p, condition, outcome);
      const how = straight(p, body);
      p.flush();
      p.branches--;
      return how;
    });
  const [then, otherwise] = [branch(s.then, true), branch(s.else, false)];
  if (then.result === 'splits' || otherwise.result === 'splits') return 'splits';
  if (then.result === 'unlikely' && otherwise.result === 'unlikely') return 'unlikely';
  if (then.result === 'unlikely' || otherwise.result === 'unlikely') {
    p.br(p.bail, then.result === 'unlikely' ? test() : p.m.i32.eqz(test()));
    p.follow(then.result === 'unlikely' ? otherwise : then);
    return 'done';
  }
  p.emit(p.m.if(test(), then.code, otherwise.code));
  const effects = [then, otherwise].map(({ path }) => path.deferred.slice(length));
  const deferred = p.path.deferred.slice(0, length);
  if (effects.some((list) => list.length > 0)) {
    deferred.push(() => {
      p.if(
        test(),
        () => runAll(effects[0]!),
        () => runAll(effects[1]!),
      );
    });
  }
  p.path = joinPaths(then.path, otherwise.path, deferred);
  return 'done';
}

function straight(p: LikelyPipe, list: readonly Stmt[]): Straight {
  for (const s of list) {
    if (++p.steps > maxSteps) return 'unlikely';
    if (s.kind === 'if' || s.kind === 'switch') {
      const how = ifStraight(p, s.kind === 'if' ? s : asIf(s));
      if (how !== 'done') return how;
    } else if (s.kind === 'apply') {
      prepare(p, [s]);
      const isDone = applyStraight(p, s, (body) => {
        if (!isStraight(body)) return leadsAway(p, body) ? false : undefined;
        const how = straight(p, body);
        return how === 'splits' ? undefined : how === 'done';
      });
      if (!isDone) return isDone === undefined ? 'splits' : 'unlikely';
    } else if (!isSimple(s)) return 'splits';
    else if (!simple(p, s)) return 'unlikely';
  }
  return 'done';
}

/** Whether a list that ends in a jump cannot come back and does not end well. */
function leadsAway(p: LikelyPipe, list: readonly Stmt[]): boolean {
  return !p.probe(() => run(p, list, () => true));
}

/** Whether a list has no jump: what `straight` may manage. */
function isStraight(list: readonly Stmt[]): boolean {
  return list.every((s) => {
    if (s.kind === 'apply') return true;
    if (s.kind === 'if' && s.unlikely) return isStraight(likelyBranch(s));
    return isSimple(s) || ((s.kind === 'if' || s.kind === 'switch') && bodiesOf(s).every(isStraight));
  });
}

function likelyBranch(s: Extract<Stmt, { kind: 'if' }>): readonly Stmt[] {
  return s.unlikely === 'then' ? s.else : s.then;
}

function isSimple(s: Stmt): boolean {
  return ![
    'if',
    'switch',
    'block',
    'loop',
    'break',
    'continue',
    'apply',
    'parser',
    'deparse',
    'output',
    'goto',
    'extract',
    'lookahead',
  ].includes(s.kind);
}

/** What branches will write is put where both find it: fields in variables, variables in their locals. */
function prepare(p: LikelyPipe, list: readonly Stmt[]): void {
  for (const s of list) {
    if (s.kind === 'assign' || s.kind === 'assignSlice') {
      const { target } = s;
      if (target.kind === 'var') settle(p, target.id);
      else if (p.facts?.get(target.header) === true) materialise(p, target.header, target.field);
    } else if (s.kind === 'getEntryExpireTime' || s.kind === 'isFirstHitOfPeriod') settle(p, s.target);
    else if (s.kind === 'registerRead') for (const id of s.targets) settle(p, id);
    else if (s.kind === 'apply') {
      for (const id of [s.hit, s.actionRun, ...s.bodies.flatMap((b) => b.params)]) if (id !== undefined) settle(p, id);
    }
    for (const body of bodiesOf(s)) prepare(p, body);
  }
}

function runAll(effects: readonly (() => void)[]): void {
  for (const effect of effects) effect();
}

/** An `if` with what comes behind it in both branches. */
function ifSplit(p: LikelyPipe, s: Extract<Stmt, { kind: 'if' }>, next: Rest): boolean {
  if (!isSupported(s.condition)) return false;
  const condition = substitute(p, s.condition);
  if (condition.kind === 'const') return run(p, condition.value !== 0n ? s.then : s.else, next);
  if (s.unlikely) return guard(p, condition, s.unlikely === 'else') && run(p, likelyBranch(s), next);
  const way = (body: readonly Stmt[], outcome: boolean) => (): boolean => guard(p, condition, outcome) && run(p, body, next);
  const then = p.probe(way(s.then, true));
  if (then && p.isProbing) return true;
  if (!then) return way(s.else, false)();
  if (!p.probe(way(s.else, false))) return way(s.then, true)();
  // Both are likely: what is due is tested ahead of the branch, and neither branch tests its own condition.
  p.flush();
  const test = conditionRef(p, condition);
  const branch = (body: readonly Stmt[], outcome: boolean) =>
    p.fork(() =>
      p.alone(() => {
        assume(p, condition, outcome);
        return run(p, body, next);
      }),
    );
  const [a, b] = [branch(s.then, true), branch(s.else, false)];
  const bail = (): Ref => p.m.br(p.bail);
  p.emit(p.m.if(test, a.result ? a.code : bail(), b.result ? b.code : bail()));
  return a.result || b.result;
}

/** A `switch` as the chain of `if`s that it stands for. */
function asIf(s: Extract<Stmt, { kind: 'switch' }>): Extract<Stmt, { kind: 'if' }> {
  const chain = s.cases.reduceRight((otherwise: readonly Stmt[], c): readonly Stmt[] => {
    const condition = anyOf(c.values.map((value) => equal(s.value, { kind: 'const', width: s.value.width, value })));
    return [{ kind: 'if', condition, then: c.body, else: otherwise, span: s.span }];
  }, s.default);
  const [first] = chain;
  if (s.cases.length > 0 && first?.kind === 'if') return first;
  return { kind: 'if', condition: { kind: 'const', width: 1, value: 1n }, then: s.default, else: [], span: s.span };
}
