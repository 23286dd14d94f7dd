/** Multicast groups and clone sessions. */
import type { Entity } from '../../../p4runtime/index.ts';
import { bytes, insert, modify, remove } from '../notation.ts';
import type { Case } from '../tester.ts';

const groupOf = (id: number, replicas: readonly object[] = [], more: object = {}): Entity => ({
  packetReplicationEngineEntry: { multicastGroupEntry: { multicastGroupId: id, replicas: replicas as [], ...more } },
});

const session = (id: number, replicas: readonly object[] = [], more: object = {}): Entity => ({
  packetReplicationEngineEntry: { cloneSessionEntry: { sessionId: id, replicas: replicas as [], ...more } },
});

const to = (port: number, instance = 0) => ({ port: bytes(port), instance });

export const replicationCases: readonly Case[] = [
  {
    name: 'PREMulticast.Write',
    steps: [
      { write: insert(groupOf(1, [to(0), to(1, 2)])) },
      { read: groupOf(1), finds: ['multicast group 1: 0, 1 instance 2'] },
      { write: modify(groupOf(1, [to(1)])) },
      { read: groupOf(1), finds: ['multicast group 1: 1'] },
      { write: remove(groupOf(1)) },
      { read: groupOf(0), finds: [] },
    ],
  },
  {
    name: 'PREMulticast: the older number of a port',
    steps: [
      { write: insert(groupOf(1, [{ egressPort: 1, instance: 1 }])) },
      { read: groupOf(1), finds: ['multicast group 1: 1 instance 1'] },
    ],
  },
  {
    name: 'PREMulticast.WriteStringPorts: a padded port',
    steps: [
      { write: insert(groupOf(1, [{ port: bytes(0, 0, 1), instance: 1 }])) },
      { read: groupOf(1), finds: ['multicast group 1: 1 instance 1'] },
    ],
  },
  { name: 'PREMulticast.Duplicates', steps: [{ write: insert(groupOf(1, [to(1, 1), to(1, 1)])), says: 'INVALID_ARGUMENT' }] },
  {
    name: 'Multicast.2Rids3Ports: one port with two instances',
    steps: [{ write: insert(groupOf(1, [to(1, 1), to(1, 2), to(0, 1)])) }],
  },
  { name: 'PREMulticast.InvalidId', steps: [{ write: insert(groupOf(0, [to(1)])), says: 'INVALID_ARGUMENT' }] },
  {
    name: 'DuplicatePacketReplicationEngineEntryInsertFails',
    steps: [{ write: insert(groupOf(1, [to(1)])) }, { write: insert(groupOf(1, [to(1)])), says: 'ALREADY_EXISTS' }],
  },
  { name: 'multicast: modify of what is not there', steps: [{ write: modify(groupOf(1, [to(1)])), says: 'NOT_FOUND' }] },
  { name: 'CannotDeleteMissingEntry', steps: [{ write: remove(groupOf(1)), says: 'NOT_FOUND' }] },
  {
    name: 'CannotTranslatePortFailure: an unknown port',
    steps: [{ write: insert(groupOf(1, [to(77)])), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'multicast: an empty port',
    steps: [{ write: insert(groupOf(1, [{ port: bytes(), instance: 0 }])), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'multicast: backup replicas are unimplemented',
    steps: [{ write: insert(groupOf(1, [{ ...to(1), backupReplicas: [to(0)] }])), says: 'UNIMPLEMENTED' }],
  },
  {
    name: 'multicast: a group without replicas',
    steps: [{ write: insert(groupOf(1)) }, { read: groupOf(1), finds: ['multicast group 1: nowhere'] }],
  },
  {
    name: 'PREMulticast.Read: one and all',
    steps: [
      { write: [insert(groupOf(1, [to(1)])), insert(groupOf(2, [to(0)]))] },
      { read: groupOf(0), finds: ['multicast group 1: 1', 'multicast group 2: 0'] },
      { read: groupOf(2), finds: ['multicast group 2: 0'] },
    ],
  },
  {
    name: 'PREMulticast.ReadExcludeGroupsFromCloneSessions',
    steps: [
      { write: [insert(groupOf(1, [to(1)])), insert(session(7, [to(0), to(1)]))] },
      { read: groupOf(0), finds: ['multicast group 1: 1'] },
    ],
  },
  {
    name: 'UnsetPacketReplicationEntryTypeReturnsMulticastGroupEntry',
    steps: [
      { write: insert(groupOf(1, [to(1)])) },
      { read: { raw: { packetReplicationEngineEntry: {} } }, finds: ['multicast group 1: 1'] },
    ],
  },
  { name: 'multicast: read of a group that is not there', steps: [{ read: groupOf(9), finds: 'NOT_FOUND' }] },
  {
    name: 'PRECloning.Write',
    steps: [
      { write: insert(session(7, [to(1)], { classOfService: 2, packetLengthBytes: 64 })) },
      { read: session(7), finds: ['clone session 7: 1 at most 64 bytes'] },
      { write: remove(session(7)) },
      { read: session(0), finds: [] },
    ],
  },
  {
    name: 'PRECloning.ModifyConfig',
    steps: [
      { write: insert(session(7, [to(1)])) },
      { write: modify(session(7, [to(0)], { packetLengthBytes: 100 })) },
      { read: session(7), finds: ['clone session 7: 0 at most 100 bytes'] },
    ],
  },
  { name: 'PRECloning.InvalidId', steps: [{ write: insert(session(0, [to(1)])), says: 'INVALID_ARGUMENT' }] },
  {
    name: 'PRECloning.Read',
    steps: [
      { write: [insert(session(7, [to(1)])), insert(session(8, [to(0)]))] },
      { read: session(0), finds: ['clone session 7: 1', 'clone session 8: 0'] },
    ],
  },
  {
    name: 'clone session: insert twice',
    steps: [{ write: insert(session(7, [to(1)])) }, { write: insert(session(7, [to(1)])), says: 'ALREADY_EXISTS' }],
  },
  {
    name: 'clone session: to the controller',
    steps: [{ write: insert(session(7, [{ port: bytes(0xff, 0xff, 0xff, 0xfd), instance: 1 }])) }],
  },
  {
    name: 'clone session: negative length',
    steps: [{ write: insert(session(7, [to(1)], { packetLengthBytes: -1 })), says: 'INVALID_ARGUMENT' }],
  },
  { name: 'clone session: delete of what is not there', steps: [{ write: remove(session(7)), says: 'NOT_FOUND' }] },
];
