/**
 * Entries as they are met: flows, routing tables with the prefix lengths of the Internet's, access lists after ClassBench (Taylor, Turner, ToN 2007): few
 * pairs of prefix lengths carry most rules, ports are any, one port, the high ports, or some range. All from a seed.
 */
import type { KeyMatch, NewEntry } from '../../src/arena/index.ts';

/** The fields of a packet, in the order of its header. */
export interface Point {
  readonly address6: bigint;
  readonly source: number;
  readonly destination: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly protocol: number;
}

/** What makes the entries of one kind of table, and for an entry a packet that it matches. */
export interface Kind {
  readonly table: string;
  readonly make: (random: () => number, n: number) => { readonly matches: readonly KeyMatch[]; readonly point: Partial<Point> };
}

/** Prefix lengths and how many of a hundred routes have them: IPv4 as in the tables of a backbone, IPv6 likewise. */
const ipv4Lengths: readonly (readonly [length: number, share: number])[] = [
  [24, 58],
  [23, 10],
  [22, 12],
  [21, 5],
  [20, 4],
  [19, 3],
  [18, 2],
  [17, 1],
  [16, 2],
  [15, 0.4],
  [14, 0.4],
  [13, 0.3],
  [12, 0.3],
  [11, 0.1],
  [10, 0.1],
  [9, 0.1],
  [8, 0.1],
  [32, 1],
  [29, 0.2],
];
const ipv6Lengths: readonly (readonly [length: number, share: number])[] = [
  [48, 46],
  [32, 13],
  [44, 10],
  [40, 9],
  [36, 5],
  [46, 4],
  [47, 3],
  [45, 2],
  [42, 2],
  [38, 1],
  [34, 1],
  [33, 1],
  [29, 2],
  [28, 0.3],
  [64, 0.5],
  [128, 0.2],
];
/** Pairs of prefix lengths of source and destination. */
const aclLengths: readonly (readonly [source: number, destination: number, share: number])[] = [
  [32, 32, 25],
  [24, 32, 12],
  [0, 32, 12],
  [24, 24, 10],
  [16, 32, 6],
  [32, 24, 6],
  [0, 24, 6],
  [16, 24, 5],
  [8, 32, 3],
  [28, 32, 3],
  [27, 28, 2],
  [30, 30, 2],
  [26, 32, 2],
  [20, 24, 2],
  [22, 22, 2],
  [32, 0, 2],
];

const pick = <T extends readonly [...unknown[], number]>(random: () => number, list: readonly T[]): T => {
  const all = list.reduce((sum, item) => sum + (item.at(-1) as number), 0);
  let rest = (random() / 2 ** 32) * all;
  for (const item of list) {
    rest -= item.at(-1) as number;
    if (rest < 0) return item;
  }
  return list[0]!;
};

const prefix = (value: number, length: number): number => (length === 0 ? 0 : (value & (-1 << (32 - length))) >>> 0);
const mask32 = (length: number): bigint => BigInt(prefix(0xffff_ffff, length));
const inside = (random: () => number, value: number, length: number): number =>
  length === 32 ? value : (value | (random() & (2 ** (32 - length) - 1))) >>> 0;

const range = (low: number, high: number): KeyMatch => ({ kind: 'range', low: BigInt(low), high: BigInt(high) });
const between = (random: () => number, low: number, high: number): number => low + (random() % (high - low + 1));

/** Source, destination and protocol of a rule, and a packet of it. */
function acl(random: () => number): { head: KeyMatch[]; protocol: KeyMatch; point: Partial<Point>; [Symbol.iterator]?: never } {
  const [from, to] = pick(random, aclLengths);
  const source = prefix(random(), from);
  const destination = prefix(random(), to);
  const protocol = random() % 10 < 8 ? 6 : 17;
  const isAnyProtocol = random() % 10 === 0;
  return {
    head: [
      { kind: 'ternary', value: BigInt(source), mask: mask32(from) },
      { kind: 'ternary', value: BigInt(destination), mask: mask32(to) },
    ],
    protocol: { kind: 'ternary', value: isAnyProtocol ? 0n : BigInt(protocol), mask: isAnyProtocol ? 0n : 0xffn },
    point: { source: inside(random, source, from), destination: inside(random, destination, to), protocol },
  };
}

