/**
 * State of the function that one pipeline becomes: which locals hold its variables, headers and the packet, and what is known where code is
 * being emitted.
 *
 * A header is one pointer: into the packet if it was extracted, into the context's scratch if the program made it, to the zero page if it is
 * invalid (so that its fields read 0 without a test). "Valid" is "does not point to the zero page".
 */
import { context, descriptor, zeroPage } from '../../arena/layout.ts';
import type { Expr, HeaderField, HeaderId, HeaderType, Label, Program, Stmt, TableId, VarId } from '../ir/ir.ts';
import { Bug } from './bug.ts';
import { Fn, i32, i64, type Ref } from './builder.ts';
import { swapBytes } from './bytes.ts';
import type { Facts } from './facts.ts';
import { mirrorSlotCount } from './features.ts';
import { isWide, typeOf } from './narrow.ts';
import type { Scopes } from './scopes.ts';
import type { Unit } from './unit.ts';
import type { Mentioned } from './walk.ts';
import { type Limbs, limbCount, swapLimbs } from './wide.ts';

/** What a table's last apply left behind, in locals. */
export interface Applied {
  /** Address of the entry, or of the default entry. */
  readonly entry: number;
  /** 1 if the entry is the table's and not the default one. */
  readonly hit: number;
  /** Words of the key that was looked up. */
  readonly words: readonly number[];
}

export interface LabelScope {
  readonly breakTo: string;
  readonly continueTo?: string;
  /** What holds where `break` lands. */
  facts: Facts;
}

export interface ParserScope {
  /** Label behind the parser. */
  readonly end: string;
  facts: Facts;
  readonly jump: (state: number) => void;
}

/** An apply whose key and hash are computed ahead while the local `isOn` says so; where the record of a group's first packet is, from the context on. */
export interface Ahead {
  readonly apply: Stmt;
  readonly isOn: number;
  readonly records: number;
}

interface HeaderLocals {
  readonly type: HeaderType;
  readonly pointer: number;
  /** Bytes of the varbit field, where the type has one. */
  readonly varbitBytes?: number;
}

export class Pipe extends Fn {
  readonly rawVars: ReadonlySet<VarId>;
  /** Locals. `payload`: first byte that the parser has not extracted. */
  readonly context = 0;
  readonly descriptor: number;
  readonly addr: number;
  readonly end: number;
  readonly payload: number;
  /** 0: the headers are where the parser found them, and all that a deparser emits in this order (see order.ts). */
  readonly relaid: number;
  readonly outPort: number;
  /** -1 until the program has said something. */
  readonly reason: number;
  readonly group: number;
  readonly hasGroup: number;
  readonly parserError: number;
  readonly pass: number;
  /** Rounds of loops so far. */
  readonly rounds: number;
  /** With several workers: 1 if the packet has the registers (locks.ts). */
  readonly hasRegisters: number;
  /** Behind the pipeline's body, before the packet's fate is written. */
  readonly done: string;
  facts: Facts = new Map();
  readonly labels = new Map<Label, LabelScope>();
  readonly #applied = new Map<TableId, Applied>();
  parser: ParserScope | undefined;
  /** Applies whose keys and hashes may have been computed ahead (see prefetch.ts). */
  aheads: readonly Ahead[] = [];
  /** In an action's body: whether its table's apply found an entry, if the action alone tells. */
  hitKnown: { readonly table: TableId; readonly hit: boolean } | undefined;
  /** While emits are gathered one by one: local with the address of the next byte. */
  gatherAt: number | undefined;
  readonly #vars = new Map<VarId, readonly number[]>();
  readonly #scopes: Scopes;
  /** Id of the last variable that the program does not have. */
  #lastAdded = 0;
  readonly #headers = new Map<HeaderId, HeaderLocals>();

