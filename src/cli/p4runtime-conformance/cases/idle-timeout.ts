/** Idle timeouts of entries. */
import { insert, lines, modify, raw } from '../notation.ts';
import type { Case } from '../tester.ts';
import { two } from './entries-shared.ts';
import { idle } from './resources-shared.ts';

export const idleTimeoutCases: readonly Case[] = [
  {
    name: 'IdleTimeout.ReadEntry',
    steps: [
      { write: insert(idle(5, 60_000_000_000n)) },
      { read: lines('idle'), finds: ['idle key=5: aged() [idle timeout 60000 ms]'] },
    ],
  },
  {
    name: 'the timeout is answered to the nanosecond',
    steps: [
      { write: insert(idle(5, 60_000_000_007n)) },
      { read: lines('idle'), finds: ['idle key=5: aged() [idle timeout 60000 ms] {60000000007 ns}'] },
    ],
  },
  {
    name: 'IdleTimeout.ModifyTTL',
    steps: [
      { write: insert(idle(5, 60_000_000_000n)) },
      { write: modify(idle(5, 90_000_000_000n)) },
      { read: lines('idle'), finds: ['idle key=5: aged() [idle timeout 90000 ms]'] },
    ],
  },
  { name: 'no timeout', steps: [{ write: insert(idle(5, 0n)) }, { read: lines('idle'), finds: ['idle key=5: aged()'] }] },
  { name: 'a negative timeout', steps: [{ write: insert(idle(5, -1n)), says: 'INVALID_ARGUMENT' }] },
  {
    name: 'a timeout that is too long for the switch is refused, not shortened',
    steps: [
      { write: insert(idle(5, 2n ** 62n)), says: 'INVALID_ARGUMENT' },
      { read: lines('idle'), finds: [] },
    ],
  },
  {
    name: 'a timeout where there are none',
    steps: [{ write: insert(two(5, { idleTimeoutNs: 1_000_000_000n })), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'time since the last hit is not written',
    steps: [{ write: insert(idle(5, 1_000_000_000n, { timeSinceLastHit: { elapsedNs: 0n } })), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'time since the last hit is read when asked for',
    run: async (t) => {
      await t.write([insert(idle(5, 60_000_000_000n))]);
      const [line] = await t.lines([raw('idle', { timeSinceLastHit: { elapsedNs: 0n } })]);
      t.expect('line', /last hit \d+ ms ago/.test(line ?? ''), true, line);
    },
  },
  {
    name: 'time since the last hit where there is none',
    steps: [{ read: raw('exact_one', { timeSinceLastHit: { elapsedNs: 0n } }), finds: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'time since the last hit of the default entry',
    steps: [{ read: raw('idle', { isDefaultAction: true, timeSinceLastHit: { elapsedNs: 0n } }), finds: 'INVALID_ARGUMENT' }],
  },
];
