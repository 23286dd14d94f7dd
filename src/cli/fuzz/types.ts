/** The types of a generated program, and what can be reached from a variable: its scalars, headers, stacks. */

export type Scalar =
  | { readonly kind: 'bit' | 'int'; readonly width: number }
  | { readonly kind: 'bool' }
  /** With `width`: serializable. */
  | { readonly kind: 'enum'; readonly name: string; readonly members: readonly string[]; readonly width?: number }
  | { readonly kind: 'error' };

export interface Field<T = Type> {
  readonly name: string;
  readonly type: T;
}

export interface HeaderType {
  readonly kind: 'header';
  readonly name: string;
  readonly fields: readonly Field<Scalar>[];
  /** Maximum of the varbit field, which is called `rest`; its place among the fields. */
  readonly varbit?: { readonly bits: number; readonly at: number };
}

export interface StructType {
  readonly kind: 'struct';
  readonly name: string;
  readonly fields: readonly Field[];
}

export interface UnionType {
  readonly kind: 'union';
  readonly name: string;
  readonly fields: readonly Field<HeaderType>[];
}

export interface StackType {
  readonly kind: 'stack';
  readonly element: HeaderType | UnionType;
  readonly size: number;
}

export type Type = Scalar | HeaderType | StructType | UnionType | StackType;

export const bit = (width: number): Scalar => ({ kind: 'bit', width });
export const int = (width: number): Scalar => ({ kind: 'int', width });
export const bool: Scalar = { kind: 'bool' };
export const error: Scalar = { kind: 'error' };

/** As the program writes it. */
export function text(type: Type): string {
  switch (type.kind) {
    case 'bit':
    case 'int':
      return `${type.kind}<${type.width}>`;
    case 'bool':
    case 'error':
      return type.kind;
    case 'stack':
      return `${text(type.element)}[${type.size}]`;
    default:
      return type.name;
  }
}

export function isScalar(type: Type): type is Scalar {
  return ['bit', 'int', 'bool', 'enum', 'error'].includes(type.kind);
}

export function same(a: Type, b: Type): boolean {
  return text(a) === text(b);
}

/** Bits of a scalar, as far as it may stand in a header. */
export function widthOf(type: Scalar): number {
  switch (type.kind) {
    case 'bit':
    case 'int':
      return type.width;
    case 'enum':
      return type.width ?? 32;
    default:
      return 1;
  }
}

/** Something that a name stands for. */
export interface Place<T extends Type = Type> {
  readonly path: string;
  readonly type: T;
  readonly isWritable: boolean;
}

/** Everything that can be reached from `root`, itself included. */
export function* placesOf(root: Place): Generator<Place> {
  yield root;
  const { type, path, isWritable } = root;
  switch (type.kind) {
    case 'header':
    case 'struct':
    case 'union':
      for (const f of type.fields) yield* placesOf({ path: `${path}.${f.name}`, type: f.type, isWritable });
      return;
    case 'stack':
      for (let i = 0; i < type.size; i++) yield* placesOf({ path: `${path}[${i}]`, type: type.element, isWritable });
  }
}

/** What is visible at a point of the program. Blocks add to it and take away again. */
export class Scope {
  readonly places: Place[] = [];

  constructor(roots: readonly Place[] = []) {
    for (const root of roots) this.add(root);
  }

  add(root: Place): void {
    this.places.push(...placesOf(root));
  }

  /** Runs `body`; what it adds is gone behind it. */
  inside<T>(body: () => T): T {
    const { length } = this.places;
    const result = body();
    this.places.length = length;
    return result;
  }

  scalars(): Place<Scalar>[] {
    return this.places.filter((p): p is Place<Scalar> => isScalar(p.type));
  }

  headers(): Place<HeaderType>[] {
    return this.places.filter((p): p is Place<HeaderType> => p.type.kind === 'header');
  }

  stacks(): Place<StackType>[] {
    return this.places.filter((p): p is Place<StackType> => p.type.kind === 'stack');
  }

  unions(): Place<UnionType>[] {
    return this.places.filter((p): p is Place<UnionType> => p.type.kind === 'union');
  }

  structs(): Place<StructType>[] {
    return this.places.filter((p): p is Place<StructType> => p.type.kind === 'struct');
  }

  of(type: Type, mustBeWritable = false): Place[] {
    return this.places.filter((p) => same(p.type, type) && (p.isWritable || !mustBeWritable));
  }
}
