/**
 * State that outlives its program: the bytes of tables, profiles and arrays, copied to where the next program has the same ones. Costs a memory copy; done
 * while the data plane stands, because the data plane writes some of these bytes itself.
 *
 * Same means: the same specification, so that everything lies at the same offsets from the object's start. That the actions are the same ones, in the same
 * order, is for the caller to know: the arena has only their widths.
 */
import type { Arena } from './arena.ts';
import { expireProfileCount, meterCell, type TableSpec, tableHeader } from './layout.ts';
import { setU64 } from './memory.ts';
import type { MatchTable } from './table.ts';

/** Whether a table's entries can be copied as they are. */
export function isSameTable(a: TableSpec, b: TableSpec): boolean {
  // Which profile it uses is looked at by name. Not set and undefined are the same: a program that was read from a file has lost the difference.
  const facts = ({ profile, ...spec }: TableSpec): string => JSON.stringify([profile !== undefined, spec]);
  return facts(a) === facts(b);
}

/**
 * Entries, default entry, seed and multipliers, statistics. Copies at once what packets do not write, while they go on; the result copies the rest, while the
 * data plane stands, and is short: the first copy has touched the memory, and of large tables most slots are empty.
 */
export function adoptTable(from: MatchTable, to: MatchTable): () => void {
  const a = from.layout;
  const b = to.layout;
  const { spec } = a;
  const isWrittenByPackets = spec.addOnMiss || spec.ageing !== 'none' || a.counterOffset !== 0 || a.meterOffset !== 0;
  const head = (): void => copy(from, a.header, to, b.header, tableHeader.bytes + 16 * a.keyWords);
  const entries = (): void => {
    copy(from, a.tuples, to, b.tuples, a.tupleCapacity * a.tupleBytes);
    copySlots(from, to);
    head();
  };
  // Entries that the program brings are the old one's, too.
  if (to.count > 0) to.memory.bytes.fill(0, b.slots, b.slots + b.slotCount * b.slotBytes);
  entries();
  return () => {
    if (isWrittenByPackets) entries();
    else head();
    copy(from, a.defaultEntry, to, b.defaultEntry, a.slotBytes);
    // What several workers counted, each for itself, is one number now.
    const { hits, misses } = from.stats();
    setU64(to.memory, b.header + tableHeader.hits, hits);
    setU64(to.memory, b.header + tableHeader.misses, misses);
    to.adoptReferences(from);
  };
}

/** Every slot that is or was in use in either table, of which the heads say how many entries they have; of the others only the tags are touched. */
function copySlots(from: MatchTable, to: MatchTable): void {
  const source = wordsOf(from);
  const target = wordsOf(to);
  const words = from.layout.slotBytes / 4;
  const isEmpty = from.count === 0 && source[(from.layout.header + tableHeader.retired) / 4] === 0;
  if (isEmpty && to.count === 0) return;
  let at = from.layout.slots / 4;
  let there = to.layout.slots / 4;
  for (let slot = 0; slot < from.layout.slotCount; slot++, at += words, there += words) {
    if (source[at] === 0 && target[there] === 0) continue;
    for (let i = 0; i < words; i++) target[there + i] = source[at + i]!;
  }
}

function wordsOf({ memory }: MatchTable): Int32Array {
  return new Int32Array(memory.bytes.buffer, 0, memory.bytes.byteLength >> 2);
}

/** Expire profiles, network ports, hash seed: what the program does not decide. */
export function adoptDevice(from: Arena, to: Arena): void {
  for (let i = 0; i < expireProfileCount; i++) to.setExpireProfile(i, from.expireProfile(i));
  copy(from, from.layout.netPorts, to, to.layout.netPorts, 256);
  to.hashSeed = from.hashSeed;
}

/** Cells of a counter, meter or register array. False if the arrays differ. */
export function adoptCells(from: Arena, to: Arena, kind: 'counters' | 'meters' | 'registers', name: string): boolean {
  const a = from.layout.spec[kind].findIndex((cells) => cells.name === name);
  const b = to.layout.spec[kind].findIndex((cells) => cells.name === name);
  if (a < 0 || b < 0 || JSON.stringify(from.layout.spec[kind][a]) !== JSON.stringify(to.layout.spec[kind][b])) return false;
  if (kind === 'counters') {
    const cells = from.counters[a]!;
    for (let i = 0; i < cells.size; i++) to.counters[b]!.write(i, cells.read(i));
    return true;
  }
  const bytes = kind === 'meters' ? meterCell.bytes : from.layout.registers[a]!.cellBytes;
  const place = from.layout[kind][a]!;
  copy(from, place.base, to, to.layout[kind][b]!.base, place.size * bytes);
  return true;
}

type Owner = { readonly memory: { readonly bytes: Uint8Array } };

function copy(from: Owner, at: number, to: Owner, target: number, length: number): void {
  to.memory.bytes.set(from.memory.bytes.subarray(at, at + length), target);
}
