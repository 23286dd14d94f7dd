/**
 * Action profile members and groups: the controller's ids, their places in the arena, and what they hold.
 *
 * A member's key in its group's Maglev table is its action as text, so a group spreads flows the same way on every node, whatever ids and places its
 * members have there. Changing what a member does changes its key, and with it the tables of its groups.
 */
import type { GroupMember, MaglevShare } from '../arena/index.ts';
import type { Binding, BoundProfile, BoundTable } from './binding.ts';
import { ByNumber } from './by-number.ts';
import { type CheckedAction, checkAction } from './check.ts';
import type { Action, ActionProfileGroup, ActionProfileMember, UpdateType } from './entities.ts';
import { printAction } from './print.ts';
import { StatusError } from './status.ts';
import type { Transaction } from './transaction.ts';
import { checkWatch, type Ports, watchedPort } from './watch.ts';

/** Place of a member that is not written yet. */
const nowhere = -1;

interface Member {
  place: number;
  readonly action: Action;
  readonly key: string;
}

interface Group {
  readonly place: number;
  readonly entity: ActionProfileGroup;
}

export class ProfileState {
  readonly #binding: Binding;
  readonly #bound: BoundProfile;
  readonly #ports: Ports;
  readonly #members = new ByNumber<Member>();
  readonly #groups = new ByNumber<Group>();
  /** The tables whose entries refer to it. */
  readonly #users: readonly BoundTable[];
  /** Groups that have a member: most have one. */
  readonly #groupsOf = new ByNumber<number | Set<number>>();
  /** Entries with one-shot action sets. */
  #oneShots = 0;
  /** Keys of members that the transaction in preparation writes. */
  readonly #expected = new ByNumber<string>();

  constructor(binding: Binding, bound: BoundProfile, ports: Ports) {
    this.#ports = ports;
    this.#binding = binding;
    this.#bound = bound;
    this.#users = [...binding.tables.values()].filter(({ info }) => info.implementationId === bound.info.preamble.id);
  }

  /** Place of a member; throws NOT_FOUND. */
  memberPlace(id: number): number {
    return this.#member(id).place;
  }

  /** Place of a group; throws NOT_FOUND. */
  groupPlace(id: number): number {
    return this.#group(id).place;
  }

  /** A profile's tables are programmed in one of two styles. Throws INVALID_ARGUMENT if there are members or groups with ids. */
  addOneShot(where: string): void {
    if (this.#members.size > 0 || this.#groups.size > 0) {
      throw new StatusError(
        'INVALID_ARGUMENT',
        `${where}: ${this.#bound.label} has members or groups: no action sets beside them`,
      );
    }
    this.#oneShots++;
  }

  dropOneShot(): void {
    this.#oneShots--;
  }

