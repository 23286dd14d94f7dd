/** Counters, meters, registers, value sets, replication, digests, extern entries, idle timeouts. */
import { expireProfileCount } from '../../arena/index.ts';
import type { Entity, MeterConfig } from '../../p4runtime/index.ts';
import { action, build, bytes, defaultOf, entry, exact, insert, lines, modify, raw, remove, table } from './notation.ts';
import { masked, two } from './table-cases.ts';
import type { Case } from './tester.ts';

const { names } = build;
const counter = names.counters.get('seen').preamble.id;
const meter = names.meters.get('limits').preamble.id;
const words = names.registers.get('words').preamble.id;
const cells = names.registers.get('cells').preamble.id;
const special = names.valueSets.get('special').preamble.id;
const learned = names.digests.get('learned').preamble.id;

const data = (packets: number, octets: number) => ({ packetCount: BigInt(packets), byteCount: BigInt(octets) });
const count = (index: bigint | undefined, more: object = {}): Entity => ({
  counterEntry: { counterId: counter, index, ...more },
});
const config: MeterConfig = { cir: 1000n, cburst: 100n, pir: 2000n, pburst: 200n };
const limit = (index: bigint | undefined, more: object = {}): Entity => ({ meterEntry: { meterId: meter, index, ...more } });
const word = (index: bigint | undefined, ...value: number[]): Entity => ({
  registerEntry: { registerId: words, index, ...(value.length > 0 && { data: [bytes(...value)] }) },
});
const direct = (key: number, more: object = {}): Entity => ({
  directCounterEntry: { tableEntry: { tableId: table('exact_two'), match: [exact(1, key), exact(2, 1)] }, ...more },
});
const rate = (key: number, more: object = {}): Entity => {
  const { tableEntry } = masked(key, 1) as Extract<Entity, { tableEntry: unknown }>;
  return { directMeterEntry: { tableEntry: { ...tableEntry, action: undefined }, ...more } };
};
const show = (key: number, more = ''): string => `direct counter of exact_two key=${key} small=1${more}`;

