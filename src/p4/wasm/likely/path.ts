/**
 * What is known and what is still to be done at a point of the likely path (see index.ts). A path is forked where the program branches; what one branch
 * learns the other does not see.
 */

import { constant } from '../../ir/build.ts';
import type { Expr, HeaderId, TableId, VarId } from '../../ir/ir.ts';
import type { Get } from '../builder.ts';
import type { Constraint } from './constraints.ts';

/** A field that the path has changed: what it is now. The packet still has the old value. */
export interface WrittenField {
  readonly header: HeaderId;
  readonly field: number;
  readonly value: Expr;
}

/** A field as the packet came with it, whatever the path has done to it since. */
export type Original = Extract<Expr, { kind: 'field' }> & { readonly isOriginal: true };

export interface Path {
  /** What a variable is now: a constant, or bits of the packet as it came; undefined: not known. The program's own that are absent are still 0. */
  vars: Map<VarId, Expr | undefined>;
  /** What a field (see `fieldKey`) is now: a constant, or where it was changed its new value. */
  fields: Map<string, Expr>;
  /** Conditions that were computed before and cannot change, by `keyOf`: where they are. */
  computed: Map<string, Get>;
  /** Values of expressions that cannot change while a packet is processed, by `keyOf`. */
  truths: Map<string, bigint>;
  /** Variables that hold ones-complement sums, plain or complemented. */
  sums: Map<VarId, Expr>;
  written: Map<string, WrittenField>;
  /** Effects, to be emitted once it is certain that the packet goes this way. */
  deferred: (() => void)[];
  /** Tests of the packet's bytes that have not been emitted yet. */
  constraints: Constraint[];
  /** Other tests that have not been emitted yet; a later one may make them unnecessary. */
  conditions: { readonly condition: Expr; readonly outcome: boolean }[];
  applied: Set<TableId>;
  /** Tables whose entry's timer or expire-time profile changes among the effects. */
  aged: Set<TableId>;
  /** Where headers are, in bytes from the packet's start. */
  places: Map<HeaderId, number>;
  /** States that the parser has entered. */
  states: number;
  /** The parser's position, the bytes that the packet must have for what was read, and those that it was tested to have. */
  cursor: number;
  needed: number;
  checked: number;
  output: Expr | undefined;
}

export function startPath(): Path {
  return {
    vars: new Map(),
    fields: new Map(),
    truths: new Map(),
    computed: new Map(),
    sums: new Map(),
    written: new Map(),
    deferred: [],
    constraints: [],
    conditions: [],
    applied: new Set(),
    aged: new Set(),
    places: new Map(),
    states: 0,
    cursor: 0,
    needed: 0,
    checked: 0,
    output: undefined,
  };
}

export function copyPath(path: Path): Path {
  return {
    ...path,
    vars: new Map(path.vars),
    fields: new Map(path.fields),
    truths: new Map(path.truths),
    computed: new Map(path.computed),
    sums: new Map(path.sums),
    written: new Map(path.written),
    deferred: [...path.deferred],
    constraints: [...path.constraints],
    conditions: [...path.conditions],
    applied: new Set(path.applied),
    aged: new Set(path.aged),
    places: new Map(path.places),
  };
}

/** What holds whichever of two paths led here, both forks of one and without constraints to be emitted; its effects are `deferred`. */
export function joinPaths(a: Path, b: Path, deferred: (() => void)[]): Path {
  return {
    vars: commonVars(a.vars, b.vars),
    fields: common(a.fields, b.fields, isSameValue),
    truths: common(a.truths, b.truths, (x, y) => x === y),
    computed: common(a.computed, b.computed, (x, y) => x === y),
    sums: common(a.sums, b.sums, (x, y) => x === y),
    written: new Map([...a.written, ...b.written]),
    deferred,
    constraints: [],
    conditions: [],
    applied: new Set([...a.applied, ...b.applied]),
    aged: new Set([...a.aged, ...b.aged]),
    places: new Map(a.places),
    states: Math.max(a.states, b.states),
    cursor: a.cursor,
    // What either has read it has tested for; what follows says itself what it reads.
    needed: Math.min(a.needed, b.needed),
    checked: Math.min(a.checked, b.checked),
    output: a.output === b.output ? a.output : undefined,
  };
}

/** What is known of a variable. */
export function varValue(path: Path, id: VarId, width: number): Expr | undefined {
  if (path.vars.has(id) || id < 0) return path.vars.get(id);
  return constant(width, 0);
}

function commonVars(a: Path['vars'], b: Path['vars']): Path['vars'] {
  const both: Path['vars'] = new Map();
  for (const id of new Set([...a.keys(), ...b.keys()])) {
    const [x, y] = [a.get(id), b.get(id)];
    const isStillZero = (vars: Path['vars'], other: Expr | undefined): boolean =>
      id >= 0 && !vars.has(id) && other?.kind === 'const' && other.value === 0n;
    if (x && y ? isSameValue(x, y) : isStillZero(a, y) || isStillZero(b, x)) both.set(id, x ?? y);
    else both.set(id, undefined);
  }
  return both;
}

export function fieldKey(header: HeaderId, field: number): string {
  return `h${header}.${field}`;
}

const keys = new WeakMap<Expr, string>();

/** The same text for the same expression. */
export function keyOf(e: Expr): string {
  const known = keys.get(e);
  if (known !== undefined) return known;
  const key = JSON.stringify(e, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));
  keys.set(e, key);
  return key;
}

function isSameValue(a: Expr, b: Expr): boolean {
  return a === b || (a.kind === b.kind && a.width === b.width && keyOf(a) === keyOf(b));
}

function common<K, V>(a: ReadonlyMap<K, V>, b: ReadonlyMap<K, V>, isSame: (a: V, b: V) => boolean): Map<K, V> {
  const both = new Map<K, V>();
  for (const [key, value] of a) {
    const other = b.get(key);
    if (other !== undefined && isSame(value, other)) both.set(key, value);
  }
  return both;
}
