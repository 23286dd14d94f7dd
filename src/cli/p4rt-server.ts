/** The P4Runtime server of a running data plane: `softipu switch --p4runtime ADDR`, and `p4runtime: ADDR` in node.yaml. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { Arena, layoutArena } from '../arena/index.ts';
import { startProgram } from '../engine/index.ts';
import type { Artifact } from '../p4/wasm/index.ts';
import { Protocol } from '../p4runtime/grpc/proto.ts';
import { type ServerTls, serve } from '../p4runtime/grpc/server.ts';
import {
  type ControlTarget,
  type Copy,
  Device,
  type ReplicationTarget,
  Restrictions,
  reconcile,
  StatusError,
} from '../p4runtime/index.ts';
import { p4infoDifferences } from '../p4runtime/server/compare.ts';
import type { PipelineConfig, PipelineTarget } from '../p4runtime/server/pipeline.ts';
import { P4RuntimeService } from '../p4runtime/server/service.ts';
import { isOperatorError, UserError } from './errors.ts';
import { type PlaceableProgram, readDeviceConfig } from './p4rt-program.ts';
import { protoDir } from './package-root.ts';
import type { Runtime } from './runtime.ts';

export interface P4RuntimeServerOptions {
  /** `HOST:PORT`, `:PORT`, `PORT` or `unix:PATH`. */
  readonly address: string;
  readonly deviceId?: bigint;
  /** Whether programs' `@entry_restriction` and `@action_restriction` are enforced. */
  readonly enforcesRestrictions?: boolean;
  /** Files: certificate, key, and the authority whose clients may come in. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly clientCa?: string };
}

export interface RunningP4Runtime {
  readonly address: string;
  readonly service: P4RuntimeService;
  stop(): void;
}

export const defaultPort = 9559;
const tickMs = 10;

/** Adds host and port where they are left out: loopback, 9559. */
export function completeAddress(address: string): string {
  if (address.startsWith('unix:')) return address;
  if (/^:?\d+$/.test(address)) return `127.0.0.1:${address.replace(':', '')}`;
  return /:\d+$/.test(address) ? address : `${address}:${defaultPort}`;
}

