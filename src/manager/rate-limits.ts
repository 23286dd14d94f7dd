/**
 * Rate limits of this node's pods: a limiter for each direction, numbered after the pod. The program measures a pod's packets of both families with it, and
 * drops what exceeds rate and burst.
 */
import type { Entity } from '../p4runtime/index.ts';
import type { Context } from './context.ts';
import type { Pod, Rate } from './model.ts';

/** Entries of the table rate_limits. */
export function rateLimitEntities({ model, build }: Context): Entity[] {
  const rates = new Map<number, Rate>();
  for (const { port, bandwidth } of model.pods) {
    if (port === undefined || !bandwidth) continue;
    if (bandwidth.egress) rates.set(fromNumber(bandwidth.number), bandwidth.egress);
    if (bandwidth.ingress) rates.set(toNumber(bandwidth.number), bandwidth.ingress);
  }
  return [...rates].map(([limiter, { bitsPerSecond, burstBits }]) => ({
    tableEntry: build.tableEntry({
      table: 'rate_limits',
      match: { limiter },
      action: 'measure',
      meter: { perSecond: Math.ceil(bitsPerSecond / 8), burst: Math.ceil(burstBits / 8) },
    }),
  }));
}

/** The limiter of what a pod sends; 0: none. */
export function limiterFrom({ bandwidth }: Pod): number {
  return bandwidth?.egress ? fromNumber(bandwidth.number) : 0;
}

/** The limiter of what a pod receives; 0: none. */
export function limiterTo({ bandwidth }: Pod): number {
  return bandwidth?.ingress ? toNumber(bandwidth.number) : 0;
}

const fromNumber = (pod: number): number => 2 * pod;
const toNumber = (pod: number): number => 2 * pod + 1;
