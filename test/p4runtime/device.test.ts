/** The in-process device: what it refuses and how it says so, all or nothing, and that what was written is read back the same. */

import { describe, expect, test } from 'vitest';
import {
  type Entity,
  type FieldMatch,
  printEntity,
  type TableEntry,
  type TableEntryLike,
  type Update,
  type UpdateType,
} from '../../src/p4runtime/index.ts';
import { k8sProgram } from '../manager/k8s-program.ts';
import { makeDevice, type ProgramDescription } from './program.ts';

const program: ProgramDescription = {
  tables: [
    {
      name: 'exact',
      keys: ['a:16', 'b:8'],
      actions: ['set(x:16)', '@defaultonly none', '@tableonly only', 'drop'],
      size: 4,
      directCounter: 'hits',
    },
    { name: 'prefix', keys: ['a:32 lpm'], actions: ['set(x:16)', 'drop'], size: 8, constDefault: true },
    { name: 'acl', keys: ['a:16 ternary', 'p:16 range', 'o:8 optional'], actions: ['drop'], size: 8, directMeter: 'rate' },
    { name: 'constant', keys: ['a:8'], actions: ['drop'], size: 8, isConst: true },
    { name: 'keyless', keys: [], actions: ['set(x:16)'], size: 1 },
    { name: 'lb', keys: ['vip:32'], actions: ['go(to:32)', 'none'], size: 4, implementation: 'backends' },
    { name: 'ageing', keys: ['a:8'], actions: ['drop'], size: 4, ageing: 'autoDelete', addOnMiss: true },
  ],
  selectors: [{ name: 'backends', members: 4, groups: 2, maglevSize: 7 }],
  counters: [{ name: 'seen', size: 4 }],
  meters: [{ name: 'limits', size: 2 }],
  registers: [{ name: 'cells', size: 3, width: 12 }],
  packetIn: ['reason:16', 'flag:1', 'port:31'],
  packetOut: ['egress:32'],
};

const { build } = makeDevice(program);
const id = (table: string): number => build.names.tables.get(table).preamble.id;
const action = (name: string): number => build.names.actions.get(name).preamble.id;

const entry = (like: TableEntryLike): Entity => ({ tableEntry: build.tableEntry(like) });
const raw = (tableEntry: TableEntry): Entity => ({ tableEntry });
const update = (type: UpdateType, entity: Entity): Update => ({ type, entity });
const member = (memberId: number, to: string): Entity => ({
  actionProfileMember: build.member({ profile: 'backends', id: memberId, action: 'go', params: { to } }),
});
const group = (groupId: number, ...members: (number | { member: number; weight: number })[]): Entity => ({
  actionProfileGroup: build.group({ profile: 'backends', id: groupId, members }),
});
const exact = (a: number): Entity => entry({ table: 'exact', match: { a, b: 1 }, action: 'set', params: { x: a } });
const bytes = (...b: number[]): Uint8Array => Uint8Array.from(b);
const drop = { action: { actionId: action('drop'), params: [] } };
const set = (...value: number[]) => ({ action: { actionId: action('set'), params: [{ paramId: 1, value: bytes(...value) }] } });
const oneOf = (match: FieldMatch, priority = 0, table = 'acl'): Entity =>
  raw({ tableId: id(table), match: [match], action: drop, priority });

interface Refusal {
  readonly name: string;
  /** Written before, and accepted. */
  readonly given?: readonly Update[];
  readonly type?: UpdateType;
  readonly entity: Entity;
  readonly says: string;
}

const key = [
  { fieldId: 1, exact: { value: bytes(1) } },
  { fieldId: 2, exact: { value: bytes(1) } },
];

