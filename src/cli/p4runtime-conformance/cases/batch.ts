/** Batches: atomicity, and an error for each update. */
import { bytes, defaultOf, exact, found, insert, lines, modify, one, raw, remove } from '../notation.ts';
import type { Case } from '../tester.ts';
import { setDefault } from './entries-shared.ts';

export const batchCases: readonly Case[] = [
  {
    name: 'WriteBatchWithError: CONTINUE_ON_ERROR',
    steps: [
      { write: [insert(one(1, 1)), modify(one(2, 1)), insert(one(3, 1))], says: ['OK', 'NOT_FOUND', 'OK'] },
      { read: lines('exact_one'), finds: ['exact_one key=1: found(value=1)', 'exact_one key=3: found(value=1)'] },
    ],
  },
  {
    name: 'ROLLBACK_ON_ERROR: nothing of it stays',
    steps: [
      {
        write: [insert(one(1, 1)), modify(one(2, 1)), insert(one(3, 1))],
        atomicity: 'ROLLBACK_ON_ERROR',
        says: ['ABORTED', 'NOT_FOUND', 'ABORTED'],
      },
      { read: lines('exact_one'), finds: [] },
    ],
  },
  {
    name: 'DATAPLANE_ATOMIC: nothing of it stays',
    steps: [
      {
        write: [insert(one(1, 1)), modify(one(2, 1)), insert(one(3, 1))],
        atomicity: 'DATAPLANE_ATOMIC',
        says: ['ABORTED', 'NOT_FOUND', 'ABORTED'],
      },
      { read: lines('exact_one'), finds: [] },
    ],
  },
  {
    name: 'DATAPLANE_ATOMIC: a good batch',
    steps: [
      { write: [insert(one(1, 1)), insert(one(3, 1))], atomicity: 'DATAPLANE_ATOMIC' },
      { read: lines('exact_one'), finds: ['exact_one key=1: found(value=1)', 'exact_one key=3: found(value=1)'] },
    ],
  },
  {
    name: 'rollback of deletions',
    steps: [
      { write: [insert(one(1, 1)), insert(one(2, 2))] },
      {
        write: [remove(one(1, 1)), modify(one(2, 3)), insert(one(2, 1))],
        atomicity: 'ROLLBACK_ON_ERROR',
        says: ['ABORTED', 'ABORTED', 'ALREADY_EXISTS'],
      },
      { read: lines('exact_one'), finds: ['exact_one key=1: found(value=1)', 'exact_one key=2: found(value=2)'] },
    ],
  },
  {
    name: 'rollback of a default action',
    steps: [
      {
        write: [modify(setDefault('exact_one', 3)), remove(one(1, 1))],
        atomicity: 'ROLLBACK_ON_ERROR',
        says: ['ABORTED', 'NOT_FOUND'],
      },
      { read: defaultOf('exact_one'), finds: ['exact_one default: NoAction()'] },
    ],
  },
  {
    name: 'rollback of metadata',
    steps: [
      { write: insert(raw('exact_one', { match: [exact(1, 5)], action: found(1), metadata: bytes(1) })) },
      {
        write: [modify(raw('exact_one', { match: [exact(1, 5)], action: found(1), metadata: bytes(2) })), remove(one(1, 1))],
        atomicity: 'ROLLBACK_ON_ERROR',
        says: ['ABORTED', 'NOT_FOUND'],
      },
      { read: lines('exact_one'), finds: ['exact_one key=5: found(value=1) {metadata 01}'] },
    ],
  },
  {
    name: 'insert, modify and delete of one entry in a batch',
    steps: [{ write: [insert(one(1, 1)), modify(one(1, 2)), remove(one(1, 1))] }, { read: lines('exact_one'), finds: [] }],
  },
  {
    name: 'a malformed update aborts an atomic batch',
    steps: [
      {
        write: [insert(one(1, 1)), { raw: { type: 1, entity: {} } }],
        atomicity: 'DATAPLANE_ATOMIC',
        says: ['ABORTED', 'INVALID_ARGUMENT'],
      },
      { read: lines('exact_one'), finds: [] },
    ],
  },
  {
    name: 'OneOfManyInsertRequestFails: one status per update, in order',
    steps: [
      { write: insert(one(50, 1)) },
      {
        write: Array.from({ length: 100 }, (_, i) => insert(one(i, 1))),
        says: Array.from({ length: 100 }, (_, i) => (i === 50 ? 'ALREADY_EXISTS' : 'OK')),
      },
    ],
  },
  { name: 'empty batch', steps: [{ write: [] }] },
  {
    name: 'OK details carry the code and nothing else; others a sentence',
    run: async (t) => {
      const { details } = await t.write([insert(one(1, 1)), insert(one(1, 1))]);
      t.expect(
        'messages',
        details?.map((d) => d.message !== ''),
        [false, true],
      );
    },
  },
  {
    name: 'many errors fit the trailer',
    run: async (t) => {
      const { details } = await t.write(Array.from({ length: 2000 }, () => modify(one(1, 1))));
      t.expect('details', details?.length, 2000);
    },
  },
  {
    name: 'unknown atomicity',
    run: async (t) => {
      const { code, details } = await t.client.write({ ...t.header(), updates: [], atomicity: 9 });
      t.expect('code', [code, details], ['INVALID_ARGUMENT', undefined]);
    },
  },
];
