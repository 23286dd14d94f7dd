/** Counters, indirect and direct. */
import type { Entity } from '../../../p4runtime/index.ts';
import { action, exact, insert, lines, modify, raw, remove, table } from '../notation.ts';
import type { Case } from '../tester.ts';
import { masked, two } from './entries-shared.ts';
import { data, direct, names } from './resources-shared.ts';

const counter = names.counters.get('seen').preamble.id;

const count = (index: bigint | undefined, more: object = {}): Entity => ({
  counterEntry: { counterId: counter, index, ...more },
});

const show = (key: number, more = ''): string => `direct counter of exact_two key=${key} small=1${more}`;

export const counterCases: readonly Case[] = [
  {
    name: 'IndirectCounter.WriteAndRead',
    steps: [
      { write: modify(count(3n, { data: data(2, 128) })) },
      { read: count(3n), finds: ['counter seen[3] (2 packets, 128 bytes)'] },
    ],
  },
  { name: 'IndirectCounter.ReadAll', run: async (t) => t.expect('cells', (await t.lines([count(undefined)])).length, 16) },
  {
    name: 'counter: all counters',
    run: async (t) => t.expect('cells', (await t.lines([{ counterEntry: { counterId: 0 } }])).length, 16),
  },
  {
    name: 'counter: all cells written at once',
    steps: [
      { write: modify(count(undefined, { data: data(1, 1) })) },
      { read: [count(0n), count(15n)], finds: ['counter seen[0] (1 packets, 1 bytes)', 'counter seen[15] (1 packets, 1 bytes)'] },
    ],
  },
  {
    name: 'counter: no data leaves it',
    steps: [
      { write: modify(count(3n, { data: data(2, 128) })) },
      { write: modify(count(3n)) },
      { read: count(3n), finds: ['counter seen[3] (2 packets, 128 bytes)'] },
    ],
  },
  { name: 'counter: insert', steps: [{ write: insert(count(3n, { data: data(2, 128) })), says: 'INVALID_ARGUMENT' }] },
  { name: 'counter: delete', steps: [{ write: remove(count(3n)), says: 'INVALID_ARGUMENT' }] },
  { name: 'counter: negative index', steps: [{ write: modify(count(-1n)), says: 'INVALID_ARGUMENT' }] },
  { name: 'counter: index behind the end', steps: [{ write: modify(count(16n)), says: 'OUT_OF_RANGE' }] },
  { name: 'counter: read behind the end', steps: [{ read: count(16n), finds: 'OUT_OF_RANGE' }] },
  { name: 'counter: read of a negative index', steps: [{ read: count(-1n), finds: 'INVALID_ARGUMENT' }] },
  {
    name: 'counter: unknown id',
    steps: [{ write: modify({ counterEntry: { counterId: 0x12ff_ffff, index: 0n } }), says: 'NOT_FOUND' }],
  },
  { name: 'counter: read of an unknown id', steps: [{ read: { counterEntry: { counterId: 0x12ff_ffff } }, finds: 'NOT_FOUND' }] },
  {
    name: 'counter: 63 bits',
    steps: [
      { write: modify(count(0n, { data: { packetCount: 2n ** 62n, byteCount: 2n ** 63n - 1n } })) },
      { read: count(0n), finds: [`counter seen[0] (${2n ** 62n} packets, ${2n ** 63n - 1n} bytes)`] },
    ],
  },
  {
    name: 'DirectCounter.WriteAndRead',
    steps: [
      { write: insert(two(5)) },
      { write: modify(direct(5, { data: data(3, 300) })) },
      { read: direct(5), finds: [show(5, ' (3 packets, 300 bytes)')] },
    ],
  },
  {
    name: 'DirectCounter.InvalidTableEntry',
    steps: [
      {
        write: modify({ directCounterEntry: { tableEntry: { tableId: table('exact_one'), match: [exact(1, 5)] } } }),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  { name: 'DirectCounter.MissingTableEntry', steps: [{ write: modify(direct(5, { data: data(3, 300) })), says: 'NOT_FOUND' }] },
  { name: 'DirectCounter: insert', steps: [{ write: insert(two(5)) }, { write: insert(direct(5)), says: 'INVALID_ARGUMENT' }] },
  { name: 'DirectCounter: delete', steps: [{ write: insert(two(5)) }, { write: remove(direct(5)), says: 'INVALID_ARGUMENT' }] },
  {
    name: 'DirectCounter: no table entry',
    steps: [{ write: { raw: { type: 2, entity: { directCounterEntry: {} } } }, says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'DirectCounter.ReadAllFromTable',
    steps: [
      { write: [insert(two(5)), insert(two(6))] },
      {
        read: { directCounterEntry: { tableEntry: { tableId: table('exact_two'), match: [] } } },
        finds: [show(5, ' (0 packets, 0 bytes)'), show(6, ' (0 packets, 0 bytes)')],
      },
    ],
  },
  {
    name: 'DirectCounter.ReadAll',
    steps: [
      { write: [insert(two(5)), insert(masked(1, 1))] },
      { read: { directCounterEntry: { tableEntry: { tableId: 0, match: [] } } }, finds: [show(5, ' (0 packets, 0 bytes)')] },
    ],
  },
  { name: 'DirectCounter: read of an entry that is not there', steps: [{ read: direct(5), finds: 'NOT_FOUND' }] },
  {
    name: 'DirectCounter.WriteInTableEntry',
    steps: [
      { write: insert(two(5, { counterData: data(3, 300) })) },
      { read: direct(5), finds: [show(5, ' (3 packets, 300 bytes)')] },
    ],
  },
  {
    name: 'DirectCounter: modify without data leaves it',
    steps: [
      { write: insert(two(5, { counterData: data(3, 300) })) },
      { write: modify(two(5)) },
      { read: direct(5), finds: [show(5, ' (3 packets, 300 bytes)')] },
    ],
  },
  {
    name: 'DirectCounter: modify with data sets it',
    steps: [
      { write: insert(two(5, { counterData: data(3, 300) })) },
      { write: modify(two(5, { counterData: data(0, 0) })) },
      { read: direct(5), finds: [show(5, ' (0 packets, 0 bytes)')] },
    ],
  },
  {
    name: 'DirectCounter: read only when asked for',
    steps: [
      { write: insert(two(5, { counterData: data(3, 300) })) },
      { read: lines('exact_two'), finds: ['exact_two key=5 small=1: counted(value=9)'] },
      {
        read: raw('exact_two', { counterData: data(0, 0) }),
        finds: ['exact_two key=5 small=1: counted(value=9) (3 packets, 300 bytes)'],
      },
    ],
  },
  {
    name: 'DirectCounter.DefaultEntry',
    steps: [
      {
        write: modify({
          directCounterEntry: { tableEntry: { tableId: table('exact_two'), match: [], isDefaultAction: true }, data: data(4, 4) },
        }),
      },
      {
        read: raw('exact_two', { isDefaultAction: true, counterData: data(0, 0) }),
        finds: ['exact_two default: NoAction() (4 packets, 4 bytes)'],
      },
    ],
  },
  {
    name: 'DirectCounter.WriteInTableEntryDefault',
    steps: [
      {
        write: modify(
          raw('exact_two', {
            isDefaultAction: true,
            counterData: data(5, 5),
            action: { action: { actionId: action('NoAction'), params: [] } },
          }),
        ),
      },
      {
        read: raw('exact_two', { isDefaultAction: true, counterData: data(0, 0) }),
        finds: ['exact_two default: NoAction() (5 packets, 5 bytes)'],
      },
    ],
  },
  {
    name: 'counter data where there is no counter',
    steps: [
      {
        write: insert(
          raw('exact_one', {
            match: [exact(1, 5)],
            counterData: data(1, 1),
            action: { action: { actionId: action('NoAction'), params: [] } },
          }),
        ),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
];
