/**
 * Random flows under churn: see flow-churn.ts. `npm run flow-churn` runs a million, `FLOWS=... SEED=... npm run flow-churn` others.
 */
import { beforeAll, expect, test } from 'vitest';
import { type Compiled, compileK8s, TestNode } from './data-plane.ts';
import { churnFlows, churnPorts } from './flow-churn.ts';

const flows = Number(process.env.SOFTIPU_CHURN_FLOWS ?? 2000);
const first = Number(process.env.SOFTIPU_CHURN_SEED ?? 1);
const isLong = process.env.SOFTIPU_CHURN_FLOWS !== undefined;

let compiled: Compiled;

beforeAll(() => {
  compiled = compileK8s();
}, 120_000);

test.each(isLong ? [first] : [first, first + 1])(
  `${flows} flows, seed %i`,
  (seed) => {
    const node = new TestNode(compiled, churnPorts.all, churnPorts.net);
    const result = churnFlows({ node, seed, flows, changeEvery: isLong ? 150 : 40 });
    if (isLong) process.stderr.write(`${JSON.stringify({ seed, ...result })}\n`);
    expect(result.entriesLeft).toBe(0);
    for (const kind of ['delivered', 'denied', 'rejected', 'masqueraded', 'withdrawn', 'resumed'] as const) {
      expect(result[kind], kind).toBeGreaterThan(0);
    }
  },
  isLong ? 6 * 3600_000 : 120_000,
);
