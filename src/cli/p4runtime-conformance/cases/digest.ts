/** Digest entries: their configuration. */
import type { Entity } from '../../../p4runtime/index.ts';
import { insert, modify, remove } from '../notation.ts';
import type { Case } from '../tester.ts';
import { names } from './resources-shared.ts';

const learned = names.digests.get('learned').preamble.id;

const digestOf = (more: object = {}): Entity => ({
  digestEntry: { digestId: learned, config: { maxTimeoutNs: 0n, maxListSize: 1, ackTimeoutNs: 1_000_000_000n }, ...more },
});

export const digestCases: readonly Case[] = [
  {
    name: 'Digest.WriteAndRead',
    steps: [
      { write: insert(digestOf()) },
      { read: digestOf(), finds: ['digest learned: at most 1 in 0 ns'] },
      { write: modify(digestOf({ config: { maxTimeoutNs: 5n, maxListSize: 10, ackTimeoutNs: 0n } })) },
      { read: { digestEntry: { digestId: 0 } }, finds: ['digest learned: at most 10 in 5 ns'] },
      { write: remove(digestOf()) },
      { read: { digestEntry: { digestId: 0 } }, finds: [] },
    ],
  },
  { name: 'insert twice', steps: [{ write: insert(digestOf()) }, { write: insert(digestOf()), says: 'ALREADY_EXISTS' }] },
  { name: 'modify of what is not configured', steps: [{ write: modify(digestOf()), says: 'NOT_FOUND' }] },
  { name: 'delete of what is not configured', steps: [{ write: remove(digestOf()), says: 'NOT_FOUND' }] },
  { name: 'no configuration', steps: [{ write: insert(digestOf({ config: undefined })), says: 'INVALID_ARGUMENT' }] },
  {
    name: 'negative time',
    steps: [
      { write: insert(digestOf({ config: { maxTimeoutNs: -1n, maxListSize: 1, ackTimeoutNs: 0n } })), says: 'INVALID_ARGUMENT' },
    ],
  },
  {
    name: 'negative size',
    steps: [
      { write: insert(digestOf({ config: { maxTimeoutNs: 1n, maxListSize: -1, ackTimeoutNs: 0n } })), says: 'INVALID_ARGUMENT' },
    ],
  },
  { name: 'unknown digest', steps: [{ write: insert(digestOf({ digestId: 0x17ff_ffff })), says: 'NOT_FOUND' }] },
];
