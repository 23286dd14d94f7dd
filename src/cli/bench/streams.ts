/** Bulk TCP through the service: one stream and four, and through the VXLAN tunnel to a stock node. Offloads are as the kernel sets them. */
import type { Lane } from './lanes.ts';
import { atLeast, type Measure, measure, type Run, ratioAtLeast } from './measure.ts';
import { addressOf, pin, type Scene, withoutNft } from './scene.ts';
import { ports, services } from './sites.ts';

const streamSeconds = 1.5;

export async function streams(scene: Scene): Promise<Measure[]> {
  pin(scene, 'free');
  const measures: Measure[] = [];
  for (const count of [1, 4]) {
    const trials = new Map<Lane, number[]>(scene.lanes.map((lane) => [lane, []]));
    for (let run = 0; run < scene.runs; run++) {
      for (const lane of scene.lanes) {
        const to = addressOf(lane, 'server');
        trials.get(lane)!.push(await gigabits(scene, lane, to.address, to.tcp, count));
      }
    }
    const own = trials.get(scene.softipu)!;
    for (const lane of scene.lanes.slice(1)) {
      const runs = own.map((value, i): Run => ({ value, baseline: trials.get(lane)![i]! }));
      const isBar = lane === scene.nft && count === 1;
      measures.push(
        measure(`TCP, streams: ${count}, against ${lane.name}`, 'Gbit/s', runs, isBar ? ratioAtLeast(0.7) : undefined),
      );
    }
    if (count === 1) measures.push(...withoutNft(scene, [['TCP, streams: 1', 'Gbit/s', ratioAtLeast(0.7)]]));
  }
  return measures;
}

/** Through the service of a pod behind the tunnel. */
export async function tunnel(scene: Scene): Promise<Measure[]> {
  pin(scene, 'free');
  await scene.server.ask('serve', { netns: '/run/netns/remote', tcpPort: ports.targetTcp, udpPort: ports.targetUdp });
  const runs: Run[] = [];
  for (let run = 0; run < scene.runs; run++)
    runs.push({ value: await gigabits(scene, scene.softipu, services.remote, ports.tcp, 1) });
  return [measure('TCP through VXLAN to a stock node', 'Gbit/s', runs, atLeast(5))];
}

/** NaN if a stream failed. */
async function gigabits(scene: Scene, lane: Lane, address: string, port: number, count: number): Promise<number> {
  const result = await scene.client.ask<{ bytes: number; failed: number; seconds: number }>('streams', {
    netns: lane.netns('client'),
    address,
    port,
    streams: count,
    seconds: streamSeconds,
  });
  return result.failed === 0 ? (result.bytes * 8) / result.seconds / 1e9 : Number.NaN;
}
