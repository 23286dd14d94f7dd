/**
 * TAP port: makes an interface (or attaches to an existing TAP) whose other end is the kernel's stack, with checksum and segmentation offloads.
 *
 * Region: a pool of large slots. See native/tap_port.h. Without root it needs a /dev/net/tun that the user may open.
 */
import type { BufferRegion } from '../engine/port.ts';
import { checkRegion, defaultSlots, type PortShare, poolBytes } from './buffers.ts';
import { explainSystemError } from './errors.ts';
import { loadAddon, NativeBackedPort, type NativePort, netnsPath } from './native.ts';

export interface TapPortOptions {
  readonly interface: string;
  /** Network namespace that the interface is made in: a name of `ip netns` or a path; the thread's own if absent. */
  readonly netns?: string;
}

export class TapPort extends NativeBackedPort<NativePort> {}

/** Bytes of arena that a TAP port needs. */
export function tapPortBytes(): number {
  return poolBytes(defaultSlots);
}

/** Makes or opens the interface and sets it up. It vanishes with the port unless it was there before. Throws OperatorError. */
export function openTapPort(options: TapPortOptions, number: number, region: BufferRegion, share?: PortShare): TapPort {
  checkRegion(region, tapPortBytes());
  const addon = loadAddon();
  try {
    const native = new addon.TapPort({
      name: options.interface,
      netns: netnsPath(options.netns),
      number,
      fanout: share?.group ?? 0,
      memory: new Uint8Array(region.memory.buffer),
      pool: region.start,
      poolSlots: defaultSlots,
    });
    return new TapPort(number, options.interface, native);
  } catch (error) {
    throw explainSystemError(error, options.interface, options.netns);
  }
}
