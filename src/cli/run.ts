/**
 * `softipu run node.yaml`: the node data plane, until a signal.
 *
 * Everything that can be wrong with the configuration is found before an interface is touched; then ports open all or none; then the first
 * state of the manifests is applied; then the control socket appears: who can connect to it finds a working node.
 */
import { readFileSync } from 'node:fs';
import {
  type ApiRequest,
  createApiClient,
  followApi,
  loadKubeConfig,
  Manifests,
  type NodeSettings,
  printProblem,
  watchDirectory,
} from '../kubernetes/index.ts';
import { IpuManager } from '../manager/index.ts';
import { Device, EntityBuilder } from '../p4runtime/index.ts';
import { type InterfaceFacts, interfaceFacts, parsePortSpec } from '../ports/index.ts';
import { printMac } from '../wire/index.ts';
import { maxPodPorts, podPortSpec, startCni } from './cni-node.ts';
import { type NodeConfig, parseNodeConfig, timeoutNames } from './config.ts';
import { serveControl } from './control-socket.ts';
import { isOperatorError, UserError } from './errors.ts';
import { HealthChecks } from './health-checks/checker.ts';
import { inspectHandlers } from './inspect.ts';
import { parseKubeProxyConfig } from './kube-proxy-config.ts';
import { type LoadedProgram, loadProgram } from './load-program.ts';
import { nodeHandlers } from './node-inspect.ts';
import { observe } from './observe.ts';
import { shippedProgram } from './package-root.ts';
import { devicePort, runtimePorts, tunnelDevice, tunnelMtu, warnOfLongPackets } from './run-ports.ts';
import { Runtime } from './runtime.ts';
import { say } from './say.ts';
import { askForSignal } from './signals.ts';
import { Sync } from './sync.ts';

const tickMs = 250;
/** Asking for port counters wakes the data plane. */
const refreshMs = 1000;
const defaultVxlanPort = 4789;

export interface RunOptions {
  /** A KubeProxyConfiguration; what node.yaml says comes first. */
  readonly kubeProxyConfig?: string;
}

export async function runCommand(file: string, options: RunOptions = {}): Promise<number> {
  const config = readConfig(file, options.kubeProxyConfig);
  const program = await loadProgram({
    path: config.program ?? shippedProgram,
    defines: programDefines(config),
    workers: config.workers,
  });
  requireTables(program, config);
  const tunnel = tunnelDevice(config);
  warnOfLongPackets(config, tunnel);
  const runtime = await Runtime.start({
    program,
    ports: runtimePorts(config, tunnel),
    hashSeed: config.hashSeed,
    workers: config.workers,
    spinUs: config.spinUs,
    onWarning: say,
    ...(config.cni && { morePorts: { spec: podPortSpec('pod'), count: maxPodPorts } }),
  }).catch((error: unknown) => {
    tunnel?.close();
    throw error;
  });
  const cleanUp: (() => void)[] = [];
  try {
    runtime.on('portState', (name, state) => say(`port '${name}' is ${state}`));
    const failed = new Promise<string>((done) => runtime.once('fatal', done));
    timeoutNames.forEach((name, profile) => {
      runtime.arena.setExpireProfile(profile, config.timeouts[name]);
    });
    const manager = startManager(runtime, program, cleanUp);
    const { handlers, refresh, ports } = inspectHandlers(runtime);
    const watched = observe({ runtime, program, manager, ports });
    const sync = new Sync({
      manager,
      settings: nodeSettings(config, tunnel && { port: devicePort, mtu: tunnel.mtu }),
      say,
      onSync: (report) => {
        const error = tunnel?.setPeers(manager.model?.remoteNodes ?? []);
        if (error !== undefined) say(`the kernel refused a tunnel to another node: ${error}`);
        watched.synced(report);
      },
      adjust: (model) => checks.adjust(model),
    });
    const checks = new HealthChecks({ say, onChange: () => sync.again() });
    cleanUp.push(() => checks.close());
    watched.follow(sync);
    cleanUp.push(() => watched.close());
    cleanUp.push(await followObjects(config, sync, (request) => watched.metrics.requested(request)));
    await refresh();
    const timer = setInterval(() => {
      manager.tick(performance.now());
      watched.tick();
    }, tickMs);
    const refreshing = setInterval(() => void refresh(), refreshMs);
    cleanUp.push(() => clearInterval(timer));
    cleanUp.push(() => clearInterval(refreshing));
    for (const server of await watched.serve(config)) cleanUp.push(() => server.close());
    cleanUp.push(await startCni(config, runtime, sync, tunnelMtu(config, tunnel)));
    const server = await serveControl(config.controlSocket, { ...handlers, ...nodeHandlers(runtime, manager) });
    cleanUp.push(() => server.close());
    say(
      `node '${config.nodeName}' runs on ${config.ports.map((p) => p.interface).join(', ')}; control socket '${config.controlSocket}'`,
    );
    const end = await Promise.race([askForSignal(), failed]);
    if (end !== undefined) throw new Error(end);
  } finally {
    for (const clean of cleanUp.reverse()) clean();
    await runtime.stop();
    tunnel?.close();
  }
  return 0;
}

