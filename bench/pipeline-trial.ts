/**
 * One trial of the pipeline benchmark: k8s-lb.p4 on FLOWS flows, ROUNDS batches, packets of BYTES bytes. Prints nanoseconds per packet, the
 * median over the batches. Same packets and tables as pipeline.c.
 */

import { Arena, addEntry, descriptor, layoutArena, type MatchTable, packKey } from '../src/arena/index.ts';
import { shippedProgram } from '../src/cli/package-root.ts';
import { loadProgram } from '../src/cli/program.ts';
import { instantiate, makeMemory } from '../src/engine/index.ts';
import { startProgram } from '../src/engine/start.ts';

const [flowCount, rounds, length] = process.argv.slice(2).map(Number) as [number, number, number];
const batch = 1024;
const stride = 2048;

const path = shippedProgram;
const { artifact, objects } = loadProgram({ path, defines: [`FLOWS=${flowCount * 2}`, 'SERVICES=8'] });
const layout = layoutArena(artifact.arena);
const region = layout.programEnd;
const memory = makeMemory(region + batch * (descriptor.bytes + stride));
const arena = new Arena(memory.buffer, layout);
let state = 0x9e3779b9;
const random = (): number => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state >>> 0;
};
startProgram(arena, objects, { random });
const nowNs = 1_000_000_000n;
arena.setNow(0, nowNs);
const program = instantiate(artifact, memory, { mirror: () => {}, multicast: () => {} });

const table = (name: string): { table: MatchTable; action: (name: string) => number } => {
  const index = objects.tables.findIndex((t) => t.name.endsWith(name));
  return {
    table: arena.tables[index]!,
    action: (action) => objects.tables[index]!.actions.findIndex((a) => objects.actions[a.action]!.name.endsWith(action)),
  };
};
const client = (n: number): bigint => BigInt(0x0b000000 + n);
const clientPort = (n: number): bigint => BigInt(1024 + (n % 60000));
const vip = 0x0a600001n;

arena.setExpireProfile(1, 86_400_000);
const flows = table('.flows');
for (let n = 0; n < flowCount; n++) {
  const key = packKey(flows.table.layout, [client(n), vip, clientPort(n), 80n, 6n]);
  addEntry(
    flows.table,
    layout,
    key,
    { action: flows.action('translate_destination'), params: [0x0af40101n + BigInt(n % 8), 8080n] },
    1,
    1000,
  );
}
const routes = table('.routes');
const route = (value: bigint, prefixLength: number, port: bigint): void => {
  routes.table.insert({
    matches: [{ kind: 'lpm', value, prefixLength }],
    call: { kind: 'action', action: routes.action('to_port'), params: [port, 0x020000000001n, 0x020000000100n + port] },
  });
};
for (let i = 1n; i <= 8n; i++) route(0x0af40100n + i, 32, i);
route(0x0af40200n, 24, 9n);
route(0n, 0, 10n);

const view = new DataView(memory.buffer);
const template = new Uint8Array(length);
template.set([
  2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0, 0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, 6, 0, 0, 0, 0, 0, 0, 10, 96, 0, 1, 0, 0, 0, 80, 0,
  0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 0x10, 0, 0x12, 0x34, 0, 0,
]);

function writePacket(at: number, n: number): void {
  arena.bytes.set(template, at);
  view.setUint16(at + 16, length - 14);
  view.setUint32(at + 26, Number(client(n)));
  view.setUint16(at + 34, Number(clientPort(n)));
  let sum = 0;
  for (let i = 14; i < 34; i += 2) sum += view.getUint16(at + i);
  sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(at + 24, ~((sum & 0xffff) + (sum >>> 16)));
}

const times: number[] = [];
let forwarded = 0;
for (let round = 0; round < rounds; round++) {
  for (let i = 0; i < batch; i++) {
    const at = region + i * descriptor.bytes;
    const buffer = region + batch * descriptor.bytes + i * stride;
    arena.bytes.fill(0, at, at + descriptor.bytes);
    writePacket(buffer + 128, random() % flowCount);
    view.setUint32(at + descriptor.addr, buffer + 128, true);
    view.setUint32(at + descriptor.length, length, true);
    view.setUint32(at + descriptor.inPort, 20, true);
    view.setUint32(at + descriptor.bufferStart, buffer, true);
    view.setUint32(at + descriptor.bufferEnd, buffer + stride, true);
  }
  const start = process.hrtime.bigint();
  program.process(arena.contextAt(0), region, batch);
  times.push(Number(process.hrtime.bigint() - start) / batch);
  for (let i = 0; i < batch; i++) if (view.getUint32(region + i * descriptor.bytes + descriptor.outPort, true) <= 10) forwarded++;
}
if (forwarded !== rounds * batch) {
  process.stderr.write(`pipeline: ${forwarded} of ${rounds * batch} packets were forwarded\n`);
  process.exit(1);
}
times.sort((a, b) => a - b);
process.stdout.write(`${times[rounds >> 1]!.toFixed(2)}\n`);
