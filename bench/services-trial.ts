/**
 * One trial of the services benchmark: k8s-lb.p4 with SERVICES services of ten endpoints each. Prints JSON: milliseconds to read the objects as the API server
 * sends them, to program all of them, and to apply changes of one endpoint; bytes; nanoseconds per packet of established and of new flows.
 */
import { readFileSync } from 'node:fs';
import { Arena, addEntry, layoutArena, packKey } from '../src/arena/index.ts';
import { loadProgram } from '../src/cli/load-program.ts';
import { shippedProgram } from '../src/cli/package-root.ts';
import { instantiate, makeMemory, startProgram } from '../src/engine/index.ts';
import { type KubernetesObject, Modeller, type NodeSettings, ObjectSet, readApiObject } from '../src/kubernetes/index.ts';
import { IpuManager } from '../src/manager/index.ts';
import { Device, EntityBuilder } from '../src/p4runtime/index.ts';
import { loadAddon } from '../src/ports/index.ts';
import { ack, PacketBatch, syn, xorshift } from './packets.ts';

const perService = 10;
const changes = 200;
const flowCount = 10_000;
const batch = 256;
const stride = 256;
const rounds = 200;

const serviceCount = Number(process.argv[2]);

const number = (n: number): string => `${(n >>> 24) & 255}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`;
const vip = (service: number): number => 0x0a60_0001 + service;
const endpoint = (service: number, i: number): string => number(0x0a80_0001 + service * 16 + i);

const serviceText = (i: number): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `s${i}`, namespace: 'default', uid: String(i), resourceVersion: '1', labels: { app: `s${i}` } },
    spec: {
      type: 'ClusterIP',
      clusterIP: number(vip(i)),
      clusterIPs: [number(vip(i))],
      ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    },
  });
const sliceText = (i: number, addresses: readonly string[]): string =>
  JSON.stringify({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `s${i}-x`, namespace: 'default', labels: { 'kubernetes.io/service-name': `s${i}` } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: addresses.map((address, n) => ({
      addresses: [address],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: `node-${n}`,
      targetRef: { kind: 'Pod', namespace: 'default', name: `s${i}-${n}` },
    })),
  });
const addressesOf = (service: number): string[] => Array.from({ length: perService }, (_, i) => endpoint(service, i));
const read = (text: string): KubernetesObject => readApiObject('object', JSON.parse(text)).objects[0]!;
const ms = (run: () => void): number => {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start) / 1e6;
};

const settings: NodeSettings = {
  nodeName: 'node-a',
  nodeAddresses: ['192.168.50.1'],
  gateway: { addresses: ['169.254.1.1'], mac: '02:00:00:00:00:01' },
  vxlan: { vni: 4096 },
  ports: [{ number: 1, interface: 'net', kind: 'net', hardwareAddress: '02:00:00:00:aa:01' }],
};
const uplink = { address: '192.168.50.254', mac: '02:00:00:00:00:fe', port: 1 };

const { artifact, objects: parts, p4info } = await loadProgram({ path: shippedProgram });
const layout = layoutArena(artifact.arena);
const region = layout.programEnd;
const memory = makeMemory(region + PacketBatch.bytesOf(batch, stride));
// As the node's own memory.
loadAddon().adviseHugePages(new Uint8Array(memory.buffer), 0, region);
const arena = new Arena(memory.buffer, layout);
startProgram(arena, parts, { random: xorshift(0x9e3779b9) });
arena.setNow(0, 1_000_000_000n);
arena.setExpireProfile(1, 86_400_000);
const target = { arena, atomically: <T>(change: () => T): T => change(), nowMs: () => 1000, inject: () => {} };
const device = new Device({ target, p4info, program: parts });
const manager = new IpuManager({ device, build: new EntityBuilder(p4info) });

