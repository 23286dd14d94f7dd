/** Random programs on random packets; a failure names the seed, which makes the same program again. */
import { expect, test } from 'vitest';
import { both } from './both.ts';
import { Generator } from './generator.ts';

test.each(Array.from({ length: 24 }, (_, i) => i + 1))('seed %i', (seed) => {
  const generator = new Generator(seed);
  const machine = both(generator.program());
  for (let round = 0; round < 3; round++) {
    const packets = Array.from({ length: 64 }, () => generator.packet());
    expect(machine.run(packets)).toHaveLength(64);
  }
});
