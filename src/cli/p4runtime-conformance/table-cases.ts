/** Table entries: what can be inserted, modified, deleted and read, and what is refused. */
import { allOnes, type Entity, toBytes } from '../../p4runtime/index.ts';
import {
  action,
  bytes,
  defaultOf,
  entry,
  everything,
  exact,
  found,
  insert,
  lines,
  lpm,
  modify,
  one,
  optional,
  range,
  raw,
  remove,
  table,
  ternary,
} from './notation.ts';
import type { Case } from './tester.ts';

const constants = [
  'constant small=1: found(value=11) [const]',
  'constant small=2: found(value=12) [const]',
  'initial small=1: found(value=21)',
];
const two = (key: number, more: object = {}): Entity =>
  raw('exact_two', {
    match: [exact(1, key), exact(2, 1)],
    action: { action: { actionId: action('counted'), params: [{ paramId: 1, value: bytes(9) }] } },
    ...more,
  });
const masked = (key: number, priority: number, more: object = {}): Entity =>
  raw('ternary_one', {
    match: [ternary(1, bytes(key), bytes(0xff))],
    priority,
    action: { action: { actionId: action('metered'), params: [{ paramId: 1, value: bytes(9) }] } },
    ...more,
  });
const wide = entry({
  table: 'exact_one',
  match: { key: 1 },
  action: 'wide',
  params: { address: allOnes(128), bit_flag: 1, value: 2 },
});

