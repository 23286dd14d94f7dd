/**
 * Random flows under churn: see flow-churn.ts. `npm run flow-churn` runs a million of IPv4, `FLOWS=... SEED=... FAMILY=6 npm run flow-churn` others.
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

const family = Number(process.env.SOFTIPU_CHURN_FAMILY ?? 4) === 6 ? 6 : 4;
// Of two thousand flows few are withdrawn and go on: these seeds have some
const rounds = isLong
  ? [[family, first] as const]
  : ([
      [4, 1],
      [4, 2],
      [6, 2],
    ] as const);

test.each(rounds)(
  `${flows} flows of IPv%i, seed %i`,
  (family, seed) => {
    const node = new TestNode(compiled, churnPorts.all, churnPorts.net);
    const result = churnFlows({ node, family, seed, flows, changeEvery: isLong ? 150 : 40 });
    if (isLong) process.stderr.write(`${JSON.stringify({ family, seed, ...result })}\n`);
    expect(result.entriesLeft).toBe(0);
    for (const kind of ['delivered', 'denied', 'rejected', 'masqueraded', 'withdrawn', 'resumed'] as const) {
      expect(result[kind], kind).toBeGreaterThan(0);
    }
  },
  isLong ? 6 * 3600_000 : 120_000,
);
