/**
 * The addon (native/), typed and loaded. Built at install into build/native; its own idea of a descriptor is compared with ours before use.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { descriptor } from '../arena/layout.ts';
import type { Port, PortStats } from '../engine/port.ts';
import { emptyPortStats } from '../engine/port.ts';
import { explainSystemError, OperatorError } from './errors.ts';
import type { TrafficAddon } from './traffic.ts';

/** One native port. Addresses are bytes from the start of the memory. */
export interface NativePort {
  /** Gives back the buffers of the batch before; so does `Waiter.wait`. */
  receive(descriptors: number, max: number): number;
  transmit(list: number, count: number): void;
  /** Writes the counters in the order of `counterNames`. */
  readCounters(target: Float64Array): void;
  /** 0 up, 1 down, 2 gone. */
  state(): number;
  fd(): number;
  /** For `Waiter`. */
  pollable(): unknown;
  close(): void;
}

export interface NativePacketPort extends NativePort {
  isIsolated(): boolean;
}

export interface NativeXdpPort extends NativePort {
  mode(): 'native' | 'generic';
}

export interface NativeXdpPortOptions {
  readonly name: string;
  readonly netns: string;
  readonly number: number;
  readonly queue: number;
  readonly memory: Uint8Array;
  readonly umem: number;
  readonly chunks: number;
}

export interface NativePortOptions {
  readonly name: string;
  /** Path of a network namespace, empty for the thread's own. */
  readonly netns: string;
  readonly number: number;
  /** Group of the ports that share an interface (`PortShare`); 0: alone. */
  readonly fanout: number;
  readonly memory: Uint8Array;
  readonly pool: number;
  readonly poolSlots: number;
}

export interface NativePacketPortOptions extends NativePortOptions {
  readonly ring: number;
  readonly frames: number;
  readonly frameBytes: number;
  readonly isolate: boolean;
  readonly keptUdpPort: number;
}

export interface InterfaceFacts {
  readonly index: number;
  readonly mtu: number;
  readonly mac: Uint8Array;
  readonly isUp: boolean;
}

/** How a data plane waits for its ports: it watches their rings in memory, then sleeps. */
export interface Waiter {
  /**
   * From now on these ports, until the next call. `look` and `wait` set `flags[i]` to whether the i-th of them may have input, and `clock[0]` to the time in
   * monotonic nanoseconds.
   */
  watch(ports: readonly NativePort[], flags: Uint8Array, clock: Float64Array): void;
  /** Sets flags and clock without a system call. */
  look(): void;
  /**
   * Waits for input or for the wake descriptor, which it clears: spins, then sleeps up to `timeoutMs` (-1: for ever). It spins for `spinUs`, and up to five
   * times as long, while that spares it sleeps that would end soon, else not at all; `spinAlways`: until `timeoutMs` is over.
   */
  wait(timeoutMs: number, spinUs: number): boolean;
}

/** `spinUs` of a waiter that never sleeps. */
export const spinAlways = 0xffffffff;

export interface Addon extends TrafficAddon {
  readonly revision: number;
  readonly descriptor: Readonly<Record<string, number>>;
  readonly PacketPort: new (options: NativePacketPortOptions) => NativePacketPort;
  readonly TapPort: new (options: NativePortOptions) => NativePort;
  readonly XdpPort: new (options: NativeXdpPortOptions) => NativeXdpPort;
  readonly Waiter: new (wakeFd: number) => Waiter;
  interfaceFacts(name: string, netnsPath: string): InterfaceFacts;
  /** Waits for input on any of the descriptors: spins up to `spinUs`, then sleeps up to `timeoutMs` (-1: for ever). Returns how many are ready. */
  wait(fds: Int32Array, timeoutMs: number, spinUs: number): number;
  /** A descriptor that `wake` from any thread of the process makes ready. */
  createWake(): number;
  wake(fd: number): void;
  /** Makes it not ready again; true if it was. */
  clearWake(fd: number): boolean;
  closeWake(fd: number): void;
  /** Asks for huge pages in a range of the memory, before it is touched; whether the kernel agrees. */
  adviseHugePages(memory: Uint8Array, start: number, bytes: number): boolean;
  /** Gives the calling thread a nice value (-20 comes first) unless it has a better one; false if that is not permitted. */
  raiseThread(nice: number): boolean;
  /** Monotonic nanoseconds into target[0] (low) and target[1] (high). */
  readClock(target: Uint32Array): void;
}