const refusals: readonly Refusal[] = [
  { name: 'unknown table', entity: raw({ tableId: 99, match: [] }), says: 'NOT_FOUND: no table has the id 99' },
  {
    name: 'const entry',
    entity: raw({ tableId: id('exact'), match: [], isConst: true }),
    says: "INVALID_ARGUMENT: table 'exact': a controller writes no const entries",
  },
  {
    name: 'missing exact field',
    entity: raw({ tableId: id('exact'), match: [key[0]!], action: drop }),
    says: "INVALID_ARGUMENT: table 'exact', field 'b' is missing, expected an exact match of 8 bits",
  },
  {
    name: 'unknown field',
    entity: raw({ tableId: id('exact'), match: [...key, { fieldId: 9, exact: { value: bytes(1) } }], action: drop }),
    says: "INVALID_ARGUMENT: table 'exact' has no match field with the id 9",
  },
  {
    name: 'field twice',
    entity: raw({ tableId: id('exact'), match: [key[0]!, key[0]!], action: drop }),
    says: "INVALID_ARGUMENT: table 'exact', field id 1 is matched twice",
  },
  {
    name: 'too wide a value',
    entity: raw({ tableId: id('exact'), match: [key[0]!, { fieldId: 2, exact: { value: bytes(1, 0) } }], action: drop }),
    says: "OUT_OF_RANGE: table 'exact', field 'b': 0x0100 does not fit 8 bits",
  },
  {
    name: 'empty value',
    entity: raw({ tableId: id('exact'), match: [key[0]!, { fieldId: 2, exact: { value: bytes() } }], action: drop }),
    says: "OUT_OF_RANGE: table 'exact', field 'b': the value is empty, expected 8 bits",
  },
  {
    name: 'wrong kind of match',
    entity: raw({ tableId: id('exact'), match: [{ fieldId: 1, lpm: { value: bytes(1), prefixLen: 8 } }, key[1]!], action: drop }),
    says: "INVALID_ARGUMENT: table 'exact', field 'a': expected an exact match, found lpm",
  },
  {
    name: 'priority where there is none',
    entity: raw({ tableId: id('exact'), match: key, action: drop, priority: 1 }),
    says: "INVALID_ARGUMENT: table 'exact': entries have no priority (no ternary, range or optional field), found 1",
  },
  {
    name: 'no priority where there must be one',
    entity: oneOf({ fieldId: 3, optional: { value: bytes(1) } }),
    says: "INVALID_ARGUMENT: table 'acl': entries need a priority from 1 to 2147483647, found 0",
  },
  {
    name: 'prefix length 0',
    entity: oneOf({ fieldId: 1, lpm: { value: bytes(0), prefixLen: 0 } }, 0, 'prefix'),
    says: "INVALID_ARGUMENT: table 'prefix', field 'a': prefix length 0 matches anything: leave the field out",
  },
  {
    name: 'prefix too long',
    entity: oneOf({ fieldId: 1, lpm: { value: bytes(0), prefixLen: 33 } }, 0, 'prefix'),
    says: "INVALID_ARGUMENT: table 'prefix', field 'a': prefix length 33, expected 1 to 32",
  },
  {
    name: 'bits behind the prefix',
    entity: oneOf({ fieldId: 1, lpm: { value: bytes(10, 0, 0, 1), prefixLen: 8 } }, 0, 'prefix'),
    says: "INVALID_ARGUMENT: table 'prefix', field 'a': 10.0.0.1/8 has bits behind the prefix",
  },
  {
    name: 'mask 0',
    entity: oneOf({ fieldId: 1, ternary: { value: bytes(0), mask: bytes(0) } }, 1),
    says: "INVALID_ARGUMENT: table 'acl', field 'a': mask 0 matches anything: leave the field out",
  },
  {
    name: 'bits outside the mask',
    entity: oneOf({ fieldId: 1, ternary: { value: bytes(3), mask: bytes(1) } }, 1),
    says: "INVALID_ARGUMENT: table 'acl', field 'a': value 0x3 has bits outside the mask 0x1",
  },
  {
    name: 'range upside down',
    entity: oneOf({ fieldId: 2, range: { low: bytes(2), high: bytes(1) } }, 1),
    says: "INVALID_ARGUMENT: table 'acl', field 'p': low 2 is above high 1",
  },
  {
    name: 'whole range',
    entity: oneOf({ fieldId: 2, range: { low: bytes(0), high: bytes(255, 255) } }, 1),
    says: "INVALID_ARGUMENT: table 'acl', field 'p': the whole range matches anything: leave the field out",
  },
  {
    name: 'no action',
    entity: raw({ tableId: id('exact'), match: key }),
    says: 'INVALID_ARGUMENT: exact a=1 b=1: no action given',
  },
  {
    name: 'action of another table',
    entity: raw({ tableId: id('exact'), match: key, action: { action: { actionId: action('go'), params: [] } } }),
    says: "INVALID_ARGUMENT: table 'exact' has no action 'go'",
  },
  {
    name: 'default-only action in an entry',
    entity: raw({ tableId: id('exact'), match: key, action: { action: { actionId: action('none'), params: [] } } }),
    says: "PERMISSION_DENIED: table 'exact', action 'none' is for the default entry only",
  },
  {
    name: 'table-only action as default',
    type: 'MODIFY',
    entity: entry({ table: 'exact', action: 'only', isDefaultAction: true }),
    says: "PERMISSION_DENIED: table 'exact', action 'only' is not for the default entry",
  },
  {
    name: 'missing parameter',
    entity: raw({ tableId: id('exact'), match: key, action: { action: { actionId: action('set'), params: [] } } }),
    says: "INVALID_ARGUMENT: table 'exact', action 'set': parameter 'x' is missing, expected 16 bits",
  },
  {
    name: 'too wide a parameter',
    entity: raw({ tableId: id('exact'), match: key, action: set(1, 0, 0) }),
    says: "OUT_OF_RANGE: table 'exact', action 'set', parameter 'x': 0x010000 does not fit 16 bits",
  },
  {
    name: 'unknown parameter',
    entity: raw({
      tableId: id('exact'),
      match: key,
      action: { action: { actionId: action('drop'), params: [{ paramId: 1, value: bytes(1) }] } },
    }),
    says: "INVALID_ARGUMENT: table 'exact', action 'drop' has no parameter with the id 1",
  },
  {
    name: 'insert what exists',
    given: [update('INSERT', exact(1))],
    entity: exact(1),
    says: 'ALREADY_EXISTS: exact a=1 b=1: there is such an entry already',
  },
  {
    name: 'modify what is not there',
    type: 'MODIFY',
    entity: exact(1),
    says: 'NOT_FOUND: exact a=1 b=1: there is no such entry',
  },
  {
    name: 'delete what is not there',
    type: 'DELETE',
    entity: exact(1),
    says: 'NOT_FOUND: exact a=1 b=1: there is no such entry',
  },
  {
    name: 'full table',
    given: [1, 2, 3, 4].map((a) => update('INSERT', exact(a))),
    entity: exact(5),
    says: "RESOURCE_EXHAUSTED: table 'exact' is full: 4 entries, it takes 4; exact a=5 b=1",
  },
  {
    name: 'idle timeout where there is none',
    entity: entry({ table: 'exact', match: { a: 1, b: 1 }, action: 'drop', idleTimeoutMs: 5 }),
    says: "INVALID_ARGUMENT: table 'exact' has no idle timeouts, found 5000000 ns",
  },
  {
    name: 'insert a default entry',
    entity: entry({ table: 'exact', action: 'drop', isDefaultAction: true }),
    says: "INVALID_ARGUMENT: table 'exact', default entry: it can only be modified, found INSERT",
  },
  {
    name: 'const default entry',
    type: 'MODIFY',
    entity: entry({ table: 'prefix', action: 'drop', isDefaultAction: true }),
    says: "PERMISSION_DENIED: table 'prefix', default entry: its action is const",
  },
  {
    name: 'const table',
    entity: entry({ table: 'constant', match: { a: 1 }, action: 'drop' }),
    says: "PERMISSION_DENIED: table 'constant' has const entries: they cannot be changed",
  },
  {
    name: 'keyless table',
    entity: entry({ table: 'keyless', action: 'set', params: { x: 1 } }),
    says: "INVALID_ARGUMENT: table 'keyless' has no key: it has no entries but the default one",
  },
  {
    name: 'action where members are',
    entity: entry({ table: 'lb', match: { vip: 1 }, action: 'none' }),
    says: "INVALID_ARGUMENT: lb vip=1: entries refer to members or groups of action profile 'backends', not to actions",
  },
  {
    name: 'member where actions are',
    entity: entry({ table: 'exact', match: { a: 1, b: 1 }, member: 1 }),
    says: "INVALID_ARGUMENT: exact a=1 b=1: table 'exact' has no action profile, its entries take actions",
  },
  {
    name: 'unknown member',
    entity: entry({ table: 'lb', match: { vip: 1 }, member: 7 }),
    says: "NOT_FOUND: action profile 'backends' has no member 7",
  },
  {
    name: 'unknown group',
    entity: entry({ table: 'lb', match: { vip: 1 }, group: 7 }),
    says: "NOT_FOUND: action profile 'backends' has no group 7",
  },
  {
    name: 'group with an unknown member',
    entity: group(1, 7),
    says: "NOT_FOUND: action profile 'backends', group 1: there is no member 7",
  },
  {
    name: 'group with a member twice',
    entity: group(1, 7, 7),
    says: "INVALID_ARGUMENT: action profile 'backends', group 1 has member 7 twice",
  },
  {
    name: 'weight 0',
    given: [update('INSERT', member(1, '1.0.0.1'))],
    entity: group(1, { member: 1, weight: 0 }),
    says: "INVALID_ARGUMENT: action profile 'backends', group 1, member 1: weight 0, expected 1 or more",
  },
  {
    name: 'member that exists',
    given: [update('INSERT', member(1, '1.0.0.1'))],
    entity: member(1, '1.0.0.1'),
    says: "ALREADY_EXISTS: action profile 'backends' has a member 1 already",
  },
  {
    name: 'too many members',
    given: [1, 2, 3, 4].map((n) => update('INSERT', member(n, `1.0.0.${n}`))),
    entity: member(5, '1.0.0.5'),
    says: "RESOURCE_EXHAUSTED: action profile 'backends' is full: it has room for 4 members",
  },
  {
    name: 'member that a group has',
    given: [update('INSERT', member(1, '1.0.0.1')), update('INSERT', group(1, 1))],
    type: 'DELETE',
    entity: member(1, '1.0.0.1'),
    says: "FAILED_PRECONDITION: action profile 'backends': group 1 still has member 1",
  },
  {
    name: 'group that an entry has',
    given: [update('INSERT', group(1)), update('INSERT', entry({ table: 'lb', match: { vip: 1 }, group: 1 }))],
    type: 'DELETE',
    entity: group(1),
    says: "FAILED_PRECONDITION: action profile 'backends': an entry still refers to group 1",
  },
  {
    name: 'counter out of range',
    type: 'MODIFY',
    entity: { counterEntry: { counterId: 0x1200_0001, index: 4n } },
    says: "OUT_OF_RANGE: counter 'seen': index 4, expected 0 to 3",
  },
  {
    name: 'insert a counter',
    entity: { counterEntry: { counterId: 0x1200_0001, index: 0n } },
    says: "INVALID_ARGUMENT: counter 'seen' can only be modified, found INSERT",
  },
  {
    name: 'wide register value',
    type: 'MODIFY',
    entity: { registerEntry: { registerId: 0x1600_0001, index: 0n, data: [bytes(16, 0)] } },
    says: "OUT_OF_RANGE: register 'cells', value 0: 0x1000 does not fit 12 bits",
  },
  {
    name: 'committed above peak',
    type: 'MODIFY',
    entity: { meterEntry: { meterId: 0x1400_0001, index: 0n, config: { cir: 2n, cburst: 1n, pir: 1n, pburst: 1n } } },
    says: "INVALID_ARGUMENT: meter 'limits': committed rate 2 is above peak rate 1",
  },
];

