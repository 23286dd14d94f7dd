/**
 * Two-rate three-color marker, RFC 2698, in exact u64 arithmetic that WebAssembly repeats instruction by instruction.
 *
 * A bucket holds billionths of a byte (or of a packet): `rate` per second is then exactly `rate` units per nanosecond, and nothing is rounded.
 *
 *   step(cell, nowNs, amount, color):                                  all u64, unsigned
 *     if pir == 0: return green                                        not configured
 *     if nowNs > lastNs:
 *       elapsed = nowNs - lastNs; lastNs = nowNs
 *       committedTokens = refill(committedTokens, cir, cburst * 1e9, elapsed)
 *       peakTokens      = refill(peakTokens,      pir, pburst * 1e9, elapsed)
 *     need = amount * 1e9                                              amount is a u32: bytes, or 1 for a meter of packets
 *     if color == red or peakTokens < need: return red
 *     peakTokens -= need
 *     if color == yellow or committedTokens < need: return yellow
 *     committedTokens -= need
 *     return green
 *
 *   refill(tokens, rate, limit, elapsed):
 *     if rate == 0: return tokens
 *     room = limit - tokens                                            tokens <= limit always holds
 *     return elapsed > room / rate ? limit : tokens + elapsed * rate   the division makes sure that the product fits
 *
 * Color blind is color aware with green. `setMeterConfig` limits bursts to `maxBurst`, so that limit fits 64 bits, and fills both buckets.
 * A clock that goes back (workers read it separately) refills nothing and leaves lastNs.
 */
import { meterCell } from './layout.ts';

/** Encoding of PNA_MeterColor_t; other architectures map theirs when they lower. */
export const meterColor = { red: 0, green: 1, yellow: 2 } as const;
export type MeterColor = (typeof meterColor)[keyof typeof meterColor];

/** Rates per second and burst sizes, in bytes or packets. */
export interface MeterConfig {
  readonly cir: bigint;
  readonly cburst: bigint;
  readonly pir: bigint;
  readonly pburst: bigint;
}

const unitsPerToken = 1_000_000_000n;

/** Largest burst whose units fit 64 bits. */
export const maxBurst = (2n ** 64n - 1n) / unitsPerToken;

/** Color of a packet of `amount` bytes (or 1) at `nowNs`; takes its tokens from the cell at byte `cell`. `color` is the packet's color so far. */
export function meterStep(view: DataView, cell: number, nowNs: bigint, amount: number, color: number): MeterColor {
  const get = (field: number): bigint => view.getBigUint64(cell + field, true);
  const set = (field: number, value: bigint): void => view.setBigUint64(cell + field, value, true);
  const pir = get(meterCell.pir);
  if (pir === 0n) return meterColor.green;
  const lastNs = get(meterCell.lastNs);
  if (nowNs > lastNs) {
    const elapsed = nowNs - lastNs;
    set(meterCell.lastNs, nowNs);
    set(meterCell.committedTokens, refill(get(meterCell.committedTokens), get(meterCell.cir), get(meterCell.cburst), elapsed));
    set(meterCell.peakTokens, refill(get(meterCell.peakTokens), pir, get(meterCell.pburst), elapsed));
  }
  const need = BigInt(amount) * unitsPerToken;
  const peak = get(meterCell.peakTokens);
  if (color === meterColor.red || peak < need) return meterColor.red;
  set(meterCell.peakTokens, peak - need);
  const committed = get(meterCell.committedTokens);
  if (color === meterColor.yellow || committed < need) return meterColor.yellow;
  set(meterCell.committedTokens, committed - need);
  return meterColor.green;
}

/** Configures a cell and fills its buckets; `undefined` makes everything green again. Bursts above `maxBurst` are cut to it. */
export function setMeterConfig(view: DataView, cell: number, config: MeterConfig | undefined): void {
  for (let i = 0; i < meterCell.bytes; i += 8) view.setBigUint64(cell + i, 0n, true);
  if (!config) return;
  const cburst = config.cburst < maxBurst ? config.cburst : maxBurst;
  const pburst = config.pburst < maxBurst ? config.pburst : maxBurst;
  view.setBigUint64(cell + meterCell.cir, config.cir, true);
  view.setBigUint64(cell + meterCell.cburst, cburst, true);
  view.setBigUint64(cell + meterCell.pburst, pburst, true);
  view.setBigUint64(cell + meterCell.committedTokens, cburst * unitsPerToken, true);
  view.setBigUint64(cell + meterCell.peakTokens, pburst * unitsPerToken, true);
  view.setBigUint64(cell + meterCell.pir, config.pir, true);
}

/** The configuration of a cell; undefined if it has none. */
export function getMeterConfig(view: DataView, cell: number): MeterConfig | undefined {
  const get = (field: number): bigint => view.getBigUint64(cell + field, true);
  if (get(meterCell.pir) === 0n) return undefined;
  return { cir: get(meterCell.cir), cburst: get(meterCell.cburst), pir: get(meterCell.pir), pburst: get(meterCell.pburst) };
}

function refill(tokens: bigint, rate: bigint, burst: bigint, elapsed: bigint): bigint {
  if (rate === 0n) return tokens;
  const limit = burst * unitsPerToken;
  const room = limit - tokens;
  return elapsed > room / rate ? limit : tokens + elapsed * rate;
}
