/** Entries that refer to members and groups. */
import { defaultOf, exact, found, group, insert, lines, member, modify, raw } from '../notation.ts';
import type { Case } from '../tester.ts';
import { given, toGroup, toMember } from './profiles-shared.ts';

export const indirectCases: readonly Case[] = [
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
