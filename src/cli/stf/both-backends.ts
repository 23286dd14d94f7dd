/**
 * Two backends for one program as one: every operation is done on both, and whatever they answer must be the same.
 *
 * Packets are compared byte by byte. When the file has ended, the memories are compared, too: tables with their hit counts, counters, meters,
 * registers, digests and drops lie at the same places in both arenas.
 */
import { type ArenaLayout, meterCell } from '../../arena/index.ts';
import { diffPackets, summary } from '../../wire/index.ts';
import type { ArenaBackend } from './arena-backend.ts';
import { type PacketResult, Refusal, type StfBackend } from './backend.ts';

/** `first` and `second` belong to the same program, with the same layout. */
export function bothBackends(first: ArenaBackend, second: ArenaBackend, names: readonly [string, string]): StfBackend {
  const twice = <A extends readonly unknown[], R>(method: (backend: ArenaBackend, ...args: A) => R) => {
    return (...args: A): R => {
      const answers = [first, second].map((backend) => outcome(() => method(backend, ...args)));
      const [a, b] = answers.map((answer) => print('error' in answer ? answer.error.message : answer.result));
      if (a !== b) throw new Refusal('the backends disagree', `  ${names[0]}: ${a}\n  ${names[1]}: ${b}\n`);
      const answer = answers[0]!;
      if ('error' in answer) throw answer.error;
      return answer.result;
    };
  };
  return {
    program: first.program,
    addEntry: twice((b, ...args: Parameters<StfBackend['addEntry']>) => b.addEntry(...args)),
    removeEntry: twice((b, ...args: Parameters<StfBackend['removeEntry']>) => b.removeEntry(...args)),
    setDefault: twice((b, ...args: Parameters<StfBackend['setDefault']>) => b.setDefault(...args)),
    removeAll: twice((b) => b.removeAll()),
    entryCount: twice((b, table: number) => b.entryCount(table)),
    setMember: twice((b, ...args: Parameters<StfBackend['setMember']>) => b.setMember(...args)),
    removeMember: twice((b, ...args: Parameters<StfBackend['removeMember']>) => b.removeMember(...args)),
    setGroup: twice((b, ...args: Parameters<StfBackend['setGroup']>) => b.setGroup(...args)),
    removeGroup: twice((b, ...args: Parameters<StfBackend['removeGroup']>) => b.removeGroup(...args)),
    addValue: twice((b, ...args: Parameters<StfBackend['addValue']>) => b.addValue(...args)),
    counter: twice((b, ...args: Parameters<StfBackend['counter']>) => b.counter(...args)),
    setCounter: twice((b, ...args: Parameters<StfBackend['setCounter']>) => b.setCounter(...args)),
    entryCounter: twice((b, ...args: Parameters<StfBackend['entryCounter']>) => b.entryCounter(...args)),
    register: twice((b, ...args: Parameters<StfBackend['register']>) => b.register(...args)),
    setRegister: twice((b, ...args: Parameters<StfBackend['setRegister']>) => b.setRegister(...args)),
    registerReset: twice((b, register: number) => b.registerReset(register)),
    setMeter: twice((b, ...args: Parameters<StfBackend['setMeter']>) => b.setMeter(...args)),
    setEntryMeter: twice((b, ...args: Parameters<StfBackend['setEntryMeter']>) => b.setEntryMeter(...args)),
    setMirror: twice((b, ...args: Parameters<StfBackend['setMirror']>) => b.setMirror(...args)),
    setMulticast: twice((b, ...args: Parameters<StfBackend['setMulticast']>) => b.setMulticast(...args)),
    setPortSide: twice((b, ...args: Parameters<StfBackend['setPortSide']>) => b.setPortSide(...args)),
    setExpireProfile: twice((b, ...args: Parameters<StfBackend['setExpireProfile']>) => b.setExpireProfile(...args)),
    advance: twice((b, ms: number) => b.advance(ms)),
    takeNotifications: twice((b) => b.takeNotifications()),
    takeDigests: twice((b) => b.takeDigests()),
    send(port, bytes) {
      const results = [first.send(port, bytes), second.send(port, bytes)] as const;
      const detail = difference(results, names);
      if (detail !== undefined) throw new Refusal('the backends disagree about this packet', detail);
      return results[0];
    },
    finish: () => stateDifferences(first, second).map((what) => `the backends disagree at the end: ${what}`),
  };
}

function outcome<R>(run: () => R): { result: R } | { error: Refusal } {
  try {
    return { result: run() };
  } catch (error) {
    if (error instanceof Refusal) return { error };
    throw error;
  }
}

function print(value: unknown): string {
  return JSON.stringify(value, (_key, v: unknown) => (typeof v === 'bigint' ? v.toString() : v)) ?? 'nothing';
}

/** Which packets or fates differ, undefined if none. The first backend's are the expected ones. */
export function difference([a, b]: readonly [PacketResult, PacketResult], names: readonly [string, string]): string | undefined {
  const fate = ({ outputs, dropReason }: PacketResult): string =>
    [...outputs.map((o) => `port ${o.port}`), ...(dropReason === undefined ? [] : [`dropped (${dropReason})`])].join(', ') ||
    'nothing';
  if (fate(a) !== fate(b)) {
    const list = ({ outputs }: PacketResult): string => outputs.map((o) => `    port ${o.port}: ${summary(o.bytes)}\n`).join('');
    return `  ${names[0]}: ${fate(a)}\n${list(a)}  ${names[1]}: ${fate(b)}\n${list(b)}`;
  }
  for (const [i, { port, bytes }] of a.outputs.entries()) {
    const diff = diffPackets(bytes, b.outputs[i]!.bytes);
    if (diff !== undefined) return `  port ${port}, ${names[0]} as expected, ${names[1]} as found:\n${diff}`;
  }
  return undefined;
}

/** Objects whose bytes are not the same in both arenas. */
function stateDifferences(first: ArenaBackend, second: ArenaBackend): string[] {
  const differing = objects(first.arena.layout).filter(({ at, length }) => {
    const a = Buffer.from(first.arena.bytes.buffer, at, length);
    return a.compare(Buffer.from(second.arena.bytes.buffer, at, length)) !== 0;
  });
  const names = differing.map((o) => o.name);
  if (first.drops.join() !== second.drops.join())
    names.push(`drop counters (${first.drops.join(' ')} and ${second.drops.join(' ')})`);
  return names;
}

interface MemoryObject {
  readonly name: string;
  readonly at: number;
  readonly length: number;
}

function objects(layout: ArenaLayout): MemoryObject[] {
  const { spec } = layout;
  return [
    ...layout.tables.map((t) => ({
      name: `table '${t.spec.name}'`,
      at: t.header,
      length: t.slots + t.slotCount * t.slotBytes - t.header,
    })),
    ...layout.counters.map((c, i) => ({ name: `counter '${spec.counters[i]!.name}'`, at: c.base, length: 16 * c.size })),
    ...layout.meters.map((m, i) => ({ name: `meter '${spec.meters[i]!.name}'`, at: m.base, length: meterCell.bytes * m.size })),
    ...layout.registers.map((r, i) => ({
      name: `register '${spec.registers[i]!.name}'`,
      at: r.base,
      length: r.cellBytes * r.size,
    })),
  ];
}
