/** Action profile members. */
import type { Entity } from '../../../p4runtime/index.ts';
import { action, found, group, insert, member, modify, profile, remove } from '../notation.ts';
import type { Case } from '../tester.ts';
import { given, members, toMember } from './profiles-shared.ts';

const memberRaw = (more: object): Entity => ({
  actionProfileMember: { actionProfileId: profile('next_hops'), memberId: 1, ...more },
});

export const memberCases: readonly Case[] = [
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