describe('refusals', () => {
  test.each(refusals)('$name', ({ given, type, entity, says }) => {
    const { device } = makeDevice(program);
    if (given) expect(device.write(given).filter((s) => s.code !== 'OK')).toEqual([]);
    const before = device.readInstalled();
    const [status] = device.write([update(type ?? 'INSERT', entity)]);
    expect(`${status!.code}: ${status!.message}`).toBe(says);
    expect(device.readInstalled()).toEqual(before);
  });
});

const text = (entities: readonly Entity[]): string[] => entities.map((e) => printEntity(build.names, e));

describe('transactions', () => {
  test('what is written is read back, and one park applies it', () => {
    const { device, parks } = makeDevice(program);
    const entities = [
      member(1, '1.0.0.1'),
      member(2, '1.0.0.2'),
      group(9, 1, { member: 2, weight: 3 }),
      exact(1),
      entry({ table: 'prefix', match: { a: '10.0.0.0/8' }, action: 'set', params: { x: 7 } }),
      entry({ table: 'prefix', match: {}, action: 'drop' }),
      entry({ table: 'acl', match: { a: { value: 2, mask: 2 }, p: { low: 80, high: 90 }, o: 3 }, priority: 5, action: 'drop' }),
      entry({ table: 'acl', match: {}, priority: 1, action: 'drop' }),
      entry({ table: 'lb', match: { vip: '1.1.1.1' }, group: 9 }),
      entry({ table: 'lb', match: { vip: '1.1.1.2' }, member: 2 }),
      entry({ table: 'ageing', match: { a: 1 }, action: 'drop', idleTimeoutMs: 5000 }),
    ];
    expect(device.write(entities.map((e) => update('INSERT', e))).every((s) => s.code === 'OK')).toBe(true);
    expect(parks()).toBe(1);
    expect(text(device.readInstalled()).sort()).toEqual(text(entities).sort());
    const all = device.read([raw({ tableId: 0, match: [] }), { actionProfileMember: { actionProfileId: 0, memberId: 0 } }]);
    expect(all.entities.length).toBe(10);
  });

  test('a batch with one mistake changes nothing, wherever the mistake is', () => {
    const setUp: Update[] = [
      update('INSERT', member(1, '1.0.0.1')),
      update('INSERT', member(2, '1.0.0.2')),
      update('INSERT', group(1, 1)),
      update('INSERT', exact(1)),
      update('INSERT', exact(2)),
      update('INSERT', entry({ table: 'lb', match: { vip: 1 }, group: 1 })),
    ];
    const batch: Update[] = [
      update('INSERT', member(3, '1.0.0.3')),
      update('MODIFY', member(1, '1.0.0.9')),
      update('MODIFY', group(1, 1, 3)),
      update('INSERT', group(2, 3)),
      update('MODIFY', entry({ table: 'exact', match: { a: 1, b: 1 }, action: 'drop' })),
      update('DELETE', exact(2)),
      update('INSERT', exact(3)),
      update('MODIFY', entry({ table: 'lb', match: { vip: 1 }, group: 2 })),
      update('DELETE', group(1)),
      update('DELETE', member(2, '1.0.0.2')),
      update('MODIFY', entry({ table: 'exact', action: 'drop', isDefaultAction: true })),
      update('MODIFY', { registerEntry: { registerId: 0x1600_0001, data: [bytes(5)] } }),
    ];
    const state = (made: ReturnType<typeof makeDevice>) => [
      text(made.device.readInstalled()).sort(),
      text(made.device.read([raw({ tableId: 0, match: [], isDefaultAction: true })]).entities),
      text(made.device.read([{ registerEntry: { registerId: 0 } }]).entities),
      [...made.arena.profiles[0]!.slots(0)],
    ];
    for (let at = 0; at <= batch.length; at++) {
      const made = makeDevice(program);
      made.device.write(setUp);
      const before = state(made);
      const statuses = made.device.write([...batch.slice(0, at), update('DELETE', exact(77)), ...batch.slice(at)]);
      expect(statuses.map((s) => s.code)).toEqual(
        Array.from({ length: batch.length + 1 }, (_, i) => (i === at ? 'NOT_FOUND' : 'ABORTED')),
      );
      expect(state(made)).toEqual(before);
      expect(made.device.write(batch).every((s) => s.code === 'OK')).toBe(true);
      expect(text(made.device.readInstalled()).sort()).toEqual([
        'exact a=1 b=1: drop()',
        'exact a=3 b=1: set(x=3)',
        'group backends 2: 3',
        'lb vip=1: group 2',
        'member backends 1: go(to=1.0.0.9)',
        'member backends 3: go(to=1.0.0.3)',
      ]);
    }
  });

  test('mistakes that need no look at the state are all reported', () => {
    const { device } = makeDevice(program);
    const statuses = device.write([
      update('INSERT', exact(1)),
      update('INSERT', raw({ tableId: 99, match: [] })),
      update('INSERT', raw({ tableId: id('exact'), match: [], action: drop })),
    ]);
    expect(statuses.map((s) => s.code)).toEqual(['ABORTED', 'NOT_FOUND', 'INVALID_ARGUMENT']);
  });

  test('CONTINUE_ON_ERROR applies what it can, under one park', () => {
    const { device, parks } = makeDevice(program);
    const updates = [
      update('DELETE', exact(1)),
      update('INSERT', exact(2)),
      update('INSERT', raw({ tableId: 99, match: [] })),
      update('INSERT', exact(2)),
      update('INSERT', exact(3)),
    ];
    expect(device.write(updates, 'CONTINUE_ON_ERROR').map((s) => s.code)).toEqual([
      'NOT_FOUND',
      'OK',
      'NOT_FOUND',
      'ALREADY_EXISTS',
      'OK',
    ]);
    expect(parks()).toBe(1);
    expect(text(device.readInstalled()).length).toBe(2);
  });

  test('a group spreads the same whatever ids and places its members have', () => {
    const slots = (ids: readonly number[]): string[] => {
      const { device, arena } = makeDevice(program);
      const order = [...ids.keys()].sort((a, b) => ids[a]! - ids[b]!);
      device.write(order.map((i) => update('INSERT', member(ids[i]!, `1.0.0.${i}`))));
      device.write([update('INSERT', group(1, ...ids))]);
      return [...arena.profiles[0]!.slots(0)].map((place) => String(arena.profiles[0]!.member(place)!.params[0]));
    };
    expect(slots([1, 2, 3])).toEqual(slots([30, 10, 20]));
  });

  test('changing what a member does changes its share of the group', () => {
    const { device, arena } = makeDevice(program);
    device.write([
      update('INSERT', member(1, '1.0.0.1')),
      update('INSERT', member(2, '1.0.0.2')),
      update('INSERT', group(1, 1, 2)),
    ]);
    device.write([update('MODIFY', member(1, '1.0.0.7'))]);
    const fresh = makeDevice(program);
    fresh.device.write([
      update('INSERT', member(1, '1.0.0.7')),
      update('INSERT', member(2, '1.0.0.2')),
      update('INSERT', group(1, 1, 2)),
    ]);
    expect([...arena.profiles[0]!.slots(0)]).toEqual([...fresh.arena.profiles[0]!.slots(0)]);
  });
});

