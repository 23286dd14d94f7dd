/**
 * One trial of the pipeline benchmark: k8s-lb.p4 on FLOWS flows, ROUNDS batches, packets of BYTES bytes. Prints nanoseconds per packet: the
 * median and the minimum over the batches, once the code is compiled for good.
 */
import { Batches, batch, establish } from './established.ts';

const warmUpMs = 1500;
const [flowCount, rounds, length] = process.argv.slice(2).map(Number) as [number, number, number];
const batches = new Batches(establish(flowCount), 0, length);
const times: number[] = [];
let forwarded = 0;
// The engine compiles in the background: until it is done, its first tier runs.
for (const end = performance.now() + warmUpMs; performance.now() < end; ) {
  batches.write();
  batches.process();
}
for (let round = 0; round < rounds; round++) {
  batches.write();
  const start = process.hrtime.bigint();
  batches.process();
  times.push(Number(process.hrtime.bigint() - start) / batch);
  forwarded += batches.forwarded();
}
if (forwarded !== rounds * batch) {
  process.stderr.write(`pipeline: ${forwarded} of ${rounds * batch} packets were forwarded\n`);
  process.exit(1);
}
times.sort((a, b) => a - b);
process.stdout.write(`${times[rounds >> 1]!.toFixed(2)} ${times[0]!.toFixed(2)}\n`);
