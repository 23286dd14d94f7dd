/**
 * One trial of the services benchmark: k8s-lb.p4 with MANY services of ten endpoints each, and another one with FEW. Prints JSON, of both: milliseconds to read
 * the objects as the API server sends them, to program all of them, and to apply changes of one endpoint; bytes; nanoseconds per packet of established and of
 * new flows, which are measured in turns of some milliseconds: whatever else the machine does meets both.
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
const batchesPerTurn = 20;
const turnsOfFirst = 10;
const turnsOfEstablished = 50;

const [many, few] = process.argv.slice(2).map(Number) as [number, number];

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
const flowTable = parts.tables.findIndex((t) => t.name.endsWith('.flows'));
const routes = [{ destination: '0.0.0.0/0', port: 1, via: uplink.address }];
const neighbours = [uplink];

/** A node with so many services, and what it cost to make it one. */
class BenchNode {
  readonly #serviceCount: number;
  readonly #arena: Arena;
  readonly #packets: PacketBatch;
  readonly #process: () => void;
  readonly #random = xorshift(0x2545f491);
  readonly #objects = new ObjectSet();
  readonly #modeller = new Modeller();
  readonly #manager: IpuManager;
  #fresh = 0;
  readonly readMs: number;
  readonly loadMs: number;
  readonly loadThreadMs: number;
  readonly rssBytes: number;

  constructor(serviceCount: number) {
    this.#serviceCount = serviceCount;
    const memory = makeMemory(region + PacketBatch.bytesOf(batch, stride));
    // As the node's own memory.
    loadAddon().adviseHugePages(new Uint8Array(memory.buffer), 0, region);
    this.#arena = new Arena(memory.buffer, layout);
    startProgram(this.#arena, parts, { random: xorshift(0x9e3779b9) });
    this.#arena.setNow(0, 1_000_000_000n);
    this.#arena.setExpireProfile(1, 86_400_000);
    const target = { arena: this.#arena, atomically: <T>(change: () => T): T => change(), nowMs: () => 1000, inject: () => {} };
    this.#manager = new IpuManager({ device: new Device({ target, p4info, program: parts }), build: new EntityBuilder(p4info) });
    this.#packets = new PacketBatch(memory, region, batch, stride, 64);
    const program = instantiate(artifact, memory, { mirror: () => {}, multicast: () => {} });
    this.#process = () => program.process(layout.contexts, region, batch);
    const texts = Array.from({ length: serviceCount }, (_, i) => [serviceText(i), sliceText(i, addressesOf(i))]).flat();
    const rssBefore = process.memoryUsage.rss();
    this.readMs = ms(() => {
      for (const text of texts) this.#objects.put(read(text));
    });
    const threadBefore = threadMs();
    this.loadMs = ms(() => this.#apply());
    this.loadThreadMs = threadMs() - threadBefore;
    this.rssBytes = process.memoryUsage.rss() - rssBefore;
  }

  /** Milliseconds of each change. One endpoint goes and comes back, each time of another service. */
  changes(): number[] {
    return Array.from({ length: changes }, (_, i) => {
      const step = Math.max(1, Math.floor(this.#serviceCount / changes));
      const service = (Math.floor(i / 2) * step) % this.#serviceCount;
      const addresses = addressesOf(service);
      const slice = read(sliceText(service, i % 2 === 0 ? addresses.slice(1) : addresses));
      return ms(() => {
        this.#objects.put(slice);
        this.#apply();
      });
    });
  }

  /** Bytes of Maglev tables. */
  get slotBytes(): number {
    return 4 * layout.profiles.reduce((sum, { maglevSlots }, i) => sum + maglevSlots - this.#arena.profiles[i]!.freeSlots, 0);
  }

  /** Makes the flows whose packets `established` sends. */
  establish(): void {
    const flows = this.#arena.tables[flowTable]!;
    const translate = parts.tables[flowTable]!.actions.findIndex((a) =>
      parts.actions[a.action]!.name.endsWith('translate_destination'),
    );
    for (let n = 0; n < flowCount; n++) {
      const key = packKey(flows.layout, [BigInt(client(n)), BigInt(vip(n % this.#serviceCount)), 1024n, 80n, 6n]);
      addEntry(flows, layout, key, { action: translate, params: [0x0a800001n, 8080n] }, 1, 1000);
    }
  }

  /** Nanoseconds per packet of a batch of packets of any established flows. */
  established(): number {
    return this.#batch(() => {
      const n = this.#random() % flowCount;
      return { source: client(n), destination: vip(n % this.#serviceCount), sourcePort: 1024, flags: ack };
    });
  }

  /** The same of first packets of flows, each to any of the services. */
  first(): number {
    return this.#batch(() => {
      const n = this.#fresh++;
      const destination = vip(this.#random() % this.#serviceCount);
      return { source: client(flowCount + (n >> 8)), destination, sourcePort: 1024 + (n & 255), flags: syn };
    });
  }

  #batch(next: () => { source: number; destination: number; sourcePort: number; flags: number }): number {
    for (let i = 0; i < batch; i++) this.#packets.put(i, { ...next(), destinationPort: 80, inPort: 20 });
    const ns = (ms(this.#process) * 1e6) / batch;
    for (let i = 0; i < batch; i++) {
      const port = this.#packets.outPort(i);
      if (port !== 1) throw new Error(`a packet went to port ${port}`);
    }
    return ns;
  }

  #apply(): void {
    const { model } = this.#modeller.change(this.#objects.take(), settings);
    const { errors } = this.#manager.setModel({ ...model, routes, neighbours }, 0);
    if (errors.length > 0) throw new Error(errors.join('\n'));
  }
}

function client(n: number): number {
  return 0x0b00_0000 + n;
}

/** Processor time of this thread so far, in steps of 10 ms: neither collector nor compiler, which have threads of their own. */
function threadMs(): number {
  const stat = readFileSync(`/proc/self/task/${process.pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

/** Of both nodes, in turns that are long enough for each to have the caches of the processor for itself. */
function medians(nodes: readonly BenchNode[], cost: (node: BenchNode) => number, turns: number): number[] {
  const times = nodes.map((): number[] => []);
  for (let turn = 0; turn < turns; turn++) {
    for (const [i, node] of nodes.entries()) for (let round = 0; round < batchesPerTurn; round++) times[i]!.push(cost(node));
  }
  return times.map((each) => each.sort((a, b) => a - b)[each.length >> 1]!);
}

// The large one first: nothing is compiled yet.
const nodes = [new BenchNode(many), new BenchNode(few)];
const changeMs = nodes.map((node) => node.changes().sort((a, b) => a - b));
const firstNs = medians(nodes, (node) => node.first(), turnsOfFirst);
for (const node of nodes) node.establish();
const establishedNs = medians(nodes, (node) => node.established(), turnsOfEstablished);
const results = nodes.map((node, i) => ({
  readMs: node.readMs,
  loadMs: node.loadMs,
  loadThreadMs: node.loadThreadMs,
  changeMs: changeMs[i]![changes >> 1],
  changeMs99: changeMs[i]![Math.floor(changes * 0.99)],
  rssBytes: node.rssBytes,
  slotBytes: node.slotBytes,
  newNs: firstNs[i],
  establishedNs: establishedNs[i],
}));
process.stdout.write(`${JSON.stringify({ many: results[0], few: results[1] })}\n`);
