/** Action profile groups: weights, sizes, watch ports. */
import type { Update } from '../../../p4runtime/index.ts';
import { bytes, group, groupMessage, insert, member, modify, profile, remove } from '../notation.ts';
import type { Case } from '../tester.ts';
import { given, groups, toGroup } from './profiles-shared.ts';

const weighted = (weight: number): Update => insert(group(1, [{ member: 1, weight }]));

const watching = (watch: object): Update => insert(groupMessage({ members: [{ memberId: 1, weight: 1, ...watch }] }));

export const groupCases: readonly Case[] = [
  {
    name: 'ActionProf.Group',
    steps: [
      given,
      { write: insert(group(1, [1, 2])) },
      { read: groups, finds: ['group next_hops 1: 1, 2'] },
      { write: modify(group(1, [2, 3])) },
      { read: groups, finds: ['group next_hops 1: 2, 3'] },
      { write: remove(group(1, [])) },
      { read: groups, finds: [] },
    ],
  },
  {
    name: 'ActionProf.CreateDupGroupId',
    steps: [given, { write: insert(group(1, [1])) }, { write: insert(group(1, [1])), says: 'ALREADY_EXISTS' }],
  },
  { name: 'ActionProf.BadGroupId: modify', steps: [given, { write: modify(group(9, [1])), says: 'NOT_FOUND' }] },
  { name: 'ActionProf.BadGroupId: delete', steps: [{ write: remove(group(9, [])), says: 'NOT_FOUND' }] },
  { name: 'group id 0', steps: [given, { write: insert(groupMessage({ groupId: 0, members: [] })), says: 'INVALID_ARGUMENT' }] },
  {
    name: 'ActionProf.AddBadMemberIdToGroup',
    steps: [given, { write: insert(group(1, [1, 9])), says: 'NOT_FOUND' }, { read: groups, finds: [] }],
  },
  {
    name: 'modify to an unknown member',
    steps: [
      given,
      { write: insert(group(1, [1])) },
      { write: modify(group(1, [9])), says: 'NOT_FOUND' },
      { read: groups, finds: ['group next_hops 1: 1'] },
    ],
  },
  {
    name: 'ActionProf.DuplicateMemberIds',
    steps: [
      given,
      {
        write: insert(
          groupMessage({
            members: [
              { memberId: 1, weight: 1 },
              { memberId: 1, weight: 1 },
            ],
          }),
        ),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  { name: 'ActionProf.InvalidMemberWeight: 0', steps: [given, { write: weighted(0), says: 'INVALID_ARGUMENT' }] },
  { name: 'ActionProf.InvalidMemberWeight: negative', steps: [given, { write: weighted(-1), says: 'INVALID_ARGUMENT' }] },
  {
    name: 'ActionProf.MemberWeights',
    steps: [
      given,
      { write: insert(group(1, [{ member: 1, weight: 3 }, 2])) },
      { read: groups, finds: ['group next_hops 1: 1 weight 3, 2'] },
    ],
  },
  { name: 'an empty group', steps: [{ write: insert(group(1, [])) }, { read: groups, finds: ['group next_hops 1: empty'] }] },
  {
    name: 'a profile without selector has no groups',
    steps: [
      { write: insert(member(1, 1, 'actions_of')) },
      { write: insert(group(1, [1], 'actions_of')), says: 'INVALID_ARGUMENT' },
    ],
  },
  {
    name: 'ActionProf.InvalidMaxSize: negative',
    steps: [given, { write: insert(groupMessage({ maxSize: -1 })), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'ActionProf.InvalidMaxSize: above the program’s',
    steps: [
      {
        write: insert({ actionProfileGroup: { actionProfileId: profile('small_groups'), groupId: 1, members: [], maxSize: 9 } }),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'ActionProf.MaxSizeExceeded',
    steps: [
      given,
      {
        write: insert(
          groupMessage({
            maxSize: 2,
            members: [
              { memberId: 1, weight: 2 },
              { memberId: 2, weight: 1 },
            ],
          }),
        ),
        says: 'RESOURCE_EXHAUSTED',
      },
    ],
  },
  {
    name: 'ActionProf.MaxSizeExceeded: on modify',
    steps: [
      given,
      { write: insert(groupMessage({ maxSize: 2, members: [{ memberId: 1, weight: 1 }] })) },
      { write: modify(groupMessage({ maxSize: 2, members: [{ memberId: 1, weight: 3 }] })), says: 'RESOURCE_EXHAUSTED' },
    ],
  },
  {
    name: 'ActionProf.MaxSizeModify',
    steps: [
      given,
      { write: insert(groupMessage({ maxSize: 2, members: [] })) },
      { write: modify(groupMessage({ maxSize: 3, members: [] })), says: 'INVALID_ARGUMENT' },
    ],
  },
  {
    name: 'max_size is answered',
    steps: [
      given,
      { write: insert(groupMessage({ maxSize: 2, members: [{ memberId: 1, weight: 1 }] })) },
      { read: groups, finds: ['group next_hops 1: 1 at most 2'] },
    ],
  },
  {
    name: 'weights up to the program’s group size',
    steps: [
      { write: insert(member(1, 1, 'small_groups')) },
      { write: insert(group(1, [{ member: 1, weight: 8 }], 'small_groups')) },
    ],
  },
  {
    name: 'weights above the program’s group size',
    steps: [
      { write: insert(member(1, 1, 'small_groups')) },
      { write: insert(group(1, [{ member: 1, weight: 9 }], 'small_groups')), says: 'RESOURCE_EXHAUSTED' },
    ],
  },
  {
    name: 'no more groups',
    steps: [
      { write: [1, 2, 3, 4].map((id) => insert(group(id, [], 'small_groups'))) },
      { write: insert(group(5, [], 'small_groups')), says: 'RESOURCE_EXHAUSTED' },
    ],
  },
  {
    name: 'ActionProf.MemberWatchPortBytes',
    steps: [given, { write: watching({ watchPort: bytes(1) }) }, { read: groups, finds: ['group next_hops 1: 1'] }],
  },
  { name: 'ActionProf.MemberWatchPort: the older number', steps: [given, { write: watching({ watch: 1 }) }] },
  {
    name: 'a watch port that there is not',
    steps: [given, { write: watching({ watchPort: bytes(77) }), says: 'INVALID_ARGUMENT' }],
  },
  { name: 'an empty watch port watches nothing', steps: [given, { write: watching({ watchPort: bytes() }) }] },
  {
    name: 'watch ports are read back',
    run: async (t) => {
      await t.write([insert(member(1, 11)), watching({ watchPort: bytes(0, 1) })]);
      const { response } = await t.read([groups]);
      t.expect(
        'group',
        JSON.stringify(response).includes('"watchPort":{"type":"Buffer","data":[1]}') ||
          JSON.stringify(response).includes('"watchPort":"AQ=="'),
        true,
      );
    },
  },
  {
    name: 'a member and a group of the same id',
    steps: [
      given,
      { write: insert(group(1, [1])) },
      { read: [member(1, 0), groups], finds: ['group next_hops 1: 1', 'member next_hops 1: found(value=11)'] },
    ],
  },
  {
    name: 'a member in two groups',
    steps: [
      given,
      { write: [insert(group(1, [1])), insert(group(2, [1, 2]))] },
      { write: modify(member(1, 99)) },
      { read: groups, finds: ['group next_hops 1: 1', 'group next_hops 2: 1, 2'] },
    ],
  },
  {
    name: 'ActionProfile.DeleteGroupWithMembers',
    steps: [
      given,
      { write: insert(group(1, [1, 2])) },
      { write: remove(group(1, [])) },
      { write: [remove(member(1, 0)), remove(member(2, 0))] },
    ],
  },
  {
    name: 'delete of a group that an entry has',
    steps: [
      given,
      { write: insert(group(1, [1])) },
      { write: insert(toGroup(5, 1)) },
      { write: remove(group(1, [])), says: 'FAILED_PRECONDITION' },
    ],
  },
  {
    name: 'read of one group',
    steps: [
      given,
      { write: [insert(group(1, [1])), insert(group(2, [2]))] },
      { read: groupMessage({ groupId: 2 }), finds: ['group next_hops 2: 2'] },
    ],
  },
  {
    name: 'rollback of a group',
    steps: [
      given,
      { write: [insert(group(1, [1])), remove(group(9, []))], atomicity: 'ROLLBACK_ON_ERROR', says: ['ABORTED', 'NOT_FOUND'] },
      { read: groups, finds: [] },
    ],
  },
];
