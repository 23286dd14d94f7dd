/** What small packets cost: how many get through at full blast, at what expense of processor time, and whether any is lost at a modest rate. */
import type { Lane } from './lanes.ts';
import { atLeast, atMost, type Measure, measure, type Run, ratioAtLeast, ratioAtMost } from './measure.ts';
import { type LoadResult, offer, pin, type Scene, withoutNft } from './scene.ts';

const blastSeconds = 1.5;
const lossSeconds = 60;
const lossRate = 200_000;
const lossWarmUpSeconds = 5;
const leastLossRate = 195_000;

/** 64-byte UDP packets of 100 flows as fast as one sender can, each contender in turn. */
export async function packets(scene: Scene, empty: Lane): Promise<Measure[]> {
  pin(scene, 'apart');
  const trials = new Map<Lane, (LoadResult & { readonly netUs: number })[]>(scene.lanes.map((lane) => [lane, []]));
  for (const lane of scene.lanes) await offer(scene, lane, { packetsPerSecond: 0, seconds: 0.3 });
  for (let run = 0; run < scene.runs; run++) {
    const alone = await offer(scene, empty, { packetsPerSecond: 0, seconds: blastSeconds });
    const generatorSeconds = alone.cpuSeconds / alone.sent;
    for (const lane of scene.lanes) {
      const trial = await offer(scene, lane, { packetsPerSecond: 0, seconds: blastSeconds });
      const netUs = (1e6 * (trial.cpuSeconds - trial.sent * generatorSeconds)) / trial.delivered;
      trials.get(lane)!.push({ ...trial, netUs });
    }
  }
  const own = trials.get(scene.softipu)!;
  const against = (lane: Lane, of: (t: (typeof own)[number]) => number): Run[] =>
    own.map((t, i) => ({ value: of(t), baseline: of(trials.get(lane)![i]!) }));
  const perSecond = (t: LoadResult): number => t.delivered / t.seconds;
  const measures: Measure[] = [];
  for (const lane of scene.lanes.slice(1)) {
    const isBar = lane === scene.nft;
    measures.push(
      measure(
        `64 B, service, against ${lane.name}`,
        'packets/s',
        against(lane, perSecond),
        isBar ? ratioAtLeast(1.4) : undefined,
      ),
      measure(
        `64 B, net CPU, against ${lane.name}`,
        'us/packet',
        against(lane, (t) => t.netUs),
        isBar ? ratioAtMost(1.7) : undefined,
      ),
    );
  }
  measures.push(
    ...withoutNft(scene, [
      ['64 B, service', 'packets/s', ratioAtLeast(1.4)],
      ['64 B, net CPU', 'us/packet', ratioAtMost(1.7)],
    ]),
    measure(
      '64 B, whole CPU with generator',
      'us/packet',
      own.map((t) => ({ value: (1e6 * t.cpuSeconds) / t.delivered })),
    ),
    measure(
      '64 B, lost at full blast',
      '%',
      own.map((t) => ({ value: 100 * (1 - t.delivered / t.sent) })),
    ),
  );
  return measures;
}

/** A modest rate for a minute: nothing may be lost. */
export async function loss(scene: Scene): Promise<Measure[]> {
  pin(scene, 'apart');
  // Long enough for V8 to have translated the program a second time: what it translates at first is several times slower.
  await offer(scene, scene.softipu, { packetsPerSecond: lossRate, seconds: lossWarmUpSeconds });
  const lost: Run[] = [];
  const rates: Run[] = [];
  for (let run = 0; run < scene.runs; run++) {
    const { sent, delivered, seconds } = await offer(scene, scene.softipu, { packetsPerSecond: lossRate, seconds: lossSeconds });
    lost.push({ value: sent - delivered });
    rates.push({ value: sent / seconds });
  }
  return [
    measure(`lost of 200k packets/s for ${lossSeconds} s`, 'packets', lost, atMost(0)),
    // A sender that others keep from running sends less: then nothing is shown.
    measure('the same: sent', 'packets/s', rates, atLeast(leastLossRate)),
  ];
}
