/** Kinds of match, priorities, don't-cares. */
import { type Entity, toBytes } from '../../../p4runtime/index.ts';
import { bytes, entry, exact, found, insert, lines, lpm, optional, range, raw, remove, ternary } from '../notation.ts';
import type { Case } from '../tester.ts';
import { masked } from './entries-shared.ts';

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

export const matchCases: readonly Case[] = [
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
