/** Random expressions of a given type. Everything is in brackets: precedence is the parser's own tests' matter. */
import type { Random } from './random.ts';
import { bit, bool, int, type Place, type Scalar, type Scope, same, type Type, text, widthOf } from './types.ts';

export interface Parameter {
  readonly name: string;
  readonly type: Scalar;
  readonly direction: 'in' | 'inout' | 'out';
}

export interface FunctionDeclaration {
  readonly name: string;
  readonly result?: Scalar;
  readonly parameters: readonly Parameter[];
}

export const widths = [
  1, 1, 2, 3, 4, 5, 7, 8, 8, 8, 9, 12, 13, 16, 16, 16, 20, 24, 31, 32, 32, 32, 33, 40, 48, 63, 64, 65, 72, 96, 127, 128, 136, 200,
];

export class Expressions {
  readonly random: Random;
  readonly scope: Scope;
  /** That may be called in expressions. */
  functions: readonly FunctionDeclaration[] = [];
  enums: readonly Extract<Scalar, { kind: 'enum' }>[] = [];
  /** A read that only the architecture has, e.g. of a register: as a whole expression of a type. */
  reads: readonly { readonly type: Scalar; readonly make: () => string }[] = [];

  constructor(random: Random, scope: Scope) {
    this.random = random;
    this.scope = scope;
  }

  width(): number {
    return this.random.pick(widths);
  }

  scalarType(): Scalar {
    const { random } = this;
    return random.weighted<Scalar>([
      [12, () => bit(this.width())],
      [4, () => int(Math.max(2, this.width()))],
      [2, () => bool],
      [1, () => (this.enums.length > 0 ? random.pick(this.enums) : bit(8))],
    ]);
  }

  of(type: Scalar, depth: number): string {
    switch (type.kind) {
      case 'bit':
        return this.bits(type.width, depth);
      case 'int':
        return this.integer(type.width, depth);
      case 'bool':
        return this.condition(depth);
      case 'error':
        return this.random.oneIn(2)
          ? this.read(type)
          : `error.${this.random.pick(['NoError', 'PacketTooShort', 'NoMatch', 'Odd'])}`;
      case 'enum':
        if (depth > 0 && this.random.oneIn(3))
          return `(${this.condition(depth - 1)} ? ${this.of(type, depth - 1)} : ${this.of(type, depth - 1)})`;
        if (type.width !== undefined && this.random.oneIn(3)) return `((${type.name})${this.bits(type.width, depth - 1)})`;
        return this.random.oneIn(2) ? this.read(type) : `${type.name}.${this.random.pick(type.members)}`;
    }
  }

  literal(type: Scalar): string {
    switch (type.kind) {
      case 'bit':
        return `${type.width}w${this.random.bits(type.width)}`;
      case 'int': {
        const value = BigInt.asIntN(type.width, this.random.bits(type.width));
        // -2^(w-1) has no literal of its own type: the digits behind the sign do not fit.
        return value < 0n
          ? value === -(1n << BigInt(type.width - 1))
            ? `(-${type.width}s${-value - 1n} - ${type.width}s1)`
            : `(-${type.width}s${-value})`
          : `${type.width}s${value}`;
      }
      case 'bool':
        return this.random.oneIn(2) ? 'true' : 'false';
      case 'error':
        return 'error.NoError';
      case 'enum':
        return `${type.name}.${this.random.pick(type.members)}`;
    }
  }

  /** A variable of the type, or a literal if there is none. */
  read(type: Scalar): string {
    const places = this.scope.of(type);
    return places.length > 0 ? this.random.pick(places).path : this.literal(type);
  }

  /** bit<width> */
  bits(width: number, depth: number): string {
    const { random } = this;
    if (depth <= 0 || random.oneIn(6)) return random.oneIn(4) ? this.literal(bit(width)) : this.readBits(width);
    const sub = (w = width): string => this.bits(w, depth - 1);
    return random.weighted([
      [10, () => `(${sub()} ${random.pick(['+', '-', '*', '&', '|', '^', '|+|', '|-|', '+', '-'])} ${sub()})`],
      [2, () => `(${random.pick(['-', '~'])}${sub()})`],
      [2, () => `(${sub()} ${random.pick(['<<', '>>'])} ${this.shift(width, depth)})`],
      [1, () => this.divided(width, depth)],
      [2, () => `(${this.condition(depth - 1)} ? ${sub()} : ${sub()})`],
      [2, () => this.concat(width, depth)],
      [3, () => this.cut(width, depth)],
      [1, () => `((bit<${width}>)${this.integer(Math.max(2, width), depth - 1)}${width < 2 ? '[0:0]' : ''})`],
      [1, () => (width === 1 ? `((bit<1>)${this.condition(depth - 1)})` : this.readBits(width))],
      [2, () => this.call(bit(width), depth)],
      [1, () => this.stackRead(width, depth)],
    ]);
  }

