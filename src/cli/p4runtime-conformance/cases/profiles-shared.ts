/** What several tables of cases about action profiles build on. */
import type { Entity } from '../../../p4runtime/index.ts';
import { entry, insert, member, profile } from '../notation.ts';
import type { Step } from '../tester.ts';

export const members: Entity = { actionProfileMember: { actionProfileId: profile('next_hops'), memberId: 0 } };

export const groups: Entity = { actionProfileGroup: { actionProfileId: profile('next_hops'), groupId: 0, members: [] } };

export const toMember = (key: number, id: number, name = 'selected'): Entity =>
  entry({ table: name, match: { key }, member: id });

export const toGroup = (key: number, id: number, name = 'selected'): Entity => entry({ table: name, match: { key }, group: id });

export const given: Step = { write: [insert(member(1, 11)), insert(member(2, 12)), insert(member(3, 13))] };