describe('reading', () => {
  test('counters, the default entry, and what a learned entry has to live', () => {
    const { device, arena, clock } = makeDevice(program);
    device.write([
      update('INSERT', exact(1)),
      update('INSERT', entry({ table: 'ageing', match: { a: 1 }, action: 'drop', idleTimeoutMs: 5000 })),
    ]);
    arena.tables[0]!.setCounter(
      arena.tables[0]!.find({
        matches: [
          { kind: 'exact', value: 1n },
          { kind: 'exact', value: 1n },
        ],
      })!,
      3n,
      180n,
    );
    clock.nowMs = 2500;
    const zero = { byteCount: 0n, packetCount: 0n };
    const { entities } = device.read([
      raw({ tableId: id('exact'), match: [], counterData: zero }),
      raw({ tableId: id('exact'), match: [], isDefaultAction: true, counterData: zero }),
      raw({ tableId: id('ageing'), match: [], timeSinceLastHit: { elapsedNs: 0n } }),
      { directCounterEntry: { tableEntry: { tableId: id('exact'), match: [] } } },
    ]);
    expect(text(entities)).toEqual([
      'exact a=1 b=1: set(x=1) (3 packets, 180 bytes)',
      'exact default: drop() (0 packets, 0 bytes)',
      'ageing a=1: drop() [idle timeout 5000 ms, last hit 1500 ms ago]',
      'direct counter of exact a=1 b=1 (3 packets, 180 bytes)',
    ]);
  });

  test('a mistake in a filter is a status', () => {
    const { device } = makeDevice(program);
    expect(device.read([raw({ tableId: 99, match: [] })])).toEqual({
      status: { code: 'NOT_FOUND', message: 'no table has the id 99' },
      entities: [],
    });
  });

  test('packets to and from the program', () => {
    const { device, injected } = makeDevice(program);
    const packetIn = device.toPacketIn(bytes(0, 11, 0x80, 0, 0, 2, 0xaa, 0xbb))!;
    expect(packetIn.payload).toEqual(bytes(0xaa, 0xbb));
    expect(build.packetInFields(packetIn)).toEqual({ reason: bytes(11), flag: bytes(1), port: bytes(2) });
    expect(device.toPacketIn(bytes(0, 11, 0))).toBeUndefined();
    device.packetOut(build.packetOut(bytes(0xcc), { egress: 258 }));
    expect(injected).toEqual([bytes(0, 0, 1, 2, 0xcc)]);
  });

  test('an expired entry as a notification has it', () => {
    const { device } = makeDevice(program);
    const expired = device.toExpired({ table: 6, matches: ['5'], action: 0, params: [], packets: '3', bytes: '90' })!;
    expect(text([{ tableEntry: expired }])).toEqual(['ageing a=5: drop() (3 packets, 90 bytes)']);
  });
});

