/** A compiled program in its memory: the step from bytes to something with a `process`. */
import type { Artifact } from '../p4/wasm/index.ts';
import type { Backend, BackendHooks } from './engine.ts';

const pageBytes = 65536;
/** Compiled code declares this maximum: memory is one for all programs, 4 GiB of addresses. */
const maximumPages = 65536;
export const maxMemoryBytes = maximumPages * pageBytes;

/** One shared memory of at least `bytes` bytes; pages that nobody touches cost nothing. */
export function makeMemory(bytes: number): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: Math.ceil(bytes / pageBytes), maximum: maximumPages, shared: true });
}

/** Instantiates a program over `memory`. Synchronous: a worker does it before its first batch, or gets the `module` compiled elsewhere. */
export function instantiate(
  artifact: Omit<Artifact, 'wasm'> & { readonly wasm?: Uint8Array },
  memory: WebAssembly.Memory,
  hooks: BackendHooks,
  module: WebAssembly.Module = new WebAssembly.Module(artifact.wasm!),
): Backend {
  const { mirror, multicast, copy = () => {} } = hooks;
  const { exports } = new WebAssembly.Instance(module, { env: { memory, mirror, multicast, copy } });
  const process = exports.process as Backend['process'];
  // Pipelines that packets come in through have no function of their own for copies.
  const forCopies = artifact.pipelines.map(({ name, forCopies }) =>
    forCopies ? (exports[`process_${name}`] as Backend['process']) : process,
  );
  return { process, processCopy: (to, context, descriptor) => forCopies[to]!(context, descriptor, 1) };
}
