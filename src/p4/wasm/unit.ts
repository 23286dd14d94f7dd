/**
 * What all functions of one module share: the program, where its memory lies, and the helper functions that were asked for.
 */
import type { ArenaLayout } from '../../arena/layout.ts';
import { type CopyRecord, copyRecords } from '../ir/copies.ts';
import type { ExternId, HeaderId, Program, VarId } from '../ir/ir.ts';
import { straysOf } from '../ir/order.ts';
import type { Module } from './assembler.ts';
import { Bug } from './bug.ts';
import { type Features, featuresOf } from './features.ts';
import { type Scopes, scopesOf } from './scopes.ts';
import type { Scratch } from './scratch.ts';

/** What the back end does for speed alone, by name: the benchmark of the passes leaves them out one by one. */
export const backEndSteps = ['select-tables', 'deparse-in-place', 'likely-path'] as const;
export type BackEndStep = (typeof backEndSteps)[number];

export class Unit {
  readonly module: Module;
  readonly program: Program;
  readonly layout: ArenaLayout;
  readonly scratch: Scratch;
  readonly features: Features;
  /** What copies start from, by index of the pipeline that they run. */
  readonly records: ReadonlyMap<number, CopyRecord>;
  /** See ir/order.ts; undefined: deparsers always look where each header is. */
  readonly strays: ReadonlySet<HeaderId> | undefined;
  /** See scopes.ts. */
  readonly scopes: Scopes;
  readonly #without: readonly BackEndStep[];
  readonly #helpers = new Set<string>();
  readonly #widths: ReadonlyMap<VarId, number>;
  #labels = 0;

  constructor(module: Module, program: Program, layout: ArenaLayout, scratch: Scratch, without: readonly BackEndStep[] = []) {
    this.module = module;
    this.program = program;
    this.layout = layout;
    this.scratch = scratch;
    this.features = featuresOf(program);
    this.records = copyRecords(program);
    this.#without = without;
    this.strays = this.does('deparse-in-place') ? straysOf(program) : undefined;
    this.scopes = scopesOf(program);
    this.#widths = new Map(program.vars.map((v) => [v.id, v.width]));
  }

  does(step: BackEndStep): boolean {
    return !this.#without.includes(step);
  }

  /** Bits of a variable of the program. */
  widthOf(id: VarId): number {
    const width = this.#widths.get(id);
    if (width === undefined) throw new Bug(`no variable ${id}`);
    return width;
  }

  newLabel(): string {
    return `l${this.#labels++}`;
  }

  /** Makes sure that the module has the helper function; `define` adds it the first time. Returns its name. */
  helper(name: string, define: () => void): string {
    if (!this.#helpers.has(name)) {
      this.#helpers.add(name);
      define();
    }
    return name;
  }

  hasHelper(name: string): boolean {
    return this.#helpers.has(name);
  }

  /** Index of an extern within those of its kinds: where its state is in the layout's list. */
  externIndex(id: ExternId, ...kinds: readonly Program['externs'][number]['kind'][]): number {
    const index = this.program.externs.filter((e) => kinds.includes(e.kind)).findIndex((e) => e.id === id);
    if (index < 0) throw new Bug(`extern ${id} is none of ${kinds.join(', ')}`);
    return index;
  }

  /** Encoding of an error; 0 if the program has not declared it. */
  errorCode(name: string): number {
    return Math.max(0, this.program.errors.indexOf(name));
  }
}