test('entries of an add-on-miss table are inserted, read and deleted like any others', () => {
  const { device, build } = makeDevice(k8sProgram);
  const tableEntry = build.tableEntry({
    table: 'flows',
    match: { source: '10.1.0.1', destination: '10.96.0.1', source_port: 4000, destination_port: 80, protocol: 6 },
    action: 'translate_destination',
    params: { address: '10.1.0.2', port: 8080 },
  });
  const { tableId, match } = tableEntry;
  const read = (): string[] =>
    device.read([{ tableEntry: { tableId, match: [] } }]).entities.map((entity) => printEntity(device.names, entity));
  const code = (type: 'INSERT' | 'DELETE', entry: typeof tableEntry | { tableId: number; match: typeof match }): string =>
    device.write([{ type, entity: { tableEntry: entry } }])[0]!.code;
  expect([code('INSERT', tableEntry), code('INSERT', tableEntry)]).toEqual(['OK', 'ALREADY_EXISTS']);
  expect(read()).toEqual([
    'flows source=10.1.0.1 destination=10.96.0.1 source_port=4000 destination_port=80 protocol=6: translate_destination(address=10.1.0.2, port=8080)',
  ]);
  expect([code('DELETE', { tableId, match }), code('DELETE', { tableId, match })]).toEqual(['OK', 'NOT_FOUND']);
  expect(read()).toEqual([]);
});
