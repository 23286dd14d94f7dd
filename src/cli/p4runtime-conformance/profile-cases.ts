/** Action profile members and groups, and one-shot action sets. */
import type { Entity, Update } from '../../p4runtime/index.ts';
import {
  action,
  build,
  bytes,
  defaultOf,
  entry,
  exact,
  found,
  group,
  groupMessage,
  insert,
  lines,
  member,
  modify,
  oneShot,
  profile,
  raw,
  remove,
} from './notation.ts';
import type { Case, Step } from './tester.ts';

const members: Entity = { actionProfileMember: { actionProfileId: profile('next_hops'), memberId: 0 } };
const groups: Entity = { actionProfileGroup: { actionProfileId: profile('next_hops'), groupId: 0, members: [] } };
const memberRaw = (more: object): Entity => ({
  actionProfileMember: { actionProfileId: profile('next_hops'), memberId: 1, ...more },
});
const toMember = (key: number, id: number, name = 'selected'): Entity => entry({ table: name, match: { key }, member: id });
const toGroup = (key: number, id: number, name = 'selected'): Entity => entry({ table: name, match: { key }, group: id });
const given: Step = { write: [insert(member(1, 11)), insert(member(2, 12)), insert(member(3, 13))] };
const weighted = (weight: number): Update => insert(group(1, [{ member: 1, weight }]));
const watching = (watch: object): Update => insert(groupMessage({ members: [{ memberId: 1, weight: 1, ...watch }] }));

