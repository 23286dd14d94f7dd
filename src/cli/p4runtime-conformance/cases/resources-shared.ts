/** What several tables of cases about counters and the like build on. */
import type { Entity, MeterConfig } from '../../../p4runtime/index.ts';
import { action, build, exact, raw, table } from '../notation.ts';

export const { names } = build;

export const data = (packets: number, octets: number) => ({ packetCount: BigInt(packets), byteCount: BigInt(octets) });

export const config: MeterConfig = { cir: 1000n, cburst: 100n, pir: 2000n, pburst: 200n };

export const direct = (key: number, more: object = {}): Entity => ({
  directCounterEntry: { tableEntry: { tableId: table('exact_two'), match: [exact(1, key), exact(2, 1)] }, ...more },
});

export const idle = (key: number, idleTimeoutNs: bigint, more: object = {}): Entity =>
  raw('idle', { match: [exact(1, key)], action: { action: { actionId: action('aged'), params: [] } }, idleTimeoutNs, ...more });
