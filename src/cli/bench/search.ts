/**
 * Throughput as RFC 2544 section 26.1 finds it, by bisection of the rate, and the latency of a request beside a load of half and nine tenths of it.
 *
 * RFC 2544 wants no loss at all; on a machine that others share a single late wake-up then decides, so that a thousandth may be lost here.
 */
import type { Lane } from './lanes.ts';
import { type Measure, measure, type Run } from './measure.ts';
import type { RoundTrips } from './request-response.ts';
import { addressOf, offer, pin, type Scene } from './scene.ts';

const tolerated = 0.001;
const trialSeconds = 0.7;
const steps = 6;

export async function search(scene: Scene): Promise<Measure[]> {
  pin(scene, 'apart');
  const contenders = scene.lanes.filter((lane) => lane === scene.softipu || lane === scene.nft);
  const rates = new Map<Lane, number[]>(contenders.map((lane) => [lane, []]));
  for (let run = 0; run < scene.runs; run++) for (const lane of contenders) rates.get(lane)!.push(await throughput(scene, lane));
  const own = rates.get(scene.softipu)!;
  const base = typeof scene.nft === 'string' ? undefined : rates.get(scene.nft);
  const measures = [
    measure(
      `64 B, throughput at ${100 * tolerated} % loss, against nft`,
      'packets/s',
      own.map((value, i) => ({ value, baseline: base?.[i] })),
    ),
  ];
  for (const part of [0.5, 0.9]) measures.push(await latencyAt(scene, contenders, part, rates));
  return measures;
}

/** The highest rate that a lane carries; 0 if none. */
async function throughput(scene: Scene, lane: Lane): Promise<number> {
  const blast = await offer(scene, lane, { packetsPerSecond: 0, seconds: trialSeconds });
  let [low, high] = [0, blast.sent / blast.seconds];
  for (let step = 0; step < steps; step++) {
    const rate = (low + high) / 2;
    const { sent, delivered } = await offer(scene, lane, { packetsPerSecond: rate, seconds: trialSeconds });
    if (delivered >= sent * (1 - tolerated)) low = rate;
    else high = rate;
  }
  return low;
}

/** Round trips of UDP requests beside a load of `part` of what the slower contender carries. */
async function latencyAt(
  scene: Scene,
  lanes: readonly Lane[],
  part: number,
  rates: ReadonlyMap<Lane, readonly number[]>,
): Promise<Measure> {
  const runs: Run[] = [];
  for (let run = 0; run < scene.runs; run++) {
    const packetsPerSecond = part * Math.min(...lanes.map((lane) => rates.get(lane)![run]!));
    const times: number[] = [];
    for (const lane of lanes) {
      const target = {
        netns: lane.netns('client'),
        address: addressOf(lane, 'server').address,
        port: addressOf(lane, 'server').udp,
      };
      const [trips] = await Promise.all([
        scene.client.ask<RoundTrips>('roundTrips', { ...target, protocol: 'udp', bytes: 64, gapUs: 0, seconds: 1 }),
        offer(scene, lane, { packetsPerSecond, seconds: 1.1 }),
      ]);
      times.push(trips.p50);
    }
    runs.push({ value: times[0]!, baseline: times[1] });
  }
  return measure(`round trip beside ${100 * part} % load, p50, against nft`, 'us', runs);
}