const memberCases: Case[] = [
  {
    name: 'ActionProf.Member',
    steps: [
      { write: insert(member(1, 11)) },
      { read: members, finds: ['member next_hops 1: found(value=11)'] },
      { write: modify(member(1, 12)) },
      { read: members, finds: ['member next_hops 1: found(value=12)'] },
      { write: remove(member(1, 0)) },
      { read: members, finds: [] },
    ],
  },
  { name: 'ActionProf.CreateDupMemberId', steps: [given, { write: insert(member(1, 11)), says: 'ALREADY_EXISTS' }] },
  { name: 'ActionProf.BadMemberId: modify', steps: [{ write: modify(member(9, 11)), says: 'NOT_FOUND' }] },
  { name: 'ActionProf.BadMemberId: delete', steps: [{ write: remove(member(9, 11)), says: 'NOT_FOUND' }] },
  {
    name: 'member id 0',
    steps: [{ write: insert(memberRaw({ memberId: 0, action: found(1).action })), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'ActionProf.InvalidActionProfId',
    steps: [{ write: insert(memberRaw({ actionProfileId: 0x11ff_ffff, action: found(1).action })), says: 'NOT_FOUND' }],
  },
  {
    name: 'ActionProf.InvalidActionId',
    steps: [{ write: insert(memberRaw({ action: { actionId: 0x01ff_ffff, params: [] } })), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'member: action of another table',
    steps: [{ write: insert(memberRaw({ action: { actionId: action('aged'), params: [] } })), says: 'INVALID_ARGUMENT' }],
  },
  { name: 'member: no action on insert', steps: [{ write: insert(memberRaw({})), says: 'INVALID_ARGUMENT' }] },
  { name: 'member: no action on modify', steps: [given, { write: modify(memberRaw({})), says: 'INVALID_ARGUMENT' }] },
  {
    name: 'member: missing parameter',
    steps: [{ write: insert(memberRaw({ action: { actionId: action('found'), params: [] } })), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'member: parameter too wide',
    steps: [{ write: insert(memberRaw({ action: found(1, 0, 0).action })), says: 'OUT_OF_RANGE' }],
  },
  {
    name: 'members with the same action are two members',
    steps: [
      { write: [insert(member(1, 11)), insert(member(2, 11))] },
      { read: members, finds: ['member next_hops 1: found(value=11)', 'member next_hops 2: found(value=11)'] },
    ],
  },
  { name: 'ActionProf.ReadOne', steps: [given, { read: member(2, 0), finds: ['member next_hops 2: found(value=12)'] }] },
  {
    name: 'ActionProf.Read: all profiles',
    steps: [
      given,
      { write: insert(member(7, 1, 'actions_of')) },
      {
        read: { actionProfileMember: { actionProfileId: 0, memberId: 0 } },
        finds: [
          'member actions_of 7: found(value=1)',
          'member next_hops 1: found(value=11)',
          'member next_hops 2: found(value=12)',
          'member next_hops 3: found(value=13)',
        ],
      },
    ],
  },
  {
    name: 'read of an unknown profile',
    steps: [{ read: { actionProfileMember: { actionProfileId: 0x11ff_ffff, memberId: 0 } }, finds: 'NOT_FOUND' }],
  },
  {
    name: 'the last free member',
    steps: [
      { write: Array.from({ length: 8 }, (_, i) => insert(member(i + 1, i, 'actions_of'))) },
      { write: insert(member(9, 9, 'actions_of')), says: 'RESOURCE_EXHAUSTED' },
    ],
  },
  {
    name: 'the same member id in two profiles',
    steps: [{ write: [insert(member(1, 11)), insert(member(1, 11, 'actions_of'))] }],
  },
  {
    name: 'delete of a member that a group has',
    steps: [given, { write: insert(group(1, [1, 2])) }, { write: remove(member(1, 0)), says: 'FAILED_PRECONDITION' }],
  },
  {
    name: 'delete of a member that an entry has',
    steps: [given, { write: insert(toMember(5, 1)) }, { write: remove(member(1, 0)), says: 'FAILED_PRECONDITION' }],
  },
  {
    name: 'delete of a member looks only at its key',
    steps: [given, { write: remove(memberRaw({ action: { actionId: 1, params: [] } })) }],
  },
];

const groupCases: Case[] = [
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

const indirect: Case[] = [
  {
    name: 'MatchTableIndirect.Member',
    steps: [given, { write: insert(toMember(5, 1)) }, { read: lines('selected'), finds: ['selected key=5: member 1'] }],
  },
  {
    name: 'MatchTableIndirect.Group',
    steps: [
      given,
      { write: insert(group(1, [1, 2])) },
      { write: insert(toGroup(5, 1)) },
      { read: lines('selected'), finds: ['selected key=5: group 1'] },
    ],
  },
  { name: 'an unknown member', steps: [{ write: insert(toMember(5, 1)), says: 'NOT_FOUND' }] },
  { name: 'an unknown group', steps: [{ write: insert(toGroup(5, 1)), says: 'NOT_FOUND' }] },
  {
    name: 'from a member to a group',
    steps: [
      given,
      { write: insert(group(1, [1])) },
      { write: insert(toMember(5, 1)) },
      { write: modify(toGroup(5, 1)) },
      { read: lines('selected'), finds: ['selected key=5: group 1'] },
    ],
  },
  {
    name: 'an action where members are wanted',
    steps: [{ write: insert(raw('selected', { match: [exact(1, 5)], action: found(1) })), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'a member where actions are wanted',
    steps: [
      {
        write: insert(raw('exact_one', { match: [exact(1, 5)], action: { actionProfileMemberId: 1 } })),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'a group in a profile without selector',
    steps: [{ write: insert(toGroup(5, 1, 'profiled')), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'a member of a profile without selector',
    steps: [
      { write: insert(member(1, 3, 'actions_of')) },
      { write: insert(toMember(5, 1, 'profiled')) },
      { read: lines('profiled'), finds: ['profiled key=5: member 1'] },
    ],
  },
  {
    name: 'MatchTableIndirect.SetDefault: an action',
    steps: [
      { write: modify(raw('selected', { isDefaultAction: true, action: found(3) })) },
      { read: defaultOf('selected'), finds: ['selected default: found(value=3)'] },
    ],
  },
  {
    name: 'MatchTableIndirect.SetDefault: no member',
    steps: [
      given,
      {
        write: modify(raw('selected', { isDefaultAction: true, action: { actionProfileMemberId: 1 } })),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
];

const shown = 'selected key=5: one of found(value=1) weight 1, found(value=2) weight 2';
const shot = oneShot('selected', 5, [
  [1, 1],
  [2, 2],
]);
const setOf = (more: object): Entity =>
  raw('selected', {
    match: [exact(1, 5)],
    action: { actionProfileActionSet: { actionProfileActions: [{ action: found(1).action, weight: 1 }], ...more } },
  });

const oneShots: Case[] = [
  { name: 'OneShotInsertAndRead', steps: [{ write: insert(shot) }, { read: lines('selected'), finds: [shown] }] },
  {
    name: 'OneShotInsertAndModify',
    steps: [
      { write: insert(shot) },
      { write: modify(oneShot('selected', 5, [[7, 1]])) },
      { read: lines('selected'), finds: ['selected key=5: one of found(value=7) weight 1'] },
    ],
  },
  {
    name: 'OneShotInsertAndDelete',
    steps: [{ write: insert(shot) }, { write: remove(shot) }, { read: lines('selected'), finds: [] }],
  },
  { name: 'no members or groups are seen', steps: [{ write: insert(shot) }, { read: [members, groups], finds: [] }] },
  {
    name: 'OneShotInvalidActionWeight: 0',
    steps: [{ write: insert(oneShot('selected', 5, [[1, 0]])), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'OneShotInvalidActionWeight: negative',
    steps: [{ write: insert(oneShot('selected', 5, [[1, -1]])), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'OneShotWeights',
    steps: [
      {
        write: insert(
          oneShot('selected', 5, [
            [1, 5],
            [2, 1],
          ]),
        ),
      },
    ],
  },
  { name: 'OneShotWatchPortBytes', steps: [{ write: insert(oneShot('selected', 5, [[1, 1]], { watchPort: bytes(1) })) }] },
  { name: 'OneShotWatchPort', steps: [{ write: insert(oneShot('selected', 5, [[1, 1]], { watch: 1 })) }] },
  {
    name: 'one-shot: a watch port that there is not',
    steps: [{ write: insert(oneShot('selected', 5, [[1, 1]], { watchPort: bytes(77) })), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'OneShotMaxSizeExceeded',
    steps: [
      {
        write: insert(
          oneShot('limited', 5, [
            [1, 8],
            [2, 1],
          ]),
        ),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'the same action twice is not merged',
    steps: [
      {
        write: insert(
          oneShot('selected', 5, [
            [1, 1],
            [1, 1],
          ]),
        ),
      },
      { read: lines('selected'), finds: ['selected key=5: one of found(value=1) weight 1, found(value=1) weight 1'] },
    ],
  },
  { name: 'MixedSelectorModes: action sets beside members', steps: [given, { write: insert(shot), says: 'INVALID_ARGUMENT' }] },
  {
    name: 'MixedSelectorModes: members beside action sets',
    steps: [{ write: insert(shot) }, { write: insert(member(1, 1)), says: 'INVALID_ARGUMENT' }],
  },
  { name: 'members again when the action sets are gone', steps: [{ write: insert(shot) }, { write: remove(shot) }, given] },
  {
    name: 'one-shot: an action of another table',
    steps: [
      {
        write: insert(
          raw('selected', {
            match: [exact(1, 5)],
            action: {
              actionProfileActionSet: { actionProfileActions: [{ action: { actionId: action('aged'), params: [] }, weight: 1 }] },
            },
          }),
        ),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  { name: 'one-shot in a direct table', steps: [{ write: insert(oneShot('exact_one', 5, [[1, 1]])), says: 'INVALID_ARGUMENT' }] },
  {
    name: 'one-shot in a profile without selector',
    steps: [{ write: insert(oneShot('profiled', 5, [[1, 1]])), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'an empty action set',
    steps: [{ write: insert(oneShot('selected', 5, [])) }, { read: lines('selected'), finds: ['selected key=5: one of '] }],
  },
  {
    name: 'OneShotCleanup.MemberCreateError: too many members leave nothing behind',
    steps: [
      {
        write: insert(
          oneShot('limited', 1, [
            [1, 1],
            [2, 1],
            [3, 1],
            [4, 1],
            [5, 1],
            [6, 1],
            [7, 1],
            [8, 1],
          ]),
        ),
      },
      {
        write: insert(
          oneShot('limited', 2, [
            [1, 1],
            [2, 1],
            [3, 1],
            [4, 1],
            [5, 1],
            [6, 1],
            [7, 1],
            [8, 1],
          ]),
        ),
      },
      { write: insert(oneShot('limited', 3, [[1, 1]])), says: 'RESOURCE_EXHAUSTED' },
      { write: remove(oneShot('limited', 2, [])) },
      { write: insert(oneShot('limited', 3, [[1, 1]])) },
    ],
  },
  {
    name: 'OneShotCleanup.GroupCreateError: too many groups leave no members behind',
    steps: [
      { write: [1, 2, 3, 4].map((key) => insert(oneShot('limited', key, [[1, 1]]))) },
      {
        write: Array.from({ length: 20 }, () => insert(oneShot('limited', 5, [[1, 1]]))),
        says: Array.from({ length: 20 }, () => 'RESOURCE_EXHAUSTED' as const),
      },
      { write: remove(oneShot('limited', 4, [])) },
      {
        write: insert(
          oneShot('limited', 5, [
            [1, 1],
            [2, 1],
          ]),
        ),
      },
    ],
  },
  {
    name: 'OneShotCleanup: an entry that exists leaves nothing behind',
    steps: [
      { write: insert(shot) },
      {
        write: Array.from({ length: 40 }, () => insert(shot)),
        says: Array.from({ length: 40 }, () => 'ALREADY_EXISTS' as const),
      },
      { write: insert(oneShot('selected', 6, [[1, 1]])) },
    ],
  },
  {
    name: 'rollback of a one-shot',
    steps: [
      { write: [insert(shot), remove(group(9, []))], atomicity: 'ROLLBACK_ON_ERROR', says: ['ABORTED', 'NOT_FOUND'] },
      { read: lines('selected'), finds: [] },
      given,
    ],
  },
  {
    name: 'rollback of the deletion of a one-shot',
    steps: [
      { write: insert(shot) },
      { write: [remove(shot), remove(group(9, []))], atomicity: 'ROLLBACK_ON_ERROR', says: ['ABORTED', 'NOT_FOUND'] },
      { read: lines('selected'), finds: [shown] },
    ],
  },
  { name: 'selection by hash', steps: [{ write: insert(setOf({ actionSelectionMode: 'HASH' })) }] },
  {
    name: 'selection at random is unimplemented',
    steps: [{ write: insert(setOf({ actionSelectionMode: 'RANDOM' })), says: 'UNIMPLEMENTED' }],
  },
  { name: 'sum of weights', steps: [{ write: insert(setOf({ sizeSemantics: 'SUM_OF_WEIGHTS' })) }] },
  {
    name: 'sum of members is unimplemented',
    steps: [{ write: insert(setOf({ sizeSemantics: 'SUM_OF_MEMBERS' })), says: 'UNIMPLEMENTED' }],
  },
  {
    name: 'a group action is unimplemented',
    steps: [{ write: insert(setOf({ groupAction: found(1).action })), says: 'UNIMPLEMENTED' }],
  },
];

const sections: readonly (readonly [string, readonly Case[]])[] = [
  ['member', memberCases],
  ['group', groupCases],
  ['indirect', indirect],
  ['one-shot', oneShots],
];
export const profileCases: Case[] = sections.flatMap(([name, cases]) => cases.map((c) => ({ ...c, name: `${name}: ${c.name}` })));
export { build };
