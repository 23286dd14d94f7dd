/** Sets of ports: against plain sets of places, and prefixes that make up exactly what they came from. */
import { expect, test } from 'vitest';
import {
  allPorts,
  difference,
  includes,
  intersection,
  isEverything,
  type PortSet,
  portPlace,
  portRange,
  toPrefixes,
  union,
} from '../../src/manager/port-set.ts';
import { randomOf } from './random-model.ts';

const places = [0, ...[6, 17, 132].flatMap((protocol) => Array.from({ length: 40 }, (_, port) => portPlace(protocol, port)))];

function randomSet(random: (below: number) => number): PortSet {
  const ranges = Array.from({ length: random(4) }, () => {
    const low = random(40);
    return portRange((['TCP', 'UDP', 'SCTP'] as const)[random(3)]!, low, low + random(40 - low));
  });
  return union([...ranges, ...(random(3) === 0 ? [[0, 0]] : [])]);
}

test('union, intersection and difference, place by place', () => {
  const random = randomOf(11);
  for (let round = 0; round < 2000; round++) {
    const [a, b] = [randomSet(random), randomSet(random)];
    const results = { union: union([a, b]), intersection: intersection(a, b), difference: difference(a, b) };
    for (const place of places) {
      const [inA, inB] = [includes(a, place), includes(b, place)];
      const expected = { union: inA || inB, intersection: inA && inB, difference: inA && !inB };
      const found = Object.fromEntries(Object.entries(results).map(([name, set]) => [name, includes(set, place)]));
      if (JSON.stringify(found) !== JSON.stringify(expected)) expect.fail(`${a} with ${b} at ${place}: ${JSON.stringify(found)}`);
    }
  }
});

test('everything', () => {
  expect(isEverything(union([[0, 0], portRange('SCTP'), portRange('TCP'), portRange('UDP')]))).toBe(true);
  expect(isEverything(difference(allPorts, portRange('TCP', 80)))).toBe(false);
  expect(union([difference(allPorts, portRange('TCP', 80)), portRange('TCP', 80)])).toEqual(allPorts);
});

test('prefixes', () => {
  const text = (set: PortSet) => toPrefixes(set).map(({ protocol, port, length }) => `${protocol} ${port}/${length}`);
  expect(text(portRange('TCP', 80))).toEqual(['6 80/16']);
  expect(text(portRange('UDP'))).toEqual(['17 0/0']);
  expect(text(portRange('TCP', 1024, 65535))).toEqual(['6 1024/6', '6 2048/5', '6 4096/4', '6 8192/3', '6 16384/2', '6 32768/1']);
  expect(text(portRange('TCP', 1, 65534)).length).toBe(30);
  expect(text(allPorts)).toEqual(['0 0/16', '6 0/0', '17 0/0', '132 0/0']);
});
