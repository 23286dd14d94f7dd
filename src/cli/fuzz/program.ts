/**
 * Puts a random program together: its types, functions, parsers, controls with their actions and tables. What the architecture adds, externs and the
 * blocks around, is in architectures.ts.
 */
import { Expressions, type FunctionDeclaration, type Parameter } from './expressions.ts';
import { parserText } from './parsers.ts';
import { Random } from './random.ts';
import { type ActionDeclaration, Statements, type TableDeclaration } from './statements.ts';
import { type TableFeatures, tableText } from './tables.ts';
import {
  bit,
  bool,
  error,
  type Field,
  type HeaderType,
  int,
  type Place,
  type Scalar,
  Scope,
  type StructType,
  type Type,
  text,
  type UnionType,
  widthOf,
} from './types.ts';

/** What the architecture gives a control. */
export interface ControlExterns {
  /** Instances, in front of the actions. */
  readonly declarations: readonly string[];
  readonly statements: readonly ((expr: Expressions) => string)[];
  readonly reads: readonly { readonly type: Scalar; readonly make: (expr: Expressions) => string }[];
  readonly tables: TableFeatures;
  /** Statements that may only stand in actions, of every table. */
  readonly actionStatements?: readonly ((expr: Expressions) => string)[];
  /** More tables and actions, complete, with the statement that applies them. */
  readonly own?: (make: Statements) => { readonly declarations: readonly string[]; readonly apply: readonly (() => string)[] };
}

export interface ControlShape {
  readonly name: string;
  readonly parameters: string;
  readonly roots: readonly Place[];
  readonly externs?: ControlExterns;
  /** Lines in front of and behind the random body. */
  readonly before?: readonly string[];
  readonly after?: readonly string[];
  readonly subControls?: readonly string[];
  readonly depth?: number;
}

export class Generator {
  readonly random: Random;
  readonly headerTypes: HeaderType[] = [];
  readonly enums: Extract<Scalar, { kind: 'enum' }>[] = [];
  readonly functions: FunctionDeclaration[] = [];
  readonly headers: StructType;
  readonly meta: StructType;
  /** Headers are only parsed and their fields changed: none comes or goes, and there are no stacks, unions, varbit fields or loops. */
  readonly keepsHeaders: boolean;
  readonly #declarations: string[] = [];

  constructor(seed: number, keepsHeaders = false) {
    this.random = new Random(seed);
    this.keepsHeaders = keepsHeaders;
    this.makeEnums();
    this.makeHeaderTypes();
    const [headers, meta] = this.makeStructs();
    this.headers = headers;
    this.meta = meta;
    this.makeFunctions();
  }

  /** Types, functions, sub-controls: everything in front of the blocks. */
  get declarations(): readonly string[] {
    return this.#declarations;
  }

  declare(...lines: readonly string[]): void {
    this.#declarations.push(...lines);
  }

  expressions(roots: readonly Place[]): Expressions {
    const expr = new Expressions(this.random, new Scope(roots));
    expr.functions = this.functions;
    expr.enums = this.enums;
    return expr;
  }

  // ---------------------------------------------------------------- types

  private makeEnums(): void {
    const { random } = this;
    this.declare('error { Odd }');
    const width = random.pick([2, 4, 8, 12]);
    const serial = { kind: 'enum', name: 'Kind', members: ['One', 'Two', 'Three'], width } as const;
    this.declare(`enum bit<${width}> Kind { One = 1, Two = ${random.pick([0, 2])}, Three = ${(1 << width) - 1} }`);
    const plain = { kind: 'enum', name: 'Colour', members: ['Red', 'Green', 'Blue'] } as const;
    this.declare('enum Colour { Red, Green, Blue }');
    this.enums.push(serial, plain);
  }

  private fieldType(): Scalar {
    const { random } = this;
    return random.weighted<Scalar>([
      [14, () => bit(random.pick([1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 9, 12, 13, 16, 16, 16, 20, 24, 32, 32, 33, 48, 64, 72, 128]))],
      [2, () => int(random.pick([2, 7, 8, 16, 24, 32, 48, 64, 65]))],
      [1, () => bool],
      [1, () => this.enums[0]!],
    ]);
  }

  private makeHeaderTypes(): void {
    const { random } = this;
    const count = random.between(2, 4);
    for (let i = 0; i < count; i++) {
      const fields: Field<Scalar>[] = random.many(1, 5, (k) => ({ name: `f${k}`, type: this.fieldType() }));
      const bits = fields.reduce((sum, f) => sum + widthOf(f.type), 0);
      if (bits % 8 !== 0) fields.splice(random.below(fields.length + 1), 0, { name: 'pad', type: bit(8 - (bits % 8)) });
      const varbit =
        i > 0 && !this.keepsHeaders && random.oneIn(4)
          ? { bits: random.pick([8, 32, 64, 120, 320]), at: this.byteBoundary(fields) }
          : undefined;
      const type: HeaderType = { kind: 'header', name: `H${i}`, fields, varbit };
      this.headerTypes.push(type);
      const lines = fields.map((f) => `  ${text(f.type)} ${f.name};`);
      if (varbit) lines.splice(varbit.at, 0, `  varbit<${varbit.bits}> rest;`);
      this.declare(`header ${type.name} {`, ...lines, '}');
    }
  }