  /** `mentioned`: the variables, headers and tables that the function will name, if not all. */
  constructor(unit: Unit, rawVars: ReadonlySet<VarId>, paramCount: 2 | 3 = 3, mentioned?: Mentioned) {
    super(
      unit,
      Array.from({ length: paramCount }, () => i32),
    );
    this.rawVars = rawVars;
    const word = (): number => this.local(i32);
    this.descriptor = word();
    this.addr = word();
    this.end = word();
    this.payload = word();
    this.relaid = word();
    this.outPort = word();
    this.reason = word();
    this.group = word();
    this.hasGroup = word();
    this.parserError = word();
    this.pass = word();
    this.rounds = word();
    this.hasRegisters = word();
    this.done = unit.newLabel();
    const { program } = unit;
    this.#scopes = mentioned ? new Map() : unit.scopes;
    const scoped = new Set([...this.#scopes.values()].flat());
    for (const v of program.vars) {
      if (mentioned ? mentioned.vars.has(v.id) : !scoped.has(v.id)) this.#vars.set(v.id, this.#localsFor(v.width));
    }
    program.tables.forEach((table, i) => {
      if (mentioned && !mentioned.tables.has(table.id)) return;
      const words = Array.from({ length: unit.layout.tables[i]!.keyWords }, () => this.local(i64));
      this.#applied.set(table.id, { entry: word(), hit: word(), words });
    });
    for (const h of program.headers) {
      if (mentioned && !mentioned.headers.has(h.id)) continue;
      const type = program.headerTypes[h.type]!;
      this.#headers.set(h.id, {
        type,
        pointer: word(),
        varbitBytes: type.varbitField === undefined ? undefined : word(),
      });
    }
  }

  get program(): Program {
    return this.unit.program;
  }

  /** The local of a narrow variable, the limbs of a wide one. */
  varLocals(id: VarId): readonly number[] {
    const locals = this.#vars.get(id) ?? this.lateLocals(id);
    if (!locals) throw new Bug(`no variable ${id}`);
    return locals;
  }

  /** Takes locals for the variables that are needed in this statement alone. */
  enter(s: Stmt): void {
    for (const id of this.#scopes.get(s) ?? []) this.giveLocals(id);
  }

  applied(id: TableId): Applied {
    const applied = this.#applied.get(id);
    if (!applied) throw new Bug(`no table ${id}`);
    return applied;
  }

  header(id: HeaderId): HeaderLocals {
    const header = this.#headers.get(id);
    if (!header) throw new Bug(`no header ${id}`);
    return header;
  }

  field(header: HeaderId, field: number): HeaderField {
    return this.header(header).type.fields[field]!;
  }

  /** Address of a header's first byte. */
  pointer(id: HeaderId): Ref {
    return this.get(this.header(id).pointer);
  }

  /** Where an invalid header points. */
  zeroPage(): Ref {
    return this.m.i32.const(zeroPage.offset);
  }

  isValid(id: HeaderId): Ref {
    const known = this.facts?.get(id);
    if (known !== undefined) return this.m.i32.const(known ? 1 : 0);
    return this.m.i32.ne(this.pointer(id), this.zeroPage());
  }

  /** Runs `then` if the header is valid; without a test where that is known. */
  whereValid(id: HeaderId, then: () => void): void {
    const known = this.facts?.get(id);
    if (known === true) then();
    else if (known === undefined) this.if(this.isValid(id), then);
  }

  /** Assigns a number to a narrow variable. */
  setNumber(id: VarId, width: number, value: Ref): void {
    this.set(this.varLocals(id)[0]!, this.rawVars.has(id) ? swapBytes(this, width / 8, value) : value);
  }

  /** Assigns a number to a wide variable. */
  setLimbs(id: VarId, width: number, value: Limbs): void {
    const words = this.rawVars.has(id) ? swapLimbs(this, width, value) : value;
    for (const [i, local] of this.varLocals(id).entries()) this.set(local, words[i]!());
  }

  /** Locals for a variable that has none yet, where that may be. */
  protected lateLocals(_id: VarId): readonly number[] | undefined {
    return undefined;
  }

  /** Gives a variable its locals. */
  protected giveLocals(id: VarId): readonly number[] {
    const locals = this.#localsFor(this.unit.widthOf(id));
    this.#vars.set(id, locals);
    return locals;
  }

  protected dropLocals(id: VarId): void {
    this.#vars.delete(id);
  }

  /** A temporary variable of at most 64 bits with this value, to be read as an expression. */
  temporary(width: number, value: Ref): Expr {
    const id = this.addVar(width);
    this.setNumber(id, width, value);
    return { kind: 'var', width, id };
  }

  /** A variable that the program does not have; its id is negative. */
  addVar(width: number): VarId {
    const id = --this.#lastAdded;
    this.#vars.set(id, this.#localsFor(width));
    return id;
  }

  #localsFor(width: number): number[] {
    if (!isWide(width)) return [this.local(typeOf(width))];
    return Array.from({ length: limbCount(width) }, () => this.local(i64));
  }

