/** One trial of the compile benchmark: prints milliseconds for IR, WebAssembly and instance, as a JSON array. */
import { layoutArena } from '../src/arena/index.ts';
import { shippedProgram } from '../src/cli/package-root.ts';
import { compileSource } from '../src/cli/program.ts';
import { instantiate, makeMemory } from '../src/engine/index.ts';
import { compileToWasm } from '../src/p4/wasm/index.ts';

const started = performance.now();
const { ir } = compileSource({ path: shippedProgram }).result;
const parsed = performance.now();
const artifact = compileToWasm(ir!);
const emitted = performance.now();
const memory = makeMemory(layoutArena(artifact.arena).programEnd);
const placed = performance.now();
instantiate(artifact, memory, { mirror: () => {}, multicast: () => {} });
process.stdout.write(JSON.stringify([parsed - started, emitted - parsed, performance.now() - placed]));
