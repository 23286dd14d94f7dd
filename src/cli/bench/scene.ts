/** What the network benchmarks work with: lanes, agents, the processor accounts; and the one measurement that several of them need: a load. */
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { loadAddon } from '../../ports/index.ts';
import { packet } from '../../wire/index.ts';
import { Agent, agentScript } from '../sandbox/agent.ts';
import { sleep } from '../sandbox/time.ts';
import type { CpuMeter } from './cpu.ts';
import { isInstalled, type Lane, nodeNamespace } from './lanes.ts';
import { type Bar, type Measure, skipped } from './measure.ts';
import { gateway, macOf, ports, services, sites } from './sites.ts';

export interface Scene {
  readonly softipu: Lane;
  /** The contenders, in the order in which they are measured; softipu first. */
  readonly lanes: readonly Lane[];
  /** Baseline of the bars; or why there is none. */
  readonly nft: Lane | string;
  /** Asks and streams. */
  readonly client: Agent;
  /** Generates packets, also while the client asks. */
  readonly load: Agent;
  readonly server: Agent;
  readonly cpu: CpuMeter;
  /** Trials of each contender. */
  readonly runs: number;
  /** Tells the user what was left out or went on. */
  readonly note: (text: string) => void;
}

/** For measures with a bar against nft: what stands in their place where that is not installed. */
export function withoutNft({ nft }: Scene, bars: readonly (readonly [name: string, unit: string, bar: Bar])[]): Measure[] {
  return typeof nft === 'string' ? bars.map(([name, unit, bar]) => skipped(`${name}, against nft`, unit, bar, nft)) : [];
}

/** Starts the agents, and the traffic server in every lane. */
export async function startAgents(lanes: readonly Lane[]): Promise<Pick<Scene, 'client' | 'load' | 'server'>> {
  const script = agentScript(import.meta.url, 'traffic');
  // The namespace they start in does not matter: they enter the one of each call.
  const home = nodeNamespace(lanes[0]!.name);
  const [client, load, server] = [new Agent(home, script), new Agent(home, script), new Agent(home, script)];
  for (const lane of lanes)
    await server.ask('serve', { netns: lane.netns('server'), tcpPort: ports.targetTcp, udpPort: ports.targetUdp });
  return { client, load, server };
}

/**
 * Puts the processes where a steady system would have them: sender and asker on the first processor, forwarder and server on the second. With
 * `free` everybody may run anywhere. Without taskset or a second processor nothing is pinned.
 */
export function pin({ client, load, server, lanes }: Scene, how: 'apart' | 'free'): void {
  const count = cpus().length;
  if (count < 2 || !isInstalled('taskset')) return;
  const set = (pid: number, list: string): void => {
    execFileSync('taskset', ['-acp', list, String(pid)], { stdio: 'ignore' });
  };
  const everywhere = `0-${count - 1}`;
  for (const agent of [client, load]) set(agent.pid, how === 'apart' ? '0' : everywhere);
  set(server.pid, how === 'apart' ? '1' : everywhere);
  for (const lane of lanes) if (lane.process) set(lane.process.pid, how === 'apart' ? '1' : everywhere);
}

/** Where a lane's clients ask: the service, or the pod itself where there are no services. */
export function addressOf(lane: Lane, role: 'server' | 'sink'): { address: string; tcp: number; udp: number } {
  return lane.hasServices
    ? { address: services[role], tcp: ports.tcp, udp: ports.udp }
    : { address: sites[role], tcp: ports.targetTcp, udp: ports.targetUdp };
}

export interface LoadOptions {
  readonly packetsPerSecond: number;
  readonly seconds: number;
  readonly frameBytes?: number;
  readonly flows?: number;
}

export interface LoadResult {
  readonly sent: number;
  readonly delivered: number;
  /** Seconds that sending took. */
  readonly seconds: number;
  /** Of all processes together. */
  readonly cpuSeconds: number;
}

/** Sends UDP packets of many flows through a lane to its sink and counts what arrives. */
export async function offer(scene: Scene, lane: Lane, options: LoadOptions): Promise<LoadResult> {
  const frameBytes = options.frameBytes ?? 64;
  const count = (): number => loadAddon().interfaceCounters('eth0', lane.netns('sink')).rxPackets;
  const frames = udpFrames(lane, options.flows ?? 100, frameBytes);
  const [before, cpuBefore] = [count(), scene.cpu.seconds()];
  const { sent, seconds } = await scene.load.ask<{ sent: number; seconds: number }>(
    'generate',
    {
      netns: lane.netns('client'),
      frames: frames.toString('base64'),
      frameBytes,
      packetsPerSecond: options.packetsPerSecond,
      seconds: options.seconds,
      batch: 32,
    },
    (options.seconds + 20) * 1000,
  );
  // What still lies in rings.
  await sleep(50);
  return { sent, delivered: (count() - before) >>> 0, seconds, cpuSeconds: scene.cpu.seconds() - cpuBefore };
}

/** One frame per flow, one behind the other. */
function udpFrames(lane: Lane, flows: number, frameBytes: number): Buffer {
  const { address, udp } = addressOf(lane, 'sink');
  return Buffer.concat(
    Array.from({ length: flows }, (_, i) =>
      packet({
        eth: { destination: gateway.mac, source: macOf('client') },
        ip: { source: sites.client, destination: address },
        udp: { sourcePort: 10_000 + i, destinationPort: udp },
        payload: frameBytes - 42,
      }),
    ),
  );
}
