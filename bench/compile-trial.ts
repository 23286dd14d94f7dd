/**
 * One trial of the compile benchmark; prints milliseconds as a JSON array.
 *
 *   compile   for the IR, for WebAssembly, and from the process's start until both are there
 *   cold      from the process's start until a packet has gone through a program that is not in the cache
 *   cached    the same for one that is; how much of it Node itself took; the rest
 */
import { shippedProgram } from '../src/cli/package-root.ts';

const started = performance.now();
const [what] = process.argv.slice(2);
const times = what === 'compile' ? await compile() : await firstPacket(what === 'cold');
process.stdout.write(JSON.stringify(times));

async function compile(): Promise<number[]> {
  const [{ compileSource }, { compileToWasm }] = await Promise.all([
    import('../src/cli/program.ts'),
    import('../src/p4/wasm/index.ts'),
  ]);
  const started = performance.now();
  const { ir } = compileSource({ path: shippedProgram }).result;
  const parsed = performance.now();
  compileToWasm(ir!);
  const emitted = performance.now();
  return [parsed - started, emitted - parsed, emitted];
}

async function firstPacket(isCold: boolean): Promise<number[]> {
  const [{ loadProgram }, { Arena, descriptor, layoutArena }, { instantiate, makeMemory, startProgram }] = await Promise.all([
    import('../src/cli/load-program.ts'),
    import('../src/arena/index.ts'),
    import('../src/engine/index.ts'),
  ]);
  // Macros that no other process has are a program that no cache has.
  const defines = [`TRIAL=${isCold ? process.pid : 0}`];
  const { artifact, objects, isFromCache } = await loadProgram({ path: shippedProgram, defines });
  if (isFromCache && isCold) throw new Error('the program came from the cache');
  const layout = layoutArena(artifact.arena);
  const memory = makeMemory(layout.programEnd + 65536);
  startProgram(new Arena(memory.buffer, layout), objects, { random: () => 1 });
  const view = new DataView(memory.buffer);
  const [at, buffer] = [layout.programEnd, layout.programEnd + 4096];
  for (const [field, value] of [
    [descriptor.addr, buffer + 128],
    [descriptor.length, 60],
    [descriptor.inPort, 1],
    [descriptor.bufferStart, buffer],
    [descriptor.bufferEnd, buffer + 2048],
  ] as const)
    view.setUint32(at + field, value, true);
  instantiate(artifact, memory, { mirror: () => {}, multicast: () => {} }).process(layout.contexts, at, 1);
  const now = performance.now();
  return [now, started, now - started];
}
