/**
 * The network benchmarks, run by `index.ts` as the first process of fresh namespaces.
 *
 * Usage: inside OPTIONS, one JSON object (`InsideOptions`); prints one JSON object per line (`Line`).
 */

import { writeFileSync } from 'node:fs';
import { enterSandbox } from '../sandbox/unshare.ts';
import type { BenchName } from './catalogue.ts';
import { CpuMeter } from './cpu.ts';
import { commandLane, emptyLane, kubeProxyLane, routingLane, softipuLane } from './lanes.ts';
import { type Measure, measure } from './measure.ts';
import { loss, packets } from './packets.ts';
import { connections, idle, latency } from './request-response.ts';
import { type Scene, startAgents } from './scene.ts';
import { search } from './search.ts';
import { streams, tunnel } from './streams.ts';
import { updates } from './updates.ts';

export interface InsideOptions {
  readonly names: readonly BenchName[];
  readonly runs: number;
  /** Descriptors of ksoftirqd's accounts. */
  readonly accounts: readonly number[];
  /** Further baselines: name and command. */
  readonly against: readonly (readonly [name: string, command: string])[];
}

export type Line = { readonly measures: readonly Measure[] } | { readonly note: string };

const print = (line: Line): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const note = (text: string): void => print({ note: text });

const options = JSON.parse(process.argv[2]!) as InsideOptions;
try {
  await bench(options);
} catch (error) {
  note(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
process.exit();

/** Where the kernel groups processes by session (autogroup), priorities count within one only, and the session has its own. */
function raiseSession(): void {
  try {
    writeFileSync('/proc/self/autogroup', '-20');
  } catch {
    // Not permitted, or not grouped.
  }
}

async function bench({ names, runs, accounts, against }: InsideOptions): Promise<void> {
  enterSandbox();
  raiseSession();
  const softipu = await softipuLane();
  const nft = kubeProxyLane('nft');
  const iptables = kubeProxyLane('iptables');
  const kubeProxy = [nft, iptables].flatMap((lane) => {
    if (typeof lane !== 'string') return [lane];
    note(`left out as a baseline: ${lane}`);
    return [];
  });
  const lanes = [softipu, ...kubeProxy, routingLane(), ...against.map(([name, command]) => commandLane(name, command))];
  const scene: Scene = { softipu, lanes, nft, runs, note, cpu: new CpuMeter(accounts), ...(await startAgents(lanes)) };
  const benches: Partial<Record<BenchName, () => Promise<Measure[]>>> = {
    packets: () => packets(scene, emptyLane()),
    loss: () => loss(scene),
    search: () => search(scene),
    latency: () => latency(scene),
    idle: () => idle(scene),
    connections: () => connections(scene),
    streams: () => streams(scene),
    tunnel: () => tunnel(scene),
    updates: () => updates(scene),
  };
  for (const name of names) {
    try {
      print({ measures: await benches[name]!() });
    } catch (error) {
      note(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      print({ measures: [measure(name, '', [])] });
    }
  }
  await softipu.process!.stop();
}
