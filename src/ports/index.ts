/**
 * Ports: what moves packets between the outside and the arena (engine/port.ts says how). This file opens one by its name; a program
 * without Node takes `memory.ts` and `pcap.ts` themselves.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import type { BufferRegion, Port } from '../engine/port.ts';
import type { PortShare } from './buffers.ts';
import { OperatorError } from './errors.ts';
import { LoadPort, loadPortBytes } from './load.ts';
import { MemoryPort, memoryPortBytes } from './memory.ts';
import { openPacketPort, packetPortBytes } from './packet.ts';
import { type PcapFiles, PcapPort } from './pcap.ts';
import { CaptureReader } from './pcap-format.ts';
import { type PortSpec, parsePortSpec } from './spec.ts';
import { openTapPort, tapPortBytes } from './tap.ts';
import { openXdpPort, xdpPortBytes } from './xdp.ts';

export type { PortShare } from './buffers.ts';
export { isSystemError, OperatorError, type OperatorErrorCode } from './errors.ts';
export { LoadPort, type LoadStats, loadPortBytes, mostFlows } from './load.ts';
export { MemoryPort, memoryPortBytes, type SentPacket } from './memory.ts';
export { type Addon, type InterfaceFacts, interfaceFacts, loadAddon, nativePorts, spinAlways } from './native.ts';
export { type Isolation, openPacketPort, PacketPort, type PacketPortOptions, packetPortBytes } from './packet.ts';
export { type PcapFiles, PcapPort } from './pcap.ts';
export { type PortSpec, parsePortSpec } from './spec.ts';
export { openTapPort, TapPort, type TapPortOptions, tapPortBytes } from './tap.ts';
export type { Offload } from './vnet.ts';
export { openXdpPort, XdpPort, type XdpPortOptions, xdpPortBytes } from './xdp.ts';

/** Bytes of arena that the port's region must have, a multiple of 64 KiB. Throws OperatorError bad-port-spec. */
export function bytesNeeded(spec: string | PortSpec): number {
  const parsed = typeof spec === 'string' ? parsePortSpec(spec) : spec;
  switch (parsed.kind) {
    case 'packet':
      return packetPortBytes(parsed);
    case 'tap':
      return tapPortBytes();
    case 'xdp':
      return xdpPortBytes(parsed);
    case 'pcap':
    case 'memory':
      return memoryPortBytes();
    case 'load':
      return loadPortBytes();
  }
}

/**
 * Opens a port. Its buffers lie in `region` until it is closed. With `share` other threads have ports of the same interface. Throws OperatorError;
 * files and memory cannot be shared.
 */
export function openPort(spec: string | PortSpec, number: number, region: BufferRegion, share?: PortShare): Port {
  const parsed = typeof spec === 'string' ? parsePortSpec(spec) : spec;
  if (share !== undefined && parsed.kind !== 'packet' && parsed.kind !== 'tap') {
    throw new OperatorError('bad-port-spec', `a ${parsed.kind} port cannot be shared by several workers`, 'use one worker');
  }
  switch (parsed.kind) {
    case 'packet':
      return openPacketPort(parsed, number, region, share);
    case 'tap':
      return openTapPort(parsed, number, region, share);
    case 'xdp':
      return openXdpPort(parsed, number, region);
    case 'pcap':
      return new PcapPort(number, region, openFiles(parsed.input, parsed.output));
    case 'memory':
      return new MemoryPort(number, region);
    case 'load': {
      const frames = parsed.input === undefined ? [] : readFrames(parsed.input);
      const nowMs = (): number => performance.now();
      return new LoadPort(number, region, {
        name: `load ${parsed.input ?? ''}`.trim(),
        frames,
        perSecond: parsed.perSecond,
        waits: parsed.waits,
        nowMs,
      });
    }
  }
}

function openFiles(input: string | undefined, output: string | undefined): PcapFiles {
  const from = input === undefined ? undefined : openFile(input, 'r');
  const to = output === undefined ? undefined : openFile(output, 'w');
  return {
    input:
      from === undefined ? undefined : { name: input!, read: (target) => readSync(from, target), close: () => closeSync(from) },
    output: to === undefined ? undefined : { name: output!, write: (bytes) => writeSync(to, bytes), close: () => closeSync(to) },
    now: () => {
      const ms = Date.now();
      return { seconds: Math.floor(ms / 1000), nanoseconds: (ms % 1000) * 1_000_000 };
    },
  };
}

/** All packets of a capture. Throws OperatorError. */
function readFrames(path: string): Uint8Array[] {
  const file = openFile(path, 'r');
  const reader = new CaptureReader((target) => readSync(file, target), path);
  const frames: Uint8Array[] = [];
  for (let packet = reader.read(); packet; packet = reader.read()) frames.push(packet.bytes.slice());
  closeSync(file);
  return frames;
}

function openFile(path: string, mode: 'r' | 'w'): number {
  try {
    return openSync(path, mode);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new OperatorError('no-such-file', `cannot open '${path}': ${why}`, 'check the path and its permissions', error);
  }
}