  private shift(width: number, depth: number): string {
    const { random } = this;
    return random.oneIn(2)
      ? `8w${random.below(Math.min(width + 3, 256))}`
      : this.bits(random.pick([1, 3, 8, 16, 32, 70]), Math.min(1, depth - 1));
  }

  private divided(width: number, depth: number): string {
    const power = 1n << BigInt(this.random.below(width));
    return `(${this.bits(width, depth - 1)} ${this.random.pick(['/', '%'])} ${width}w${power})`;
  }

  private concat(width: number, depth: number): string {
    if (width < 2) return this.readBits(width);
    const right = this.random.between(1, width - 1);
    const side = (w: number): string => (w > 1 && this.random.oneIn(4) ? this.integer(w, depth - 1) : this.bits(w, depth - 1));
    const left = this.bits(width - right, depth - 1); // its kind is the result's
    return `(${left} ++ ${side(right)})`;
  }

  private cut(width: number, depth: number): string {
    const { random } = this;
    const from = width + random.below(20);
    const low = random.below(from - width + 1);
    const operand = from > 1 && random.oneIn(4) ? this.integer(from, depth - 1) : this.bits(from, depth - 1);
    return random.oneIn(3) ? `${operand}[${low}+:${width}]` : `${operand}[${low + width - 1}:${low}]`;
  }

  /** A variable that becomes bit<width> by slice, cast or extension. */
  private readBits(width: number): string {
    const { random } = this;
    const all = this.scope
      .scalars()
      .filter((p) => p.type.kind !== 'error' && !(p.type.kind === 'enum' && p.type.width === undefined));
    if (all.length === 0) return this.literal(bit(width));
    const exact = all.filter((p) => p.type.kind === 'bit' && p.type.width === width);
    if (exact.length > 0 && random.oneIn(2)) return random.pick(exact).path;
    const place = random.pick(all);
    const own = widthOf(place.type);
    const asBits = place.type.kind === 'bit' ? place.path : `((bit<${own}>)${place.path})`;
    if (own === width) return asBits;
    if (own > width && random.oneIn(2)) {
      const low = random.below(own - width + 1);
      return `${place.type.kind === 'int' ? place.path : asBits}[${low + width - 1}:${low}]`;
    }
    if (place.type.kind === 'int' && random.oneIn(2)) return `((bit<${width}>)(int<${width}>)${place.path})`;
    return `((bit<${width}>)${asBits})`;
  }

  /** int<width>, two bits at least */
  integer(width: number, depth: number): string {
    const { random } = this;
    const type = int(width);
    if (depth <= 0 || random.oneIn(5)) {
      const places = this.scope.of(type);
      if (places.length > 0 && random.oneIn(2)) return random.pick(places).path;
      return random.oneIn(3) ? this.literal(type) : `((int<${width}>)${this.readBits(width)})`;
    }
    const sub = (): string => this.integer(width, depth - 1);
    return random.weighted([
      [8, () => `(${sub()} ${random.pick(['+', '-', '*', '&', '|', '^', '|+|', '|-|'])} ${sub()})`],
      [2, () => `(${random.pick(['-', '~'])}${sub()})`],
      [3, () => `(${sub()} ${random.pick(['<<', '>>'])} ${this.shift(width, depth)})`],
      [2, () => `(${this.condition(depth - 1)} ? ${sub()} : ${sub()})`],
      [3, () => `((int<${width}>)${this.integer(Math.max(2, this.width()), depth - 1)})`],
      [2, () => `((int<${width}>)${this.bits(width, depth - 1)})`],
      [1, () => this.call(type, depth)],
    ]);
  }

  condition(depth: number): string {
    const { random } = this;
    const headers = this.scope.headers();
    if (depth <= 0) {
      return random.weighted([
        [1, () => (headers.length > 0 ? `${random.pick(headers).path}.isValid()` : this.literal(bool))],
        [2, () => this.comparison(0)],
        [1, () => this.read(bool)],
      ]);
    }
    return random.weighted([
      [6, () => this.comparison(depth - 1)],
      [2, () => `(${this.condition(depth - 1)} ${random.pick(['&&', '||'])} ${this.condition(depth - 1)})`],
      [1, () => `(!${this.condition(depth - 1)})`],
      [1, () => `((bool)${this.bits(1, depth - 1)})`],
      [1, () => `(${this.condition(depth - 1)} ${random.pick(['==', '!='])} ${this.condition(depth - 1)})`],
      [1, () => this.sameWholes() ?? this.comparison(depth - 1)],
      [1, () => this.call(bool, depth)],
    ]);
  }

