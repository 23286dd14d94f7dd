/**
 * Action profiles and selectors: members (an action with parameters) that entries share, and groups of members.
 *
 * A group is a Maglev table in memory: slot -> member, so that choosing is one load. Which members a group has with which weights is remembered
 * here, because memory only has the outcome. A member's key in the Maglev table is what identifies it on every node: by default its action and
 * parameters, so that nodes which number their members differently still agree.
 */
import { buildMaglev } from '../maglev/index.ts';
import { noMember, type ProfileLayout } from './layout.ts';
import { type Memory, readFields, setU32, u32, writeFields } from './memory.ts';
import { toBig, type Value } from './wire-bytes.ts';

export interface GroupMember {
  /** Index of the member. */
  readonly member: number;
  /** Default 1; 0: gets no new flows. */
  readonly weight?: number;
  /** What identifies it on every node; default: its action and parameters when the group was written. */
  readonly key?: string;
}

export interface ProfileMember {
  readonly action: number;
  readonly params: readonly bigint[];
}

export class ActionProfile {
  readonly memory: Memory;
  readonly layout: ProfileLayout;
  /** Address of the seed of endpoint selection. */
  readonly #seedAt: number;
  readonly #groups = new Map<number, readonly GroupMember[]>();

  constructor(memory: Memory, layout: ProfileLayout, seedAt: number) {
    this.memory = memory;
    this.layout = layout;
    this.#seedAt = seedAt;
  }

  /** Adds a member and returns its index. O(members). */
  insertMember(action: number, params: readonly Value[]): number | 'full' {
    for (let member = 0; member < Math.min(this.layout.spec.size, noMember); member++) {
      if (this.hasMember(member)) continue;
      this.#writeMember(member, action, params);
      setU32(this.memory, this.#memberAt(member), 1);
      return member;
    }
    return 'full';
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
    for (const members of this.#groups.values()) {
      if (members.some((m) => m.member === member)) return 'inUse';
    }
    const at = this.#memberAt(member);
    this.memory.bytes.fill(0, at, at + this.layout.memberBytes);
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

  /** Adds a group and returns its index. O(groups + size of the Maglev table). */
  insertGroup(members: readonly GroupMember[]): number | 'full' | 'notFound' {
    const max = this.layout.spec.groups?.max ?? 0;
    for (let group = 0; group < max; group++) {
      if (this.#groups.has(group)) continue;
      const result = this.#writeGroup(group, members);
      return result === 'ok' ? group : result;
    }
    return 'full';
  }

  /** Replaces a group's members. Only the slots that consistent hashing must move change. 'notFound': no such group or member. */
  modifyGroup(group: number, members: readonly GroupMember[]): 'ok' | 'notFound' {
    return this.#groups.has(group) ? this.#writeGroup(group, members) : 'notFound';
  }

  /** Takes a group out. Entries that still name it miss. */
  removeGroup(group: number): 'ok' | 'notFound' {
    if (!this.#groups.delete(group)) return 'notFound';
    this.#slots(group).fill(0xff);
    setU32(this.memory, this.layout.groups + 8 * group, 0);
    setU32(this.memory, this.layout.groups + 8 * group + 4, 0);
    return 'ok';
  }

  /** Takes over members and groups of a profile of the same layout, places and lookup tables included. O(groups * size of the Maglev table). */
  adopt(other: ActionProfile): void {
    const { layout, memory } = this;
    const from = other.layout;
    const copy = (at: number, to: number, length: number): void => {
      memory.bytes.set(other.memory.bytes.subarray(at, at + length), to);
    };
    copy(from.members, layout.members, layout.memberBytes * layout.spec.size);
    copy(from.groups, layout.groups, 8 * (layout.spec.groups?.max ?? 0));
    for (const [group, members] of other.#groups) {
      this.#groups.set(group, members);
      copy(from.maglev + group * from.maglevStride, layout.maglev + group * layout.maglevStride, layout.maglevStride);
    }
  }

  /** A group's members as they were written. */
  group(group: number): readonly GroupMember[] | undefined {
    return this.#groups.get(group);
  }

  groups(): number[] {
    return [...this.#groups.keys()].sort((a, b) => a - b);
  }

  /** The member that owns each slot of a group's Maglev table: a copy. */
  slots(group: number): Uint16Array {
    return new Uint16Array(this.#slots(group).slice().buffer);
  }

  /** Computes all groups again, after the seed changed. */
  rebuild(): void {
    for (const [group, members] of this.#groups) this.#writeGroup(group, members);
  }

  /** No members, no groups. A group's lookup table is written when the group is made: until then its memory is not touched. */
  reset(): void {
    const { layout, memory } = this;
    memory.bytes.fill(0, layout.members, layout.members + layout.memberBytes * layout.spec.size);
    memory.bytes.fill(0, layout.groups, layout.groups + 8 * (layout.spec.groups?.max ?? 0));
    this.#groups.clear();
  }

  #writeGroup(group: number, members: readonly GroupMember[]): 'ok' | 'notFound' {
    if (!members.every(({ member }) => this.hasMember(member))) return 'notFound';
    const named = this.#withKeys(members);
    const table = buildMaglev(
      named.map(({ key, weight }) => ({ key, weight: weight ?? 1 })),
      this.layout.spec.groups!.maglevSize,
      u32(this.memory, this.#seedAt),
    );
    const slots = table.map((index) => named[index]?.member ?? noMember);
    this.memory.bytes.set(new Uint8Array(slots.buffer), this.layout.maglev + group * this.layout.maglevStride);
    setU32(this.memory, this.layout.groups + 8 * group + 4, members.filter((m) => (m.weight ?? 1) > 0).length);
    setU32(this.memory, this.layout.groups + 8 * group, 1);
    this.#groups.set(group, named);
    return 'ok';
  }

  /** Every member with a key of its own: equal ones are told apart by how many came before. */
  #withKeys(members: readonly GroupMember[]): (GroupMember & { readonly key: string })[] {
    const seen = new Map<string, number>();
    return members.map((m) => {
      const key = m.key ?? this.#defaultKey(m.member);
      const before = seen.get(key) ?? 0;
      seen.set(key, before + 1);
      return { ...m, key: before === 0 ? key : `${key}#${before}` };
    });
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
    const values = params.map((value, i) =>
      toBig(value, places[i]!.width, `parameter ${i} of action ${action} of '${layout.spec.name}'`),
    );
    const at = this.#memberAt(member);
    memory.bytes.fill(0, at + layout.memberDataOffset, at + layout.memberBytes);
    writeFields(memory, at + layout.memberDataOffset, places, values);
    setU32(memory, at + 4, action);
  }

  #memberAt(member: number): number {
    return this.layout.members + member * this.layout.memberBytes;
  }

  #slots(group: number): Uint8Array {
    const at = this.layout.maglev + group * this.layout.maglevStride;
    return this.memory.bytes.subarray(at, at + 2 * this.layout.spec.groups!.maglevSize);
  }
}
