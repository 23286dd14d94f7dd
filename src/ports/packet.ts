/**
 * Packet port: takes over an existing interface (veth, NIC) by an AF_PACKET socket whose ring lies in the arena. The default.
 *
 * Region: the ring (frames * frameBytes), behind it the pool for frames that do not fit a ring slot (GSO). See native/packet_port.h.
 */
import type { BufferRegion, Port } from '../engine/port.ts';
import { checkRegion, defaultSlots, type PortShare, poolBytes } from './buffers.ts';
import { explainSystemError, OperatorError } from './errors.ts';
import { loadAddon, NativeBackedPort, type NativePacketPort, netnsPath } from './native.ts';
import { isolateByNft, type NftIsolationOptions, removeNftIsolation } from './nft-isolation.ts';

export interface PacketPortOptions {
  readonly interface: string;
  /** Network namespace of the interface: a name of `ip netns` or a path; the thread's own if absent. */
  readonly netns?: string;
  /** Slots of the receive ring. */
  readonly frames?: number;
  /** Bytes of a slot: a power of two, 2048 .. 65536. */
  readonly frameBytes?: number;
  /** Keep the kernel's IP stack from seeing what arrives here; default true. */
  readonly isolate?: boolean;
  /** An isolated interface's IPv4 UDP port that the kernel keeps, with ARP: where its own tunnels end. */
  readonly keep?: number;
}

const defaults = { frames: 4096, frameBytes: 2048, isolate: true } as const;
const blockBytes = 65536;

/** How the kernel's IP stack is kept from seeing what arrives. */
export type Isolation = 'tcx' | 'nftables' | 'none';

export class PacketPort extends NativeBackedPort<NativePacketPort> {
  /** Set while nftables isolates, in place of the tcx program. */
  #nft: NftIsolationOptions | undefined;
  #lastState: Port['state'] = 'up';

  /** `wanted`: what nftables is to do where the kernel did not permit the tcx program. */
  constructor(number: number, name: string, native: NativePacketPort, wanted: NftIsolationOptions | undefined) {
    super(number, name, native);
    if (wanted && !native.isIsolated() && isolateByNft(wanted)) this.#nft = wanted;
    this.#lastState = super.state;
  }

  get isolation(): Isolation {
    if (this.native.isIsolated()) return 'tcx';
    return this.#nft ? 'nftables' : 'none';
  }

  /** False if neither way was permitted: then the kernel's IP stack sees the packets too. */
  get kernelStackIsolated(): boolean {
    return this.isolation !== 'none';
  }

  override get state(): Port['state'] {
    const state = super.state;
    // The chain went with the interface.
    if (this.#nft && this.#lastState === 'gone' && state !== 'gone') isolateByNft(this.#nft);
    this.#lastState = state;
    return state;
  }

  override close(): void {
    if (this.#nft) removeNftIsolation(this.#nft);
    this.#nft = undefined;
    super.close();
  }
}

/** Bytes of arena that a packet port needs. */
export function packetPortBytes(options: PacketPortOptions): number {
  const { frames, frameBytes } = geometry(options);
  return frames * frameBytes + poolBytes(defaultSlots);
}

/** Opens an interface. Throws OperatorError: no-permission, no-such-interface, no-such-netns, no-memory, … */
export function openPacketPort(options: PacketPortOptions, number: number, region: BufferRegion, share?: PortShare): PacketPort {
  const { frames, frameBytes } = geometry(options);
  checkRegion(region, packetPortBytes(options));
  const addon = loadAddon();
  try {
    const isolate = options.isolate ?? defaults.isolate;
    const isolation = { interface: options.interface, netns: netnsPath(options.netns), keptUdpPort: options.keep ?? 0 };
    const native = new addon.PacketPort({
      name: options.interface,
      netns: isolation.netns,
      number,
      fanout: share?.group ?? 0,
      memory: new Uint8Array(region.memory.buffer),
      ring: region.start,
      frames,
      frameBytes,
      pool: region.start + frames * frameBytes,
      poolSlots: defaultSlots,
      isolate,
      keptUdpPort: isolation.keptUdpPort,
    });
    return new PacketPort(number, options.interface, native, isolate ? isolation : undefined);
  } catch (error) {
    throw explainSystemError(error, options.interface, options.netns);
  }
}

function geometry(options: PacketPortOptions): { frames: number; frameBytes: number } {
  const frames = options.frames ?? defaults.frames;
  const frameBytes = options.frameBytes ?? defaults.frameBytes;
  if (!Number.isInteger(Math.log2(frameBytes)) || frameBytes < 2048 || frameBytes > blockBytes) {
    throw new OperatorError('bad-port-spec', `frameBytes is ${frameBytes}`, 'use a power of two from 2048 to 65536');
  }
  const perBlock = blockBytes / frameBytes;
  if (!Number.isInteger(frames / perBlock) || frames < perBlock || frames > 65536) {
    throw new OperatorError('bad-port-spec', `frames is ${frames}`, `use a multiple of ${perBlock} up to 65536`);
  }
  return { frames, frameBytes };
}
