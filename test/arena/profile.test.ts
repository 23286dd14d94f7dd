/** Members and groups: what is in memory, and how few flows a change of members moves. */
import { describe, expect, test } from 'vitest';
import type { Arena } from '../../src/arena/arena.ts';
import { packKey } from '../../src/arena/entry.ts';
import { applyTable } from '../../src/arena/lookup.ts';
import { defaultHandle } from '../../src/arena/table.ts';
import { packWords } from '../../src/arena/wire-bytes.ts';
import { makeArena, tableSpec } from './helpers.ts';

const actions = [{ paramWidths: [] }, { paramWidths: [32, 16] }];

const balancer = (maglevSize = 997): Arena =>
  makeArena({
    tables: [
      tableSpec({
        keys: [
          { width: 32, matchKind: 'exact' },
          { width: 32, matchKind: 'selector' },
          { width: 16, matchKind: 'selector' },
        ],
        actions,
        profile: 0,
      }),
    ],
    profiles: [{ name: 'backends', size: 8, actions, groups: { max: 3, maglevSize } }],
  });

/** First parameter of the member that a flow gets; why not otherwise. */
function choose(arena: Arena, service: bigint, client: bigint, port: bigint): bigint | string {
  const table = arena.tables[0]!;
  const selector = packWords([
    { value: client, width: 32 },
    { value: port, width: 16 },
  ]);
  const applied = applyTable(table, arena.layout, packKey(table.layout, [service]), selector, 0);
  if (applied.miss) return applied.miss;
  expect(applied.action).toBe(1);
  return BigInt(arena.view.getUint32(applied.data));
}

const service = (arena: Arena, value: bigint, group: number): number =>
  arena.tables[0]!.insert({ matches: [{ kind: 'exact', value }], call: { kind: 'group', group } }) as number;

describe('members', () => {
  test('insert, modify, remove; an entry may name one directly', () => {
    const arena = balancer();
    const profile = arena.profiles[0]!;
    const table = arena.tables[0]!;
    expect([profile.insertMember(1, [10n, 80n]), profile.insertMember(1, [11n, 80n])]).toEqual([0, 1]);
    table.insert({ matches: [{ kind: 'exact', value: 7n }], call: { kind: 'member', member: 1 } });
    expect([...table.entries()][0]!.call).toEqual({ kind: 'member', member: 1 });
    expect(choose(arena, 7n, 1n, 1n)).toBe(11n);
    expect(profile.modifyMember(1, 1, [12n, 8080n])).toBe('ok');
    expect(profile.member(1)).toEqual({ action: 1, params: [12n, 8080n] });
    expect(choose(arena, 7n, 1n, 1n)).toBe(12n);
    expect(profile.removeMember(1)).toBe('ok');
    expect(choose(arena, 7n, 1n, 1n)).toBe('unused member');
    expect([profile.modifyMember(1, 0, []), profile.removeMember(1), profile.removeMember(99)]).toEqual([
      'notFound',
      'notFound',
      'notFound',
    ]);
    expect(table.stats()).toMatchObject({ hits: 2n, misses: 1n });
    for (let i = 1; i < 8; i++) expect(profile.insertMember(0, [])).toBe(i);
    expect(profile.insertMember(0, [])).toBe('full');
  });

  test('the default action stays a direct one, with parameters', () => {
    const arena = balancer();
    const table = arena.tables[0]!;
    table.setDefault(1, [0xdeadbeefn, 0x1234n]);
    expect(table.getDefault()).toEqual({ action: 1, params: [0xdeadbeefn, 0x1234n] });
    expect(applyTable(table, arena.layout, packKey(table.layout, [1n]), new Uint8Array(8), 0)).toMatchObject({
      handle: defaultHandle,
      action: 1,
      miss: 'no match',
    });
  });
});