const entries: Case[] = [
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
        write: insert(raw('exact_one', { match: [exact(1, 5)], action: { action: { actionId: action('found'), params: [] } } })),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'extra parameter',
    steps: [
      {
        write: insert(
          raw('exact_one', {
            match: [exact(1, 5)],
            action: {
              action: {
                actionId: action('found'),
                params: [
                  { paramId: 1, value: bytes(1) },
                  { paramId: 2, value: bytes(1) },
                ],
              },
            },
          }),
        ),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'parameter twice',
    steps: [
      {
        write: insert(
          raw('exact_one', {
            match: [exact(1, 5)],
            action: {
              action: {
                actionId: action('found'),
                params: [
                  { paramId: 1, value: bytes(1) },
                  { paramId: 1, value: bytes(1) },
                ],
              },
            },
          }),
        ),
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

const bytestrings: Case[] = [
  {
    name: 'MatchKeyFormat.Good1',
    steps: [
      { write: insert(raw('exact_one', { match: [exact(1, 0, 0, 0, 5)], action: found(1) })) },
      { read: raw('exact_one', { match: [exact(1, 5)] }), finds: ['exact_one key=5: found(value=1)'] },
    ],
  },
  {
    name: 'MatchKeyFormat.Good2',
    steps: [
      { write: insert(raw('exact_one', { match: [exact(1, 0xff, 0xff, 0xff, 0xff)], action: found(1) })) },
      { read: lines('exact_one'), finds: ['exact_one key=255.255.255.255: found(value=1)'] },
    ],
  },
  {
    name: 'MatchKeyFormat.BadLeadingZeros: more bytes than the width, zeros in front',
    steps: [
      { write: insert(raw('exact_one', { match: [exact(1, 0, 0, 0, 0, 0, 5)], action: found(1) })) },
      { read: lines('exact_one'), finds: ['exact_one key=5: found(value=1)'] },
    ],
  },
  {
    name: 'the same key in two forms is one entry',
    steps: [
      { write: insert(one(5, 1)) },
      { write: insert(raw('exact_one', { match: [exact(1, 0, 5)], action: found(1) })), says: 'ALREADY_EXISTS' },
    ],
  },
  {
    name: 'a padded key finds its entry',
    steps: [{ write: insert(one(5, 1)) }, { write: remove(raw('exact_one', { match: [exact(1, 0, 0, 5)] })) }],
  },
  {
    name: 'zero is one zero byte',
    steps: [
      { write: insert(raw('exact_one', { match: [exact(1, 0)], action: found(0) })) },
      { read: lines('exact_one'), finds: ['exact_one key=0: found(value=0)'] },
    ],
  },
  {
    name: 'MatchKeyFormat.FieldTooShort: empty value',
    steps: [{ write: insert(raw('exact_one', { match: [exact(1)], action: found(1) })), says: 'OUT_OF_RANGE' }],
  },
  {
    name: 'MatchKeyFormat.FieldTooLong',
    steps: [{ write: insert(raw('exact_one', { match: [exact(1, 1, 0, 0, 0, 0)], action: found(1) })), says: 'OUT_OF_RANGE' }],
  },
  {
    name: 'MatchKeyFormat.MkTooLong: a field of 8 bits',
    steps: [{ write: insert(two(1, { match: [exact(1, 5), exact(2, 1, 0)] })), says: 'OUT_OF_RANGE' }],
  },
  {
    name: 'parameter too wide',
    steps: [{ write: insert(raw('exact_one', { match: [exact(1, 5)], action: found(1, 0, 0) })), says: 'OUT_OF_RANGE' }],
  },
  {
    name: 'empty parameter',
    steps: [{ write: insert(raw('exact_one', { match: [exact(1, 5)], action: found() })), says: 'OUT_OF_RANGE' }],
  },
  { name: 'a parameter of one bit takes no 2', steps: [{ write: insert(entryOfWide(2)), says: 'OUT_OF_RANGE' }] },
  {
    name: 'a padded parameter is answered canonical',
    steps: [
      { write: insert(raw('exact_one', { match: [exact(1, 5)], action: found(0, 0, 0, 7) })) },
      { read: lines('exact_one'), finds: ['exact_one key=5: found(value=7)'] },
    ],
  },
  {
    name: 'answers are canonical on the wire',
    run: async (t) => {
      await t.write([insert(raw('exact_one', { match: [exact(1, 0, 0, 5)], action: found(0, 9) }))]);
      const { response } = await t.read([lines('exact_one')]);
      t.expect('bytes', JSON.stringify(response), JSON.stringify(response).replaceAll('[0,', '['));
    },
  },
];

function entryOfWide(flag: number): Entity {
  const params = [
    { paramId: 1, value: bytes(1) },
    { paramId: 2, value: bytes(flag) },
    { paramId: 3, value: bytes(1) },
  ];
  return raw('exact_one', { match: [exact(1, 5)], action: { action: { actionId: action('wide'), params } } });
}

const translated = (vlan: number[], port: string): Entity =>
  raw('translated', {
    match: [exact(1, ...vlan), { fieldId: 2, exact: { value: new TextEncoder().encode(port) } }],
    action: { action: { actionId: action('named'), params: [{ paramId: 1, value: new TextEncoder().encode('7') }] } },
  });

const translation: Case[] = [
  {
    name: 'translated types: a narrower key and a string',
    run: async (t) => {
      t.expect('write', (await t.write([insert(translated([0x0f, 0xff], '12'))])).code, 'OK');
      t.expect(
        'found',
        (
          await t.read([
            raw('translated', {
              match: [exact(1, 0x0f, 0xff), { fieldId: 2, exact: { value: new TextEncoder().encode('12') } }],
            }),
          ])
        ).response?.length,
        1,
      );
    },
  },
  {
    name: 'translated types: in the controller’s width, not in the data plane’s',
    steps: [{ write: insert(translated([0xff, 0xff], '12')), says: 'OUT_OF_RANGE' }],
  },
  {
    name: 'translated types: wider than the controller’s width',
    steps: [{ write: insert(translated([1, 0, 0], '12')), says: 'OUT_OF_RANGE' }],
  },
  {
    name: 'translated types: a string that stands for nothing',
    steps: [{ write: insert(translated([1], 'eth7')), says: 'INVALID_ARGUMENT' }],
  },
];

const kinds: readonly (readonly [name: string, Entity])[] = [
  ['exact', raw('exact_one', { match: [ternary(1, bytes(1), bytes(1))], action: found(1) })],
  ['exact, lpm given', raw('exact_one', { match: [lpm(1, bytes(1), 32)], action: found(1) })],
  ['exact, range given', raw('exact_one', { match: [range(1, bytes(1), bytes(1))], action: found(1) })],
  ['exact, optional given', raw('exact_one', { match: [optional(1, 1)], action: found(1) })],
  ['lpm, exact given', raw('lpm_one', { match: [exact(1, 1)], action: found(1) })],
  ['ternary, exact given', masked(1, 1, { match: [exact(1, 1)] })],
  ['range, ternary given', raw('range_one', { match: [ternary(1, bytes(1), bytes(1))], action: found(1), priority: 1 })],
  ['optional, exact given', raw('optional_one', { match: [exact(1, 1)], action: found(1), priority: 1 })],
];

const b = (hex: bigint): Uint8Array => toBytes(hex);
const prefix = (value: bigint, length: number): Entity => raw('lpm_one', { match: [lpm(1, b(value), length)], action: found(1) });
const ranged = (low: number, high: number, priority = 1): Entity =>
  raw('range_one', { match: [range(1, toBytes(low), toBytes(high))], action: found(1), priority });
const maybe = (priority: number, ...value: number[]): Entity =>
  raw('optional_one', { match: value.length > 0 ? [optional(1, ...value)] : [], action: found(1), priority });

const matches: Case[] = [
  ...kinds.map(
    ([name, entity]): Case => ({
      name: `wrong kind of match: ${name}`,
      steps: [{ write: insert(entity), says: 'INVALID_ARGUMENT' }],
    }),
  ),
  {
    name: 'lpm: a prefix',
    steps: [
      { write: insert(prefix(0x0a000000n, 8)) },
      { read: lines('lpm_one'), finds: ['lpm_one prefix=10.0.0.0/8: found(value=1)'] },
    ],
  },
  {
    name: 'LpmOne.TrailingZeros: bits behind the prefix',
    steps: [{ write: insert(prefix(0x0a000001n, 8)), says: 'INVALID_ARGUMENT' }],
  },
  { name: 'lpm: prefix length 0 is to be left out', steps: [{ write: insert(prefix(0n, 0)), says: 'INVALID_ARGUMENT' }] },
  { name: 'lpm: prefix longer than the field', steps: [{ write: insert(prefix(0n, 33)), says: 'INVALID_ARGUMENT' }] },
  { name: 'lpm: negative prefix length', steps: [{ write: insert(prefix(0n, -1)), says: 'INVALID_ARGUMENT' }] },
  {
    name: 'LpmOne.DontCare',
    steps: [
      { write: insert(raw('lpm_one', { action: found(1) })) },
      { read: lines('lpm_one'), finds: ['lpm_one *: found(value=1)'] },
    ],
  },
  {
    name: 'lpm: the same prefix twice',
    steps: [{ write: insert(prefix(0x0a000000n, 8)) }, { write: insert(prefix(0x0a000000n, 8)), says: 'ALREADY_EXISTS' }],
  },
  {
    name: 'lpm: the same value, another length',
    steps: [{ write: insert(prefix(0x0a000000n, 8)) }, { write: insert(prefix(0x0a000000n, 16)) }],
  },
  {
    name: 'lpm: full length',
    steps: [
      { write: insert(prefix(0x0a000001n, 32)) },
      { read: lines('lpm_one'), finds: ['lpm_one prefix=10.0.0.1/32: found(value=1)'] },
    ],
  },
  {
    name: 'lpm: no priority',
    steps: [
      {
        write: insert(raw('lpm_one', { match: [lpm(1, b(0x0a000000n), 8)], action: found(1), priority: 3 })),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'lpm: deletion of the don’t-care entry',
    steps: [
      { write: insert(raw('lpm_one', { action: found(1) })) },
      { write: remove(raw('lpm_one', {})) },
      { read: lines('lpm_one'), finds: [] },
    ],
  },
  {
    name: 'PriorityForNonTernaryMatch',
    steps: [
      { write: insert(raw('exact_one', { match: [exact(1, 5)], action: found(1), priority: 1 })), says: 'INVALID_ARGUMENT' },
    ],
  },
  {
    name: 'ternary',
    steps: [
      { write: insert(masked(5, 10)) },
      { read: lines('ternary_one'), finds: ['ternary_one key=5&&&0xff priority=10: metered(value=9)'] },
    ],
  },
  {
    name: 'TernaryOne.ValueEqValueAndMask',
    steps: [{ write: insert(masked(5, 10, { match: [ternary(1, bytes(5), bytes(4))] })), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'TernaryOne.DontCare: mask 0 is to be left out',
    steps: [{ write: insert(masked(5, 10, { match: [ternary(1, bytes(0), bytes(0))] })), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'ternary: left out',
    steps: [
      { write: insert(masked(5, 10, { match: [] })) },
      { read: lines('ternary_one'), finds: ['ternary_one priority=10: metered(value=9)'] },
    ],
  },
  { name: 'TernaryOne.ZeroPriority', steps: [{ write: insert(masked(5, 0)), says: 'INVALID_ARGUMENT' }] },
  { name: 'ternary: negative priority', steps: [{ write: insert(masked(5, -1)), says: 'INVALID_ARGUMENT' }] },
  {
    name: 'ternary: greatest priority',
    steps: [
      { write: insert(masked(5, 0x7fff_ffff)) },
      { read: lines('ternary_one'), finds: ['ternary_one key=5&&&0xff priority=2147483647: metered(value=9)'] },
    ],
  },
  {
    name: 'ternary: mask too wide',
    steps: [{ write: insert(masked(5, 1, { match: [ternary(1, bytes(1), bytes(1, 0, 0, 0, 1))] })), says: 'OUT_OF_RANGE' }],
  },
  {
    name: 'ternary: empty mask',
    steps: [{ write: insert(masked(5, 1, { match: [ternary(1, bytes(1), bytes())] })), says: 'OUT_OF_RANGE' }],
  },
  {
    name: 'Ternary.PriorityOrder: the same match with two priorities is two entries',
    steps: [
      { write: insert(masked(5, 1)) },
      { write: insert(masked(5, 2)) },
      {
        read: lines('ternary_one'),
        finds: ['ternary_one key=5&&&0xff priority=1: metered(value=9)', 'ternary_one key=5&&&0xff priority=2: metered(value=9)'],
      },
    ],
  },
  {
    name: 'ternary: the same match and priority',
    steps: [{ write: insert(masked(5, 1)) }, { write: insert(masked(5, 1)), says: 'ALREADY_EXISTS' }],
  },
  {
    name: 'ternary: another priority is another entry to delete',
    steps: [{ write: insert(masked(5, 1)) }, { write: remove(masked(5, 2)), says: 'NOT_FOUND' }],
  },
  {
    name: 'Ternary.ReadEntry',
    steps: [
      { write: [insert(masked(5, 1)), insert(masked(6, 1))] },
      { read: masked(5, 1, { action: undefined }), finds: ['ternary_one key=5&&&0xff priority=1: metered(value=9)'] },
    ],
  },
  {
    name: 'range',
    steps: [
      { write: insert(ranged(10, 20)) },
      { read: lines('range_one'), finds: ['range_one value=10..20 priority=1: found(value=1)'] },
    ],
  },
  { name: 'RangeOne.LowLeHigh', steps: [{ write: insert(ranged(20, 10)), says: 'INVALID_ARGUMENT' }] },
  {
    name: 'RangeOne.DontCare: the whole range is to be left out',
    steps: [{ write: insert(ranged(0, 0xffff)), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'range: one value',
    steps: [
      { write: insert(ranged(7, 7)) },
      { read: lines('range_one'), finds: ['range_one value=7 priority=1: found(value=1)'] },
    ],
  },
  {
    name: 'range: left out',
    steps: [
      { write: insert(raw('range_one', { action: found(1), priority: 4 })) },
      { read: lines('range_one'), finds: ['range_one priority=4: found(value=1)'] },
    ],
  },
  { name: 'range: no priority', steps: [{ write: insert(ranged(1, 2, 0)), says: 'INVALID_ARGUMENT' }] },
  { name: 'range: high too wide', steps: [{ write: insert(ranged(1, 0x1_0000)), says: 'OUT_OF_RANGE' }] },
  {
    name: 'range: overlapping ranges with one priority',
    steps: [
      { write: [insert(ranged(1, 10)), insert(ranged(5, 15))] },
      {
        read: lines('range_one'),
        finds: ['range_one value=1..10 priority=1: found(value=1)', 'range_one value=5..15 priority=1: found(value=1)'],
      },
    ],
  },
  {
    name: 'range: the same range twice',
    steps: [{ write: insert(ranged(1, 10)) }, { write: insert(ranged(1, 10)), says: 'ALREADY_EXISTS' }],
  },
  {
    name: 'Optional.ReadEntry',
    steps: [
      { write: insert(maybe(1, 5)) },
      { read: lines('optional_one'), finds: ['optional_one small=5 priority=1: found(value=1)'] },
    ],
  },
  {
    name: 'Optional.BothEntries',
    steps: [
      { write: [insert(maybe(2, 5)), insert(maybe(1))] },
      {
        read: lines('optional_one'),
        finds: ['optional_one priority=1: found(value=1)', 'optional_one small=5 priority=2: found(value=1)'],
      },
    ],
  },
  { name: 'Optional.PriorityZero', steps: [{ write: insert(maybe(0, 5)), says: 'INVALID_ARGUMENT' }] },
  {
    name: 'all kinds in one table',
    steps: [
      {
        write: insert(
          entry({
            table: 'mixed',
            match: { key: { value: 0x0a00_0000, mask: 0xff00_0000 }, value: { low: 1, high: 2 }, small: 3, kind: 4 },
            priority: 9,
            action: 'found',
            params: { value: 5 },
          }),
        ),
      },
      { read: lines('mixed'), finds: ['mixed key=10.0.0.0&&&0xff000000 value=1..2 small=3 kind=4 priority=9: found(value=5)'] },
    ],
  },
  {
    name: 'TernaryTwo.MissingMatchField: the exact field of a mixed table',
    steps: [
      { write: insert(raw('mixed', { match: [optional(3, 1)], priority: 1, action: found(1) })), says: 'INVALID_ARGUMENT' },
    ],
  },
  {
    name: 'mixed: all but the exact field left out',
    steps: [
      { write: insert(entry({ table: 'mixed', match: { kind: 4 }, priority: 9, action: 'found', params: { value: 5 } })) },
      { read: lines('mixed'), finds: ['mixed kind=4 priority=9: found(value=5)'] },
    ],
  },
];

const setDefault = (name: string, value: number): Entity => raw(name, { isDefaultAction: true, action: found(value) });

const defaults: Case[] = [
  { name: 'GetDefault', steps: [{ read: defaultOf('exact_one'), finds: ['exact_one default: NoAction()'] }] },
  {
    name: 'SetDefault',
    steps: [
      { write: modify(setDefault('exact_one', 3)) },
      { read: defaultOf('exact_one'), finds: ['exact_one default: found(value=3)'] },
    ],
  },
  {
    name: 'ResetDefault',
    steps: [
      { write: modify(setDefault('exact_one', 3)) },
      { write: modify(defaultOf('exact_one')) },
      { read: defaultOf('exact_one'), finds: ['exact_one default: NoAction()'] },
    ],
  },
  { name: 'InvalidSetDefault: insert', steps: [{ write: insert(setDefault('exact_one', 3)), says: 'INVALID_ARGUMENT' }] },
  { name: 'default entry: delete', steps: [{ write: remove(setDefault('exact_one', 3)), says: 'INVALID_ARGUMENT' }] },
  {
    name: 'default entry with a match',
    steps: [
      {
        write: modify(raw('exact_one', { isDefaultAction: true, match: [exact(1, 5)], action: found(1) })),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'default entry with a priority',
    steps: [
      {
        write: modify(
          raw('ternary_one', {
            isDefaultAction: true,
            priority: 1,
            action: { action: { actionId: action('NoAction'), params: [] } },
          }),
        ),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'default entry with an idle timeout',
    steps: [
      {
        write: modify(
          raw('idle', {
            isDefaultAction: true,
            idleTimeoutNs: 1_000_000_000n,
            action: { action: { actionId: action('NoAction'), params: [] } },
          }),
        ),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'MatchTableConstDefaultAction.MutateParam',
    steps: [{ write: modify(setDefault('lpm_one', 3)), says: 'PERMISSION_DENIED' }],
  },
  {
    name: 'MatchTableConstDefaultAction.MutateAction',
    steps: [
      {
        write: modify(
          raw('lpm_one', { isDefaultAction: true, action: { action: { actionId: action('NoAction'), params: [] } } }),
        ),
        says: 'PERMISSION_DENIED',
      },
    ],
  },
  {
    name: 'MatchTableConstDefaultAction.GetBeforeSet',
    steps: [{ read: defaultOf('lpm_one'), finds: ['lpm_one default: found(value=0)'] }],
  },
  { name: 'const default action cannot be reset', steps: [{ write: modify(defaultOf('lpm_one')), says: 'PERMISSION_DENIED' }] },
  {
    name: 'default entry of a keyless table',
    steps: [
      { write: modify(setDefault('keyless', 3)) },
      { read: defaultOf('keyless'), finds: ['keyless default: found(value=3)'] },
    ],
  },
  {
    name: 'default action of another table',
    steps: [
      {
        write: modify(raw('exact_one', { isDefaultAction: true, action: { action: { actionId: action('aged'), params: [] } } })),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'default action without its parameter',
    steps: [
      {
        write: modify(raw('exact_one', { isDefaultAction: true, action: { action: { actionId: action('found'), params: [] } } })),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'MatchTableActionAnnotations.TableOnly: not as default',
    steps: [
      {
        write: modify(
          raw('exact_one', {
            isDefaultAction: true,
            action: { action: { actionId: action('only_in_table'), params: [{ paramId: 1, value: bytes(1) }] } },
          }),
        ),
        says: 'PERMISSION_DENIED',
      },
    ],
  },
  {
    name: 'MatchTableActionAnnotations.TableOnly: in an entry',
    steps: [{ write: insert(entry({ table: 'exact_one', match: { key: 1 }, action: 'only_in_table', params: { value: 1 } })) }],
  },
  {
    name: 'MatchTableActionAnnotations.DefaultOnly: not in an entry',
    steps: [
      { write: insert(entry({ table: 'exact_one', match: { key: 1 }, action: 'only_default' })), says: 'PERMISSION_DENIED' },
    ],
  },
  {
    name: 'MatchTableActionAnnotations.DefaultOnly: as default',
    steps: [
      { write: modify(entry({ table: 'exact_one', isDefaultAction: true, action: 'only_default' })) },
      { read: defaultOf('exact_one'), finds: ['exact_one default: only_default()'] },
    ],
  },
  {
    name: 'MatchTableActionAnnotations.TableAndDefault',
    steps: [{ write: [insert(one(1, 1)), modify(setDefault('exact_one', 1))] }],
  },
  {
    name: 'ExactOne.ZeroKeyAndDefaultEntry',
    steps: [
      { write: [insert(one(0, 4)), modify(setDefault('exact_one', 3))] },
      { read: lines('exact_one'), finds: ['exact_one key=0: found(value=4)'] },
      { read: defaultOf('exact_one'), finds: ['exact_one default: found(value=3)'] },
    ],
  },
  {
    name: 'default entries are no entries',
    steps: [{ write: modify(setDefault('exact_one', 3)) }, { read: lines('exact_one'), finds: [] }],
  },
  {
    name: 'the default entry of a table with an action profile',
    steps: [{ read: defaultOf('selected'), finds: ['selected default: NoAction()'] }],
  },
];

const constant: Case[] = [
  { name: 'ReadConstTable.P4RuntimeEntries', steps: [{ read: lines('constant'), finds: constants.slice(0, 2) }] },
  {
    name: 'ReadConstTable.OutOfBandEntries: entries of the program that are not const',
    steps: [{ read: lines('initial'), finds: [constants[2]!] }],
  },
  {
    name: 'const table: insert',
    steps: [{ write: insert(entry({ table: 'constant', match: { small: 3 }, action: 'NoAction' })), says: 'PERMISSION_DENIED' }],
  },
  {
    name: 'const table: modify',
    steps: [{ write: modify(entry({ table: 'constant', match: { small: 1 }, action: 'NoAction' })), says: 'PERMISSION_DENIED' }],
  },
  {
    name: 'const table: modify with the same action',
    steps: [
      {
        write: modify(entry({ table: 'constant', match: { small: 1 }, action: 'found', params: { value: 11 } })),
        says: 'PERMISSION_DENIED',
      },
    ],
  },
  {
    name: 'const table: delete',
    steps: [{ write: remove(entry({ table: 'constant', match: { small: 1 }, action: 'NoAction' })), says: 'PERMISSION_DENIED' }],
  },
  {
    name: 'const table: another default action',
    steps: [
      { write: modify(setDefault('constant', 9)) },
      { read: defaultOf('constant'), finds: ['constant default: found(value=9)'] },
    ],
  },
  { name: 'const table: one entry', steps: [{ read: raw('constant', { match: [exact(1, 2)] }), finds: [constants[1]!] }] },
  {
    name: 'entries of the program: modify and back',
    steps: [
      { write: modify(entry({ table: 'initial', match: { small: 1 }, action: 'NoAction' })) },
      { read: lines('initial'), finds: ['initial small=1: NoAction()'] },
      { write: modify(entry({ table: 'initial', match: { small: 1 }, action: 'found', params: { value: 21 } })) },
    ],
  },
  {
    name: 'entries of the program: insert beside them',
    steps: [
      { write: insert(entry({ table: 'initial', match: { small: 9 }, action: 'NoAction' })) },
      { read: lines('initial'), finds: ['initial small=9: NoAction()', constants[2]!] },
    ],
  },
];

const reads: Case[] = [
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

const batches: Case[] = [
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

const sections: readonly (readonly [string, readonly Case[]])[] = [
  ['table', entries],
  ['bytestring', bytestrings],
  ['translation', translation],
  ['match', matches],
  ['default', defaults],
  ['const', constant],
  ['read', reads],
  ['batch', batches],
];

export const tableCases: Case[] = sections.flatMap(([name, cases]) => cases.map((c) => ({ ...c, name: `${name}: ${c.name}` })));
export { masked, two };