/** The addon's, as native/addon.cpp has it. */
const revision = 2;

const counterNames: readonly (keyof PortStats)[] = [
  'rxPackets',
  'rxBytes',
  'txPackets',
  'txBytes',
  'rxDropsRing',
  'rxDropsInvalid',
  'txDropsFull',
  'txDropsTooBig',
  'txDropsDown',
  'txErrors',
];

const states: readonly Port['state'][] = ['up', 'down', 'gone'];

/** Where `npm run build:native` leaves the addon: seen from src/ and dist/, which lie side by side in the package, and from build/bench/src/. */
const addonUrls = ['../../build/native', '../../../native'].map((dir) => new URL(`${dir}/Release/softipu.node`, import.meta.url));

/** Loads the addon (Node caches it per thread). Throws OperatorError addon-missing or addon-stale. */
export function loadAddon(): Addon {
  const path = fileURLToPath(addonUrls.find((url) => existsSync(url)) ?? addonUrls[0]!);
  if (!existsSync(path)) {
    throw new OperatorError(
      'addon-missing',
      `the native addon is not built: no ${path}`,
      `run 'npm run build:native' (needs g++ and cmake); ports 'memory' and 'pcap:' work without it`,
    );
  }
  const addon = createRequire(import.meta.url)(path) as Addon;
  const fields = descriptor as Readonly<Record<string, number>>;
  const moved = Object.entries(addon.descriptor).find(([field, offset]) => fields[field] !== offset)?.[0];
  if (moved !== undefined || addon.revision !== revision) {
    const what = moved === undefined ? `revision ${addon.revision ?? 1}, not ${revision}` : `descriptor.${moved}`;
    throw new OperatorError('addon-stale', `the native addon is of another version (${what})`, `run 'npm run build:native'`);
  }
  return addon;
}

/** Path of a namespace given by path or by a name of `ip netns`. */
export function netnsPath(netns: string | undefined): string {
  if (netns === undefined || netns.includes('/')) return netns ?? '';
  return `/run/netns/${netns}`;
}

/** Index, MTU, MAC and state of an interface. Throws OperatorError. */
export function interfaceFacts(name: string, netns?: string): InterfaceFacts {
  const addon = loadAddon();
  try {
    return addon.interfaceFacts(name, netnsPath(netns));
  } catch (error) {
    throw explainSystemError(error, name, netns);
  }
}

/** The native ports among `ports`: those that a Waiter can watch. */
export function nativePorts(ports: readonly Port[]): NativePort[] {
  return ports.flatMap((port) => (port instanceof NativeBackedPort ? [port.native as NativePort] : []));
}

/** A Port over a native one: what packet and TAP ports have in common. */
export class NativeBackedPort<Native extends NativePort> implements Port {
  readonly number: number;
  readonly name: string;
  readonly pollFd: number;
  readonly native: Native;
  readonly #stats: PortStats = emptyPortStats();
  readonly #counters = new Float64Array(counterNames.length);

  constructor(number: number, name: string, native: Native) {
    this.number = number;
    this.name = name;
    this.native = native;
    this.pollFd = native.fd();
  }

  receive(descriptors: number, max: number): number {
    return this.native.receive(descriptors, max);
  }

  transmit(list: number, count: number): void {
    this.native.transmit(list, count);
  }

  /** The next `receive` does it, or the waiter: a call less per batch. */
  release(_descriptors: number, _count: number): void {}

  /** The same object each time, brought up to date. One system call. */
  get stats(): PortStats {
    this.native.readCounters(this.#counters);
    for (let i = 0; i < counterNames.length; i++) this.#stats[counterNames[i]!] = this.#counters[i]!;
    return this.#stats;
  }

  get state(): Port['state'] {
    return states[this.native.state()]!;
  }

  close(): void {
    this.native.close();
  }
}
