/**
 * Random table entries and packets for a compiled program. Values are few and small as well as random, so that packets hit entries; packets have all
 * lengths, none included. An operation that is refused (a duplicate, a full table) is none.
 */
import type { ActionCall, ActionId, Extern, KeyMatch, Table, TableKey } from '../../p4/ir/ir.ts';
import { Refusal, type StfBackend, type StfProgram } from '../stf/backend.ts';
import type { Random } from './random.ts';

/** Keys of entries and bytes of packets come from here more often than not. */
const fewBytes = [0, 1, 2, 3, 0x5a, 0xff];

export class Traffic {
  private readonly random: Random;
  private readonly backend: StfBackend;
  private readonly program: StfProgram;

  constructor(random: Random, backend: StfBackend) {
    this.random = random;
    this.backend = backend;
    this.program = backend.program;
  }

  /** What does not change while packets run: mirror sessions, groups, sides, profiles. */
  configure(): void {
    const { random, backend } = this;
    for (let i = 1; i <= 2; i++) {
      backend.setMulticast(
        i,
        random.many(0, 3, (k) => ({ port: random.below(4), instance: k })),
      );
      this.attempt(() => backend.setMirror(i, random.oneIn(4) ? { group: 1 } : { port: 5 + i }));
    }
    for (let port = 0; port < 4; port++) backend.setPortSide(port, random.oneIn(2) ? 'net' : 'host');
    for (let profile = 0; profile < 4; profile++) backend.setExpireProfile(profile, 50 * (1 + random.below(8)));
  }

  /** Entries of all tables, values of all sets, cells of all registers and meters. */
  fill(): void {
    const { random, backend } = this;
    for (const e of this.program.externs) this.fillExtern(e);
    for (const table of this.program.tables) {
      if (!table.isDefaultConst && random.oneIn(3)) this.attempt(() => backend.setDefault(table.id, this.call(table, 'default')));
      if (table.isConst) continue;
      for (let n = random.below(12); n > 0; n--) this.addEntry(table);
    }
  }

  /** Now and then something changes between packets. */
  change(): void {
    const { random, backend } = this;
    if (random.oneIn(4)) backend.advance(random.between(1, 200));
    if (random.oneIn(3) && this.program.tables.length > 0) {
      const table = random.pick(this.program.tables);
      if (!table.isConst) this.addEntry(table);
    }
    if (random.oneIn(40)) backend.removeAll();
    backend.takeDigests();
    backend.takeNotifications();
  }

  packet(): { port: number; bytes: Uint8Array } {
    const { random } = this;
    const length = random.weighted([
      [1, () => 0],
      [6, () => random.below(24)],
      [10, () => random.below(100)],
      [3, () => 60 + random.below(200)],
      [1, () => 1000 + random.below(600)],
    ]);
    const style = random.below(3);
    const constant = random.pick(fewBytes);
    const bytes = Uint8Array.from({ length }, () => {
      if (style === 0) return random.oneIn(8) ? random.below(256) : constant;
      return random.oneIn(2) ? random.pick(fewBytes) : random.below(256);
    });
    return { port: random.below(4), bytes };
  }

  // ---------------------------------------------------------------- entries

  private addEntry(table: Table): void {
    const { random, backend } = this;
    const keys = table.keys.filter((k) => k.matchKind !== 'selector');
    const matches = keys.map((k) => this.match(k));
    const hasPriority = keys.some((k) => ['ternary', 'range', 'optional'].includes(k.matchKind));
    const result =
      table.implementation === undefined || random.oneIn(3)
        ? ({ kind: 'action', call: this.call(table, 'entry') } as const)
        : this.program.externs.find((e) => e.id === table.implementation)?.kind === 'actionSelector' && random.oneIn(2)
          ? ({ kind: 'group', id: random.below(3) } as const)
          : ({ kind: 'member', id: random.below(4) } as const);
    const timeoutMs = table.idleTimeout !== 'none' && random.oneIn(2) ? random.between(1, 300) : 0;
    this.attempt(() =>
      backend.addEntry(table.id, { matches, priority: hasPriority ? 1 + random.below(5) : 0, result, timeoutMs }),
    );
  }

