/**
 * Action profiles and selectors: members (an action with parameters) that entries share, and groups of members.
 *
 * A group is a Maglev table in memory: slot -> member, so that choosing is one load. Its size follows from its members (`maglevSize`), and it lies in a heap
 * that all groups of the profile share. Which members a group has with which weights is remembered here, because memory only has the outcome. A
 * member's key in the Maglev table is what identifies it on every node: by default its action and parameters, so that nodes which number their members
 * differently still agree.
 *
 * Computing a table takes milliseconds, and packets wait while groups are written: `expect` computes tables beforehand, and they are found here when their
 * groups are written.
 */
import { buildMaglev, maglevSize } from '../maglev/index.ts';
import { Heap } from './heap.ts';
import { groupRecord, type ProfileLayout } from './layout.ts';
import { type Memory, readFields, setU32, u32, writeFields } from './memory.ts';
import { checkFits, type Value } from './wire-bytes.ts';

export interface GroupMember {
  /** Index of the member. */
  readonly member: number;
  /** Default 1; 0: gets no new flows. */
  readonly weight?: number;
  /** What identifies it on every node; default: its action and parameters when the group was written. */
  readonly key?: string;
}

/** A group's member by what its table depends on. */
export interface MaglevShare {
  readonly key: string;
  readonly weight: number;
}

/** Slots of computed tables that are kept between transactions: services of several ports have the same endpoints. */
const keptSlots = 1 << 20;
/** At most so many are computed ahead. */
const mostSlots = 1 << 26;

export interface ProfileMember {
  readonly action: number;
  readonly params: readonly bigint[];
}

/** A lookup table by what it follows from. */
interface ComputedTable {
  readonly seed: number;
  readonly shares: readonly MaglevShare[];
  /** Slot -> index in `shares`. */
  readonly owners: Uint16Array;
}

interface Group {
  readonly members: readonly (GroupMember & MaglevShare)[];
  /** Slots that it shall have at least. */
  readonly least: number;
  /** Its table: slots of the heap. */
  at: number;
  readonly slots: number;
}

export class ActionProfile {
  readonly memory: Memory;
  readonly layout: ProfileLayout;
  /** Address of the seed of endpoint selection. */
  readonly #seedAt: number;
  readonly #groups = new Map<number, Group>();
  readonly #heap: Heap;
  /** How many groups have a member. */
  readonly #uses: Uint32Array;
  /** No member and no group below these is free. */
  #firstMember = 0;
  #firstGroup = 0;
  /** Computed tables by the first of their shares, the last used last. */
  readonly #computed = new Map<string, ComputedTable[]>();
  #computedSlots = 0;

  constructor(memory: Memory, layout: ProfileLayout, seedAt: number) {
    this.memory = memory;
    this.layout = layout;
    this.#seedAt = seedAt;
    this.#heap = new Heap(layout.maglevSlots);
    this.#uses = new Uint32Array(layout.spec.size);
  }

  /** Slots that no group has. */
  get freeSlots(): number {
    return this.#heap.free;
  }

