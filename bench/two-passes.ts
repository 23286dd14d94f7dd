/** A P4 program with packets of TCP flows in front of it: two-passes.p4 with its flows known, or any other as it starts, with the entries that it has itself. */
import { join } from 'node:path';
import { Arena, layoutArena } from '../src/arena/index.ts';
import { packageRoot } from '../src/cli/package-root.ts';
import { compileSource, objectsOf } from '../src/cli/program.ts';
import { makeMemory, startProgram } from '../src/engine/index.ts';
import type { Pass } from '../src/p4/passes/index.ts';
import { type BackEndStep, compileToWasm } from '../src/p4/wasm/index.ts';
import { regionBytes, type Shared, tupleOf } from './established.ts';
import { xorshift } from './packets.ts';

export const twoPasses = join(packageRoot, 'bench', 'two-passes.p4');

export function startFlows(
  path: string,
  flowCount: number,
  passes: readonly Pass[],
  without: readonly BackEndStep[] = [],
): Shared {
  const { ir } = compileSource({ path, passes }).result;
  if (!ir) throw new Error(`${path} does not compile`);
  const artifact = compileToWasm(ir, { without });
  const layout = layoutArena(artifact.arena);
  const memory = makeMemory(layout.programEnd + regionBytes);
  const arena = new Arena(memory.buffer, layout);
  startProgram(arena, objectsOf(ir), { random: xorshift(0x9e3779b9) });
  arena.setNow(0, 1_000_000_000n);
  if (path === twoPasses) {
    const index = ir.tables.findIndex((t) => t.name.endsWith('.flows'));
    for (let n = 0; n < flowCount; n++) {
      const [source, destination, sourcePort, destinationPort, protocol] = tupleOf(n);
      arena.tables[index]!.insert({
        matches: [source, destination, protocol, sourcePort, destinationPort].map((value) => ({ kind: 'exact', value })),
        call: { kind: 'action', action: 0, params: [0x0af40101n + BigInt(n % 8), 8080n] },
      });
    }
  }
  return { memory, artifact, flowCount };
}
