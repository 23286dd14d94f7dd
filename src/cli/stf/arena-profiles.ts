/** Action profiles and selectors of an arena under the ids that a test gives its members and groups. */
import type { ActionProfile, Arena } from '../../arena/index.ts';
import { indexOfAction, type ProgramObjects } from '../../engine/start.ts';
import type { ActionCall, ExternId } from '../../p4/ir/ir.ts';
import { Refusal } from './backend.ts';

interface Ids {
  readonly name: string;
  readonly memory: ActionProfile;
  /** Id in the test -> index in the arena. */
  readonly members: Map<number, number>;
  readonly groups: Map<number, number>;
}

export class ArenaProfiles {
  private readonly program: ProgramObjects;
  private readonly profiles: ReadonlyMap<ExternId, Ids>;

  constructor(arena: Arena, program: ProgramObjects) {
    this.program = program;
    const externs = program.externs.filter((e) => e.kind === 'actionProfile' || e.kind === 'actionSelector');
    this.profiles = new Map(
      externs.map(({ id, name }, i) => [id, { name, memory: arena.profiles[i]!, members: new Map(), groups: new Map() }]),
    );
  }

  /** Index of a member. */
  member(profile: ExternId, id: number): number {
    return this.index(profile, 'members', id);
  }

  group(profile: ExternId, id: number): number {
    return this.index(profile, 'groups', id);
  }

  /** Adds a member that has no id; its index. */
  insert(profile: ExternId, call: ActionCall): number {
    const { name, memory } = this.profiles.get(profile)!;
    const index = memory.insertMember(this.action(profile, call), call.args);
    if (index === 'full') throw new Refusal(`action profile '${name}' has no room for another member`);
    return index;
  }

  setMember(profile: ExternId, id: number, call: ActionCall): void {
    const { memory, members } = this.profiles.get(profile)!;
    const index = members.get(id);
    if (index === undefined) members.set(id, this.insert(profile, call));
    else memory.modifyMember(index, this.action(profile, call), call.args);
  }

  removeMember(profile: ExternId, id: number): void {
    const { name, memory, members } = this.profiles.get(profile)!;
    if (memory.removeMember(this.member(profile, id)) === 'inUse') throw new Refusal(`a group of '${name}' has member ${id}`);
    members.delete(id);
  }

  setGroup(profile: ExternId, id: number, members: readonly { readonly id: number; readonly weight: number }[]): void {
    const { name, memory, groups } = this.profiles.get(profile)!;
    const list = members.map((m) => ({ member: this.member(profile, m.id), weight: m.weight }));
    const index = groups.get(id);
    if (index !== undefined) {
      memory.modifyGroup(index, list);
      return;
    }
    const added = memory.insertGroup(list);
    if (typeof added !== 'number') throw new Refusal(`selector '${name}' has no room for another group`);
    groups.set(id, added);
  }

  removeGroup(profile: ExternId, id: number): void {
    this.profiles.get(profile)!.memory.removeGroup(this.group(profile, id));
    this.profiles.get(profile)!.groups.delete(id);
  }

  private index(profile: ExternId, what: 'members' | 'groups', id: number): number {
    const ids = this.profiles.get(profile)!;
    const index = ids[what].get(id);
    if (index === undefined) throw new Refusal(`action profile '${ids.name}' has no ${what.slice(0, -1)} ${id}`);
    return index;
  }

  /** Index in the list of the tables that use the profile: they have the same actions. */
  private action(profile: ExternId, call: ActionCall): number {
    return indexOfAction(this.program.tables.find((t) => t.implementation === profile)!, call.action);
  }
}