const counters: Case[] = [
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

const metered = 'ternary_one key=5&&&0xff priority=1: metered(value=9)';
const text = ' (cir 1000 burst 100, pir 2000 burst 200)';
const meters: Case[] = [
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

const registers: Case[] = [
  {
    name: 'Register.Write',
    steps: [{ write: modify(word(2n, 1, 2, 3)) }, { read: word(2n), finds: ['register words[2]: 0x10203'] }],
  },
  { name: 'Register.Read: all cells', run: async (t) => t.expect('cells', (await t.lines([word(undefined)])).length, 8) },
  {
    name: 'register: all registers',
    run: async (t) => t.expect('cells', (await t.lines([{ registerEntry: { registerId: 0 } }])).length, 12),
  },
  {
    name: 'register: all cells written at once',
    steps: [
      { write: modify(word(undefined, 7)) },
      { read: [word(0n), word(7n)], finds: ['register words[0]: 0x7', 'register words[7]: 0x7'] },
    ],
  },
  {
    name: 'register: a struct',
    steps: [
      { write: modify({ registerEntry: { registerId: cells, index: 1n, data: [bytes(0x12, 0x34), bytes(5)] } }) },
      { read: { registerEntry: { registerId: cells, index: 1n } }, finds: ['register cells[1]: 0x1234, 0x5'] },
    ],
  },
  {
    name: 'register: a number where a struct is',
    steps: [
      {
        write: { raw: { type: 2, entity: { registerEntry: { registerId: cells, index: {}, data: { bitstring: bytes(1) } } } } },
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'register: a struct with too few members',
    steps: [
      {
        write: {
          raw: {
            type: 2,
            entity: { registerEntry: { registerId: cells, index: {}, data: { struct: { members: [{ bitstring: bytes(1) }] } } } },
          },
        },
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'register: too wide a value',
    steps: [
      {
        write: {
          raw: {
            type: 2,
            entity: { registerEntry: { registerId: words, index: {}, data: { bitstring: bytes(1, 0, 0, 0, 0) } } },
          },
        },
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  { name: 'register: insert', steps: [{ write: insert(word(2n, 1)), says: 'INVALID_ARGUMENT' }] },
  { name: 'register: delete', steps: [{ write: remove(word(2n)), says: 'INVALID_ARGUMENT' }] },
  { name: 'register: negative index', steps: [{ write: modify(word(-1n, 1)), says: 'INVALID_ARGUMENT' }] },
  { name: 'register: index behind the end', steps: [{ write: modify(word(8n, 1)), says: 'OUT_OF_RANGE' }] },
  { name: 'register: unknown id', steps: [{ read: { registerEntry: { registerId: 0x16ff_ffff } }, finds: 'NOT_FOUND' }] },
];

const set = (...values: number[]): Entity => ({
  valueSetEntry: { valueSetId: special, members: values.map((v) => ({ match: [exact(1, v)] })) },
});
const valueSets: Case[] = [
  {
    name: 'PVS.Write',
    steps: [{ write: modify(set(1, 2)) }, { read: set(), finds: ['value set special: {=1}, {=2}'] }],
  },
  {
    name: 'PVS.Read: all value sets',
    steps: [{ read: { valueSetEntry: { valueSetId: 0, members: [] } }, finds: ['value set special: empty'] }],
  },
  {
    name: 'a write replaces all members',
    steps: [{ write: modify(set(1, 2)) }, { write: modify(set(3)) }, { read: set(), finds: ['value set special: {=3}'] }],
  },
  {
    name: 'emptied',
    steps: [{ write: modify(set(1, 2)) }, { write: modify(set()) }, { read: set(), finds: ['value set special: empty'] }],
  },
  { name: 'insert', steps: [{ write: insert(set(1)), says: 'INVALID_ARGUMENT' }] },
  { name: 'delete', steps: [{ write: remove(set(1)), says: 'INVALID_ARGUMENT' }] },
  { name: 'too many members', steps: [{ write: modify(set(1, 2, 3, 4, 5)), says: 'RESOURCE_EXHAUSTED' }] },
  { name: 'a member twice', steps: [{ write: modify(set(1, 1)), says: 'ALREADY_EXISTS' }] },
  {
    name: 'unknown id',
    steps: [{ write: modify({ valueSetEntry: { valueSetId: 0x03ff_ffff, members: [] } }), says: 'NOT_FOUND' }],
  },
  {
    name: 'a match of the wrong kind',
    steps: [
      {
        write: modify({
          valueSetEntry: { valueSetId: special, members: [{ match: [{ fieldId: 1, optional: { value: bytes(1) } }] }] },
        }),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'a value too wide',
    steps: [
      {
        write: modify({ valueSetEntry: { valueSetId: special, members: [{ match: [exact(1, 1, 0, 0)] }] } }),
        says: 'OUT_OF_RANGE',
      },
    ],
  },
];

const groupOf = (id: number, replicas: readonly object[] = [], more: object = {}): Entity => ({
  packetReplicationEngineEntry: { multicastGroupEntry: { multicastGroupId: id, replicas: replicas as [], ...more } },
});
const session = (id: number, replicas: readonly object[] = [], more: object = {}): Entity => ({
  packetReplicationEngineEntry: { cloneSessionEntry: { sessionId: id, replicas: replicas as [], ...more } },
});
const to = (port: number, instance = 0) => ({ port: bytes(port), instance });
const replication: Case[] = [
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

const digestOf = (more: object = {}): Entity => ({
  digestEntry: { digestId: learned, config: { maxTimeoutNs: 0n, maxListSize: 1, ackTimeoutNs: 1_000_000_000n }, ...more },
});
const digests: Case[] = [
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

const extern = (type: number, id: number, message: string, ...value: number[]): Entity => ({
  externEntry: {
    externTypeId: type,
    externId: id,
    entry: { typeUrl: `type.googleapis.com/softipu.v1.${message}`, value: bytes(...value) },
  },
});
const shownExtern = (id: number, message: string, hex: string): string =>
  `extern 0x${id.toString(16)}: softipu.v1.${message} 0x${hex}`;
const externs: Case[] = [
  {
    name: 'expire-time profile',
    steps: [
      { write: modify(extern(0x81, 0x8100_0001, 'ExpireTimeProfile', 8, 100)) },
      {
        read: { externEntry: { externTypeId: 0x81, externId: 0x8100_0001 } },
        finds: [shownExtern(0x8100_0001, 'ExpireTimeProfile', '0864')],
      },
    ],
  },
  {
    name: 'all expire-time profiles',
    run: async (t) =>
      t.expect('profiles', (await t.lines([{ externEntry: { externTypeId: 0x81, externId: 0 } }])).length, expireProfileCount),
  },
  {
    name: 'an expire-time profile cannot be inserted',
    steps: [{ write: insert(extern(0x81, 0x8100_0001, 'ExpireTimeProfile', 8, 100)), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'an expire-time profile that there is not',
    steps: [{ write: modify(extern(0x81, 0x8100_0000 + expireProfileCount, 'ExpireTimeProfile', 8, 100)), says: 'NOT_FOUND' }],
  },
  {
    name: 'the seed of hashes',
    steps: [
      { write: modify(extern(0x84, 0x8400_0000, 'HashSeed', 8, 77)) },
      { read: { externEntry: { externTypeId: 0x84, externId: 0 } }, finds: [shownExtern(0x8400_0000, 'HashSeed', '084d')] },
      { write: insert(extern(0x84, 0x8400_0000, 'HashSeed', 8, 77)), says: 'INVALID_ARGUMENT' },
      { write: modify(extern(0x84, 0x8400_0001, 'HashSeed', 8, 77)), says: 'NOT_FOUND' },
      { write: modify(extern(0x84, 0x8400_0000, 'HashSeed')) },
    ],
  },
  {
    name: 'port role',
    steps: [
      { write: modify(extern(0x82, 0x8200_0001, 'PortRole', 8, 1)) },
      {
        read: { externEntry: { externTypeId: 0x82, externId: 0x8200_0001 } },
        finds: [shownExtern(0x8200_0001, 'PortRole', '0801')],
      },
      { write: modify(extern(0x82, 0x8200_0001, 'PortRole')) },
    ],
  },
  {
    name: 'role of a port that there is not',
    steps: [{ write: modify(extern(0x82, 0x8200_004d, 'PortRole', 8, 1)), says: 'NOT_FOUND' }],
  },
  {
    name: 'mirror session',
    steps: [
      { write: insert(extern(0x83, 0x8300_0001, 'MirrorSession', 8, 1, 16, 64)) },
      {
        read: { externEntry: { externTypeId: 0x83, externId: 0 } },
        finds: [shownExtern(0x8300_0001, 'MirrorSession', '08011040')],
      },
      { write: remove(extern(0x83, 0x8300_0001, 'MirrorSession')) },
      { write: remove(extern(0x83, 0x8300_0001, 'MirrorSession')), says: 'NOT_FOUND' },
    ],
  },
  {
    name: 'the wrong message',
    steps: [{ write: modify(extern(0x82, 0x8200_0001, 'MirrorSession', 8, 1)), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'bytes that are no message',
    steps: [{ write: modify(extern(0x82, 0x8200_0001, 'PortRole', 0xff)), says: 'INVALID_ARGUMENT' }],
  },
  { name: 'an unknown type', steps: [{ write: modify(extern(0x90, 0x9000_0001, 'PortRole', 8, 1)), says: 'NOT_FOUND' }] },
  {
    name: 'all externs',
    run: async (t) =>
      t.expect('at least', (await t.lines([{ externEntry: { externTypeId: 0, externId: 0 } }])).length >= 8, true),
  },
];

const idle = (key: number, idleTimeoutNs: bigint, more: object = {}): Entity =>
  raw('idle', { match: [exact(1, key)], action: { action: { actionId: action('aged'), params: [] } }, idleTimeoutNs, ...more });
const timeouts: Case[] = [
  {
    name: 'IdleTimeout.ReadEntry',
    steps: [
      { write: insert(idle(5, 60_000_000_000n)) },
      { read: lines('idle'), finds: ['idle key=5: aged() [idle timeout 60000 ms]'] },
    ],
  },
  {
    name: 'the timeout is answered to the nanosecond',
    steps: [
      { write: insert(idle(5, 60_000_000_007n)) },
      { read: lines('idle'), finds: ['idle key=5: aged() [idle timeout 60000 ms] {60000000007 ns}'] },
    ],
  },
  {
    name: 'IdleTimeout.ModifyTTL',
    steps: [
      { write: insert(idle(5, 60_000_000_000n)) },
      { write: modify(idle(5, 90_000_000_000n)) },
      { read: lines('idle'), finds: ['idle key=5: aged() [idle timeout 90000 ms]'] },
    ],
  },
  { name: 'no timeout', steps: [{ write: insert(idle(5, 0n)) }, { read: lines('idle'), finds: ['idle key=5: aged()'] }] },
  { name: 'a negative timeout', steps: [{ write: insert(idle(5, -1n)), says: 'INVALID_ARGUMENT' }] },
  {
    name: 'a timeout that is too long for the switch is refused, not shortened',
    steps: [
      { write: insert(idle(5, 2n ** 62n)), says: 'INVALID_ARGUMENT' },
      { read: lines('idle'), finds: [] },
    ],
  },
  {
    name: 'a timeout where there are none',
    steps: [{ write: insert(two(5, { idleTimeoutNs: 1_000_000_000n })), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'time since the last hit is not written',
    steps: [{ write: insert(idle(5, 1_000_000_000n, { timeSinceLastHit: { elapsedNs: 0n } })), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'time since the last hit is read when asked for',
    run: async (t) => {
      await t.write([insert(idle(5, 60_000_000_000n))]);
      const [line] = await t.lines([raw('idle', { timeSinceLastHit: { elapsedNs: 0n } })]);
      t.expect('line', /last hit \d+ ms ago/.test(line ?? ''), true, line);
    },
  },
  {
    name: 'time since the last hit where there is none',
    steps: [{ read: raw('exact_one', { timeSinceLastHit: { elapsedNs: 0n } }), finds: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'time since the last hit of the default entry',
    steps: [{ read: raw('idle', { isDefaultAction: true, timeSinceLastHit: { elapsedNs: 0n } }), finds: 'INVALID_ARGUMENT' }],
  },
];

const sections: readonly (readonly [string, readonly Case[]])[] = [
  ['counter', counters],
  ['meter', meters],
  ['register', registers],
  ['value set', valueSets],
  ['replication', replication],
  ['digest', digests],
  ['extern', externs],
  ['idle timeout', timeouts],
];
export const resourceCases: Case[] = sections.flatMap(([name, cases]) =>
  cases.map((c) => ({ ...c, name: `${name}: ${c.name}` })),
);
export { entry, idle };
