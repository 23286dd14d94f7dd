/**
 * What do policies cost? 1,000 pods of one node, and 10 to 10,000 NetworkPolicies on them: the first packet of a flow, which is the one that policy is
 * asked for; packets of flows that exist; loading everything; one change. All pods are selected in both directions already by the first ten, and the
 * packets are the same for every number of policies. Loading and changes are in processor time, packets by the median batch, and who comes first changes from
 * run to run: other work on the machine counts little.
 */
import { Arena, addEntry, layoutArena, type MatchTable, packKey } from '../src/arena/index.ts';
import { atMost, type Measure, measure, type Run, ratioAtMost } from '../src/cli/bench/measure.ts';
import { shippedProgram } from '../src/cli/package-root.ts';
import { compileSource, objectsOf } from '../src/cli/program.ts';
import { instantiate, makeMemory, startProgram } from '../src/engine/index.ts';
import { IpuManager, type LabelSelector, type Model, type NetworkPolicy, type Pod } from '../src/manager/index.ts';
import { compileToWasm } from '../src/p4/wasm/index.ts';
import { Device, EntityBuilder } from '../src/p4runtime/index.ts';
import { loadAddon } from '../src/ports/index.ts';
import { PacketBatch, syn } from './packets.ts';

const pods = 1000;
const counts = [10, 100, 1000, 10_000];
const namespaces = 10;
const apps = 50;
const batch = 1024;
const batchesPerRun = 16;
const passesOverFlows = 4;
const stride = 2048;
const flowsPerRun = batch * batchesPerRun;

export function policyBench(runs: number): Measure[] {
  // Room for the new flows of all runs, in both directions
  const size = 2 ** Math.ceil(Math.log2(4 * flowsPerRun * (runs + 1)));
  const { result } = compileSource({ path: shippedProgram, defines: [`FLOWS=${size}`] });
  const compiled = { ir: result.ir!, p4info: result.p4info!, artifact: compileToWasm(result.ir!) };
  const nodes = counts.map((count) => new BenchNode(compiled, count));
  const measures: Measure[] = [];
  const first: number[][] = nodes.map(() => []);
  const later: number[][] = nodes.map(() => []);
  for (let run = 0; run <= runs; run++) {
    // Each number of policies comes first as often as last.
    const order = [...nodes.keys()];
    for (const i of run % 2 === 0 ? order : order.reverse()) {
      const [nsFirst, nsLater] = nodes[i]!.packets();
      // The first run warms up
      if (run > 0) first[i]!.push(nsFirst);
      if (run > 0) later[i]!.push(nsLater);
    }
  }
  const against = (values: readonly number[], baseline: readonly number[]): Run[] =>
    values.map((value, i) => ({ value, baseline: baseline[i]! }));
  for (const [i, node] of nodes.entries()) {
    const bar = counts[i] === 1000 ? ratioAtMost(1.1) : undefined;
    const name = `${counts[i]} policies`;
    measures.push(
      measure(`${name}: first packet of a flow, against 10`, 'ns', against(first[i]!, first[0]!)),
      measure(`${name}: packet of a flow that exists, against 10`, 'ns', against(later[i]!, later[0]!), bar),
      measure(`${name}: load`, 'ms of CPU', [{ value: node.loadMs }], counts[i] === 1000 ? atMost(3000) : undefined),
      measure(`${name}: entries`, 'entries', [{ value: node.entries }]),
      measure(`${name}: one policy changes`, 'ms of CPU', node.changes(5 * runs), counts[i] === 1000 ? atMost(2) : undefined),
    );
  }
  measures.push(measure('1000 policies: asking 100,000 flows again', 'ms of CPU', nodes[2]!.review(100_000)));
  return measures;
}

interface Compiled {
  readonly ir: NonNullable<ReturnType<typeof compileSource>['result']['ir']>;
  readonly p4info: NonNullable<ReturnType<typeof compileSource>['result']['p4info']>;
  readonly artifact: ReturnType<typeof compileToWasm>;
}

class BenchNode {
  readonly loadMs: number;
  readonly #manager: IpuManager;
  readonly #arena: Arena;
  readonly #flows: MatchTable;
  readonly #packets: PacketBatch;
  readonly #process: (count: number) => void;
  #model: Model;
  #sourcePort = 1024;
  #round = 0;

