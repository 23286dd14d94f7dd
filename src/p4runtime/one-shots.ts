/**
 * One-shot action sets (P4Runtime specification, "One Shot Action Selector Programming"): members and a group that an entry brings along, without ids.
 * They live and die with the entry.
 */
import type { ActionProfile as ArenaProfile, GroupMember } from '../arena/index.ts';
import type { Binding, BoundTable } from './binding.ts';
import { type CheckedAction, checkAction } from './check.ts';
import type { ActionProfileActionSet } from './entities.ts';
import { printAction } from './print.ts';
import { StatusError } from './status.ts';
import type { Transaction } from './transaction.ts';
import { checkWatch, type Ports } from './watch.ts';

export interface OneShot {
  readonly set: ActionProfileActionSet;
  /** Place of the group, and of each action's member, in the arena. */
  readonly group: number;
  readonly members: readonly number[];
}

interface CheckedMember {
  readonly checked: CheckedAction;
  readonly key: string;
  readonly weight: number;
  readonly port: number | undefined;
}

/** Checks a set without looking at what is installed. */
export function checkOneShot(
  binding: Binding,
  bound: BoundTable,
  set: ActionProfileActionSet,
  ports: Ports,
  where: string,
): CheckedMember[] {
  const { profile } = bound;
  const refuse = (message: string): never => {
    throw new StatusError('INVALID_ARGUMENT', `${where}: ${message}`);
  };
  const unsupported = (message: string): never => {
    throw new StatusError('UNIMPLEMENTED', `${where}: ${message}`);
  };
  if (!profile?.info.withSelector) return refuse(`${bound.label} has no action selector, its entries take no action sets`);
  if (set.groupAction) unsupported('group actions are not supported');
  if (set.actionSelectionMode === 'RANDOM') unsupported('selection at random is not supported');
  if (set.sizeSemantics === 'SUM_OF_MEMBERS') unsupported('groups are sized by the sum of weights');
  let total = 0;
  const members = set.actionProfileActions.map(({ action, weight, ...watch }, i) => {
    if (!Number.isInteger(weight) || weight < 1) refuse(`action ${i} of the set: weight ${weight}, expected 1 or more`);
    total += weight;
    return {
      checked: checkAction(binding, bound, action, 'entry', () => where),
      key: printAction(binding.names, action),
      weight,
      port: checkWatch(watch, ports, `${where}, action ${i} of the set`),
    };
  });
  const limit = profile.info.maxGroupSize;
  if (limit > 0 && total > limit) refuse(`the weights of the set add up to ${total}, groups take ${limit}`);
  profile.profile.expect(members.map(({ key, weight, port }) => ({ key, weight: ports.isUp(port) ? weight : 0 })));
  return members;
}

/** Puts members and group into the arena; the transaction takes them out again if it fails. */
export function installOneShot(
  profile: ArenaProfile,
  label: string,
  set: ActionProfileActionSet,
  members: readonly CheckedMember[],
  ports: Ports,
  transaction: Transaction,
): OneShot {
  const places = members.map(({ checked }) => {
    const place = profile.insertMember(checked.index, checked.params);
    if (place === 'full') {
      throw new StatusError('RESOURCE_EXHAUSTED', `${label} is full: it has room for ${profile.layout.spec.size} members`);
    }
    transaction.onUndo(() => profile.removeMember(place));
    return place;
  });
  const group = profile.insertGroup(
    members.map(({ key, weight, port }, i): GroupMember => ({ member: places[i]!, key, weight: ports.isUp(port) ? weight : 0 })),
  );
  if (typeof group === 'string') {
    throw new StatusError(
      'RESOURCE_EXHAUSTED',
      `${label} is full: it has room for ${profile.layout.spec.groups?.max ?? 0} groups`,
    );
  }
  transaction.onUndo(() => profile.removeGroup(group));
  return { set, group, members: places };
}

/** Writes the group again, after a port went up or down. */
export function rewriteOneShot(binding: Binding, profile: ArenaProfile, oneShot: OneShot, ports: Ports): void {
  profile.modifyGroup(
    oneShot.group,
    oneShot.set.actionProfileActions.map(({ action, weight, ...watch }, i) => ({
      member: oneShot.members[i]!,
      key: printAction(binding.names, action),
      weight: ports.isUp(checkWatch(watch, ports, '')) ? weight : 0,
    })),
  );
}

export function removeOneShot(profile: ArenaProfile, oneShot: OneShot): void {
  profile.removeGroup(oneShot.group);
  for (const member of oneShot.members) profile.removeMember(member);
}
