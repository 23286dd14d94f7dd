/** State of the function that holds the likely path: that of a pipeline, the path, and the way out of it. */

import { descriptor } from '../../../arena/layout.ts';
import type { Expr, Label, VarId } from '../../ir/ir.ts';
import { i32, type Ref } from '../builder.ts';
import { evaluateNumber } from '../expr.ts';
import type { Facts } from '../facts.ts';
import { Pipe } from '../pipe.ts';
import type { Unit } from '../unit.ts';
import { endOf, failures } from './constraints.ts';
import type { LikelyParser } from './parser.ts';
import { copyPath, keyOf, type Path, startPath } from './path.ts';
import type { Rest } from './statements.ts';
import { isQuestion, substitute } from './substitute.ts';

/** Code that was made on trial. */
export interface Fork<T> {
  readonly code: Ref;
  readonly result: T;
  readonly path: Path;
  readonly facts: Facts;
}

export class LikelyPipe extends Pipe {
  path: Path;
  /** Leaves the likely path; nothing has been written yet. */
  readonly bail: string;
  /** Ends of the likely path so far. */
  ends = 0;
  /** Statements that were looked at, on all paths together. */
  steps = 0;
  /** What comes behind the blocks that are open. */
  readonly rests = new Map<Label, Rest>();
  likelyParser: LikelyParser | undefined;
  /** Branches that will be joined and that the code is inside of. */
  branches = 0;
  #probes = 0;
  /** Variables that got locals since the innermost `alone` began. */
  #given: VarId[] | undefined;
  readonly #raw: Set<VarId>;
  readonly #length: number;

  constructor(unit: Unit, rawVars: ReadonlySet<VarId>) {
    const raw = new Set(rawVars);
    // The path knows which variables are still 0, so they get locals as they are set.
    super(unit, raw, 3, {
      vars: new Set(),
      headers: new Set(unit.program.headers.map((h) => h.id)),
      tables: new Set(unit.program.tables.map((t) => t.id)),
    });
    this.#raw = raw;
    this.#length = this.local(i32);
    this.bail = unit.newLabel();
    this.path = startPath();
    this.facts = new Map(unit.program.headers.map((h) => [h.id, false]));
  }

  protected override lateLocals(id: VarId): readonly number[] | undefined {
    return id < 0 ? undefined : this.giveLocals(id);
  }

  protected override giveLocals(id: VarId): readonly number[] {
    this.#given?.push(id);
    return super.giveLocals(id);
  }

  /** Makes code behind which nothing of it is needed any more: the next way may take its locals. */
  alone<T>(build: () => T): T {
    // Ways that meet again leave their variables to what follows.
    if (this.likelyParser?.join) return build();
    const outer = this.#given;
    const given: VarId[] = [];
    this.#given = given;
    let result: T | undefined;
    this.scoped(() => {
      result = build();
    });
    this.#given = outer;
    for (const id of given) this.dropLocals(id);
    return result as T;
  }

  override placeOf(header: number): number | undefined {
    return this.path.places.get(header);
  }

  /** The packet's start and length: the end is not needed where nothing moves. */
  override startAddress(): void {
    const { i32: A } = this.m;
    this.set(this.addr, A.load(descriptor.addr, this.get(this.descriptor)));
    this.set(this.#length, A.load(descriptor.length, this.get(this.descriptor)));
  }

  override packetLength(): Ref {
    return this.get(this.#length);
  }

  /** A new variable, kept raw or as a number. */
  newVar(width: number, isRaw: boolean): { readonly kind: 'var'; readonly width: number; readonly id: VarId } {
    const id = this.addVar(width);
    if (isRaw) this.#raw.add(id);
    return { kind: 'var', width, id };
  }

  /** Makes code on a fork of the path; the caller decides whether it is used. */
  fork<T>(build: () => T): Fork<T> {
    const { path, facts } = this;
    this.path = copyPath(path);
    let result: T | undefined;
    const code = this.collect(() => {
      result = build();
    });
    const fork = { code, result: result as T, path: this.path, facts: this.facts };
    this.path = path;
    this.facts = facts;
    return fork;
  }

  get isProbing(): boolean {
    return this.#probes > 0;
  }

  /** Whether a way leads to an end at all; its code is thrown away. */
  probe(way: () => boolean): boolean {
    const arrived = this.likelyParser?.join?.arrived;
    const before = arrived?.length ?? 0;
    this.#probes++;
    const { result } = this.fork(() => this.alone(way));
    this.#probes--;
    arrived?.splice(before);
    return result;
  }

  /** Takes the code of a fork and goes on from its end. */
  follow(fork: Fork<unknown>): void {
    this.emit(fork.code);
    this.path = fork.path;
    this.facts = fork.facts;
  }

  /** Emits the tests that are due. */
  flush(): void {
    const { constraints } = this.path;
    this.path.needed = Math.max(this.path.needed, ...constraints.map(endOf));
    this.checkLength();
    for (const failure of failures(this, constraints)) this.br(this.bail, failure);
    this.path.constraints = [];
    this.flushConditions(() => true);
  }

  /** Emits those of the other tests that are due that `isDue` holds for. */
  flushConditions(isDue: (condition: Expr) => boolean): void {
    const due = this.path.conditions.filter((c) => isDue(c.condition));
    this.path.conditions = this.path.conditions.filter((c) => !isDue(c.condition));
    for (const { condition, outcome } of due) {
      // What is known by now may decide an order. Other conditions are what is known: they would decide themselves.
      const isOrder = condition.kind === 'binary' && ['lt', 'le', 'gt', 'ge'].includes(condition.op);
      const c = isOrder ? substitute(this, condition) : condition;
      if (c.kind === 'const' && (c.value !== 0n) === outcome) continue;
      const value = this.test(c);
      this.br(this.bail, outcome ? this.m.i32.eqz(value) : value);
    }
  }

  /** A substituted condition as a number; computed once if it cannot change. */
  test(condition: Expr): Ref {
    if (condition.kind === 'unary' && condition.op === 'not' && condition.width === 1)
      return this.m.i32.eqz(this.test(condition.operand));
    this.checkLength();
    if (!isQuestion(condition)) return evaluateNumber(this, condition);
    const key = keyOf(condition);
    const value = this.path.computed.get(key) ?? this.holdI32(evaluateNumber(this, condition));
    this.path.computed.set(key, value);
    return value();
  }

  /** Before the packet's bytes are read: it must have them. */
  checkLength(): void {
    const { path } = this;
    if (path.needed <= path.checked) return;
    this.br(this.bail, this.m.i32.lt_u(this.packetLength(), this.m.i32.const(path.needed)));
    path.checked = path.needed;
  }
}
