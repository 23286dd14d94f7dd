/**
 * The likely path: a second copy of the pipeline, for packets that take it as most do, in front of the one that handles all.
 *
 *   for each descriptor:   likely path: tests only      any test fails ──> packet(context, descriptor): the whole pipeline from the start
 *                          then all its effects at once
 *
 * What makes it fast is what it does not have to care for. Where the headers are and which are valid is known when the code is made; so are the values of
 * fields and variables that its tests found out. Nothing is written before the last test has passed, so leaving it costs only the time: fields live in
 * variables, counters and timers wait. Code behind a branch is made anew for each way there (statements.ts), so nothing has to be merged.
 *
 * Which way is likely follows from the program: one that ends with the packet being sent; headers neither added nor removed; a hit in a table that adds
 * entries on a miss; neither a state, action nor block that is annotated `@unlikely`. A program of which nothing is left has no likely path.
 */
import { descriptor } from '../../../arena/layout.ts';
import type { Pipeline } from '../../ir/ir.ts';
import { countInstructions } from '../assembler.ts';
import type { Ref } from '../builder.ts';
import { assign } from '../headers.ts';
import type { Ahead, Pipe } from '../pipe.ts';
import { number32 } from '../statements.ts';
import type { Unit } from '../unit.ts';
import { materialise } from './assign.ts';
import { LikelyPipe } from './likely-pipe.ts';
import { maxEnds, run } from './statements.ts';
import { substitute } from './substitute.ts';

/** Whether a program's packets may have a likely path at all. */
function mayBeLikely(unit: Unit, pipelines: readonly Pipeline[]): boolean {
  const { keepsOriginal, copies, recirculates, registers } = unit.features;
  // With several workers a packet's end must be in one place, where it gives the registers back.
  if (registers && unit.layout.spec.workers > 1) return false;
  return (
    unit.does('likely-path') &&
    pipelines.length === 1 &&
    unit.program.pipelines.length === 1 &&
    !keepsOriginal &&
    !copies &&
    !recirculates
  );
}

/**
 * Instructions that the likely path may have, tests that packets on other ways go through in vain among them. k8s-lb.p4 has 15,000; a program of which it took
 * 54,000 was five times slower with it than without, since the engine then no longer optimises the function.
 */
const mostInstructions = 24_000;

export interface LikelyPath {
  readonly pipe: LikelyPipe;
  /** The code for one packet: leaves to `pipe.bail`, or to `done` when the packet is finished. */
  readonly code: Ref;
  readonly done: string;
}

/** The likely path of the program's one pipeline, if it has one. `aheadsOf`: see prefetch.ts. */
export function likelyPath(
  unit: Unit,
  raw: ReadonlySet<number>,
  pipelines: readonly Pipeline[],
  aheadsOf: (pipe: Pipe) => readonly Ahead[],
): LikelyPath | undefined {
  const [pipeline] = pipelines;
  if (!pipeline || !mayBeLikely(unit, pipelines)) return undefined;
  const pipe = new LikelyPipe(unit, raw);
  pipe.aheads = aheadsOf(pipe);
  const done = pipe.label();
  let isLikely = false;
  const code = pipe.collect(() => {
    isLikely = run(pipe, pipeline.body, () => end(pipe, done));
  });
  return isLikely && countInstructions(code) <= mostInstructions ? { pipe, code, done } : undefined;
}

/** The packet goes to a port: all effects, and the descriptor. */
function end(p: LikelyPipe, done: string): boolean {
  const { i32: A } = p.m;
  const { output, deferred } = p.path;
  if (!output || p.ends === maxEnds) return false;
  if (p.isProbing) return true;
  p.ends++;
  p.flush();
  const port = p.holdI32(number32(p, output));
  for (const effect of deferred) effect();
  // All that is read of the packet is read before it is changed.
  for (const { header, field, value } of p.path.written.values()) {
    if (value.kind !== 'const' && value.kind !== 'var') materialise(p, header, field);
  }
  for (const { header, field, value } of p.path.written.values()) {
    assign(p, { kind: 'field', width: value.width, header, field }, substitute(p, value));
  }
  p.emit(A.store(descriptor.outPort, p.get(p.descriptor), port()));
  p.emit(A.store(descriptor.reason, p.get(p.descriptor), A.const(0)));
  p.br(done);
  return true;
}
