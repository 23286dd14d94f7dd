/** Small requests: how long one takes there and back, how many connections can be opened per second, and what waiting costs when nothing comes. */
import { sleep } from '../sandbox/time.ts';
import type { Lane } from './lanes.ts';
import { atMost, type Measure, measure, type Run, ratioAtLeast, ratioAtMost } from './measure.ts';
import { addressOf, pin, type Scene, withoutNft } from './scene.ts';

/** Percentiles in microseconds. */
export interface RoundTrips {
  readonly count: number;
  readonly lost: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

const tripSeconds = 1.5;
const connectionSeconds = 1.5;
const connectionThreads = 4;
/** Before the first trial, so that nobody is measured while he translates code or fills caches. */
const warmUpSeconds = 1;
const idleSeconds = 5;

/** 64 bytes there and back, one at a time, UDP and TCP. */
export async function latency(scene: Scene): Promise<Measure[]> {
  pin(scene, 'apart');
  const measures: Measure[] = [];
  for (const protocol of ['udp', 'tcp'] as const) {
    const trials = new Map<Lane, RoundTrips[]>(scene.lanes.map((lane) => [lane, []]));
    for (let run = 0; run < scene.runs; run++) {
      for (const lane of scene.lanes) {
        const to = addressOf(lane, 'server');
        const ask = { netns: lane.netns('client'), address: to.address, port: to[protocol] };
        trials
          .get(lane)!
          .push(
            await scene.client.ask<RoundTrips>('roundTrips', { ...ask, protocol, bytes: 64, gapUs: 0, seconds: tripSeconds }),
          );
      }
    }
    const own = trials.get(scene.softipu)!;
    for (const lane of scene.lanes.slice(1)) {
      const isNft = lane === scene.nft;
      for (const [name, of, bar] of [
        ['p50', (t: RoundTrips) => t.p50, isNft ? ratioAtMost(0.7) : undefined],
        ['p99', (t: RoundTrips) => t.p99, isNft ? ratioAtMost(1.2) : undefined],
        ['p99.9', (t: RoundTrips) => t.p999, undefined],
      ] as const) {
        if (!isNft && name !== 'p50') continue;
        const runs = own.map((t, i): Run => ({ value: of(t), baseline: of(trials.get(lane)![i]!) }));
        measures.push(measure(`${protocol} round trip, ${name}, against ${lane.name}`, 'us', runs, bar));
      }
    }
    measures.push(
      ...withoutNft(scene, [
        [`${protocol} round trip, p50`, 'us', ratioAtMost(0.7)],
        [`${protocol} round trip, p99`, 'us', ratioAtMost(1.2)],
      ]),
      measure(
        `${protocol} requests unanswered`,
        'requests',
        own.map((t) => ({ value: t.lost })),
        atMost(0),
      ),
    );
  }
  return measures;
}

/** What `softipu run` takes of a processor while nothing happens. */
export async function idle(scene: Scene): Promise<Measure[]> {
  const runs: Run[] = [];
  const { pid } = scene.softipu.process!;
  for (let run = 0; run < scene.runs; run++) {
    const before = scene.cpu.secondsOf(pid);
    await sleep(idleSeconds * 1000);
    runs.push({ value: (100 * (scene.cpu.secondsOf(pid) - before)) / idleSeconds });
  }
  return [measure('idle, of one processor', '%', runs, atMost(1))];
}

/** Connect, one byte there, one back, close: four at a time. */
export async function connections(scene: Scene): Promise<Measure[]> {
  pin(scene, 'free');
  type Opened = { done: number; failed: number; seconds: number };
  const trials = new Map<Lane, Opened[]>(scene.lanes.map((lane) => [lane, []]));
  const open = (lane: Lane, seconds: number): Promise<Opened> => {
    const to = addressOf(lane, 'server');
    const ask = { netns: lane.netns('client'), address: to.address, port: to.tcp, threads: connectionThreads };
    return scene.client.ask<Opened>('connections', { ...ask, seconds });
  };
  for (const lane of scene.lanes) await open(lane, warmUpSeconds);
  for (let run = 0; run < scene.runs; run++) {
    for (const lane of scene.lanes) trials.get(lane)!.push(await open(lane, connectionSeconds));
  }
  const own = trials.get(scene.softipu)!;
  const perSecond = (t: Opened): number => t.done / t.seconds;
  return [
    ...scene.lanes.slice(1).map((lane) =>
      measure(
        `new TCP connections, against ${lane.name}`,
        'per second',
        own.map((t, i) => ({ value: perSecond(t), baseline: perSecond(trials.get(lane)![i]!) })),
        lane === scene.nft ? ratioAtLeast(0.8) : undefined,
      ),
    ),
    ...withoutNft(scene, [['new TCP connections', 'per second', ratioAtLeast(0.8)]]),
    measure(
      'connections that failed',
      'connections',
      own.map((t) => ({ value: t.failed })),
      atMost(0),
    ),
  ];
}
