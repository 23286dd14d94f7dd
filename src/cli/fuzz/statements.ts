/** Random statements, for controls, actions, functions and parser states. Output is lines, indented by depth when the program is put together. */
import type { Expressions, FunctionDeclaration, Parameter } from './expressions.ts';
import type { Random } from './random.ts';
import { bit, type Scalar, type Scope, text, widthOf } from './types.ts';

export interface ActionDeclaration {
  readonly name: string;
  /** Those with a direction come first; the rest are the control plane's. */
  readonly parameters: readonly Parameter[];
  readonly data: readonly { readonly name: string; readonly type: Scalar }[];
}

export interface TableDeclaration {
  readonly name: string;
  readonly actions: readonly string[];
  /** Tables with a selector have no `action_run` here. */
  readonly hasRun: boolean;
}

/** What may stand at a place of the program. */
export interface Place {
  readonly kind: 'control' | 'action' | 'function' | 'parser' | 'deparser';
  readonly result?: Scalar;
  readonly inLoop?: boolean;
  readonly inSwitch?: boolean;
}

export class Statements {
  readonly random: Random;
  readonly scope: Scope;
  readonly expr: Expressions;
  actions: readonly ActionDeclaration[] = [];
  tables: readonly TableDeclaration[] = [];
  /** Sub-controls: whole calls. */
  applies: readonly (() => string)[] = [];
  voids: readonly FunctionDeclaration[] = [];
  /** Of the architecture, each one or more statements; by the kind of place. */
  externs: readonly (() => string)[] = [];
  /** No header becomes valid or invalid, and nothing loops. */
  readonly #keepsHeaders: boolean;
  #names = 0;

  constructor(expr: Expressions, keepsHeaders: boolean) {
    this.expr = expr;
    this.#keepsHeaders = keepsHeaders;
    this.random = expr.random;
    this.scope = expr.scope;
  }

  name(stem: string): string {
    return `${stem}${this.#names++}`;
  }

  body(place: Place, depth: number, most = 5): string[] {
    return this.scope.inside(() => {
      const lines = this.random.many(1, most, () => this.statement(place, depth)).flat();
      return lines;
    });
  }

