/**
 * One trial of the services benchmark: k8s-lb.p4 with SERVICES services of ten endpoints each. Prints JSON: milliseconds to read the objects as the API server
 * sends them, to program all of them, and to apply changes of one endpoint; bytes; nanoseconds per packet of established and of new flows.
 */
import { Arena, addEntry, descriptor, layoutArena, packKey } from '../src/arena/index.ts';
import { loadProgram } from '../src/cli/load-program.ts';
import { shippedProgram } from '../src/cli/package-root.ts';
import { instantiate, makeMemory, startProgram } from '../src/engine/index.ts';
import { type KubernetesObject, Modeller, type NodeSettings, ObjectSet, readApiObject } from '../src/kubernetes/index.ts';
import { IpuManager } from '../src/manager/index.ts';
import { Device, EntityBuilder } from '../src/p4runtime/index.ts';

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
const memory = makeMemory(region + batch * (descriptor.bytes + stride));
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
const cpuBefore = process.cpuUsage();
const loadMs = ms(apply);
const { user, system } = process.cpuUsage(cpuBefore);
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

const view = new DataView(memory.buffer);
const bytes = new Uint8Array(memory.buffer);
const program = instantiate(artifact, memory, { mirror: () => {}, multicast: () => {} });
const template = new Uint8Array(64);
template.set([
  2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0, 0x45, 0, 0, 50, 0, 1, 0x40, 0, 64, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 80, 0, 0,
  0, 1, 0, 0, 0, 1, 0x50, 0x02, 0x10, 0, 0x12, 0x34, 0, 0,
]);
const flowTable = parts.tables.findIndex((t) => t.name.endsWith('.flows'));
const flows = arena.tables[flowTable]!;

function write(clientOf: (i: number) => [client: number, port: number, service: number], flags: number): void {
  for (let i = 0; i < batch; i++) {
    const [client, port, service] = clientOf(i);
    const at = region + i * descriptor.bytes;
    const buffer = region + batch * descriptor.bytes + i * stride;
    const head = buffer + 128;
    bytes.fill(0, at, at + descriptor.bytes);
    bytes.set(template, head);
    view.setUint32(head + 26, client);
    view.setUint32(head + 30, vip(service));
    view.setUint16(head + 34, port);
    view.setUint8(head + 47, flags);
    let sum = 0;
    for (let j = 14; j < 34; j += 2) sum += view.getUint16(head + j);
    sum = (sum & 0xffff) + (sum >>> 16);
    view.setUint16(head + 24, ~((sum & 0xffff) + (sum >>> 16)));
    view.setUint32(at + descriptor.addr, head, true);
    view.setUint32(at + descriptor.length, template.byteLength, true);
    view.setUint32(at + descriptor.inPort, 20, true);
    view.setUint32(at + descriptor.bufferStart, buffer, true);
    view.setUint32(at + descriptor.bufferEnd, buffer + stride, true);
  }
}

/** Median nanoseconds of a packet. */
function cost(clientOf: (i: number) => [number, number, number], flags: number, count: number): number {
  const times: number[] = [];
  for (let round = 0; round < count; round++) {
    write(clientOf, flags);
    times.push((ms(() => program.process(layout.contexts, region, batch)) * 1e6) / batch);
    for (let i = 0; i < batch; i++) {
      const out = view.getUint32(region + i * descriptor.bytes + descriptor.outPort, true);
      if (out !== 1) throw new Error(`a packet went to port ${out}`);
    }
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
  2,
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
  0x10,
  rounds,
);

const slots = layout.profiles.reduce((sum, { maglevSlots }, i) => sum + maglevSlots - arena.profiles[i]!.freeSlots, 0);
changeMs.sort((a, b) => a - b);
const result = {
  readMs,
  loadMs,
  loadCpuMs: (user + system) / 1000,
  changeMs: changeMs[changes >> 1],
  changeMs99: changeMs[Math.floor(changes * 0.99)],
  rssBytes: rss,
  slotBytes: 4 * slots,
  newNs,
  establishedNs,
};
process.stdout.write(`${JSON.stringify(result)}\n`);

function xorshift(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