export function readConfig(file: string, kubeProxyFile?: string): NodeConfig {
  if (kubeProxyFile === undefined) return parseNodeConfig(file, readText(file));
  const { settings, ignored } = parseKubeProxyConfig(kubeProxyFile, readText(kubeProxyFile));
  if (ignored.length > 0) say(`'${kubeProxyFile}': these fields have no effect here: ${ignored.join(', ')}`);
  return parseNodeConfig(file, readText(file), settings);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError('unreadable-config', `cannot read '${file}': ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The manager fills tables by name: another program must have those of k8s-lb.p4. */
function requireTables(program: LoadedProgram, config: NodeConfig): void {
  const names = program.p4info.tables.map((t) => t.preamble.alias);
  const missing = ['flows', 'services', 'routes', 'arp_responder'].filter((name) => !names.includes(name));
  if (missing.length === 0) return;
  throw new UserError(
    'wrong-program',
    `'${config.program}' has no table ${missing.map((m) => `'${m}'`).join(', ')}`,
    '`softipu run` fills the tables of k8s-lb.p4; for other programs there is `softipu switch`',
  );
}

/** The IPU Manager on the running program, with what the data plane tells it. */
function startManager(runtime: Runtime, program: LoadedProgram, cleanUp: (() => void)[]): IpuManager {
  const device = new Device({ target: runtime, p4info: program.p4info, program: program.objects });
  const manager = new IpuManager({ device, build: new EntityBuilder(program.p4info) });
  const onPunt = (bytes: Uint8Array): void => {
    const packet = device.toPacketIn(bytes);
    if (packet) report(manager.packetIn(packet, performance.now())?.errors ?? []);
  };
  runtime.on('punt', onPunt);
  runtime.on('expired', (entries) => {
    const tableEntry = entries.flatMap((entry) => device.toExpired(entry) ?? []);
    manager.idleTimeout({ tableEntry, timestamp: BigInt(Date.now()) * 1_000_000n }, Date.now());
  });
  cleanUp.push(() => runtime.off('punt', onPunt));
  return manager;
}

/** What node.yaml says and the program is compiled with. */
export function programDefines({ vxlan }: NodeConfig): string[] {
  return vxlan.port === defaultVxlanPort ? [] : [`VXLAN_PORT=${vxlan.port}`];
}

/** Gives the objects of the cluster to `sync`, now and whenever they change, until the result is called. */
export async function followObjects(
  config: NodeConfig,
  sync: Sync,
  onRequest?: (request: ApiRequest) => void,
): Promise<() => void> {
  if (config.kubernetes) return followServer(config, sync, onRequest);
  if (config.manifests !== undefined) return followManifests(config.manifests, sync);
  sync.setObjects([]);
  return () => {};
}

function followManifests(directory: string, sync: Sync): () => void {
  const manifests = new Manifests();
  let lastProblems = '';
  return watchDirectory({
    directory,
    onFiles: (files) => {
      const { objects, problems } = manifests.update(files);
      const text = problems.map(printProblem).join('\n');
      if (text !== lastProblems && text !== '') say(`these manifests are not used until they are right:\n${text}`);
      lastProblems = text;
      sync.setObjects(objects);
    },
    onError: say,
  });
}

async function followServer(
  { kubernetes, minSyncMs, services }: NodeConfig,
  sync: Sync,
  onRequest: ((request: ApiRequest) => void) | undefined,
): Promise<() => void> {
  const kubeConfig = await loadKubeConfig(kubernetes!).catch((error: Error) => {
    throw new UserError('bad-kubeconfig', error.message);
  });
  const source = followApi({
    client: createApiClient(kubeConfig, { ...(onRequest && { onRequest }) }),
    onObjects: (objects) => void sync.setObjects(objects),
    onQueued: () => sync.queue(),
    onError: say,
    ...(services.proxyName !== undefined && { proxyName: services.proxyName }),
    ...(minSyncMs !== undefined && { minSyncMs }),
  });
  return () => source.stop();
}

/**
 * What node.yaml says, and the hardware's own addresses. `device`: the port of the kernel's vxlan device, if that encapsulates. `isElsewhere`: interfaces
 * may be in another namespace, or on another machine; then what node.yaml does not say of them is not known.
 */
export function nodeSettings(config: NodeConfig, device?: NodeSettings['vxlan']['device'], isElsewhere = false): NodeSettings {
  return {
    ...config,
    vxlan: { vni: config.vxlan.vni, ...(device && { device }) },
    ports: config.ports.map((port) => {
      const { mac, mtu } = (isElsewhere ? factsIfHere(port.interface) : factsOf(port.interface)) ?? {};
      return {
        ...port,
        ...(port.kind === 'net' && { hardwareAddress: port.hardwareAddress ?? (mac && printMac(mac)) }),
        ...(mtu !== undefined && { mtu: Math.min(mtu, 65535) }),
      };
    }),
  };
}

function report(errors: readonly string[]): void {
  if (errors.length > 0) say(`the data plane refused a change, nothing of it was applied:\n${errors.join('\n')}`);
}

function factsIfHere(spec: string): InterfaceFacts | undefined {
  try {
    return factsOf(spec);
  } catch (error) {
    if (isOperatorError(error)) return undefined;
    throw error;
  }
}

/** Of a network interface; undefined for ports that are none. */
function factsOf(spec: string): InterfaceFacts | undefined {
  const parsed = parsePortSpec(spec);
  return parsed.kind === 'packet' ? interfaceFacts(parsed.interface, parsed.netns) : undefined;
}