  statement(place: Place, depth: number): string[] {
    const { random } = this;
    const isParser = place.kind === 'parser';
    const control = (weight: number): number => (place.kind === 'control' ? weight : 0);
    const nested = (weight: number): number => (depth > 0 ? weight : 0);
    const not = (weight: number, ...kinds: readonly Place['kind'][]): number => (kinds.includes(place.kind) ? 0 : weight);
    return random.weighted<string[]>([
      [10, () => this.assign()],
      [2, () => this.compound()],
      [2, () => this.stackWrite()],
      [2, () => this.declare()],
      [2, () => this.whole()],
      [this.#keepsHeaders ? 0 : 3, () => this.validity()],
      [2, () => this.call(this.voids, this.expr.functions)],
      [not(nested(6), 'deparser'), () => this.branch(place, depth)],
      [nested(not(2, 'deparser')), () => this.switched(place, depth)],
      [this.#keepsHeaders ? 0 : nested(not(2, 'parser', 'deparser')), () => this.loop(place, depth)],
      [nested(1), () => ['{', ...this.body(place, depth - 1, 3), '}']],
      [control(6), () => this.applyTable(place, depth)],
      [control(2), () => this.callAction()],
      [control(2), () => (this.applies.length > 0 ? [random.pick(this.applies)()] : this.assign())],
      [isParser ? 0 : 5, () => (this.externs.length > 0 ? random.pick(this.externs)().split('\n') : this.assign())],
      [place.inLoop ? 2 : 0, () => [`if ${this.condition()} { ${random.pick(['break', 'continue'])}; }`]],
      [nested(not(1, 'parser', 'deparser')), () => this.leave(place)],
    ]);
  }

  private condition(depth = 2): string {
    return `(${this.expr.condition(depth)})`;
  }

  private assign(): string[] {
    const places = this.scope.scalars().filter((p) => p.isWritable);
    if (places.length === 0) return this.declare();
    const { path, type } = this.random.pick(places);
    if (type.kind === 'bit' && type.width > 1 && this.random.oneIn(4)) {
      const low = this.random.below(type.width);
      const high = this.random.between(low, type.width - 1);
      return [`${path}[${high}:${low}] = ${this.expr.bits(high - low + 1, 2)};`];
    }
    return [`${path} = ${this.expr.of(type, 3)};`];
  }

  private compound(): string[] {
    const places = this.scope.scalars().filter((p) => p.isWritable && p.type.kind === 'bit');
    if (places.length === 0) return this.assign();
    const { path, type } = this.random.pick(places);
    const op = this.random.pick(['+', '-', '*', '&', '|', '^', '|+|', '|-|', '<<', '>>']);
    const value = op === '<<' || op === '>>' ? this.expr.bits(8, 1) : this.expr.of(type, 2);
    return [`${path} ${op}= ${value};`];
  }

  private stackWrite(): string[] {
    const field = this.expr.stackField(1);
    return field?.isWritable ? [`${field.path} = ${this.expr.of(field.type, 2)};`] : this.assign();
  }

  private declare(): string[] {
    const { random } = this;
    const structs = this.scope.structs().filter((s) => s.type.fields.every((f) => f.type.kind !== 'struct'));
    const name = this.name('v');
    if (structs.length > 0 && random.oneIn(6)) {
      const { type, path } = random.pick(structs);
      const lines = [`${type.name} ${name}${random.oneIn(3) ? '' : ` = ${path}`};`];
      this.scope.add({ path: name, type, isWritable: true });
      return lines;
    }
    const headers = this.#keepsHeaders ? [] : this.scope.headers();
    if (headers.length > 0 && random.oneIn(6)) {
      const { type, path } = random.pick(headers);
      const lines = [`${type.name} ${name}${random.oneIn(2) ? '' : ` = ${path}`};`];
      this.scope.add({ path: name, type, isWritable: true });
      return lines;
    }
    const type = this.expr.scalarType();
    const lines = [`${text(type)} ${name} = ${this.expr.of(type, 2)};`];
    this.scope.add({ path: name, type, isWritable: true });
    return lines;
  }

  /** Headers, structs, stacks and unions as a whole. */
  private whole(): string[] {
    const { random } = this;
    const wholes = this.scope.places.filter((p) => p.isWritable && ['header', 'struct', 'stack', 'union'].includes(p.type.kind));
    if (wholes.length === 0) return this.assign();
    const target = random.pick(wholes);
    const { type } = target;
    if (type.kind === 'header' && !type.varbit && random.oneIn(4)) {
      if (random.oneIn(3)) return [`${target.path} = (${type.name}){#};`];
      return [`${target.path} = { ${type.fields.map((f) => this.expr.of(f.type, 1)).join(', ')} };`];
    }
    return [`${target.path} = ${random.pick(this.scope.of(type)).path};`];
  }

  private validity(): string[] {
    const { random } = this;
    const headers = this.scope.headers().filter((h) => h.isWritable);
    const stacks = this.scope.stacks().filter((s) => s.isWritable);
    if (stacks.length > 0 && random.oneIn(3)) {
      return [`${random.pick(stacks).path}.${random.pick(['push_front', 'pop_front'])}(${random.between(1, 2)});`];
    }
    if (headers.length === 0) return this.assign();
    return [`${random.pick(headers).path}.${random.pick(['setValid', 'setValid', 'setInvalid'])}();`];
  }

  private call(...lists: readonly (readonly FunctionDeclaration[])[]): string[] {
    const all = lists.flat();
    if (all.length === 0) return this.assign();
    const chosen = this.random.pick(all);
    return this.withPlaces(chosen.parameters, (args) => [`${chosen.name}(${args});`]);
  }

  private callAction(): string[] {
    if (this.actions.length === 0) return this.assign();
    const chosen = this.random.pick(this.actions);
    return this.withPlaces(chosen.parameters, (args) => {
      const data = chosen.data.map((d) => this.expr.of(d.type, 1));
      return [`${chosen.name}(${[args, ...data].filter((a) => a !== '').join(', ')});`];
    });
  }

  /** Declares variables for out and inout arguments that have no place. */
  private withPlaces(parameters: readonly Parameter[], make: (args: string) => string[]): string[] {
    const before: string[] = [];
    for (const p of parameters) {
      if (p.direction === 'in' || this.expr.place(p.type) !== undefined) continue;
      const name = this.name('v');
      before.push(`${text(p.type)} ${name} = ${this.expr.of(p.type, 1)};`);
      this.scope.add({ path: name, type: p.type, isWritable: true });
    }
    return [...before, ...make(this.expr.args(parameters, 1) ?? '')];
  }

  private branch(place: Place, depth: number): string[] {
    const lines = [`if ${this.condition()} {`, ...this.body(place, depth - 1), '}'];
    if (this.random.oneIn(2)) lines.push('else {', ...this.body(place, depth - 1), '}');
    return lines;
  }

  private switched(place: Place, depth: number): string[] {
    const { random } = this;
    if (place.kind === 'parser') return this.branch(place, depth);
    const enums = this.expr.enums;
    const type: Scalar = enums.length > 0 && random.oneIn(3) ? random.pick(enums) : bit(random.pick([1, 2, 3, 4, 8, 16, 33]));
    const labels = new Set<string>();
    const fresh = (): string | undefined => {
      const label =
        type.kind === 'enum'
          ? `${type.name}.${random.pick(type.members)}`
          : `${BigInt.asUintN(widthOf(type), random.oneIn(3) ? random.bits(widthOf(type)) : BigInt(random.below(10)))}`;
      if (labels.has(label)) return undefined;
      labels.add(label);
      return label;
    };
    const inner: Place = { ...place, inLoop: false };
    const cases = random.many(1, 6, () => {
      const label = fresh();
      if (label === undefined) return [];
      return random.oneIn(4) ? [`${label}:`] : [`${label}: {`, ...this.body(inner, depth - 1, 3), '}'];
    });
    const last = random.oneIn(3) ? [] : ['default: {', ...this.body(inner, depth - 1, 3), '}'];
    // The last label must have a body.
    const flat = [...cases.flat(), ...last];
    if (flat.length === 0) return this.branch(place, depth);
    if (flat.at(-1)!.endsWith(':')) flat.push('{', '}');
    return [`switch (${this.expr.of(type, 2)}) {`, ...flat, '}'];
  }

  private loop(place: Place, depth: number): string[] {
    const { random } = this;
    const name = this.name('i');
    const inner: Place = { ...place, inLoop: true };
    return this.scope.inside(() => {
      const type = bit(random.pick([4, 8, 16]));
      if (random.oneIn(2)) {
        this.scope.add({ path: name, type, isWritable: false });
        const low = random.below(4);
        return [`for (${text(type)} ${name} in ${low}..${low + random.below(4)}) {`, ...this.body(inner, depth - 1, 3), '}'];
      }
      // The body must not write the counter: the loop shall end.
      this.scope.add({ path: name, type, isWritable: false });
      return [
        `for (${text(type)} ${name} = 0; ${name} < ${random.between(1, 5)}; ${name} = ${name} + 1) {`,
        ...this.body(inner, depth - 1, 3),
        '}',
      ];
    });
  }

  private applyTable(place: Place, depth: number): string[] {
    const { random } = this;
    if (this.tables.length === 0) return this.assign();
    const table = random.pick(this.tables);
    const inner: Place = { ...place, inLoop: false };
    return random.weighted<string[]>([
      [4, () => [`${table.name}.apply();`]],
      [
        depth > 0 ? 2 : 0,
        () => {
          const lines = [
            `if (${random.oneIn(2) ? '!' : ''}${table.name}.apply().${random.pick(['hit', 'miss'])}) {`,
            ...this.body(place, depth - 1, 3),
            '}',
          ];
          return random.oneIn(2) ? [...lines, 'else {', ...this.body(place, depth - 1, 3), '}'] : lines;
        },
      ],
      [
        depth > 0 && table.hasRun ? 2 : 0,
        () => {
          const cases = table.actions
            .filter(() => random.oneIn(2))
            .flatMap((a) => [`${a}: {`, ...this.body(inner, depth - 1, 3), '}']);
          return [
            `switch (${table.name}.apply().action_run) {`,
            ...cases,
            'default: {',
            ...this.body(inner, depth - 1, 2),
            '}',
            '}',
          ];
        },
      ],
    ]);
  }

  private leave(place: Place): string[] {
    const { random } = this;
    const statement =
      place.kind === 'function' || random.oneIn(2)
        ? place.result
          ? `return ${this.expr.of(place.result, 1)};`
          : 'return;'
        : 'exit;';
    return [`if ${this.condition(1)} { ${statement} }`];
  }
}
