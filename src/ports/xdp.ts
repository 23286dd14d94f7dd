/**
 * AF_XDP port, for NICs: one queue of an interface, its frames received into and sent from the arena (native/xdp_port.h). Chosen by name, `xdp:eth1`.
 *
 * What the queue receives never reaches the kernel's IP stack; other queues' frames do. There is no offload: on veth, where the peer leaves checksums
 * and segments to the other end, its `tx` and `tso` must be off, and a packet port is faster anyway.
 */
import type { BufferRegion } from '../engine/port.ts';
import { checkRegion } from './buffers.ts';
import { explainSystemError, OperatorError } from './errors.ts';
import { interfaceFacts, loadAddon, NativeBackedPort, type NativeXdpPort, netnsPath } from './native.ts';

export interface XdpPortOptions {
  readonly interface: string;
  readonly netns?: string;
  /** Receive queue; default 0. A NIC with one queue gives all its frames to it: `ethtool -L eth1 combined 1`. */
  readonly queue?: number;
  /** Chunks for frames, a power of two; half of them to receive; default 4096. */
  readonly chunks?: number;
}

/** As in native/xdp_port.cpp. */
const chunkBytes = 4096;
/** The kernel's headroom in a receive chunk, and the Ethernet header with a VLAN tag. */
const chunkOverhead = 256 + 18;
const defaults = { queue: 0, chunks: 4096 } as const;

export class XdpPort extends NativeBackedPort<NativeXdpPort> {
  /** `native`: in the driver; `generic`: behind it. */
  get mode(): 'native' | 'generic' {
    return this.native.mode();
  }
}

export function xdpPortBytes(options: XdpPortOptions): number {
  return chunksOf(options) * chunkBytes;
}

/** Throws OperatorError: as openPacketPort, and interface-busy if somebody else has an XDP program there. */
export function openXdpPort(options: XdpPortOptions, number: number, region: BufferRegion): XdpPort {
  checkRegion(region, xdpPortBytes(options));
  const addon = loadAddon();
  const { mtu } = interfaceFacts(options.interface, options.netns);
  if (mtu + chunkOverhead > chunkBytes) {
    throw new OperatorError(
      'bad-port-spec',
      `interface '${options.interface}' has MTU ${mtu}, an XDP port takes frames of up to ${chunkBytes - chunkOverhead} bytes`,
      'make the MTU smaller, or use a packet port',
    );
  }
  try {
    const native = new addon.XdpPort({
      name: options.interface,
      netns: netnsPath(options.netns),
      number,
      queue: options.queue ?? defaults.queue,
      memory: new Uint8Array(region.memory.buffer),
      umem: region.start,
      chunks: chunksOf(options),
    });
    return new XdpPort(number, options.interface, native);
  } catch (error) {
    throw explainSystemError(error, options.interface, options.netns);
  }
}

function chunksOf({ chunks = defaults.chunks }: XdpPortOptions): number {
  if (!Number.isInteger(Math.log2(chunks)) || chunks < 128 || chunks > 65536)
    throw new OperatorError('bad-port-spec', `chunks is ${chunks}`, 'use a power of two from 128 to 65536');
  return chunks;
}