const texts = Array.from({ length: serviceCount }, (_, i) => [serviceText(i), sliceText(i, addressesOf(i))]).flat();
const objects = new ObjectSet();
const modeller = new Modeller();
const apply = (): void => {
  const { model } = modeller.change(objects.take(), settings);
  const routed = { ...model, routes, neighbours };
  const { errors } = manager.setModel(routed, 0);
  if (errors.length > 0) throw new Error(errors.join('\n'));
};
const routes = [{ destination: '0.0.0.0/0', port: 1, via: uplink.address }];
const neighbours = [uplink];

const rssBefore = process.memoryUsage.rss();
const readMs = ms(() => {
  for (const text of texts) objects.put(read(text));
});
const threadBefore = threadMs();
const loadMs = ms(apply);
const loadThreadMs = threadMs() - threadBefore;
const rss = process.memoryUsage.rss() - rssBefore;

// One endpoint goes and comes back, each time of another service.
const changeMs: number[] = [];
for (let i = 0; i < changes; i++) {
  const service = (Math.floor(i / 2) * Math.max(1, Math.floor(serviceCount / changes))) % serviceCount;
  const addresses = addressesOf(service);
  const slice = read(sliceText(service, i % 2 === 0 ? addresses.slice(1) : addresses));
  changeMs.push(
    ms(() => {
      objects.put(slice);
      apply();
    }),
  );
}

// ---------------------------------------------------------------- packets

const program = instantiate(artifact, memory, { mirror: () => {}, multicast: () => {} });
const packets = new PacketBatch(memory, region, batch, stride, 64);
const flowTable = parts.tables.findIndex((t) => t.name.endsWith('.flows'));
const flows = arena.tables[flowTable]!;

/** Processor time of this thread so far, in steps of 10 ms: neither collector nor compiler, which have threads of their own. */
function threadMs(): number {
  const stat = readFileSync(`/proc/self/task/${process.pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

/** Median nanoseconds of a packet. */
function cost(clientOf: () => [client: number, port: number, service: number], flags: number, count: number): number {
  const times: number[] = [];
  for (let round = 0; round < count; round++) {
    for (let i = 0; i < batch; i++) {
      const [source, sourcePort, service] = clientOf();
      packets.put(i, { source, destination: vip(service), sourcePort, destinationPort: 80, flags, inPort: 20 });
    }
    times.push((ms(() => program.process(layout.contexts, region, batch)) * 1e6) / batch);
    for (let i = 0; i < batch; i++) if (packets.outPort(i) !== 1) throw new Error(`a packet went to port ${packets.outPort(i)}`);
  }
  return times.sort((a, b) => a - b)[count >> 1]!;
}

const random = xorshift(0x2545f491);
const client = (n: number): number => 0x0b00_0000 + n;
let fresh = 0;
const newNs = cost(
  () => {
    fresh++;
    return [client(flowCount + (fresh >> 8)), 1024 + (fresh & 255), random() % serviceCount];
  },
  syn,
  rounds,
);
const translate = parts.tables[flowTable]!.actions.findIndex((a) =>
  parts.actions[a.action]!.name.endsWith('translate_destination'),
);
for (let n = 0; n < flowCount; n++) {
  const key = packKey(flows.layout, [BigInt(client(n)), BigInt(vip(n % serviceCount)), 1024n, 80n, 6n]);
  addEntry(flows, layout, key, { action: translate, params: [0x0a800001n, 8080n] }, 1, 1000);
}
const establishedNs = cost(
  () => {
    const n = random() % flowCount;
    return [client(n), 1024, n % serviceCount];
  },
  ack,
  rounds,
);

const slots = layout.profiles.reduce((sum, { maglevSlots }, i) => sum + maglevSlots - arena.profiles[i]!.freeSlots, 0);
changeMs.sort((a, b) => a - b);
const result = {
  readMs,
  loadMs,
  loadThreadMs,
  changeMs: changeMs[changes >> 1],
  changeMs99: changeMs[Math.floor(changes * 0.99)],
  rssBytes: rss,
  slotBytes: 4 * slots,
  newNs,
  establishedNs,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