/** Any, one port, the high ports, or a range of its own. */
function ports(random: () => number, shares: readonly number[]): [low: number, high: number] {
  const [kind] = pick(
    random,
    shares.map((share, i) => [i, share] as const),
  );
  if (kind === 0) return [0, 65_535];
  if (kind === 2) return [1024, 65_535];
  const low = random() % 65_536;
  return kind === 1 ? [low, low] : [low, between(random, low, 65_535)];
}

export const kinds: Readonly<Record<string, Kind>> = {
  exact: {
    table: 'exact_match',
    make: (random) => {
      const point = {
        source: random(),
        destination: random(),
        sourcePort: random() & 0xffff,
        destinationPort: random() & 0xffff,
        protocol: 6,
      };
      const values = [point.source, point.destination, point.sourcePort, point.destinationPort, point.protocol];
      return { matches: values.map((value) => ({ kind: 'exact', value: BigInt(value) })), point };
    },
  },
  'lpm, IPv4': {
    table: 'lpm_ipv4',
    make: (random) => {
      const [length] = pick(random, ipv4Lengths);
      const value = prefix(random(), length);
      return {
        matches: [{ kind: 'lpm', value: BigInt(value), prefixLength: length }],
        point: { destination: inside(random, value, length) },
      };
    },
  },
  'lpm, IPv6': {
    table: 'lpm_ipv6',
    make: (random) => {
      const [length] = pick(random, ipv6Lengths);
      const words = Array.from({ length: 4 }, () => BigInt(random()));
      const whole = (1n << 125n) | (words.reduce((all, word) => (all << 32n) | word, 0n) & ((1n << 125n) - 1n));
      const value = (whole >> BigInt(128 - length)) << BigInt(128 - length);
      return { matches: [{ kind: 'lpm', value, prefixLength: length }], point: { address6: whole } };
    },
  },
  ternary: {
    table: 'ternary_match',
    make: (random) => {
      const { head, protocol, point } = acl(random);
      const port = (any: number): [KeyMatch, number] => {
        const value = random() & 0xffff;
        const isAny = random() % 100 < any;
        return [{ kind: 'ternary', value: isAny ? 0n : BigInt(value), mask: isAny ? 0n : 0xffffn }, value];
      };
      const [from, sourcePort] = port(95);
      const [to, destinationPort] = port(30);
      return { matches: [...head, from, to, protocol], point: { ...point, sourcePort, destinationPort } };
    },
  },
  range: {
    table: 'range_match',
    make: (random) => {
      const { head, protocol, point } = acl(random);
      const from = ports(random, [90, 3, 5, 2]);
      const to = ports(random, [25, 50, 10, 15]);
      return {
        matches: [...head, range(...from), range(...to), protocol],
        point: { ...point, sourcePort: between(random, ...from), destinationPort: between(random, ...to) },
      };
    },
  },
  'ranges of one key': {
    table: 'ranges_alone',
    // Neighbouring blocks of addresses of any length, as a registry gives them out.
    make: (random, n) => {
      const width = 16_384;
      const low = n * 40_000 + (random() % 8000);
      const high = low + (random() % (2 * width));
      return { matches: [range(low, high)], point: { destination: between(random, low, high) } };
    },
  },
};

/** The entries of a kind, each once, and a packet for each. Priorities of access lists are random. */
export function makeEntries(kind: Kind, count: number, random: () => number): { entry: NewEntry; point: Point }[] {
  return Array.from({ length: count }, (_, n) => {
    const { matches, point } = kind.make(random, n);
    return {
      entry: { matches, priority: 1 + (random() % 1000), call: { kind: 'action', action: 0, params: [2n] } },
      point: { address6: 0n, source: 0, destination: 0, sourcePort: 0, destinationPort: 0, protocol: 0, ...point },
    };
  });
}
