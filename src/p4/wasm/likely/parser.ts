/**
 * The parser on the likely path: no cursor and no pointers, every header is at a known distance from the packet's start. Ways that part and come together
 * again before a header is extracted (asking for the port, looking ahead) are joined, so that what follows is made once; others are not.
 */
import type { Stmt, VarId } from '../../ir/ir.ts';
import { bodiesOf, someStmt } from '../../ir/walk.ts';
import { loadBits } from '../bytes.ts';
import { learn } from '../facts.ts';
import { isAlignedPlace, loadRawPlace, loadRawWords, loadWideBits } from '../fields.ts';
import { isWide } from '../narrow.ts';
import { forgetVar, settle } from './assign.ts';
import type { LikelyPipe } from './likely-pipe.ts';
import { joinPaths, type Path } from './path.ts';
import { type Rest, run } from './statements.ts';

type ParserStmt = Extract<Stmt, { kind: 'parser' }>;

/** The parser that is being emitted. */
export interface LikelyParser {
  readonly parser: ParserStmt;
  /** What follows `accept`. */
  readonly accept: Rest;
  /** The state where ways are joined; `arrived`: the paths that end there. */
  readonly join?: { readonly state: number; readonly label: string; readonly arrived: Path[] };
}

export function parser(p: LikelyPipe, s: ParserStmt, rest: Rest): boolean {
  // A second parse would find the headers moved.
  if (p.path.places.size > 0 || p.path.cursor > 0) return false;
  const outer = p.likelyParser;
  const accept = (): boolean => {
    const inner = p.likelyParser;
    p.likelyParser = outer;
    const result = rest();
    p.likelyParser = inner;
    return result;
  };
  const scope: LikelyParser = { parser: s, accept };
  const meeting = meetingPoint(s);
  let result = false;
  if (meeting === undefined) {
    p.likelyParser = scope;
    result = enter(p, s.start);
  } else if (joinedPrefix(p, scope, meeting)) {
    p.likelyParser = scope;
    result = enter(p, meeting);
  }
  p.likelyParser = outer;
  return result;
}

/** Emits the states ahead of the meeting point, and joins the ways that lead there. */
function joinedPrefix(p: LikelyPipe, scope: LikelyParser, meeting: number): boolean {
  const arrived: Path[] = [];
  p.block((label) => {
    p.likelyParser = { ...scope, join: { state: meeting, label, arrived } };
    enter(p, scope.parser.start);
    // Ways that did not arrive are not likely; the last one falls through otherwise.
    p.br(p.bail);
  });
  const [first, ...others] = arrived;
  if (!first || arrived.some((path) => path.deferred.length > 0)) return false;
  p.path = others.reduce((a, b) => joinPaths(a, b, []), first);
  return true;
}

/** Goes to a state. */
export function goto(p: LikelyPipe, target: number | 'accept' | 'reject'): boolean {
  const scope = p.likelyParser;
  if (!scope || target === 'reject') return false;
  if (target === 'accept') return scope.accept();
  const { join } = scope;
  if (join?.state !== target) return enter(p, target);
  p.flush();
  for (const id of varsOf(scope.parser.states.flatMap((state) => state.body))) settle(p, id);
  join.arrived.push(p.path);
  p.br(join.label);
  return true;
}

/** A packet on the likely path goes through few states; a loop of them would be followed round by round. */
const mostStates = 64;

function enter(p: LikelyPipe, index: number): boolean {
  if (++p.path.states > mostStates) return false;
  const scope = p.likelyParser!;
  const { body, isUnlikely } = scope.parser.states[index]!;
  // A state that ends without a transition accepts.
  return !isUnlikely && run(p, body, scope.accept);
}

/** False where the parser would have to know more than it does. */
export function extract(p: LikelyPipe, s: Extract<Stmt, { kind: 'extract' }>): boolean {
  const { type } = p.header(s.header);
  if (s.varbitBits || type.varbitField !== undefined || p.unit.strays?.has(s.header) !== false) return false;
  if (p.facts?.get(s.header) !== false) return false;
  p.path.places.set(s.header, p.path.cursor);
  p.path.cursor += type.fixedBits / 8;
  p.path.needed = Math.max(p.path.needed, p.path.cursor);
  p.facts = learn(p.facts, s.header, true);
  return true;
}

export function lookahead(p: LikelyPipe, s: Extract<Stmt, { kind: 'lookahead' }>): void {
  const bit = 8 * p.path.cursor + s.offsetBits;
  const bound = Math.ceil((bit + s.width) / 8);
  p.path.needed = Math.max(p.path.needed, bound);
  p.checkLength();
  const place = { base: () => p.get(p.addr), bit, width: s.width, bound };
  const isRaw = p.rawVars.has(s.target) && isAlignedPlace(place);
  const locals = p.varLocals(s.target);
  if (!isWide(s.width)) {
    if (isRaw) p.set(locals[0]!, loadRawPlace(p, place));
    else p.setNumber(s.target, s.width, loadBits(p, place));
  } else if (isRaw) {
    const words = loadRawWords(p, place);
    for (const [i, local] of locals.entries()) p.set(local, words[i]!());
  } else p.setLimbs(s.target, s.width, loadWideBits(p, place));
  forgetVar(p, s.target);
}

/** The state with an `extract` that most states without one lead to, if these are several. */
function meetingPoint(s: ParserStmt): number | undefined {
  const comingFrom = new Map<number, Set<number>>();
  const seen = new Set<number>();
  const visit = (index: number): void => {
    const { body, isUnlikely } = s.states[index]!;
    if (isUnlikely || seen.has(index) || someStmt(body, (inner) => inner.kind === 'extract')) return;
    seen.add(index);
    someStmt(body, (inner) => {
      if (inner.kind === 'goto' && typeof inner.state === 'number') {
        const from = comingFrom.get(inner.state) ?? new Set();
        comingFrom.set(inner.state, from.add(index));
        visit(inner.state);
      }
      return false;
    });
  };
  visit(s.start);
  const states = [...comingFrom].filter(([index, from]) => !seen.has(index) && !s.states[index]!.isUnlikely && from.size > 1);
  return states.sort((a, b) => b[1].size - a[1].size)[0]?.[0];
}

function varsOf(list: readonly Stmt[], into: Set<VarId> = new Set()): Set<VarId> {
  for (const s of list) {
    if ((s.kind === 'assign' || s.kind === 'assignSlice') && s.target.kind === 'var') into.add(s.target.id);
    if (s.kind === 'lookahead') into.add(s.target);
    for (const body of bodiesOf(s)) varsOf(body, into);
  }
  return into;
}
