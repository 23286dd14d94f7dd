/** What a benchmark's runs become: medians, ratios run by run, bars; a failed trial is never a zero. */
import { describe, expect, test } from 'vitest';
import { atLeast, atMost, measure, percentile, ratioAtLeast, ratioAtMost, skipped } from '../../src/cli/bench/measure.ts';
import { printSvg, printTable } from '../../src/cli/bench/print.ts';

const machine = { date: '2026-01-02', cpu: 'a <fast> one', cores: 2, kernel: '6.1', node: 'v20', commit: 'abc' };
const runs = [
  { value: 10, baseline: 5 },
  { value: 30, baseline: 10 },
  { value: 20, baseline: 20 },
];

describe('measure', () => {
  test('medians of both sides, and the median of the ratios, which is not the ratio of the medians', () => {
    expect(measure('m', 's', [...runs, { value: 90, baseline: 30 }, { value: 100, baseline: 10 }])).toMatchObject({
      value: 30,
      baseline: 10,
      ratio: 3,
      bar: null,
      ok: true,
    });
  });

  test.each([
    ['ratio at least, held', ratioAtLeast(2), true, 'ratio >= 2'],
    ['ratio at least, missed', ratioAtLeast(2.1), false, 'ratio >= 2.1'],
    ['ratio at most, held', ratioAtMost(2), true, 'ratio <= 2'],
    ['value at least, missed', atLeast(21), false, '>= 21'],
    ['value at most, held', atMost(20), true, '<= 20'],
  ] as const)('bar: %s', (_name, bar, ok, text) => {
    expect(measure('m', 's', runs, bar)).toMatchObject({ ok, bar: text });
  });

  test('no runs, or one that is no number: failed', () => {
    expect(measure('m', 's', [])).toMatchObject({ value: null, ok: false });
    expect(measure('m', 's', [{ value: Number.NaN, baseline: 1 }], ratioAtMost(2))).toMatchObject({
      value: null,
      ratio: null,
      ok: false,
    });
  });

  test('a ratio without its baseline is not judged', () => {
    expect(measure('m', 's', [{ value: 1 }], ratioAtMost(0.5))).toMatchObject({
      value: 1,
      ratio: null,
      ok: null,
      skipped: 'its baseline was not measured',
    });
  });

  test('percentiles', () => {
    const values = Array.from({ length: 1000 }, (_, i) => 999 - i);
    expect([0.5, 0.99, 0.999].map((part) => percentile(values, part))).toEqual([500, 990, 999]);
  });
});

test('table and chart', () => {
  const measures = [
    measure('fast', 'us', runs, ratioAtMost(1)),
    measure('broken', '', []),
    skipped('against nft', 'us', ratioAtMost(1), "'nft' is not installed"),
  ];
  const table = printTable(machine, measures).split('\n');
  expect(table[3]).toMatch(/^fast +20 +us +10 +2\.00 +1\.\.3 +3 +ratio <= 1 +FAIL$/);
  expect(table[4]).toMatch(/^broken +failed/);
  expect(table[5]).toMatch(/^against nft +left out +us .* ratio <= 1 +not judged$/);
  const svg = printSvg(machine, measures);
  expect(svg).toContain('a &lt;fast&gt; one');
  expect(svg.match(/<rect/g)).toHaveLength(1);
});