/** Starts to serve. `running`: the device and its pipeline, if there is one already. Throws UserError. */
export async function serveP4Runtime(
  runtime: Runtime,
  running: { readonly device: Device; readonly deviceConfig: Uint8Array } | undefined,
  options: P4RuntimeServerOptions,
): Promise<RunningP4Runtime> {
  const protocol = Protocol.load(protoDir);
  const p4info = running?.device.names.info;
  const config: PipelineConfig | undefined = p4info && {
    p4info,
    p4infoMessage: protocol.p4infoMessage(p4info),
    deviceConfig: running.deviceConfig,
  };
  const target = new RuntimePipelines(runtime, running?.device, options.enforcesRestrictions ?? false);
  const service = new P4RuntimeService({
    deviceId: options.deviceId ?? 1n,
    target,
    ...(running && config && { running: { device: running.device, config } }),
    p4info: { from: (message) => protocol.p4infoFrom(message) },
    nowNs: () => BigInt(Date.now()) * 1_000_000n,
  });
  const address = completeAddress(options.address);
  if (address.startsWith('unix:')) removeStale(address.slice('unix:'.length));
  const tls = options.tls && readTls(options.tls);
  let server: Awaited<ReturnType<typeof serve>>;
  try {
    server = await serve(service, protocol, address, tls);
  } catch (error) {
    throw new UserError(
      'server-address',
      `cannot serve P4Runtime at '${address}': ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  runtime.on('punt', (bytes) => {
    const packet = service.device?.toPacketIn(bytes);
    if (packet) service.packetIn(packet);
  });
  runtime.on('expired', (entries) => service.expired(entries, performance.now()));
  runtime.on('portState', (_name, _state, number) => service.device?.portChanged(number));
  const timer = setInterval(() => service.tick(performance.now()), tickMs);
  return {
    address: server.address,
    service,
    stop: () => {
      clearInterval(timer);
      server.stop();
    },
  };
}

/** The device on the program that is running, or on one that is not yet. */
export class LiveTarget implements ControlTarget {
  readonly arena: Arena;
  readonly #runtime: Runtime;
  /** Packets see the arena: changes have to wait for a batch to end. */
  isLive: boolean;
  readonly replication: ReplicationTarget;

  constructor(runtime: Runtime, arena: Arena, isLive: boolean) {
    this.#runtime = runtime;
    this.arena = arena;
    this.isLive = isLive;
    this.replication = isLive ? replicationOf(runtime) : { multicastGroup: () => {}, cloneSession: () => {} };
  }

  get portStates(): ReadonlyMap<number, boolean> {
    return this.#runtime.portStates;
  }

  atomically<T>(change: () => T): T {
    return this.isLive ? this.#runtime.atomically(change) : change();
  }

  nowMs(): number {
    return this.#runtime.nowMs();
  }

  inject(bytes: Uint8Array): void {
    if (this.isLive) this.#runtime.inject(bytes);
  }
}

/** Groups that carry clone sessions with several copies lie behind those of controllers. */
const sessionGroups = 0x1_0000_0000;

function replicationOf(runtime: Runtime): ReplicationTarget {
  const group = (id: number, copies: readonly Copy[] | undefined): void => runtime.setMulticastGroup(id, copies);
  return {
    multicastGroup: group,
    cloneSession: (id, copies, truncateBytes) => {
      const isMany = copies !== undefined && copies.length !== 1;
      group(sessionGroups + id, isMany ? copies : undefined);
      const where = isMany ? { group: sessionGroups + id } : { port: copies?.[0]?.port };
      runtime.setMirrorSession(id, copies && { ...where, ...(truncateBytes && { truncateBytes }) });
    },
  };
}

/** Programs that clients push, in the runtime's memory. */
class RuntimePipelines implements PipelineTarget<PlaceableProgram> {
  readonly #runtime: Runtime;
  readonly #enforcesRestrictions: boolean;
  #device: Device | undefined;

  constructor(runtime: Runtime, device: Device | undefined, enforcesRestrictions: boolean) {
    this.#runtime = runtime;
    this.#device = device;
    this.#enforcesRestrictions = enforcesRestrictions;
  }

  async verify({ p4info, deviceConfig }: PipelineConfig): Promise<PlaceableProgram> {
    if (deviceConfig.length === 0) throw new StatusError('INVALID_ARGUMENT', 'the config has no device config');
    const program = readDeviceConfig(deviceConfig);
    if (typeof program === 'string') throw new StatusError('INVALID_ARGUMENT', program);
    const differences = p4infoDifferences(program.p4info, p4info);
    if (differences.length > 0) {
      const more = differences.length > 20 ? [`and ${differences.length - 20} more`] : [];
      throw new StatusError(
        'INVALID_ARGUMENT',
        ['the P4Info does not belong to the program:', ...differences.slice(0, 20), ...more].join('\n'),
      );
    }
    if (this.#enforcesRestrictions) new Restrictions(program.p4info);
    return program;
  }

  shadow(program: PlaceableProgram): Device {
    const { arena: spec } = this.#artifact(program);
    const layout = layoutArena({ ...spec, base: 0 });
    const arena = new Arena(new ArrayBuffer(layout.programEnd), layout);
    startProgram(arena, program.objects, { random: () => 1 });
    return new Device({
      target: new LiveTarget(this.#runtime, arena, false),
      p4info: program.p4info,
      program: program.objects,
      enforcesRestrictions: this.#enforcesRestrictions,
    });
  }

  async commit(program: PlaceableProgram, { keep }: { readonly keep: boolean }): Promise<Device> {
    const runtime = this.#runtime;
    const before = this.#device;
    const artifact = this.#artifact(program);
    let prepared: Awaited<ReturnType<Runtime['prepareProgram']>>;
    try {
      prepared = await runtime.prepareProgram(artifact, program.objects);
    } catch (error) {
      if (isOperatorError(error)) throw new StatusError('INVALID_ARGUMENT', error.message);
      throw error;
    }
    const target = new LiveTarget(runtime, prepared.arena, true);
    target.isLive = false;
    const device = new Device({
      target,
      p4info: program.p4info,
      program: program.objects,
      enforcesRestrictions: this.#enforcesRestrictions,
    });
    const carry = keep && before ? reconcile(before, device) : () => {};
    if (!keep) before?.clearReplication();
    await runtime.swapProgram(prepared, carry);
    target.isLive = true;
    this.#device = device;
    return device;
  }

  #artifact(program: PlaceableProgram): Artifact {
    try {
      return program.at(this.#runtime.freeBase);
    } catch (error) {
      throw new StatusError(
        'INTERNAL',
        `the program cannot be compiled: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}

function readTls({ certificate, key, clientCa }: NonNullable<P4RuntimeServerOptions['tls']>): ServerTls {
  const read = (path: string): Uint8Array => {
    try {
      return readFileSync(path);
    } catch (error) {
      throw new UserError(
        'unreadable-certificate',
        `cannot read '${path}': ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  };
  return { certificate: read(certificate), key: read(key), ...(clientCa !== undefined && { clientCa: read(clientCa) }) };
}

/** A socket file that a server left behind. */
function removeStale(path: string): void {
  if (existsSync(path)) rmSync(path, { force: true });
}
