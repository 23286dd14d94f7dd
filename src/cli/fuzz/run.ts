/** One program of the fuzzer: made, compiled, filled with entries, run on packets, in compiled code and interpreter. */
import { join } from 'node:path';
import { printDiagnostics } from '../../diag/index.ts';
import { instantiate } from '../../engine/index.ts';
import { Interpreter } from '../../interp/index.ts';
import { compileToIr } from '../../p4/compile.ts';
import type { Program } from '../../p4/ir/ir.ts';
import { compileToWasm } from '../../p4/wasm/index.ts';
import { includeDir } from '../package-root.ts';
import { readSource } from '../read-source.ts';
import { ArenaBackend, batch } from '../stf/arena-backend.ts';
import { Refusal } from '../stf/backend.ts';
import { bothBackends, difference } from '../stf/both-backends.ts';
import { type ArchitectureName, architectures, generate } from './architectures.ts';
import { Random } from './random.ts';
import { Traffic } from './traffic.ts';

export interface FuzzCase {
  readonly seed: number;
  readonly architecture: ArchitectureName;
  readonly packets: number;
}

export interface FuzzOutcome {
  readonly seed: number;
  readonly architecture: ArchitectureName;
  readonly packets: number;
  /** Packets that something came out of. */
  readonly forwarded: number;
  /** What was wrong, if anything: the program was refused, something crashed, or the two did not do the same. */
  readonly problem?: string;
  readonly source?: string;
}

/** The architectures take turns. */
export function architectureOf(seed: number): ArchitectureName {
  return architectures[seed % architectures.length]!;
}

/** `lowered`: in front of the passes, what the interpreter judges. */
export function compileText(source: string): { ir?: Program; lowered?: Program; messages: string } {
  const path = 'fuzz.p4';
  const result = compileToIr({
    path,
    readFile: (file) => (file === path || file === join('.', path) ? source : readSource(file)),
    includeDirs: [includeDir],
    defines: {},
  });
  return {
    ir: result.ir,
    lowered: result.described,
    messages: printDiagnostics(result.diagnostics.filter((d) => d.severity === 'error')),
  };
}

/** Deterministic: everything follows from the case. */
export function fuzz({ seed, architecture, packets }: FuzzCase): FuzzOutcome {
  const source = generate(seed, architecture);
  const outcome = { seed, architecture, packets: 0, forwarded: 0 };
  try {
    const { ir, lowered, messages } = compileText(source);
    if (!ir || !lowered) return { ...outcome, problem: `a program that is right was refused\n${messages}`, source };
    const result = run(ir, lowered, seed, packets);
    return { ...outcome, ...result, ...(result.problem !== undefined && { source }) };
  } catch (error) {
    return { ...outcome, problem: error instanceof Error ? (error.stack ?? error.message) : String(error), source };
  }
}

function run(
  ir: Program,
  lowered: Program,
  seed: number,
  count: number,
): { packets: number; forwarded: number; problem?: string } {
  const random = new Random(seed + 0x10000);
  const artifact = compileToWasm(ir);
  const names = ['wasm', 'interp'] as const;
  const compiled = new ArenaBackend(ir, artifact.arena, (memory, _arena, hooks) => instantiate(artifact, memory, hooks));
  const judged = new ArenaBackend(lowered, artifact.arena, (_memory, arena, hooks) =>
    new Interpreter(lowered, arena).backend(hooks),
  );
  const both = bothBackends(compiled, judged, names);
  const traffic = new Traffic(random, both);
  let packets = 0;
  let forwarded = 0;
  try {
    traffic.configure();
    traffic.fill();
    while (packets < count) {
      traffic.change();
      const group = random.many(1, random.oneIn(2) ? 1 : batch.packets, () => traffic.packet());
      packets += group.length;
      const headroom = random.oneIn(6) ? random.below(64) : 256;
      const [a, b] = [compiled.sendBatch(group, headroom), judged.sendBatch(group, headroom)];
      // How many copies fit depends on their records, and passes make these smaller: from here on the two may differ.
      if (compiled.hasLostCopies || judged.hasLostCopies) return { packets, forwarded };
      for (const [i, result] of a.entries()) {
        const detail = difference([result, b[i]!], names);
        if (detail !== undefined) {
          const { port, bytes } = group[i]!;
          const hex = Buffer.from(bytes).toString('hex');
          return { packets, forwarded, problem: `packet ${packets - group.length + i} (port ${port}: ${hex})\n${detail}` };
        }
        if (result.outputs.length > 0) forwarded++;
      }
      const state = both.finish();
      if (state.length > 0) return { packets, forwarded, problem: `behind packet ${packets}: ${state.join('; ')}` };
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { packets, forwarded, problem: `${error.message}\n${error.detail ?? ''}` };
  }
  return { packets, forwarded };
}