  private fillExtern(e: Extern): void {
    const { random, backend } = this;
    switch (e.kind) {
      case 'valueSet':
        for (let n = random.below(4); n > 0; n--)
          this.attempt(() =>
            backend.addValue(
              e.id,
              e.keys.map((k) => this.match(k)),
            ),
          );
        return;
      case 'register':
        for (let i = 0; i < e.size; i++) {
          if (random.oneIn(3))
            backend.setRegister(
              e.id,
              i,
              e.fields.map((f) => random.bits(f.width)),
            );
        }
        return;
      case 'meter':
        for (let i = 0; i < e.size; i++) if (random.oneIn(2)) backend.setMeter(e.id, i, this.rates());
        return;
      case 'actionProfile':
      case 'actionSelector': {
        const table = this.program.tables.find((t) => t.implementation === e.id);
        if (!table) return;
        for (let id = 0; id < 4; id++) this.attempt(() => backend.setMember(e.id, id, this.call(table, 'entry')));
        if (e.kind === 'actionProfile') return;
        for (let id = 0; id < 3; id++) {
          const members = [0, 1, 2, 3]
            .filter(() => random.oneIn(2))
            .map((member) => ({ id: member, weight: random.between(1, 3) }));
          this.attempt(() => backend.setGroup(e.id, id, members));
        }
      }
    }
  }

  private rates(): { cir: bigint; cburst: bigint; pir: bigint; pburst: bigint } {
    const cir = BigInt(this.random.below(2000));
    const cburst = BigInt(this.random.below(200));
    return { cir, cburst, pir: cir + BigInt(this.random.below(500)), pburst: cburst + BigInt(this.random.below(100)) };
  }

  private call(table: Table, what: 'entry' | 'default'): ActionCall {
    const allowed = table.actions.filter((a) => (what === 'entry' ? !a.defaultOnly : !a.tableOnly));
    const action: ActionId = this.random.pick(allowed.length > 0 ? allowed : table.actions).action;
    return { action, args: this.program.actions[action]!.params.map((p) => this.random.bits(p.width)) };
  }

  private value(width: number): bigint {
    const { random } = this;
    if (random.oneIn(4)) return random.bits(width);
    let value = 0n;
    const byte = BigInt(random.pick(fewBytes));
    for (let i = 0; i < width; i += 8) value = (value << 8n) | (random.oneIn(3) ? BigInt(random.pick(fewBytes)) : byte);
    return BigInt.asUintN(width, value);
  }

  private match({ matchKind, width }: TableKey): KeyMatch {
    const { random } = this;
    const value = this.value(width);
    switch (matchKind) {
      case 'lpm': {
        const prefixLength = random.oneIn(5) ? 0 : random.between(0, width);
        const mask = ((1n << BigInt(prefixLength)) - 1n) << BigInt(width - prefixLength);
        return { kind: 'lpm', value: value & mask, prefixLength };
      }
      case 'ternary': {
        const mask = random.oneIn(4) ? 0n : random.oneIn(2) ? this.value(width) : (1n << BigInt(width)) - 1n;
        return { kind: 'ternary', value: value & mask, mask };
      }
      case 'range': {
        const [low, high] = [value, this.value(width)].sort((a, b) => (a < b ? -1 : 1)) as [bigint, bigint];
        return { kind: 'range', low, high };
      }
      case 'optional':
        return random.oneIn(3) ? { kind: 'optional' } : { kind: 'optional', value };
      default:
        return { kind: 'exact', value };
    }
  }

  private attempt(operation: () => void): void {
    try {
      operation();
    } catch (error) {
      if (!(error instanceof Refusal) || error.message.startsWith('the backends disagree')) throw error;
    }
  }
}
