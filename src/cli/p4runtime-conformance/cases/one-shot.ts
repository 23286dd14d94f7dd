/** One-shot action sets. */
import type { Entity } from '../../../p4runtime/index.ts';
import { action, bytes, exact, found, group, insert, lines, member, modify, oneShot, raw, remove } from '../notation.ts';
import type { Case } from '../tester.ts';
import { given, groups, members } from './profiles-shared.ts';

const shown = 'selected key=5: one of found(value=1) weight 1, found(value=2) weight 2';

const shot = oneShot('selected', 5, [
  [1, 1],
  [2, 2],
]);

/** Members 1 to 8 of one weight: as many as one set may have. */
const eight = Array.from({ length: 8 }, (_, i) => [i + 1, 1] as const);

const setOf = (more: object): Entity =>
  raw('selected', {
    match: [exact(1, 5)],
    action: { actionProfileActionSet: { actionProfileActions: [{ action: found(1).action, weight: 1 }], ...more } },
  });

export const oneShotCases: readonly Case[] = [
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
        write: insert(oneShot('limited', 1, eight)),
      },
      {
        write: insert(oneShot('limited', 2, eight)),
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