  /** Bytes from the packet's start to a header, where that is known when the code is made. */
  placeOf(_header: HeaderId): number | undefined {
    return undefined;
  }

  /** What holds before a packet's first pipeline. */
  startPacket(): void {
    const { i32: A } = this.m;
    this.startAddress();
    this.set(this.payload, this.get(this.addr));
    this.relay();
    this.set(this.outPort, A.const(-1));
    this.set(this.reason, A.const(-1));
    this.set(this.hasGroup, A.const(0));
    this.set(this.rounds, A.const(0));
    this.set(this.parserError, A.const(0));
    this.clearVars();
    this.clearHeaders();
    this.clearApplied();
  }

  /** Where the packet begins and ends. */
  startAddress(): void {
    const { i32: A } = this.m;
    this.set(this.addr, A.load(descriptor.addr, this.get(this.descriptor)));
    this.set(this.end, A.add(this.get(this.addr), A.load(descriptor.length, this.get(this.descriptor))));
  }

  nowMs(): Ref {
    return this.m.i32.load(context.nowMs, this.get(this.context));
  }

  packetLength(): Ref {
    return this.m.i32.sub(this.get(this.end), this.get(this.addr));
  }

  /** All tables as if they had been missed. */
  clearApplied(): void {
    this.program.tables.forEach((table, i) => {
      const applied = this.#applied.get(table.id);
      if (!applied) return;
      this.set(applied.entry, this.m.i32.const(this.unit.layout.tables[i]!.defaultEntry));
      this.set(applied.hit, this.m.i32.const(0));
    });
  }

  /** All variables 0. */
  clearVars(): void {
    for (const v of this.program.vars) {
      for (const local of this.#vars.get(v.id) ?? []) {
        this.set(local, v.width <= 32 ? this.m.i32.const(0) : this.m.i64.const(0));
      }
    }
  }

  /** All headers invalid. */
  clearHeaders(): void {
    for (const { pointer, varbitBytes } of this.#headers.values()) {
      this.set(pointer, this.zeroPage());
      if (varbitBytes !== undefined) this.set(varbitBytes, this.m.i32.const(0));
    }
    this.facts = this.facts && new Map([...this.#headers.keys()].map((id) => [id, false]));
  }

  /** Says that the deparser has something to do. */
  relay(): void {
    this.set(this.relaid, this.m.i32.const(1));
  }

  /** Drops the packet and leaves the pipeline; it may be half rewritten, so no mirror gets it. */
  abandon(reason: number): void {
    if (this.unit.features.mirrors) {
      for (let slot = 0; slot < mirrorSlotCount; slot++) {
        this.emit(this.m.i32.store(context.mirrorSlots + 4 * slot, this.get(this.context), this.m.i32.const(-1)));
      }
    }
    this.set(this.outPort, this.m.i32.const(-1));
    this.set(this.reason, this.m.i32.const(reason));
    this.set(this.hasGroup, this.m.i32.const(0));
    this.br(this.done);
  }
}