  constructor({ ir, p4info, artifact }: Compiled, policies: number) {
    const layout = layoutArena(artifact.arena);
    const memory = makeMemory(layout.programEnd + PacketBatch.bytesOf(batch, stride));
    // As the node's own memory.
    loadAddon().adviseHugePages(new Uint8Array(memory.buffer), 0, layout.programEnd);
    const objects = objectsOf(ir);
    this.#arena = new Arena(memory.buffer, layout);
    startProgram(this.#arena, objects, { random: () => 12345 });
    this.#arena.setNow(0, 1_000_000_000n);
    this.#flows = this.#arena.tables[objects.tables.findIndex((table) => table.name.endsWith('.flows'))]!;
    const target = { arena: this.#arena, atomically: <T>(change: () => T): T => change(), nowMs: () => 1000, inject: () => {} };
    const device = new Device({ target, p4info, program: ir });
    this.#manager = new IpuManager({ device, build: new EntityBuilder(p4info) });
    const world = makeModel(policies);
    this.#manager.setModel({ ...world, policies: [] }, 0);
    this.#model = world;
    const startMs = cpuMs();
    this.#set(world);
    this.loadMs = cpuMs() - startMs;
    this.#packets = new PacketBatch(memory, layout.programEnd, batch, stride, 64);
    const program = instantiate(artifact, memory, { mirror: () => {}, multicast: () => {} });
    this.#process = (count) => program.process(layout.contexts, layout.programEnd, count);
  }

  /** Entries of the policy tables. */
  get entries(): number {
    return this.#manager.installed.filter((entity) => 'tableEntry' in entity).length;
  }

  /** Nanoseconds per packet: of new flows, and of the same flows again. The median batch: what interrupts one counts little. */
  packets(): [first: number, later: number] {
    const round = this.#round++;
    const all = (passes: number): number => {
      const times: number[] = [];
      for (let n = 0; n < passes * batchesPerRun; n++) {
        this.#write(round, n % batchesPerRun);
        const start = performance.now();
        this.#process(batch);
        times.push(performance.now() - start);
        for (let i = 0; i < batch; i += 97) {
          const port = this.#packets.outPort(i);
          if (port < 11 || port >= 11 + pods) throw new Error(`a packet went to port ${port}`);
        }
      }
      return (times.sort((a, b) => a - b)[times.length >> 1]! * 1e6) / batch;
    };
    return [all(1), all(passesOverFlows)];
  }

  /** One rule more in one policy, and less again. */
  changes(times: number): Run[] {
    const empty = this.#flows.count;
    for (const handle of [...this.#flows.handles()]) this.#flows.remove(handle);
    if (empty === 0) throw new Error('there were no flows');
    return Array.from({ length: times }, (_, i) => {
      const policies = [...this.#model.policies];
      const at = (i * 37) % policies.length;
      const policy = policies[at]!;
      const more = { peers: [], ports: [{ protocol: 'TCP' as const, port: 7000 + i }] };
      policies[at] = { ...policy, ingress: [...(policy.ingress ?? []), more] };
      const model = { ...this.#model, policies };
      const startMs = cpuMs();
      this.#set(model);
      const value = cpuMs() - startMs;
      this.#model = model;
      return { value };
    });
  }

  /** A change of policy with so many flows in the cache. */
  review(flows: number): Run[] {
    const { layout } = this.#flows;
    for (let n = 0; n < flows; n++) {
      const [from, to] = [addressOf(n % pods), addressOf((n * 7 + 1) % pods)];
      for (const [source, destination, sourcePort, destinationPort, action] of [
        [from, to, 1024 + (n % 60_000), 8080, 0],
        [to, from, 8080, 1024 + (n % 60_000), 1],
      ] as const) {
        const key = packKey(layout, [BigInt(source), BigInt(destination), BigInt(sourcePort), BigInt(destinationPort), 6n]);
        addEntry(this.#flows, this.#arena.layout, key, { action, params: [] }, 1, 1000);
      }
    }
    return this.changesOfFlows();
  }

  changesOfFlows(): Run[] {
    return Array.from({ length: 5 }, (_, i) => {
      const [first, ...rest] = this.#model.policies;
      const model = { ...this.#model, policies: [{ ...first!, name: `again${i}` }, ...rest] };
      const startMs = cpuMs();
      this.#set(model);
      this.#model = model;
      return { value: cpuMs() - startMs };
    });
  }

  #set(model: Model): void {
    const { errors } = this.#manager.setModel(model, 0);
    if (errors.length > 0) throw new Error(errors[0]);
  }

  /** TCP SYN from pod to pod, port 8080; a flow of its own for each (round, batch, place). */
  #write(round: number, n: number): void {
    for (let i = 0; i < batch; i++) {
      const flow = n * batch + i;
      const source = (flow * 7919) % pods;
      const destination = (source + 1 + ((flow * 104_729) % (pods - 1))) % pods;
      this.#packets.put(i, {
        source: addressOf(source),
        destination: addressOf(destination),
        sourcePort: this.#sourcePort + ((round * flowsPerRun + flow) % 64_000),
        destinationPort: 8080,
        flags: syn,
        inPort: 11 + source,
      });
    }
  }
}

/** Of this process. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const addressOf = (pod: number): number => 0x0a01_0000 + pod + 1;

function makeModel(policies: number): Model {
  const gateway = { addresses: ['169.254.1.1'], mac: '02:00:00:00:00:01' };
  const ports = Array.from({ length: pods }, (_, i) => ({
    number: 11 + i,
    kind: 'pod' as const,
    mac: gateway.mac,
    addresses: gateway.addresses,
  }));
  return {
    node: { name: 'node', addresses: ['192.168.50.1'], gateway, podCIDRs: ['10.1.0.0/16'] },
    ports,
    namespaces: Array.from({ length: namespaces }, (_, i) => ({ name: `ns${i}`, labels: { team: `t${i % 3}` } })),
    pods: Array.from({ length: pods }, (_, i) => toPod(i)),
    services: [],
    endpointSlices: [],
    policies: Array.from({ length: policies }, (_, i) => toPolicy(i)),
    remoteNodes: [],
    routes: [],
    neighbours: [],
  };
}

function toPod(i: number): Pod {
  const address = addressOf(i);
  return {
    namespace: `ns${i % namespaces}`,
    name: `pod${i}`,
    labels: { app: `app${Math.floor(i / namespaces) % apps}`, tier: `t${i % 3}` },
    addresses: [[24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.')],
    port: 11 + i,
    mac: `02:00:00:01:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}`,
    containerPorts: [{ name: 'http', protocol: 'TCP', port: 8080 }],
  };
}

/** The first ten select everything and allow TCP 8080 among pods; each further one selects an application and adds peers, ranges and blocks. */
function toPolicy(i: number): NetworkPolicy {
  const is = (key: string, value: string): LabelSelector => [{ key, operator: 'In', values: [value] }];
  const base = { namespace: `ns${i % namespaces}`, name: `policy${i}` };
  const everybody = { kind: 'pods' as const, namespaceSelector: [], podSelector: [] };
  if (i < namespaces) {
    const rule = { peers: [everybody], ports: [{ protocol: 'TCP' as const, port: 8080 }] };
    return { ...base, podSelector: [], ingress: [rule], egress: [rule] };
  }
  return {
    ...base,
    podSelector: is('app', `app${Math.floor(i / namespaces) % apps}`),
    ingress: [
      {
        peers: [
          { kind: 'pods', podSelector: is('app', `app${(i * 7) % apps}`) },
          { kind: 'pods', namespaceSelector: is('team', `t${i % 3}`), podSelector: is('tier', `t${i % 3}`) },
        ],
        ports: [
          { protocol: 'TCP', port: 'http' },
          { protocol: 'TCP', port: 1000 + (i % 50), endPort: 1100 + (i % 50) },
        ],
      },
      { peers: [{ kind: 'block', cidr: `172.16.${i % 200}.0/24`, except: [`172.16.${i % 200}.0/28`] }], ports: [] },
    ],
    egress: [
      { peers: [{ kind: 'pods', podSelector: is('app', `app${(i * 3) % apps}`) }], ports: [{ protocol: 'TCP', port: 8080 }] },
      { peers: [], ports: [{ protocol: 'UDP', port: 53 }] },
    ],
  };
}
