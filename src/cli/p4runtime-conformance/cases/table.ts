/** Inserting, modifying and deleting table entries. */
import { allOnes, type Entity } from '../../../p4runtime/index.ts';
import { action, bytes, entry, exact, found, insert, lines, modify, one, raw, remove, table } from '../notation.ts';
import type { Case } from '../tester.ts';
import { two } from './entries-shared.ts';

/** An entry whose action has parameters of these ids. */
const withParams = (...ids: readonly number[]): Entity =>
  raw('exact_one', {
    match: [exact(1, 5)],
    action: { action: { actionId: action('found'), params: ids.map((paramId) => ({ paramId, value: bytes(1) })) } },
  });

const wide = entry({
  table: 'exact_one',
  match: { key: 1 },
  action: 'wide',
  params: { address: allOnes(128), bit_flag: 1, value: 2 },
});

export const tableCases: readonly Case[] = [
  {
    name: 'AddAndRead',
    steps: [{ write: insert(one(5, 9)) }, { read: lines('exact_one'), finds: ['exact_one key=5: found(value=9)'] }],
  },
  {
    name: 'AddAndDelete',
    steps: [{ write: insert(one(5, 9)) }, { write: remove(one(5, 9)) }, { read: lines('exact_one'), finds: [] }],
  },
  {
    name: 'AddAndModify',
    steps: [
      { write: insert(one(5, 9)) },
      { write: modify(one(5, 8)) },
      { read: lines('exact_one'), finds: ['exact_one key=5: found(value=8)'] },
    ],
  },
  {
    name: 'modify to another action',
    steps: [
      { write: insert(one(5, 9)) },
      { write: modify(entry({ table: 'exact_one', match: { key: 5 }, action: 'NoAction' })) },
      { read: lines('exact_one'), finds: ['exact_one key=5: NoAction()'] },
    ],
  },
  {
    name: 'modify without action leaves the action',
    steps: [
      { write: insert(one(5, 9)) },
      { write: modify(raw('exact_one', { match: [exact(1, 5)] })) },
      { read: lines('exact_one'), finds: ['exact_one key=5: found(value=9)'] },
    ],
  },
  {
    name: 'DuplicateTableEntryInsertFails',
    steps: [
      { write: insert(one(5, 9)) },
      { write: insert(one(5, 8)), says: 'ALREADY_EXISTS' },
      { read: lines('exact_one'), finds: ['exact_one key=5: found(value=9)'] },
    ],
  },
  { name: 'TableEntryModifyFailsIfEntryDoesNotExist', steps: [{ write: modify(one(5, 9)), says: 'NOT_FOUND' }] },
  { name: 'TableEntryDeleteFailsIfEntryDoesNotExist', steps: [{ write: remove(one(5, 9)), says: 'NOT_FOUND' }] },
  {
    name: 'delete looks only at the key',
    steps: [
      { write: insert(one(5, 9)) },
      { write: remove(raw('exact_one', { match: [exact(1, 5)], action: { action: { actionId: 1, params: [] } } })) },
      { read: lines('exact_one'), finds: [] },
    ],
  },
  {
    name: 'delete with a counter where there is none',
    steps: [
      { write: insert(one(5, 9)) },
      { write: remove(raw('exact_one', { match: [exact(1, 5)], counterData: { byteCount: 1n, packetCount: 1n } })) },
    ],
  },
  {
    name: 'RequestWithDuplicateKeysFails',
    steps: [{ write: [insert(one(5, 9)), insert(one(5, 8))], says: ['OK', 'ALREADY_EXISTS'] }],
  },
  {
    name: 'InvalidTableId',
    steps: [
      { write: insert({ tableEntry: { tableId: 0x02ff_ffff, match: [exact(1, 5)], action: found(1) } }), says: 'NOT_FOUND' },
    ],
  },
  {
    name: 'table id 0',
    steps: [{ write: insert({ tableEntry: { tableId: 0, match: [exact(1, 5)], action: found(1) } }), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'InvalidActionId',
    steps: [
      {
        write: insert(raw('exact_one', { match: [exact(1, 5)], action: { action: { actionId: 0x01ff_ffff, params: [] } } })),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'action of another table',
    steps: [
      {
        write: insert(raw('exact_one', { match: [exact(1, 5)], action: { action: { actionId: action('aged'), params: [] } } })),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  { name: 'MissingMatchField', steps: [{ write: insert(raw('exact_one', { action: found(1) })), says: 'INVALID_ARGUMENT' }] },
  { name: 'one of two exact fields', steps: [{ write: insert(two(1, { match: [exact(1, 5)] })), says: 'INVALID_ARGUMENT' }] },
  {
    name: 'unknown match field',
    steps: [
      { write: insert(raw('exact_one', { match: [exact(1, 5), exact(7, 1)], action: found(1) })), says: 'INVALID_ARGUMENT' },
    ],
  },
  {
    name: 'match field 0',
    steps: [{ write: insert(raw('exact_one', { match: [exact(0, 5)], action: found(1) })), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'match field twice',
    steps: [
      { write: insert(raw('exact_one', { match: [exact(1, 5), exact(1, 5)], action: found(1) })), says: 'INVALID_ARGUMENT' },
    ],
  },
  {
    name: 'insert without action',
    steps: [{ write: insert(raw('exact_one', { match: [exact(1, 5)] })), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'missing parameter',
    steps: [
      {
        write: insert(withParams()),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'extra parameter',
    steps: [
      {
        write: insert(withParams(1, 2)),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'parameter twice',
    steps: [
      {
        write: insert(withParams(1, 1)),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'a parameter of 128 bits',
    steps: [
      { write: insert(wide) },
      {
        read: lines('exact_one'),
        finds: ['exact_one key=1: wide(address=ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, bit_flag=1, value=2)'],
      },
    ],
  },
  {
    name: 'insert with is_const',
    steps: [
      { write: insert(raw('exact_one', { match: [exact(1, 5)], action: found(1), isConst: true })), says: 'INVALID_ARGUMENT' },
    ],
  },
  {
    name: 'keyless table takes no entries',
    steps: [{ write: insert(raw('keyless', { action: found(1) })), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'a full table',
    steps: [
      { write: [1, 2, 3, 4].map((key) => insert(entry({ table: 'tiny', match: { key }, action: 'NoAction' }))) },
      { write: insert(entry({ table: 'tiny', match: { key: 5 }, action: 'NoAction' })), says: 'RESOURCE_EXHAUSTED' },
    ],
  },
  {
    name: 'room again after a deletion',
    steps: [
      { write: [1, 2, 3, 4].map((key) => insert(entry({ table: 'tiny', match: { key }, action: 'NoAction' }))) },
      { write: remove(entry({ table: 'tiny', match: { key: 2 }, action: 'NoAction' })) },
      { write: insert(entry({ table: 'tiny', match: { key: 5 }, action: 'NoAction' })) },
    ],
  },
  {
    name: 'unspecified update type',
    steps: [{ write: { raw: { type: 0, entity: { tableEntry: { tableId: table('exact_one') } } } }, says: 'INVALID_ARGUMENT' }],
  },
  { name: 'update without entity', steps: [{ write: { raw: { type: 1 } }, says: 'INVALID_ARGUMENT' }] },
  { name: 'empty entity', steps: [{ write: { raw: { type: 1, entity: {} } }, says: 'INVALID_ARGUMENT' }] },
  {
    name: 'empty action',
    steps: [
      {
        write: { raw: { type: 1, entity: { tableEntry: { tableId: table('exact_one'), match: [exact(1, 5)], action: {} } } } },
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'match without kind',
    steps: [
      {
        write: { raw: { type: 1, entity: { tableEntry: { tableId: table('exact_one'), match: [{ fieldId: 1 }] } } } },
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'match of a kind that is not ours',
    steps: [
      {
        write: {
          raw: {
            type: 1,
            entity: { tableEntry: { tableId: table('exact_one'), match: [{ fieldId: 1, other: { type_url: 'x' } }] } },
          },
        },
        says: 'UNIMPLEMENTED',
      },
    ],
  },
];
