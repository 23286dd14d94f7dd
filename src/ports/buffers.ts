/**
 * Buffers of ports in the arena: pools of large slots, each with headroom in front, and the start of a descriptor.
 *
 * A slot takes a GSO frame of 64 KiB with its link header. As native/buffers.h.
 */
import { descriptor, noPort } from '../arena/layout.ts';
import type { BufferRegion } from '../engine/port.ts';
import { OperatorError } from './errors.ts';

/** 17 pages of 4 KiB. */
export const largeSlot = { bytes: 69632, headroom: 256 } as const;

/** Slots that a port gets unless told otherwise: as many as the engine's batch. */
export const defaultSlots = 64;

/** Bytes of a pool, a multiple of the 64 KiB in which regions are placed. */
export function poolBytes(slots: number): number {
  return roundUp64K(slots * largeSlot.bytes);
}

export function roundUp64K(bytes: number): number {
  return Math.ceil(bytes / 65536) * 65536;
}

/** Throws unless a port's buffers fit its region: a mistake of the caller, checked once at the door. */
export function checkRegion(region: BufferRegion, bytes: number): void {
  if (region.start % 65536 !== 0) throw new RangeError(`buffer region starts at ${region.start}, not at a multiple of 64 KiB`);
  if (region.end - region.start < bytes || region.end > region.memory.buffer.byteLength) {
    throw new OperatorError(
      'no-memory',
      `port needs ${bytes} bytes of buffers, its region holds ${region.end - region.start}`,
      'reserve bytesNeeded(spec) bytes within the memory',
    );
  }
}

/** Writes a whole descriptor for a packet without offload metadata. */
export function startDescriptor(
  view: DataView,
  at: number,
  port: number,
  addr: number,
  length: number,
  start: number,
  end: number,
): void {
  view.setUint32(at + descriptor.addr, addr, true);
  view.setUint32(at + descriptor.length, length, true);
  view.setUint32(at + descriptor.inPort, port, true);
  view.setUint32(at + descriptor.outPort, noPort, true);
  view.setUint32(at + descriptor.bufferStart, start, true);
  view.setUint32(at + descriptor.bufferEnd, end, true);
  for (let word = descriptor.csumAddr; word < descriptor.bytes; word += 4) view.setUint32(at + word, 0, true);
}

/** An interface that several data-plane threads have open, each with a port of its own; the kernel gives each flow to one of them. */
export interface PortShare {
  /** 1 .. 65535, the same for all ports of the interface and for no other. */
  readonly group: number;
}