  /** Where a varbit field may stand so that the fields behind it begin at a byte. */
  private byteBoundary(fields: readonly Field<Scalar>[]): number {
    const places = [fields.length];
    let bits = 0;
    fields.forEach((f, i) => {
      if (bits % 8 === 0) places.push(i);
      bits += widthOf(f.type);
    });
    return this.random.pick(places);
  }

  private makeStructs(): [StructType, StructType] {
    const { random } = this;
    const plain = this.headerTypes.filter((h) => !h.varbit);
    const fields: Field[] = [];
    for (const [i, type] of this.headerTypes.entries()) fields.push({ name: `a${i}`, type });
    const { keepsHeaders } = this;
    if (!keepsHeaders && random.oneIn(2)) {
      const inner: StructType = {
        kind: 'struct',
        name: 'Inner',
        fields: random.many(1, 2, (i) => ({ name: `b${i}`, type: random.pick(this.headerTypes) })),
      };
      this.declareStruct(inner);
      fields.push({ name: 'inner', type: inner });
    }
    if (!keepsHeaders && random.oneIn(2))
      fields.push({ name: 'stack', type: { kind: 'stack', element: random.pick(plain), size: random.between(1, 4) } });
    if (!keepsHeaders && random.oneIn(3)) {
      const members = [...new Set(random.many(2, 3, () => random.pick(plain)))];
      const union: UnionType = { kind: 'union', name: 'U', fields: members.map((type, i) => ({ name: `u${i}`, type })) };
      this.declare('header_union U {', ...union.fields.map((f) => `  ${f.type.name} ${f.name};`), '}');
      fields.push({ name: 'union', type: union });
      if (random.oneIn(3)) fields.push({ name: 'unions', type: { kind: 'stack', element: union, size: 2 } });
    }
    const headers: StructType = { kind: 'struct', name: 'Headers', fields };
    const scalar = (): Type =>
      random.weighted<Scalar>([
        [10, () => bit(random.pick([1, 4, 7, 8, 16, 16, 32, 32, 33, 48, 64, 65, 100, 128, 160]))],
        [3, () => int(random.pick([3, 8, 16, 32, 40, 64, 70, 128]))],
        [2, () => bool],
        [2, () => random.pick(this.enums)],
        [1, () => error],
      ]);
    const part: StructType = {
      kind: 'struct',
      name: 'Part',
      fields: random.many(1, 3, (i) => ({ name: `p${i}`, type: scalar() })),
    };
    this.declareStruct(part);
    const meta: StructType = {
      kind: 'struct',
      name: 'Meta',
      fields: [
        { name: 'm', type: bit(16) },
        ...random.many(2, 6, (i): Field => ({ name: `m${i}`, type: scalar() })),
        { name: 'part', type: part },
      ],
    };
    this.declareStruct(headers);
    return [headers, meta];
  }

  /** `annotate`: in front of a field, e.g. a field list. */
  declareStruct(type: StructType, annotate: (field: Field) => string = () => ''): void {
    this.declare(`struct ${type.name} {`, ...type.fields.map((f) => `  ${annotate(f)}${text(f.type)} ${f.name};`), '}');
  }

  // ---------------------------------------------------------------- functions

  private parameters(most: number): Parameter[] {
    const { random } = this;
    return random.many(0, most, (i) => ({
      name: `x${i}`,
      type: random.weighted<Scalar>([
        [6, () => bit(random.pick([1, 8, 16, 32, 33, 64, 128]))],
        [1, () => int(random.pick([8, 32, 70]))],
        [1, () => bool],
      ]),
      direction: random.pick(['in', 'in', 'inout', 'out']),
    }));
  }

  private makeFunctions(): void {
    const { random } = this;
    const count = random.below(4);
    for (let i = 0; i < count; i++) {
      const parameters = this.parameters(3);
      const result = random.oneIn(4)
        ? undefined
        : random.oneIn(5)
          ? bool
          : random.oneIn(4)
            ? int(16)
            : bit(random.pick([1, 8, 16, 32, 65]));
      const make = this.statements(parameters.map(place));
      const lines = make.body({ kind: 'function', result }, 2, 4);
      if (result) lines.push(`return ${this.inRoots(make, () => make.expr.of(result, 2))};`);
      const list = parameters.map((p) => `${p.direction} ${text(p.type)} ${p.name}`).join(', ');
      this.declare(`${result ? text(result) : 'void'} fun${i}(${list}) {`, ...lines, '}');
      this.functions.push({ name: `fun${i}`, result, parameters });
    }
  }