  /** Groups that watch a port, which is about to be told them by `portChanged`: computes their tables. */
  expectPortChange(port: number): void {
    for (const { entity } of this.#watching(port)) this.#expect(entity);
  }

  /** Writes the groups again that watch a port, after it went up or down. */
  portChanged(port: number): void {
    for (const group of this.#watching(port)) this.#writeGroup(group);
  }

  #watching(port: number): Group[] {
    return [...this.#groups.values()].filter(({ entity }) => entity.members.some((m) => checkWatch(m, this.#ports, '') === port));
  }

  /** A transaction is over, whatever became of it. */
  settle(): void {
    this.#expected.clear();
    if (this.#bound.info.withSelector) this.#bound.profile.forgetTables();
  }

  /** Takes over what another profile of the same layout and contents holds. */
  adopt(other: ProfileState): void {
    for (const [id, member] of other.#members) this.#members.set(id, member);
    for (const group of other.#groups.values()) this.#setGroup(group);
    this.#oneShots = other.#oneShots;
  }

  /** Ids by place, for reading many entries. */
  idsByPlace(): { readonly members: ReadonlyMap<number, number>; readonly groups: ReadonlyMap<number, number> } {
    return {
      members: new Map([...this.#members].map(([id, { place }]) => [place, id])),
      groups: new Map([...this.#groups].map(([id, { place }]) => [place, id])),
    };
  }

  members(): ActionProfileMember[] {
    const actionProfileId = this.#bound.info.preamble.id;
    return [...this.#members].map(([memberId, { action }]) => ({ actionProfileId, memberId, action }));
  }

  groups(): ActionProfileGroup[] {
    return [...this.#groups.values()].map((group) => group.entity);
  }

  /** Ahead of a transaction: what a member will do in it. */
  expectMember({ memberId, action }: ActionProfileMember): void {
    if (action && this.#bound.info.withSelector) this.#expectKey(memberId, action);
  }

  /** Ahead of a transaction, behind `expectMember` of its members: computes the group's table, while packets go on. */
  expectGroup(group: ActionProfileGroup): void {
    if (this.#bound.info.withSelector) this.#expect(group);
  }

  /** Checks a member; the result writes it. */
  prepareMember(type: UpdateType, { memberId, action }: ActionProfileMember): (transaction: Transaction) => void {
    const { info, label } = this.#bound;
    if (memberId === 0) throw new StatusError('INVALID_ARGUMENT', `${label}: member id 0 is reserved`);
    if (type === 'DELETE') return (transaction) => this.#deleteMember(transaction, memberId);
    if (!action) throw new StatusError('INVALID_ARGUMENT', `${label}, member ${memberId}: no action given`);
    const table = this.#binding.tables.get(info.tableIds[0] ?? 0);
    if (!table) throw new StatusError('INVALID_ARGUMENT', `no table uses ${label}`);
    const checked = checkAction(this.#binding, table, action, 'entry', () => `${label}, member ${memberId}`);
    const key = info.withSelector ? this.#expectKey(memberId, action) : '';
    return type === 'INSERT'
      ? (transaction) => this.#insertMember(transaction, memberId, { place: nowhere, action, key }, checked)
      : (transaction) => this.#modifyMember(transaction, memberId, { place: nowhere, action, key }, checked);
  }

  /** Checks a group; the result writes it. */
  prepareGroup(type: UpdateType, group: ActionProfileGroup): (transaction: Transaction) => void {
    const { info, label } = this.#bound;
    const what = `${label}, group ${group.groupId}`;
    const refuse = (message: string): never => {
      throw new StatusError('INVALID_ARGUMENT', message);
    };
    if (!info.withSelector) refuse(`${label} has no selector: it has no groups`);
    if (group.groupId === 0) refuse(`${label}: group id 0 is reserved`);
    if (type === 'DELETE') return (transaction) => this.#deleteGroup(transaction, group.groupId);
    // Most come in order: then nobody has to remember them.
    const isAscending = group.members.every(({ memberId }, i) => i === 0 || group.members[i - 1]!.memberId < memberId);
    const ids = new Set<number>();
    let total = 0;
    const maxSize = group.maxSize ?? 0;
    if (maxSize < 0) refuse(`${what}: its size ${maxSize} is negative`);
    if (info.maxGroupSize > 0 && maxSize > info.maxGroupSize) {
      refuse(`${what}: its size ${maxSize} is above the limit ${info.maxGroupSize} of the program`);
    }
    for (const member of group.members) {
      const { memberId, weight } = member;
      if (watchedPort(member) !== undefined) checkWatch(member, this.#ports, `${what}, member ${memberId}`);
      if (!isAscending) {
        if (ids.has(memberId)) refuse(`${what} has member ${memberId} twice`);
        ids.add(memberId);
      }
      if (!Number.isInteger(weight) || weight < 1) refuse(`${what}, member ${memberId}: weight ${weight}, expected 1 or more`);
      total += weight;
    }
    const limit = group.maxSize || info.maxGroupSize;
    if (limit > 0 && total > limit) {
      throw new StatusError('RESOURCE_EXHAUSTED', `${what}: its weights add up to ${total}, it takes ${limit}`);
    }
    this.#expect(group);
    return type === 'INSERT'
      ? (transaction) => this.#insertGroup(transaction, group)
      : (transaction) => this.#modifyGroup(transaction, group);
  }

  /** The key of a member in its groups' tables. */
  #expectKey(memberId: number, action: Action): string {
    const key = printAction(this.#binding.names, action);
    this.#expected.set(memberId, key);
    return key;
  }

  #insertMember(transaction: Transaction, id: number, member: Member, { index, params }: CheckedAction): void {
    const { profile, label } = this.#bound;
    if (this.#oneShots > 0) this.#refuseBesideOneShots(`member ${id}`);
    if (this.#members.has(id)) throw new StatusError('ALREADY_EXISTS', `${label} has a member ${id} already`);
    const place = profile.insertMember(index, params);
    if (place === 'full') {
      throw new StatusError('RESOURCE_EXHAUSTED', `${label} is full: it has room for ${profile.layout.spec.size} members`);
    }
    member.place = place;
    this.#members.set(id, member);
    transaction.onUndo(() => {
      this.#members.delete(id);
      profile.removeMember(place);
    });
  }

  #modifyMember(transaction: Transaction, id: number, after: Member, checked: CheckedAction): void {
    const { profile } = this.#bound;
    const before = this.#member(id);
    const { action, params } = profile.member(before.place)!;
    const write = (member: Member, { index, params }: CheckedAction): void => {
      this.#members.set(id, member);
      profile.modifyMember(member.place, index, params);
      if (before.key === after.key) return;
      for (const group of this.#groupsWith(id)) this.#writeGroup(this.#groups.get(group)!);
    };
    after.place = before.place;
    write(after, checked);
    transaction.onUndo(() => write(before, { index: action, params }));
  }

  #deleteMember(transaction: Transaction, id: number): void {
    const { profile, label } = this.#bound;
    const member = this.#member(id);
    this.#members.delete(id);
    transaction.onUndo(() => this.#members.set(id, member));
    transaction.atEnd(() => {
      const [group] = this.#groupsWith(id);
      if (group !== undefined) throw new StatusError('FAILED_PRECONDITION', `${label}: group ${group} still has member ${id}`);
      if (this.#users.some(({ table }) => table.refersTo({ kind: 'member', member: member.place }))) {
        throw new StatusError('FAILED_PRECONDITION', `${label}: an entry still refers to member ${id}`);
      }
    });
    transaction.onCommit('member', () => profile.removeMember(member.place));
  }

  #insertGroup(transaction: Transaction, entity: ActionProfileGroup): void {
    const { profile, label } = this.#bound;
    if (this.#oneShots > 0) this.#refuseBesideOneShots(`group ${entity.groupId}`);
    if (this.#groups.has(entity.groupId)) {
      throw new StatusError('ALREADY_EXISTS', `${label} has a group ${entity.groupId} already`);
    }
    const place = profile.insertGroup(this.#toArena(entity), entity.maxSize);
    if (typeof place === 'string') throw this.#isFull();
    this.#setGroup({ place, entity });
    transaction.onUndo(() => {
      this.#dropGroup(entity.groupId);
      profile.removeGroup(place);
    });
  }

  #modifyGroup(transaction: Transaction, entity: ActionProfileGroup): void {
    const before = this.#group(entity.groupId);
    if ((entity.maxSize ?? 0) !== (before.entity.maxSize ?? 0)) {
      throw new StatusError('INVALID_ARGUMENT', `${this.#bound.label}, group ${entity.groupId}: its size cannot be changed`);
    }
    // Undoing writes the slots back as they were: its members may be other ones by then.
    const { profile } = this.#bound;
    const membersBefore = profile.group(before.place) ?? [];
    if (profile.modifyGroup(before.place, this.#toArena(entity)) === 'full') throw this.#isFull();
    this.#setGroup({ place: before.place, entity });
    transaction.onUndo(() => {
      this.#setGroup(before);
      profile.modifyGroup(before.place, membersBefore);
    });
  }

  #deleteGroup(transaction: Transaction, id: number): void {
    const { profile, label } = this.#bound;
    const group = this.#group(id);
    this.#dropGroup(id);
    transaction.onUndo(() => this.#setGroup(group));
    transaction.atEnd(() => {
      if (this.#users.some(({ table }) => table.refersTo({ kind: 'group', group: group.place }))) {
        throw new StatusError('FAILED_PRECONDITION', `${label}: an entry still refers to group ${id}`);
      }
    });
    transaction.onCommit('group', () => profile.removeGroup(group.place));
  }

  #setGroup(group: Group): void {
    const { groupId, members } = group.entity;
    this.#dropGroup(groupId);
    this.#groups.set(groupId, group);
    for (const { memberId } of members) {
      const groups = this.#groupsOf.get(memberId);
      if (groups === undefined) this.#groupsOf.set(memberId, groupId);
      else if (typeof groups === 'number') this.#groupsOf.set(memberId, new Set([groups, groupId]));
      else groups.add(groupId);
    }
  }

  #dropGroup(id: number): void {
    for (const { memberId } of this.#groups.get(id)?.entity.members ?? []) {
      const groups = this.#groupsOf.get(memberId);
      if (typeof groups === 'object') groups.delete(id);
      if (groups === id || (typeof groups === 'object' && groups.size === 0)) this.#groupsOf.delete(memberId);
    }
    this.#groups.delete(id);
  }

  #groupsWith(memberId: number): Iterable<number> {
    const groups = this.#groupsOf.get(memberId) ?? [];
    return typeof groups === 'number' ? [groups] : groups;
  }

  #isFull(): StatusError {
    const { profile, label } = this.#bound;
    const room = profile.layout.spec.groups?.max ?? 0;
    return new StatusError(
      'RESOURCE_EXHAUSTED',
      profile.groups().length < room
        ? `${label} is full: of ${profile.layout.maglevSlots} slots of its groups' tables ${profile.freeSlots} are free`
        : `${label} is full: it has room for ${room} groups`,
    );
  }

  /** Computes the group's table now: packets wait when the group is written. Members that are not known are no matter: then it will be refused. */
  #expect({ members, maxSize }: ActionProfileGroup): void {
    const shares: MaglevShare[] = [];
    for (const member of members) {
      const key = this.#expected.get(member.memberId) ?? this.#members.get(member.memberId)?.key;
      if (key === undefined || !Number.isInteger(member.weight) || member.weight < 1) return;
      shares.push({ key, weight: this.#ports.isUp(watchedPort(member)) ? member.weight : 0 });
    }
    this.#bound.profile.expect(shares, maxSize);
  }

  #writeGroup({ place, entity }: Group): void {
    this.#bound.profile.modifyGroup(place, this.#toArena(entity));
  }

  #toArena({ members, groupId }: ActionProfileGroup): GroupMember[] {
    return members.map((each) => {
      const { memberId, weight } = each;
      const member = this.#members.get(memberId);
      if (!member) {
        throw new StatusError('NOT_FOUND', `${this.#bound.label}, group ${groupId}: there is no member ${memberId}`);
      }
      const isUp = this.#ports.isUp(checkWatch(each, this.#ports, ''));
      return { member: member.place, weight: isUp ? weight : 0, key: member.key };
    });
  }

  #refuseBesideOneShots(what: string): never {
    throw new StatusError('INVALID_ARGUMENT', `${this.#bound.label} is programmed with action sets: no ${what} beside them`);
  }

  #member(id: number): Member {
    const member = this.#members.get(id);
    if (!member) throw new StatusError('NOT_FOUND', `${this.#bound.label} has no member ${id}`);
    return member;
  }

  #group(id: number): Group {
    const group = this.#groups.get(id);
    if (!group) throw new StatusError('NOT_FOUND', `${this.#bound.label} has no group ${id}`);
    return group;
  }
}
