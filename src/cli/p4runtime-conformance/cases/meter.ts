/** Meters, indirect and direct. */
import type { Entity } from '../../../p4runtime/index.ts';
import { defaultOf, exact, insert, lines, modify, raw, remove, table } from '../notation.ts';
import type { Case } from '../tester.ts';
import { masked, two } from './entries-shared.ts';
import { config, names } from './resources-shared.ts';

const meter = names.meters.get('limits').preamble.id;

const limit = (index: bigint | undefined, more: object = {}): Entity => ({ meterEntry: { meterId: meter, index, ...more } });

const rate = (key: number, more: object = {}): Entity => {
  const { tableEntry } = masked(key, 1) as Extract<Entity, { tableEntry: unknown }>;
  return { directMeterEntry: { tableEntry: { ...tableEntry, action: undefined }, ...more } };
};

const metered = 'ternary_one key=5&&&0xff priority=1: metered(value=9)';

const text = ' (cir 1000 burst 100, pir 2000 burst 200)';

export const meterCases: readonly Case[] = [
  {
    name: 'IndirectMeter.WriteAndRead',
    steps: [{ write: modify(limit(3n, { config })) }, { read: limit(3n), finds: [`meter limits[3]${text}`] }],
  },
  {
    name: 'IndirectMeter.WriteAndReadDefault',
    steps: [
      { write: modify(limit(3n, { config })) },
      { write: modify(limit(3n)) },
      { read: limit(3n), finds: ['meter limits[3]'] },
    ],
  },
  { name: 'Meter.ReadDefault', steps: [{ read: limit(0n), finds: ['meter limits[0]'] }] },
  { name: 'meter: all cells', run: async (t) => t.expect('cells', (await t.lines([limit(undefined)])).length, 8) },
  { name: 'meter: all meters', run: async (t) => t.expect('cells', (await t.lines([{ meterEntry: { meterId: 0 } }])).length, 8) },
  {
    name: 'meter: all cells written at once',
    steps: [
      { write: modify(limit(undefined, { config })) },
      { read: [limit(0n), limit(7n)], finds: [`meter limits[0]${text}`, `meter limits[7]${text}`] },
    ],
  },
  { name: 'meter: insert', steps: [{ write: insert(limit(3n, { config })), says: 'INVALID_ARGUMENT' }] },
  { name: 'meter: delete', steps: [{ write: remove(limit(3n)), says: 'INVALID_ARGUMENT' }] },
  { name: 'meter: negative index', steps: [{ write: modify(limit(-1n, { config })), says: 'INVALID_ARGUMENT' }] },
  { name: 'meter: index behind the end', steps: [{ write: modify(limit(8n, { config })), says: 'OUT_OF_RANGE' }] },
  { name: 'meter: unknown id', steps: [{ write: modify({ meterEntry: { meterId: 0x14ff_ffff } }), says: 'NOT_FOUND' }] },
  {
    name: 'meter: negative rate',
    steps: [{ write: modify(limit(0n, { config: { ...config, cir: -1n } })), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'meter: committed rate above peak rate',
    steps: [{ write: modify(limit(0n, { config: { ...config, cir: 3000n } })), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'meter: excess burst of a two-rate meter',
    steps: [{ write: modify(limit(0n, { config: { ...config, eburst: 1n } })), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'meter: one rate, two colors',
    steps: [
      { write: modify(limit(0n, { config: { ...config, pir: 1000n, pburst: 100n } })) },
      { read: limit(0n), finds: ['meter limits[0] (cir 1000 burst 100, pir 1000 burst 100)'] },
    ],
  },
  {
    name: 'meter: counters per color are unimplemented',
    steps: [
      {
        write: { raw: { type: 2, entity: { meterEntry: { meterId: meter, index: {}, counterData: {} } } } },
        says: 'UNIMPLEMENTED',
      },
      { read: { raw: { meterEntry: { meterId: meter, counterData: {} } } }, finds: 'UNIMPLEMENTED' },
    ],
  },
  {
    name: 'DirectMeter.WriteAndRead',
    steps: [
      { write: insert(masked(5, 1)) },
      { write: modify(rate(5, { config })) },
      { read: rate(5), finds: [`direct meter of ternary_one key=5&&&0xff priority=1${text}`] },
    ],
  },
  {
    name: 'DirectMeter: back to the default',
    steps: [
      { write: insert(masked(5, 1, { meterConfig: config })) },
      { write: modify(rate(5)) },
      { read: rate(5), finds: ['direct meter of ternary_one key=5&&&0xff priority=1'] },
    ],
  },
  {
    name: 'DirectMeter.WriteInTableEntry',
    steps: [
      { write: insert(masked(5, 1, { meterConfig: config })) },
      { read: rate(5), finds: [`direct meter of ternary_one key=5&&&0xff priority=1${text}`] },
    ],
  },
  {
    name: 'DirectMeter: modify of the entry without meter resets it',
    steps: [
      { write: insert(masked(5, 1, { meterConfig: config })) },
      { write: modify(masked(5, 1)) },
      { read: rate(5), finds: ['direct meter of ternary_one key=5&&&0xff priority=1'] },
    ],
  },
  {
    name: 'DirectMeter: read only when asked for',
    steps: [
      { write: insert(masked(5, 1, { meterConfig: config })) },
      { read: lines('ternary_one'), finds: [metered] },
      { read: raw('ternary_one', { meterConfig: config }), finds: [metered + text] },
    ],
  },
  {
    name: 'DirectMeter.InvalidTableEntry',
    steps: [
      {
        write: modify({ directMeterEntry: { tableEntry: { tableId: table('exact_one'), match: [exact(1, 5)] }, config } }),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  { name: 'DirectMeter.MissingTableEntry', steps: [{ write: modify(rate(5, { config })), says: 'NOT_FOUND' }] },
  {
    name: 'DirectMeter: insert',
    steps: [{ write: insert(masked(5, 1)) }, { write: insert(rate(5, { config })), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'DirectMeter.ReadAllFromTable',
    steps: [
      { write: [insert(masked(5, 1, { meterConfig: config })), insert(masked(6, 1))] },
      {
        read: { directMeterEntry: { tableEntry: { tableId: table('ternary_one'), match: [] } } },
        finds: [
          `direct meter of ternary_one key=5&&&0xff priority=1${text}`,
          'direct meter of ternary_one key=6&&&0xff priority=1',
        ],
      },
    ],
  },
  {
    name: 'DirectMeter.DefaultEntry',
    steps: [
      {
        write: modify({
          directMeterEntry: { tableEntry: { tableId: table('ternary_one'), match: [], isDefaultAction: true }, config },
        }),
      },
      {
        read: raw('ternary_one', { isDefaultAction: true, meterConfig: config }),
        finds: [`ternary_one default: NoAction()${text}`],
      },
      { write: modify(defaultOf('ternary_one')) },
    ],
  },
  {
    name: 'DirectMeter: counters per color are unimplemented',
    steps: [
      {
        write: { raw: { type: 1, entity: { tableEntry: { tableId: table('ternary_one'), meterCounterData: {} } } } },
        says: 'UNIMPLEMENTED',
      },
    ],
  },
  {
    name: 'meter config where there is no meter',
    steps: [{ write: insert(two(5, { meterConfig: config })), says: 'INVALID_ARGUMENT' }],
  },
];
