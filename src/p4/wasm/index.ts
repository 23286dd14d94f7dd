/** From the IR to a WebAssembly module, and the arena that it runs in. */
import type { ArenaSpec } from '../../arena/layout.ts';
import type { Program } from '../ir/ir.ts';
import { encodeModule } from './encode.ts';
import { buildModule, maximumPages } from './module.ts';
import { printModule } from './text.ts';
import type { BackEndStep } from './unit.ts';

export { Bug, ProgramTooBig } from './bug.ts';
export { arenaSpec } from './spec.ts';
export { type BackEndStep, backEndSteps } from './unit.ts';

/** A compiled program: the module and what its embedder must know. All but `wasm` can be written as JSON. */
export interface Artifact {
  /**
   * Imports env.memory (shared), env.mirror(descriptor, slot, session), env.multicast(descriptor, group), and where it makes copies
   * env.copy(descriptor, record, recordBytes, pipeline, via, id); exports process(context, descriptors, count), which runs all pipelines that are not
   * for copies, and process_<pipeline> for each if there are several.
   */
  readonly wasm: Uint8Array;
  readonly arena: ArenaSpec;
  /** Pages of 64 KiB: at least so many initially, exactly so many as maximum. */
  readonly memory: { readonly initialPages: number; readonly maximumPages: number };
  readonly architecture: Program['architecture'];
  readonly pipelines: readonly { readonly name: string; readonly forCopies: boolean }[];
  /** Members of `error`, index = encoding. */
  readonly errors: readonly string[];
  readonly mirrors: boolean;
  readonly multicasts: boolean;
  readonly copies: boolean;
  readonly digests: boolean;
  readonly addsEntries: boolean;
  readonly recirculates: boolean;
}

export interface CompileOptions {
  /** Worker contexts in the arena; default 1. */
  readonly workers?: number;
  /** Where the program's part of the memory begins (`ArenaSpec.base`). */
  readonly base?: number;
  /** What the back end shall leave undone, for measurements. */
  readonly without?: readonly BackEndStep[];
}

/** Compiles a program. Pure; throws `ProgramTooBig`. Another failure is a bug of ours and throws `Bug`. */
export function compileToWasm(program: Program, options: CompileOptions = {}): Artifact {
  const { module, arena, initialPages, unit } = buildModule(program, options);
  const { mirrors, multicasts, copies, digests, addsEntries, recirculates } = unit.features;
  return {
    wasm: encodeModule(module),
    arena,
    memory: { initialPages, maximumPages },
    architecture: program.architecture,
    pipelines: program.pipelines.map(({ name, forCopies }) => ({ name, forCopies: forCopies !== undefined })),
    errors: program.errors,
    mirrors,
    multicasts,
    copies,
    digests,
    addsEntries,
    recirculates,
  };
}

/** The module as WebAssembly text. */
export function toWat(program: Program, options: CompileOptions = {}): string {
  return printModule(buildModule(program, options).module);
}
