/**
 * `softipu run node.yaml`: the node data plane, until a signal.
 *
 * Everything that can be wrong with the configuration is found before an interface is touched; then ports open all or none; then the first
 * state of the manifests is applied; then the control socket appears: who can connect to it finds a working node.
 */
import { readFileSync } from 'node:fs';
import { Manifests, printProblem, toModel, watchDirectory } from '../kubernetes/index.ts';
import { IpuManager } from '../manager/index.ts';
import { Device, EntityBuilder } from '../p4runtime/index.ts';
import { interfaceFacts, parsePortSpec } from '../ports/index.ts';
import { printMac } from '../wire/index.ts';
import { type NodeConfig, parseNodeConfig, timeoutNames } from './config.ts';
import { serveControl } from './control-socket.ts';
import { UserError } from './errors.ts';
import { inspectHandlers } from './inspect.ts';
import { nodeHandlers } from './node-inspect.ts';
import { shippedProgram } from './package-root.ts';
import { type LoadedProgram, loadProgram } from './program.ts';
import { Runtime } from './runtime.ts';
import { say } from './say.ts';
import { askForSignal } from './signals.ts';

const tickMs = 250;
const defaultVxlanPort = 4789;

export async function runCommand(file: string): Promise<number> {
  const config = readConfig(file);
  const program = loadProgram({
    path: config.program ?? shippedProgram,
    defines: config.vxlan.port === defaultVxlanPort ? [] : [`VXLAN_PORT=${config.vxlan.port}`],
  });
  requireTables(program, config);
  const runtime = await Runtime.start({
    program,
    ports: config.ports.map((port) => ({ number: port.number, spec: port.interface, isNet: port.kind === 'net' })),
    hashSeed: config.hashSeed,
    onWarning: say,
  });
  const cleanUp: (() => void)[] = [];
  try {
    runtime.on('portState', (name, state) => say(`port '${name}' is ${state}`));
    const failed = new Promise<string>((done) => runtime.once('fatal', done));
    timeoutNames.forEach((name, profile) => {
      runtime.arena.setExpireProfile(profile, config.timeouts[name]);
    });
    const manager = startManager(runtime, program, cleanUp);
    if (config.manifests !== undefined) cleanUp.push(followManifests(config, manager));
    else apply(manager, config, new Manifests().update([]).objects);
    const { handlers, refresh } = inspectHandlers(runtime);
    await refresh();
    const timer = setInterval(() => {
      manager.tick(performance.now());
      void refresh();
    }, tickMs);
    cleanUp.push(() => clearInterval(timer));
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
  }
  return 0;
}

function readConfig(file: string): NodeConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError('unreadable-config', `cannot read '${file}': ${error instanceof Error ? error.message : String(error)}`);
  }
  return parseNodeConfig(file, text);
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

function followManifests(config: NodeConfig, manager: IpuManager): () => void {
  const manifests = new Manifests();
  let lastProblems = '';
  return watchDirectory({
    directory: config.manifests!,
    onFiles: (files) => {
      const { objects, problems } = manifests.update(files);
      const text = problems.map(printProblem).join('\n');
      if (text !== lastProblems && text !== '') say(`these manifests are not used until they are right:\n${text}`);
      lastProblems = text;
      apply(manager, config, objects);
    },
    onError: say,
  });
}

let lastNotes = '';

function apply(manager: IpuManager, config: NodeConfig, objects: ReturnType<Manifests['update']>['objects']): void {
  const { model, notes } = toModel(objects, {
    ...config,
    ports: config.ports.map((port) => ({
      ...port,
      ...(port.kind === 'net' && { hardwareAddress: hardwareAddress(port.interface) }),
    })),
  });
  const text = notes.join('\n');
  if (text !== lastNotes && text !== '') say(text);
  lastNotes = text;
  report(manager.setModel(model, performance.now()).errors);
}

function report(errors: readonly string[]): void {
  if (errors.length > 0) say(`the data plane refused a change, nothing of it was applied:\n${errors.join('\n')}`);
}

/** MAC address of a network interface; undefined for ports that are no interface. */
function hardwareAddress(spec: string): string | undefined {
  const parsed = parsePortSpec(spec);
  return parsed.kind === 'packet' ? printMac(interfaceFacts(parsed.interface, parsed.netns).mac) : undefined;
}
