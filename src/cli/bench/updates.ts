/** What changes of the cluster do to traffic: a service gains and loses an endpoint, again and again, while packets of other services pass. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from '../sandbox/time.ts';
import { serviceManifests } from './configuration.ts';
import { directory } from './lanes.ts';
import { type Measure, measure, type Run } from './measure.ts';
import type { RoundTrips } from './request-response.ts';
import { addressOf, offer, pin, type Scene } from './scene.ts';
import { remotePod, sites } from './sites.ts';

const rate = 100_000;
const seconds = 3;
const pauseMs = 20;

export async function updates(scene: Scene): Promise<Measure[]> {
  pin(scene, 'apart');
  const rates: Run[] = [];
  const lost: Run[] = [];
  const p99: Run[] = [];
  for (let run = 0; run < scene.runs; run++) {
    const still = await beside(scene, async () => 0);
    const changing = await beside(scene, churn);
    rates.push({ value: changing.changes / seconds });
    lost.push({ value: changing.lost, baseline: still.lost === 0 ? undefined : still.lost });
    p99.push({ value: changing.p99, baseline: still.p99 });
  }
  return [
    measure('manifest changes meanwhile', 'per second', rates),
    measure(`lost of ${rate / 1000}k packets/s beside changes`, 'packets', lost),
    measure('round trip beside changes, p99, against none', 'us', p99),
  ];
}

/** A load and round trips beside what `disturb` does; it returns how often it did. */
async function beside(
  scene: Scene,
  disturb: (end: number) => Promise<number>,
): Promise<{ lost: number; p99: number; changes: number }> {
  const to = addressOf(scene.softipu, 'server');
  const target = { netns: scene.softipu.netns('client'), address: to.address, port: to.udp };
  const [load, trips, changes] = await Promise.all([
    offer(scene, scene.softipu, { packetsPerSecond: rate, seconds }),
    scene.client.ask<RoundTrips>('roundTrips', { ...target, protocol: 'udp', bytes: 64, gapUs: 100, seconds }),
    disturb(performance.now() + seconds * 1000),
  ]);
  return { lost: load.sent - load.delivered, p99: trips.p99, changes };
}

/** Edits the endpoints of one service as an editor would, until `end`. */
async function churn(end: number): Promise<number> {
  const file = join(directory, 'manifests', 'changing.yaml');
  let changes = 0;
  for (; performance.now() < end; changes++) {
    const endpoints = changes % 2 === 0 ? [sites.server, sites.sink] : [sites.server, remotePod.address];
    writeFileSync(`${file}.new`, serviceManifests('changing', '10.98.0.1', endpoints).join('---\n'));
    renameSync(`${file}.new`, file);
    await sleep(pauseMs);
  }
  return changes;
}