  private inRoots<T>(make: Statements, body: () => T): T {
    return make.scope.inside(body);
  }

  private statements(roots: readonly Place[]): Statements {
    const expr = this.expressions(roots);
    expr.functions = [...this.functions];
    const make = new Statements(expr, this.keepsHeaders);
    make.voids = this.functions.filter((f) => !f.result);
    return make;
  }

  // ---------------------------------------------------------------- parsers and controls

  parser(name: string, parameters: string, roots: readonly Place[], starts: readonly string[] = []): string[] {
    const make = this.statements(roots);
    return parserText(this, make, name, parameters, starts);
  }

  control(shape: ControlShape): string[] {
    const { random } = this;
    const { externs } = shape;
    const make = this.statements(shape.roots);
    const { expr } = make;
    const locals: string[] = [...(externs?.declarations ?? [])];
    for (const [i, name] of (shape.subControls ?? []).entries()) locals.push(`${name}() sub${i};`);
    make.applies = (shape.subControls ?? []).map((_, i) => () => `sub${i}.apply(hdr, meta);`);
    expr.reads = externs?.reads.map(({ type, make: read }) => ({ type, make: () => read(expr) })) ?? [];
    const bound = (list: readonly ((e: Expressions) => string)[] = []): (() => string)[] => list.map((s) => () => s(expr));
    make.externs = bound(externs?.statements);
    const variables = random.many(0, 2, () => {
      const type = expr.scalarType();
      const variable = make.name('c');
      make.scope.add({ path: variable, type, isWritable: true });
      return `${text(type)} ${variable} = ${expr.literal(type)};`;
    });
    locals.push(...variables);

    const actions: ActionDeclaration[] = [];
    const count = random.between(2, 5);
    for (let i = 0; i < count; i++) {
      const directed = random.oneIn(3) ? this.parameters(2) : [];
      const data = random.many(0, 3, (k) => ({
        name: `d${k}`,
        type: bit(random.pick([1, 8, 9, 16, 32, 48, 65, 128])) as Scalar,
      }));
      const action: ActionDeclaration = { name: `act${i}`, parameters: directed, data };
      const lines = make.scope.inside(() => {
        for (const p of directed) make.scope.add(place(p));
        for (const d of data) make.scope.add({ path: d.name, type: d.type, isWritable: false });
        return make.body({ kind: 'action' }, 1, 4);
      });
      const list = [
        ...directed.map((p) => `${p.direction} ${text(p.type)} ${p.name}`),
        ...data.map((d) => `${text(d.type)} ${d.name}`),
      ];
      locals.push(`action ${action.name}(${list.join(', ')}) {`, ...lines, '}');
      actions.push(action);
      make.actions = [...actions];
    }
    const tables: TableDeclaration[] = [];
    const tableCount = random.between(1, 3);
    for (let i = 0; i < tableCount; i++) {
      const { lines, declaration } = tableText(make, `tab${i}`, actions, externs?.tables ?? {});
      locals.push(...lines);
      tables.push(declaration);
    }
    make.tables = tables;
    const own = externs?.own?.(make);
    if (own) {
      locals.push(...own.declarations);
      make.applies = [...make.applies, ...own.apply, ...own.apply];
    }
    const body = make.body({ kind: 'control' }, shape.depth ?? 3, 8);
    return [
      `control ${shape.name}(${shape.parameters}) {`,
      ...locals,
      'apply {',
      ...(shape.before ?? []),
      ...body,
      ...(own && own.apply.length > 0 && random.oneIn(2) ? [random.pick(own.apply)()] : []),
      ...(shape.after ?? []),
      '}',
      '}',
    ];
  }

  /** `pkt.emit` of the headers, most often all of them in their order. */
  emits(make: Expressions): string[] {
    const { random } = this;
    if (random.oneIn(4)) return ['pkt.emit(hdr);'];
    const fields = this.headers.fields.map((f) => `hdr.${f.name}`);
    if (random.oneIn(4)) fields.push(fields.shift()!);
    return fields.flatMap((path) => {
      if (random.oneIn(12)) return [];
      return random.oneIn(6) ? [`if (${make.condition(1)}) {`, `pkt.emit(${path});`, '}'] : [`pkt.emit(${path});`];
    });
  }
}

export function place(p: Parameter): Place<Scalar> {
  return { path: p.name, type: p.type, isWritable: p.direction !== 'in' };
}

/** Lines with two blanks per open brace. */
export function indented(lines: readonly string[]): string {
  let depth = 0;
  return lines
    .map((line) => {
      const closes = line.startsWith('}') ? 1 : 0;
      const shown = '  '.repeat(Math.max(0, depth - closes)) + line.trim();
      depth += (line.match(/\{/g)?.length ?? 0) - (line.match(/\}/g)?.length ?? 0);
      return shown;
    })
    .join('\n')
    .concat('\n');
}
