/**
 * A guard against parsers that never end: a cycle of states in which a packet may stay without reading from it gets a counter, and too many rounds are
 * ParserTimeout. Cycles that extract or advance by a known amount in every round end with the packet and need none.
 */
import type { Span } from '../../../diag/index.ts';
import { binary, constant } from '../build.ts';
import type * as ir from '../ir.ts';
import { bodiesOf } from '../walk.ts';
import type { Lowering } from './lowering.ts';

const maxRounds = 4096;

interface State {
  readonly name: string;
  readonly body: readonly ir.Stmt[];
  readonly span: Span;
}

/** The states, with counters where they are needed. */
export function guardLoops(lw: Lowering, states: readonly State[]): readonly State[] {
  const successors = states.map((s) => targetsOf(s.body));
  const consumes = states.map((s) => s.body.some(alwaysConsumes));
  const guarded = states.map((_, i) => !consumes[i] && reachesItself(i, successors, consumes));
  if (!guarded.includes(true)) return states;
  const rounds = lw.newVar('$rounds', 32);
  return states.map((s, i) => {
    const { span } = s;
    const reset: ir.Stmt[] = i === 0 && !guarded[0] ? [{ kind: 'assign', target: rounds, value: constant(32, 0), span }] : [];
    if (!guarded[i]) return reset.length ? { ...s, body: [...reset, ...s.body] } : s;
    const timeout = constant(32, Math.max(0, lw.checked.errors.indexOf('ParserTimeout')));
    const guard: ir.Stmt[] = [
      { kind: 'assign', target: rounds, value: binary('add', rounds, constant(32, 1)), span },
      {
        kind: 'if',
        condition: binary('gt', rounds, constant(32, maxRounds)),
        then: [
          { kind: 'setParserError', error: timeout, span },
          { kind: 'goto', state: 'reject' },
        ],
        else: [],
        span,
      },
    ];
    return { ...s, body: [...guard, ...s.body] };
  });
}

function targetsOf(stmts: readonly ir.Stmt[]): number[] {
  return stmts.flatMap((s) => {
    if (s.kind === 'goto') return typeof s.state === 'number' ? [s.state] : [];
    return bodiesOf(s).flatMap(targetsOf);
  });
}

/** Does every way through the statement move the cursor? */
function alwaysConsumes(s: ir.Stmt): boolean {
  switch (s.kind) {
    case 'extract':
      return true;
    case 'advance':
      return s.bits.kind === 'const' && s.bits.value > 0n;
    case 'if':
    case 'switch':
      return bodiesOf(s).every((body) => body.some((x) => alwaysConsumes(x) || (x.kind === 'goto' && x.state === 'reject')));
    default:
      return false;
  }
}

/** Is there a way from a state back to it through states that need not consume? */
function reachesItself(from: number, successors: readonly number[][], consumes: readonly boolean[]): boolean {
  const seen = new Set<number>();
  const work = [...successors[from]!];
  while (work.length) {
    const at = work.pop()!;
    if (at === from) return true;
    if (seen.has(at) || consumes[at]) continue;
    seen.add(at);
    work.push(...successors[at]!);
  }
  return false;
}
