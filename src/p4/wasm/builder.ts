/**
 * Builds one WebAssembly function: locals, the statement list that is being filled, labels.
 *
 * An instruction stands in one place only. So a value that is needed twice is a `Get`: a function that makes a new read of a local
 * (`hold`) each time. Expressions of the IR have no side effects; statements that they need first (temporaries) go to the current list, ahead of
 * the statement that uses them.
 */
import type { Module, Node, ValueType } from './assembler.ts';
import type { Unit } from './unit.ts';

/** An instruction with its operands; to be used once. */
export type Ref = Node;
/** Makes the expression anew; may be called any number of times. */
export type Get = () => Ref;
export type Type = ValueType;

export const i32 = 'i32';
export const i64 = 'i64';
export const none = 'none';

export class Fn {
  readonly unit: Unit;
  readonly m: Module;
  readonly #types: Type[];
  readonly #paramCount: number;
  #out: Ref[] = [];
  /** Locals that may be taken again, by type; those that were taken since the innermost `scoped` began. */
  readonly #free = new Map<Type, number[]>();
  #taken: number[] | undefined;

  constructor(unit: Unit, params: readonly Type[]) {
    this.unit = unit;
    this.m = unit.module;
    this.#types = [...params];
    this.#paramCount = params.length;
  }

  /** A local variable, not initialised; its index. */
  local(type: Type): number {
    // Outside of `scoped` it may be needed around code that was made before.
    const free = this.#taken && this.#free.get(type)?.pop();
    const index = free ?? this.#types.push(type) - 1;
    this.#taken?.push(index);
    return index;
  }

  /**
   * Runs `build`; the locals that it takes are free again behind it. Thousands of locals would be much work for the engine's
   * first tier, which gives each a place in the frame.
   */
  scoped(build: () => void): void {
    const outer = this.#taken;
    const taken: number[] = [];
    this.#taken = taken;
    build();
    this.#taken = outer;
    for (const index of taken) {
      const type = this.#types[index]!;
      const free = this.#free.get(type);
      if (free) free.push(index);
      else this.#free.set(type, [index]);
    }
  }

  get(index: number): Ref {
    return this.m.local.get(index, this.#types[index]!);
  }

  set(index: number, value: Ref): void {
    this.emit(this.m.local.set(index, value));
  }

  /** Puts a value into a new local. */
  hold(value: Ref, type: Type): Get {
    const index = this.local(type);
    this.set(index, value);
    return () => this.get(index);
  }

  holdI32(value: Ref): Get {
    return this.hold(value, i32);
  }

  holdI64(value: Ref): Get {
    return this.hold(value, i64);
  }

  /** Appends a statement to the current list. */
  emit(statement: Ref): void {
    this.#out.push(statement);
  }

  /** The statements that `build` emits, as one. */
  collect(build: () => void): Ref {
    const outer = this.#out;
    this.#out = [];
    build();
    const inner = this.#out;
    this.#out = outer;
    return inner.length === 1 ? inner[0]! : this.m.block(null, inner, none);
  }

  if(condition: Ref, then: () => void, otherwise?: () => void): void {
    this.emit(this.m.if(condition, this.collect(then), otherwise && this.collect(otherwise)));
  }

  /** `br` to the label leaves the block. */
  block(build: (label: string) => void, label = this.label()): void {
    const body = this.collect(() => build(label));
    this.emit(this.m.block(label, [body], none));
  }

  /** `br` to the label starts the next round; reaching the end leaves the loop. */
  loop(build: (label: string) => void, label = this.label()): void {
    const body = this.collect(() => build(label));
    this.emit(this.m.loop(label, body));
  }

  br(label: string, condition?: Ref): void {
    this.emit(this.m.br(label, condition));
  }

  label(): string {
    return this.unit.newLabel();
  }

  /** Adds the function to the module. With a result, `result` is its value at the end. */
  finish(name: string, resultType: Type | typeof none = none, result?: Ref): void {
    if (result !== undefined) this.emit(result);
    const body = this.m.block(null, this.#out, resultType);
    const [params, locals] = [this.#types.slice(0, this.#paramCount), this.#types.slice(this.#paramCount)];
    this.m.functions.push({ name, params, result: resultType, locals, body });
  }
}
