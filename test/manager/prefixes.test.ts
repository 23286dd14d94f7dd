/** Prefixes of both families: order, containment, nesting. */
import { describe, expect, test } from 'vitest';
import { compare, contains, hostPrefix, nextWider, type Prefix, printPrefix, toPrefix } from '../../src/manager/prefixes.ts';

const prefix = (text: string): Prefix => toPrefix(text)!;

// Each row: prefixes in any order; what comes out in order, each with the next wider one.
const rows: readonly (readonly [given: string[], nested: [prefix: string, wider: string | undefined][]])[] = [
  [
    ['10.1.2.3/32', '10.0.0.0/8', '11.0.0.0/8', '10.1.0.0/16', '10.1.2.4/32'],
    [
      ['10.0.0.0/8', undefined],
      ['10.1.0.0/16', '10.0.0.0/8'],
      ['10.1.2.3/32', '10.1.0.0/16'],
      ['10.1.2.4/32', '10.1.0.0/16'],
      ['11.0.0.0/8', undefined],
    ],
  ],
  [
    ['::/0', '0.0.0.0/0', '2001:db8::/32', '2001:db8:0:1::/64', '2001:db8::1', '255.255.255.255'],
    [
      ['0.0.0.0/0', undefined],
      ['255.255.255.255/32', '0.0.0.0/0'],
      ['::/0', undefined],
      ['2001:db8::/32', '::/0'],
      ['2001:db8::1/128', '2001:db8::/32'],
      ['2001:db8:0:1::/64', '2001:db8::/32'],
    ],
  ],
];

describe('prefixes', () => {
  test.each(rows)('order and nesting of %j', (given, nested) => {
    const sorted = given.map(prefix).sort(compare);
    const wider = nextWider(sorted);
    const printed = sorted.map((p, i) => [printPrefix(p), wider[i] === -1 ? undefined : printPrefix(sorted[wider[i]!]!)]);
    expect(printed).toEqual(nested);
  });

  test.each([
    ['10.0.0.0/8', '10.255.0.0/16', true],
    ['10.0.0.0/8', '10.0.0.0/8', true],
    ['10.0.0.0/16', '10.0.0.0/8', false],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '2001:db8::/32', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['fe80::/10', 'febf::1', true],
  ])('%s contains %s: %s', (outer, inner, expected) => {
    expect(contains(prefix(outer), prefix(inner))).toBe(expected);
  });

  test('the prefix of one address', () => {
    expect([hostPrefix('10.0.0.1'), hostPrefix('2001:db8::1')]).toEqual(['10.0.0.1/32', '2001:db8::1/128']);
  });
});