  private comparison(depth: number): string {
    const { random } = this;
    const equality = random.pick(['==', '!=']);
    const type = this.scalarType();
    const scalars = this.scope.scalars();
    if (random.oneIn(2) && scalars.length > 0) {
      // Against a constant: that is what programs do, and what the compiler treats specially.
      const place = random.pick(scalars);
      const op =
        place.type.kind === 'bit' || place.type.kind === 'int' ? random.pick(['==', '!=', '<', '<=', '>', '>=']) : equality;
      return `(${place.path} ${op} ${this.literal(place.type)})`;
    }
    if (type.kind === 'bit' || type.kind === 'int') {
      const op = random.pick(['==', '!=', '<', '<=', '>', '>=']);
      return `(${this.of(type, depth)} ${op} ${this.of(type, depth)})`;
    }
    return `(${this.of(type, depth)} ${equality} ${this.of(type, depth)})`;
  }

  /** Two headers, structs or stacks of one type, compared. */
  private sameWholes(): string | undefined {
    const wholes = this.scope.places.filter((p) => ['header', 'struct', 'stack', 'union'].includes(p.type.kind));
    if (wholes.length === 0) return undefined;
    const one = this.random.pick(wholes);
    const other = this.random.pick(wholes.filter((p) => same(p.type, one.type)));
    return `(${one.path} ${this.random.pick(['==', '!='])} ${other.path})`;
  }

  /** A call of a function with this result, or of the architecture; a literal if there is none. */
  private call(type: Scalar, depth: number): string {
    const { random } = this;
    const reads = this.reads.filter((r) => same(r.type, type));
    if (reads.length > 0 && random.oneIn(2)) return random.pick(reads).make();
    const callable = this.functions.filter((f) => f.result && same(f.result, type));
    const chosen = callable.length > 0 ? random.pick(callable) : undefined;
    const args = chosen && this.args(chosen.parameters, depth - 1);
    return args === undefined ? this.of(type, 0) : `${chosen!.name}(${args})`;
  }

  /** Arguments as the directions want them; undefined if there is no place for one. */
  args(parameters: readonly Parameter[], depth: number): string | undefined {
    const all = parameters.map((p) => (p.direction === 'in' ? this.of(p.type, depth) : this.place(p.type)));
    return all.some((a) => a === undefined) ? undefined : all.join(', ');
  }

  /** A place that can be written. */
  place(type: Scalar): string | undefined {
    const { random } = this;
    const places = this.scope.of(type, true);
    if (type.kind === 'bit' && (places.length === 0 || random.oneIn(4))) {
      const wider = this.scope.scalars().filter((p) => p.isWritable && p.type.kind === 'bit' && p.type.width > type.width);
      if (wider.length > 0) {
        const from = random.pick(wider);
        const low = random.below(widthOf(from.type) - type.width + 1);
        return `${from.path}[${low + type.width - 1}:${low}]`;
      }
    }
    return places.length > 0 ? random.pick(places).path : undefined;
  }

  /** A field of a stack's element at an index that the packet decides. */
  private stackRead(width: number, depth: number): string {
    const field = this.stackField(depth);
    if (field?.type.kind !== 'bit') return this.readBits(width);
    return field.type.width === width ? field.path : `((bit<${width}>)${field.path})`;
  }

  stackField(depth: number): Place<Scalar> | undefined {
    const { random } = this;
    const stacks = this.scope.stacks();
    if (stacks.length === 0) return undefined;
    const stack = random.pick(stacks);
    if (stack.type.element.kind !== 'header') return undefined;
    const field = random.pick(stack.type.element.fields);
    // Not a constant: one beyond the end is an error of the program.
    const variables = this.scope.scalars().filter((p) => p.type.kind === 'bit');
    if (variables.length === 0 || depth < 0) return undefined;
    const variable = random.pick(variables);
    const width = Math.min(random.pick([1, 2, 3, 8, 32]), widthOf(variable.type));
    const index = `${variable.path}[${width - 1}:0]`;
    return { path: `${stack.path}[${index}].${field.name}`, type: field.type, isWritable: stack.isWritable };
  }

  /** `{ a, b }` of scalars that are bit strings, for hashes and checksums; `unit`: each a multiple of so many bits. */
  list(low: number, high: number, depth: number, unit = 1): string {
    return `{ ${this.random.many(low, high, () => this.bits(Math.ceil(this.width() / unit) * unit, depth)).join(', ')} }`;
  }

  declared(type: Type): string {
    return text(type);
  }
}
