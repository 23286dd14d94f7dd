/** The benchmarks' agent: what blocks a thread (generating, asking, streaming) happens in its process. Namespaces are entered per call. */
import { loadAddon } from '../../../ports/index.ts';
import { number, type Params, serveAgent, text } from '../../sandbox/rpc.ts';

const addon = loadAddon();

const target = (p: Params): { netns: string; address: string; port: number; seconds: number } => ({
  netns: text(p, 'netns'),
  address: text(p, 'address'),
  port: number(p, 'port'),
  seconds: number(p, 'seconds'),
});

serveAgent({
  serve: (p) => addon.startTrafficServer(text(p, 'netns'), number(p, 'tcpPort'), number(p, 'udpPort')),
  /** `frames` in base64. */
  generate: (p) =>
    addon.generate({
      name: 'eth0',
      netns: text(p, 'netns'),
      frames: Uint8Array.from(Buffer.from(text(p, 'frames'), 'base64')),
      frameBytes: number(p, 'frameBytes'),
      packetsPerSecond: number(p, 'packetsPerSecond'),
      seconds: number(p, 'seconds'),
      batch: number(p, 'batch'),
    }),
  /** Percentiles in microseconds. */
  roundTrips: (p) => {
    const result = addon.roundTrips({
      ...target(p),
      protocol: text(p, 'protocol') as 'tcp' | 'udp',
      bytes: number(p, 'bytes'),
      gapUs: number(p, 'gapUs'),
    });
    const sorted = result.nanoseconds.sort();
    const at = (part: number): number =>
      (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN) / 1000;
    return { count: sorted.length, lost: result.lost, p50: at(0.5), p99: at(0.99), p999: at(0.999) };
  },
  connections: (p) => addon.connections({ ...target(p), threads: number(p, 'threads') }),
  streams: (p) => addon.streams({ ...target(p), streams: number(p, 'streams') }),
});
