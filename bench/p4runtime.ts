/**
 * How fast does a controller write and read, and does the packet path notice? Each trial is a process of its own: for gRPC the built switch, with a client in
 * a third one; in process a data plane that runs beside the device.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { atLeast, atMost, type Measure, measure, type Run, ratioAtLeast } from '../src/cli/bench/measure.ts';

/** Answers of p4runtime-trial.ts. */
export interface GrpcTrial {
  readonly insertsPerSecond: number;
  readonly readSeconds: number;
}
export interface InsideTrial {
  readonly updatesPerSecond: number;
}
export interface PacketsTrial {
  readonly quiet: number;
  readonly written: number;
  readonly updatesPerSecond: number;
}

export async function p4runtimeBench(runs: number): Promise<Measure[]> {
  const writes: Run[] = [];
  const reads: Run[] = [];
  const inside: Run[] = [];
  const packets: Run[] = [];
  const beside: Run[] = [];
  for (let run = 0; run < runs; run++) {
    const grpc = await trial<GrpcTrial>('grpc');
    writes.push({ value: grpc.insertsPerSecond });
    reads.push({ value: grpc.readSeconds });
    inside.push({ value: (await trial<InsideTrial>('inside')).updatesPerSecond });
    const { quiet, written, updatesPerSecond } = await trial<PacketsTrial>('packets');
    packets.push({ value: written, baseline: quiet });
    beside.push({ value: updatesPerSecond });
  }
  return [
    measure('single-entry updates, batches of 100, loopback gRPC', 'per second', writes, atLeast(20_000)),
    measure('reading 100,000 entries over loopback gRPC', 's', reads, atMost(2)),
    measure('single-entry updates, batches of 100, in process', 'per second', inside, atLeast(200_000)),
    measure('packets beside updates, against none', 'packets/s', packets, ratioAtLeast(0.9)),
    measure('updates meanwhile', 'per second', beside, atLeast(9_900)),
  ];
}

async function trial<T>(kind: string): Promise<T> {
  const script = fileURLToPath(new URL('./p4runtime-trial.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, kind], { encoding: 'utf8' });
  return JSON.parse(stdout) as T;
}
