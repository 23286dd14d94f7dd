import { describe, expect, test } from 'vitest';
import { encodeMatch, type KeyMatch, matchPlan } from '../../src/arena/entry.ts';
import type { TableSpec } from '../../src/arena/layout.ts';
import { layoutArena } from '../../src/arena/place.ts';
import { emptySpec, tableSpec } from './helpers.ts';

const ternary = (value: bigint, mask: bigint): KeyMatch => ({ kind: 'ternary', value, mask });
const lpm = (prefixLength: number): KeyMatch => ({ kind: 'lpm', value: 0n, prefixLength });

/** The masks that an entry may be hashed by, as hex without the padding. */
function masks(keys: TableSpec['keys'], matches: readonly KeyMatch[]): string[] {
  const { tables } = layoutArena({ ...emptySpec, tables: [tableSpec({ keys })] });
  const [table] = tables;
  const { hashMasks } = encodeMatch(matchPlan(table!), { matches, priority: 1 });
  return hashMasks.map((mask) => Buffer.from(mask.subarray(0, table!.keyBytes)).toString('hex'));
}

describe('an entry is hashed by', () => {
  const acl: TableSpec['keys'] = [
    { width: 32, matchKind: 'ternary' },
    { width: 16, matchKind: 'ternary' },
  ];
  const route: TableSpec['keys'] = [{ width: 32, matchKind: 'lpm' }];

  test.each([
    [
      'pairs of bytes without what is narrow, then bytes, then its own mask',
      acl,
      [ternary(0n, 0xffff_f000n), ternary(1n, 0xffffn)],
      ['ffff00000000', 'ffff0000ffff', 'fffff000ffff'],
    ],
    ['each of these once', acl, [ternary(0n, 0xffff_ffffn), ternary(0n, 0n)], ['ffffffff0000']],
    ['bytes and its own, where one key alone is not exact', route, [lpm(20)], ['ffff0000', 'fffff000']],
    ['its own, if that is bytes', route, [lpm(24)], ['ffffff00']],
    ['nothing, if it looks at nothing', route, [lpm(0)], ['00000000']],
    [
      'exact keys whatever their width',
      [{ width: 9, matchKind: 'exact' as const }, ...acl],
      [{ kind: 'exact' as const, value: 1n }, ternary(0n, 0x00ff_0000n), ternary(0n, 0n)],
      ['01ff000000000000', '01ff00ff00000000'],
    ],
  ])('%s', (_, keys, matches, expected) => {
    expect(masks(keys, matches)).toEqual(expected);
  });
});
