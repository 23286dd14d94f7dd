/** From a program's file to a backend: compiled once per program and set of macros, then new tables for every test. */

import { printDiagnostics } from '../../diag/index.ts';
import { instantiate } from '../../engine/index.ts';
import { Interpreter } from '../../interp/index.ts';
import type { Program } from '../../p4/ir/ir.ts';
import { arenaSpec, compileToWasm } from '../../p4/wasm/index.ts';
import { compileSource } from '../program.ts';
import { ArenaBackend } from './arena-backend.ts';
import type { StfBackend } from './backend.ts';
import { bothBackends } from './both-backends.ts';

export type BackendName = 'wasm' | 'interp' | 'both';

/** A program that compiled, or why it did not. */
export type Compiled = { readonly ir: Program } | { readonly messages: string };

/** Compiles programs and remembers them. */
export class Programs {
  private readonly compiled = new Map<string, Compiled>();
  /** Programs in front of the passes: the interpreter judges these, too. */
  private readonly lowered = new WeakMap<Program, Program>();
  private readonly artifacts = new WeakMap<Program, ReturnType<typeof compileToWasm>>();

  compile(path: string, defines: readonly string[] = []): Compiled {
    const key = JSON.stringify([path, defines]);
    const known = this.compiled.get(key);
    if (known !== undefined) return known;
    const { result } = compileSource({ path, defines });
    const made = result.ir === undefined ? { messages: printDiagnostics(result.diagnostics) } : { ir: result.ir };
    this.compiled.set(key, made);
    if (result.ir && result.described) this.lowered.set(result.ir, result.described);
    return made;
  }

  /** A backend with empty tables. */
  backend(ir: Program, name: BackendName): StfBackend {
    const judge = this.lowered.get(ir) ?? ir;
    if (name === 'interp') return interpreted(judge, arenaSpec(ir, 0));
    const artifact = this.artifact(ir);
    const compiled = new ArenaBackend(ir, artifact.arena, (memory, _arena, hooks) => instantiate(artifact, memory, hooks));
    return name === 'wasm' ? compiled : bothBackends(compiled, interpreted(judge, artifact.arena), ['wasm', 'interp']);
  }

  private artifact(ir: Program): ReturnType<typeof compileToWasm> {
    const artifact = this.artifacts.get(ir) ?? compileToWasm(ir);
    this.artifacts.set(ir, artifact);
    return artifact;
  }
}

function interpreted(ir: Program, spec: ReturnType<typeof arenaSpec>): ArenaBackend {
  return new ArenaBackend(ir, spec, (_memory, arena, hooks) => new Interpreter(ir, arena).backend(hooks));
}