describe('groups', () => {
  test('an empty or removed group misses', () => {
    const arena = balancer();
    const profile = arena.profiles[0]!;
    const group = profile.insertGroup([]) as number;
    service(arena, 7n, group);
    expect(choose(arena, 7n, 1n, 1n)).toBe('empty group');
    profile.modifyGroup(group, [{ member: profile.insertMember(1, [10n, 80n]) as number }]);
    expect(choose(arena, 7n, 1n, 1n)).toBe(10n);
    expect(profile.removeMember(0)).toBe('inUse');
    expect(profile.removeGroup(group)).toBe('ok');
    expect(choose(arena, 7n, 1n, 1n)).toBe('empty group');
    expect([profile.removeGroup(group), profile.modifyGroup(group, []), profile.insertGroup([{ member: 5 }])]).toEqual([
      'notFound',
      'notFound',
      'notFound',
    ]);
    for (let i = 0; i < 3; i++) expect(profile.insertGroup([])).toBe(i);
    expect(profile.insertGroup([])).toBe('full');
    expect(profile.groups()).toEqual([0, 1, 2]);
  });

  test('a member that leaves moves its own flows and hardly any other; one that comes back gets them again', () => {
    const arena = balancer(65537);
    const profile = arena.profiles[0]!;
    const members = Array.from({ length: 5 }, (_, i) => ({ member: profile.insertMember(1, [BigInt(i), 80n]) as number }));
    const group = profile.insertGroup(members) as number;
    service(arena, 7n, group);
    const all = (): (bigint | string)[] =>
      Array.from({ length: 4_000 }, (_, i) => choose(arena, 7n, BigInt(i * 7919), BigInt(i % 60_000)));
    const before = all();
    for (let i = 0n; i < 5n; i++) {
      const share = before.filter((b) => b === i).length / 4_000;
      expect(share).toBeGreaterThan(0.17);
      expect(share).toBeLessThan(0.23);
    }
    profile.modifyGroup(group, members.slice(0, 4));
    const after = all();
    expect(after).not.toContain(4n);
    const moved = before.filter((b, i) => b !== 4n && after[i] !== b).length;
    expect(moved / 4_000).toBeLessThan(0.04);
    profile.modifyGroup(group, members);
    expect(all()).toEqual(before);
  });

  test('nodes that number their members differently agree', () => {
    const backends = [10n, 11n, 12n];
    const [one, two] = [backends, [...backends].reverse()].map((order) => {
      const arena = balancer();
      const profile = arena.profiles[0]!;
      service(
        arena,
        7n,
        profile.insertGroup(order.map((b) => ({ member: profile.insertMember(1, [b, 80n]) as number }))) as number,
      );
      return Array.from({ length: 100 }, (_, i) => choose(arena, 7n, BigInt(i), 1n));
    });
    expect(two).toEqual(one);
  });

  test('weights; equal members share; a new seed computes all groups again', () => {
    const arena = balancer();
    const profile = arena.profiles[0]!;
    const [a, b] = [profile.insertMember(1, [10n, 80n]) as number, profile.insertMember(1, [10n, 80n]) as number];
    const group = profile.insertGroup([{ member: a, weight: 3 }, { member: b }]) as number;
    const slots = profile.slots(group);
    expect(Math.abs(slots.filter((m) => m === a).length - (997 * 3) / 4)).toBeLessThan(2);
    arena.hashSeed = 77;
    expect(profile.slots(group)).not.toEqual(slots);
    expect(arena.hashSeed).toBe(77);
    profile.modifyGroup(group, [{ member: a, weight: 0 }, { member: b }]);
    expect(new Set(profile.slots(group))).toEqual(new Set([b]));
  });

  const heapOf = (slots: number): Arena =>
    makeArena({
      tables: [tableSpec({ keys: [{ width: 32, matchKind: 'exact' }], actions, profile: 0 })],
      profiles: [{ name: 'backends', size: 64, actions, groups: { max: 8, maglevSize: 65_537, slots } }],
    });
  const membersOf = (arena: Arena, count: number): { member: number }[] =>
    Array.from({ length: count }, (_, i) => ({ member: arena.profiles[0]!.insertMember(1, [BigInt(i), 80n]) as number }));

  test('each group has a table of its own size, and takes a larger one when it grows', () => {
    const arena = heapOf(20_000);
    const profile = arena.profiles[0]!;
    const all = membersOf(arena, 41);
    const [small, large, roomy] = [
      profile.insertGroup(all.slice(0, 2)),
      profile.insertGroup(all.slice(0, 11)),
      profile.insertGroup(all.slice(0, 1), 4000),
    ];
    const sizes = (): number[] => profile.groups().map((group) => profile.slots(group).length);
    expect([small, large, roomy, ...sizes()]).toEqual([0, 1, 2, 1009, 4093, 4093]);
    const before = profile.slots(large as number);
    expect(profile.modifyGroup(0, all.slice(0, 40))).toBe('ok');
    expect(sizes()).toEqual([4093, 4093, 4093]);
    expect(profile.modifyGroup(0, all)).toBe('full');
    expect(profile.insertGroup(all)).toBe('full');
    expect([profile.freeSlots, profile.slots(1)]).toEqual([20_000 - 3 * 4093, before]);
    expect(profile.modifyGroup(2, all.slice(1, 3))).toBe('ok');
    expect(sizes()).toEqual([4093, 4093, 4093]);
    profile.modifyGroup(0, [{ member: all[0]!.member, weight: 0 }]);
    expect(sizes()).toEqual([0, 4093, 4093]);
  });

  test('what finds no room changes nothing', () => {
    const arena = heapOf(5 * 1009);
    const profile = arena.profiles[0]!;
    const all = membersOf(arena, 11);
    for (let i = 0; i < 5; i++) expect(profile.insertGroup(all.slice(i, i + 2))).toBe(i);
    for (const group of [0, 2, 3]) profile.removeGroup(group);
    expect(profile.insertGroup(all, 4000)).toBe('full');
    profile.removeGroup(4);
    const before = profile.slots(1);
    expect(profile.insertGroup(all)).toBe('full');
    profile.removeGroup(1);
    const last = profile.insertGroup(all.slice(1, 3)) as number;
    expect([last, profile.slots(last)]).toEqual([0, before]);
  });

  test('two holes are one when a table needs both', () => {
    const arena = heapOf(1009 + 4093);
    const profile = arena.profiles[0]!;
    const all = membersOf(arena, 11);
    const [a, b, c] = [0, 1, 2].map((i) => profile.insertGroup(all.slice(i, i + 2)) as number);
    profile.removeGroup(a!);
    profile.removeGroup(c!);
    const before = profile.slots(b!);
    service(arena, 7n, b!);
    // Free are 1009 slots in front of b and 3084 behind it.
    expect(profile.insertGroup(all)).toBe(0);
    expect([profile.slots(b!), profile.freeSlots]).toEqual([before, 0]);
  });

  test('another profile takes everything over', () => {
    const [from, to] = [heapOf(9000), heapOf(9000)];
    const all = membersOf(from, 11);
    const profile = from.profiles[0]!;
    for (const members of [all.slice(0, 2), all, all.slice(3, 5)]) profile.insertGroup(members);
    profile.removeGroup(0);
    const next = to.profiles[0]!;
    next.adopt(profile);
    expect(next.groups().map((group) => next.slots(group))).toEqual(profile.groups().map((group) => profile.slots(group)));
    expect([next.freeSlots, next.removeMember(all[0]!.member), next.insertGroup(all.slice(0, 1))]).toEqual([
      9000 - 4093 - 1009,
      'inUse',
      0,
    ]);
  });
});