  /** Adds a member and returns its index, the lowest that is free. Amortised O(1). */
  insertMember(action: number, params: readonly Value[]): number | 'full' {
    const { size } = this.layout.spec;
    let member = this.#firstMember;
    while (member < size && this.hasMember(member)) member++;
    this.#firstMember = member;
    if (member === size) return 'full';
    this.#writeMember(member, action, params);
    setU32(this.memory, this.#memberAt(member), 1);
    return member;
  }

  /** Changes what a member does. Groups keep their slots: no flow moves. */
  modifyMember(member: number, action: number, params: readonly Value[]): 'ok' | 'notFound' {
    if (!this.hasMember(member)) return 'notFound';
    this.#writeMember(member, action, params);
    return 'ok';
  }

  /** Takes a member out, unless a group has it. Entries that still name it miss. */
  removeMember(member: number): 'ok' | 'notFound' | 'inUse' {
    if (!this.hasMember(member)) return 'notFound';
    if (this.#uses[member]! > 0) return 'inUse';
    const at = this.#memberAt(member);
    this.memory.bytes.fill(0, at, at + this.layout.memberBytes);
    this.#firstMember = Math.min(this.#firstMember, member);
    return 'ok';
  }

  hasMember(member: number): boolean {
    return member >= 0 && member < this.layout.spec.size && u32(this.memory, this.#memberAt(member)) !== 0;
  }

  member(member: number): ProfileMember | undefined {
    if (!this.hasMember(member)) return undefined;
    const at = this.#memberAt(member);
    const action = u32(this.memory, at + 4);
    return { action, params: readFields(this.memory, at + this.layout.memberDataOffset, this.layout.params[action]!) };
  }

  /**
   * Adds a group and returns its index, the lowest that is free. `least`: slots that it shall have at least, up to the profile's largest table.
   * 'full': no group is free, or no slots are. O(size of the Maglev table).
   */
  insertGroup(members: readonly GroupMember[], least = 0): number | 'full' | 'notFound' {
    const max = this.layout.spec.groups?.max ?? 0;
    let group = this.#firstGroup;
    while (group < max && this.#groups.has(group)) group++;
    this.#firstGroup = group;
    if (group === max) return 'full';
    const result = this.#writeGroup(group, members, least);
    return result === 'ok' ? group : result;
  }

  /**
   * Replaces a group's members. Only the slots that consistent hashing must move change, unless the table gets another size. 'notFound': no such group or
   * member; 'full': no slots for a larger table.
   */
  modifyGroup(group: number, members: readonly GroupMember[]): 'ok' | 'notFound' | 'full' {
    const before = this.#groups.get(group);
    return before ? this.#writeGroup(group, members, before.least) : 'notFound';
  }

  /** Takes a group out. Entries that still name it miss. */
  removeGroup(group: number): 'ok' | 'notFound' {
    const before = this.#groups.get(group);
    if (!before) return 'notFound';
    this.#groups.delete(group);
    this.#release(before);
    this.#setRecord(group, 0, 0);
    this.#firstGroup = Math.min(this.#firstGroup, group);
    return 'ok';
  }

  /** Takes over members and groups of a profile of the same layout, places and lookup tables included. O(members + slots in use). */
  adopt(other: ActionProfile): void {
    const { layout, memory } = this;
    const from = other.layout;
    const copy = (at: number, to: number, length: number): void => {
      memory.bytes.set(other.memory.bytes.subarray(at, at + length), to);
    };
    copy(from.members, layout.members, layout.memberBytes * layout.spec.size);
    let used = 0;
    for (const [group, { members, least, at, slots }] of other.#groups) {
      copy(from.maglev + 4 * at, layout.maglev + 4 * used, 4 * slots);
      this.#groups.set(group, { members, least, at: used, slots });
      this.#setRecord(group, used, slots);
      for (const { member } of members) this.#use(member, 1);
      used += slots;
    }
    this.#heap.compact(used);
  }

  /** A group's members as they were written. */
  group(group: number): readonly GroupMember[] | undefined {
    return this.#groups.get(group)?.members;
  }

  groups(): number[] {
    return [...this.#groups.keys()].sort((a, b) => a - b);
  }

  /** The member that owns each slot of a group's Maglev table: a copy. */
  slots(group: number): Uint32Array {
    const { at, slots } = this.#groups.get(group) ?? { at: 0, slots: 0 };
    return this.#table(at, slots).slice();
  }

  /** Computes all groups again, after the seed changed. */
  rebuild(): void {
    for (const { members, at, slots } of this.#groups.values()) this.#fill(at, slots, members);
  }

  /** No members, no groups. A group's lookup table is written when the group is made: until then its memory is not touched. */
  reset(): void {
    const { layout, memory } = this;
    memory.bytes.fill(0, layout.members, layout.members + layout.memberBytes * layout.spec.size);
    memory.bytes.fill(0, layout.groups, layout.groups + groupRecord.bytes * (layout.spec.groups?.max ?? 0));
    this.#groups.clear();
    this.#uses.fill(0);
    this.#heap.compact(0);
    this.#firstMember = 0;
    this.#firstGroup = 0;
  }

  /** Computes the table of a group that is to be written soon. O(size log size), nothing if it is known. */
  expect(shares: readonly MaglevShare[], least = 0): void {
    const slots = maglevSize(
      shares.map(({ weight }) => weight),
      this.layout.spec.groups!.maglevSize,
      least,
    );
    if (slots > 0 && this.#computedSlots + slots <= mostSlots) this.#ownersOf(shares, slots);
  }

  /** The groups that were expected are written. */
  forgetTables(): void {
    for (const [first, tables] of this.#computed) {
      if (this.#computedSlots <= keptSlots) return;
      this.#computed.delete(first);
      for (const { owners } of tables) this.#computedSlots -= owners.length;
    }
  }

  #writeGroup(group: number, members: readonly GroupMember[], least: number): 'ok' | 'notFound' | 'full' {
    if (!members.every(({ member }) => this.hasMember(member))) return 'notFound';
    const named = members.every(isNamed)
      ? members
      : members.map(({ member, key = this.#defaultKey(member), weight = 1 }) => ({ member, key, weight }));
    const weights = named.map(({ weight }) => weight);
    const slots = maglevSize(weights, this.layout.spec.groups!.maglevSize, least);
    const before = this.#groups.get(group);
    if (slots > this.#heap.free + (before?.slots ?? 0)) return 'full';
    let at = before?.at ?? 0;
    if (before) {
      for (const { member } of before.members) this.#use(member, -1);
    }
    if (slots !== (before?.slots ?? 0)) {
      if (before) {
        this.#heap.give(before.at, before.slots);
        this.#groups.delete(group);
      }
      at = this.#take(slots);
    }
    for (const { member } of named) this.#use(member, 1);
    this.#groups.set(group, { members: named, least, at, slots });
    this.#fill(at, slots, named);
    this.#setRecord(group, at, slots);
    return 'ok';
  }

  #fill(at: number, slots: number, members: Group['members']): void {
    if (slots === 0) return;
    const owners = this.#ownersOf(members, slots);
    const places = members.map(({ member }) => member);
    const table = this.#table(at, slots);
    for (let slot = 0; slot < slots; slot++) table[slot] = places[owners[slot]!]!;
  }

  /** The member that owns each slot, as an index in `shares`, of which there is at least one. */
  #ownersOf(shares: readonly MaglevShare[], slots: number): Uint16Array {
    const seed = u32(this.memory, this.#seedAt);
    const first = shares[0]!.key;
    const tables = this.#computed.get(first);
    const known = tables?.find((each) => each.seed === seed && each.owners.length === slots && sameShares(each.shares, shares));
    if (tables && known) {
      this.#computed.delete(first);
      this.#computed.set(first, tables);
      return known.owners;
    }
    const owners = buildMaglev(withDistinctKeys(shares), slots, seed);
    this.#computedSlots += slots;
    if (tables) tables.push({ seed, shares, owners });
    else this.#computed.set(first, [{ seed, shares, owners }]);
    return owners;
  }

  /** Slots of the heap; there must be so many. Moves all tables to the front if they lie scattered. */
  #take(slots: number): number {
    if (slots === 0) return 0;
    const at = this.#heap.take(slots);
    if (at !== undefined) return at;
    let used = 0;
    for (const [group, each] of [...this.#groups].sort(([, a], [, b]) => a.at - b.at)) {
      if (each.slots === 0) continue;
      this.#table(0, this.#heap.size).copyWithin(used, each.at, each.at + each.slots);
      each.at = used;
      this.#setRecord(group, used, each.slots);
      used += each.slots;
    }
    this.#heap.compact(used);
    return this.#heap.take(slots)!;
  }

  #release({ members, at, slots }: Group): void {
    this.#heap.give(at, slots);
    for (const { member } of members) this.#use(member, -1);
  }

  #use(member: number, more: 1 | -1): void {
    this.#uses[member]! += more;
  }

  #setRecord(group: number, at: number, slots: number): void {
    const record = this.layout.groups + groupRecord.bytes * group;
    setU32(this.memory, record + groupRecord.table, 4 * at);
    setU32(this.memory, record + groupRecord.slots, slots);
  }

  #table(at: number, slots: number): Uint32Array {
    return new Uint32Array(this.memory.bytes.buffer, this.layout.maglev + 4 * at, slots);
  }

  #defaultKey(member: number): string {
    const { action, params } = this.member(member)!;
    return [action, ...params.map((p) => p.toString(16))].join(' ');
  }

  #writeMember(member: number, action: number, params: readonly Value[]): void {
    const { layout, memory } = this;
    const places = layout.params[action];
    if (!places) throw new RangeError(`'${layout.spec.name}' has no action ${action}`);
    if (places.length !== params.length) {
      throw new RangeError(`action ${action} of '${layout.spec.name}' has ${places.length} parameters, not ${params.length}`);
    }
    params.forEach((value, i) => {
      checkFits(value, places[i]!.width, () => `parameter ${i} of action ${action} of '${layout.spec.name}'`);
    });
    const at = this.#memberAt(member);
    memory.bytes.fill(0, at + layout.memberDataOffset, at + layout.memberBytes);
    writeFields(memory, at + layout.memberDataOffset, places, params);
    setU32(memory, at + 4, action);
  }

  #memberAt(member: number): number {
    return this.layout.members + member * this.layout.memberBytes;
  }
}

function isNamed(member: GroupMember): member is GroupMember & MaglevShare {
  return member.key !== undefined && member.weight !== undefined;
}

function sameShares(a: readonly MaglevShare[], b: readonly MaglevShare[]): boolean {
  return a.length === b.length && a.every(({ key, weight }, i) => key === b[i]!.key && weight === b[i]!.weight);
}

function hasDistinctKeys(members: readonly MaglevShare[]): boolean {
  let isSorted = true;
  for (let i = 1; i < members.length && isSorted; i++) isSorted = members[i - 1]!.key < members[i]!.key;
  // As whoever numbers endpoints in the order of their names writes them.
  if (isSorted) return true;
  const keys = new Set<string>();
  for (const { key } of members) keys.add(key);
  return keys.size === members.length;
}

/** Every member with a key of its own: equal ones are told apart by how many came before. */
function withDistinctKeys<T extends MaglevShare>(members: readonly T[]): readonly T[] {
  if (hasDistinctKeys(members)) return members;
  const seen = new Map<string, number>();
  return members.map((m) => {
    const before = seen.get(m.key) ?? 0;
    seen.set(m.key, before + 1);
    return before === 0 ? m : { ...m, key: `${m.key}#${before}` };
  });
}
