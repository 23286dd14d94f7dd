/** Meters: RFC 2698 by example, then against the same rules in rational numbers. */
import { describe, expect, test } from 'vitest';
import { getMeterConfig, type MeterConfig, maxBurst, meterColor, meterStep, setMeterConfig } from '../../src/arena/meter.ts';
import { randomFrom } from './helpers.ts';

const { red, green, yellow } = meterColor;
const second = 1_000_000_000n;

function meter(config: MeterConfig): (nowNs: bigint, amount: number, color?: number) => number {
  const view = new DataView(new ArrayBuffer(64));
  setMeterConfig(view, 0, config);
  return (nowNs, amount, color = green) => meterStep(view, 0, nowNs, amount, color);
}

describe('two rates, three colors', () => {
  // 100 bytes/s with a burst of 200, 300 bytes/s with a burst of 400
  const config = { cir: 100n, cburst: 200n, pir: 300n, pburst: 400n };

  test('buckets start full; green takes from both, yellow from one, red from none', () => {
    const step = meter(config);
    expect([200, 200, 1].map((bytes) => step(0n, bytes))).toEqual([green, yellow, red]);
  });

  test('they fill with their rates, up to their bursts', () => {
    const step = meter(config);
    for (const bytes of [200, 200]) step(0n, bytes);
    // after 1 s: 100 committed, 300 peak
    expect([step(second, 100), step(second, 100), step(second, 101), step(second, 100)]).toEqual([green, yellow, red, yellow]);
    // after a long time: 200 and 400 again
    expect([step(10n ** 18n, 201), step(10n ** 18n, 199)]).toEqual([yellow, green]);
  });

  test('a packet that is red or yellow already gets no better', () => {
    const step = meter(config);
    expect([step(0n, 100, red), step(0n, 100, yellow), step(0n, 100, green)]).toEqual([red, yellow, green]);
    expect(step(0n, 201)).toBe(red);
  });

  test('not configured: green; a clock that goes back fills nothing; bursts are cut', () => {
    const view = new DataView(new ArrayBuffer(64));
    expect(meterStep(view, 0, 0n, 1, red)).toBe(green);
    const step = meter(config);
    expect([step(second, 200), step(0n, 200), step(0n, 1), step(second, 1)]).toEqual([green, yellow, red, red]);
    setMeterConfig(view, 0, { ...config, cburst: 2n ** 63n });
    expect(getMeterConfig(view, 0)).toEqual({ ...config, cburst: maxBurst });
    setMeterConfig(view, 0, undefined);
    expect(getMeterConfig(view, 0)).toBeUndefined();
  });
});

test.each([1, 2, 3, 4])('random packets get the color that exact fractions give, seed %i', (seed) => {
  const random = randomFrom(seed);
  const big = (): bigint => BigInt(random(2 ** 32)) >> BigInt(random(32));
  const config = { cir: big(), cburst: big(), pir: big() + 1n, pburst: big() };
  const step = meter(config);
  // In billionths, unlimited numbers.
  let [tc, tp] = [config.cburst * second, config.pburst * second];
  let last = 0n;
  for (let n = 0; n < 3_000; n++) {
    const now = last + (random(100) === 0 ? big() * 1_000_000n : BigInt(random(100_000)));
    const bytes = random(20_000);
    const color = random(3);
    tc = min(config.cburst * second, tc + config.cir * (now - last));
    tp = min(config.pburst * second, tp + config.pir * (now - last));
    last = now;
    const need = BigInt(bytes) * second;
    let expected: number = green;
    if (color === red || tp < need) expected = red;
    else {
      tp -= need;
      if (color === yellow || tc < need) expected = yellow;
      else tc -= need;
    }
    expect(step(now, bytes, color)).toBe(expected);
  }
});

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
