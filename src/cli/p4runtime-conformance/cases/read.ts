/** Wildcard reads and their filters. */
import { action, bytes, entry, everything, exact, found, insert, lines, modify, one, raw, remove } from '../notation.ts';
import type { Case } from '../tester.ts';
import { constants, masked } from './entries-shared.ts';

export const readCases: readonly Case[] = [
  {
    name: 'all tables',
    steps: [
      { write: [insert(one(5, 9)), insert(masked(1, 1))] },
      {
        read: everything,
        finds: [...constants, 'exact_one key=5: found(value=9)', 'ternary_one key=1&&&0xff priority=1: metered(value=9)'],
      },
    ],
  },
  {
    name: 'all tables: no other filter counts',
    steps: [{ read: { tableEntry: { tableId: 0, match: [], priority: 7 } }, finds: constants }],
  },
  {
    name: 'all default entries',
    run: async (t) =>
      t.expect(
        'lines',
        (await t.lines([{ tableEntry: { tableId: 0, match: [], isDefaultAction: true } }])).length,
        t.info.tables.length,
      ),
  },
  {
    name: 'one entry by its key',
    steps: [
      { write: [insert(one(5, 9)), insert(one(6, 9))] },
      { read: raw('exact_one', { match: [exact(1, 6)] }), finds: ['exact_one key=6: found(value=9)'] },
    ],
  },
  { name: 'a key that is not there', steps: [{ read: raw('exact_one', { match: [exact(1, 6)] }), finds: [] }] },
  { name: 'a malformed key', steps: [{ read: raw('exact_two', { match: [exact(1, 6)] }), finds: 'INVALID_ARGUMENT' }] },
  { name: 'an unknown table', steps: [{ read: { tableEntry: { tableId: 0x02ff_ffff, match: [] } }, finds: 'NOT_FOUND' }] },
  {
    name: 'filter: action',
    steps: [
      { write: [insert(one(5, 9)), insert(entry({ table: 'exact_one', match: { key: 6 }, action: 'NoAction' }))] },
      {
        read: raw('exact_one', { action: { action: { actionId: action('NoAction'), params: [] } } }),
        finds: ['exact_one key=6: NoAction()'],
      },
    ],
  },
  {
    name: 'filter: priority',
    steps: [
      { write: [insert(masked(5, 1)), insert(masked(6, 2)), insert(masked(7, 2))] },
      {
        read: raw('ternary_one', { priority: 2 }),
        finds: ['ternary_one key=6&&&0xff priority=2: metered(value=9)', 'ternary_one key=7&&&0xff priority=2: metered(value=9)'],
      },
    ],
  },
  {
    name: 'filter: metadata',
    steps: [
      { write: [insert(raw('exact_one', { match: [exact(1, 5)], action: found(1), metadata: bytes(1, 2) })), insert(one(6, 1))] },
      { read: raw('exact_one', { metadata: bytes(1, 2) }), finds: ['exact_one key=5: found(value=1) {metadata 0102}'] },
    ],
  },
  {
    name: 'filter: controller_metadata',
    steps: [
      {
        write: [insert(raw('exact_one', { match: [exact(1, 5)], action: found(1), controllerMetadata: 77n })), insert(one(6, 1))],
      },
      { read: raw('exact_one', { controllerMetadata: 77n }), finds: ['exact_one key=5: found(value=1) {cookie 77}'] },
    ],
  },
  {
    name: 'filter: metadata nobody has',
    steps: [{ write: insert(one(6, 1)) }, { read: raw('exact_one', { metadata: bytes(9) }), finds: [] }],
  },
  {
    name: 'metadata changes with a modify',
    steps: [
      { write: insert(raw('exact_one', { match: [exact(1, 5)], action: found(1), metadata: bytes(1, 2) })) },
      { write: modify(raw('exact_one', { match: [exact(1, 5)], action: found(1), metadata: bytes(3) })) },
      { read: lines('exact_one'), finds: ['exact_one key=5: found(value=1) {metadata 03}'] },
    ],
  },
  {
    name: 'metadata goes with its entry',
    steps: [
      { write: insert(raw('exact_one', { match: [exact(1, 5)], action: found(1), metadata: bytes(1, 2) })) },
      { write: remove(one(5, 1)) },
      { write: insert(one(5, 1)) },
      { read: lines('exact_one'), finds: ['exact_one key=5: found(value=1)'] },
    ],
  },
  {
    name: 'several filters in one read',
    steps: [
      { write: [insert(one(5, 9)), insert(masked(1, 1))] },
      {
        read: [lines('exact_one'), lines('ternary_one')],
        finds: ['exact_one key=5: found(value=9)', 'ternary_one key=1&&&0xff priority=1: metered(value=9)'],
      },
    ],
  },
  { name: 'empty entity', steps: [{ read: { raw: {} }, finds: 'INVALID_ARGUMENT' }] },
  { name: 'no entity at all', steps: [{ read: [], finds: [] }] },
  {
    name: 'one good, one bad entity: a status for each',
    run: async (t) => {
      const answer = await t.read([lines('exact_one'), { raw: {} }]);
      t.expect('codes', [answer.code, ...(answer.details ?? []).map((d) => d.code)], ['UNKNOWN', 'OK', 'INVALID_ARGUMENT']);
    },
  },
  {
    name: 'many entries come in several messages, all of them',
    run: async (t) => {
      const keys = Array.from({ length: 500 }, (_, i) => i);
      t.expect('write', (await t.write(keys.map((key) => insert(one(key, key))))).code, 'OK');
      t.expect('read', (await t.lines([lines('exact_one')])).length, 500);
    },
  },
  {
    name: 'ReadExclusiveAccess.ConcurrentReadAndWrites: a read sees whole batches',
    run: async (t) => {
      const keys = Array.from({ length: 100 }, (_, i) => i);
      const writing = t.write(
        keys.map((key) => insert(one(key, 1))),
        'DATAPLANE_ATOMIC',
      );
      const counts = await Promise.all(Array.from({ length: 10 }, async () => (await t.lines([lines('exact_one')])).length));
      await writing;
      t.expect(
        'counts',
        counts.filter((n) => n !== 0 && n !== 100),
        [],
      );
    },
  },
];
