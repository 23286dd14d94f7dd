/**
 * Runs packets through compiled code and through the interpreter, each on its own memory laid out alike, and compares all that they leave behind:
 * descriptors, packets, mirror copies, and the arena's bytes (tables, counters, registers, digests), but for the compiled code's scratch.
 */
import { expect } from 'vitest';
import { Arena, type ArenaLayout, context, descriptor, layoutArena, noPort } from '../../../src/arena/index.ts';
import { Interpreter } from '../../../src/interp/index.ts';
import type { Program } from '../../../src/p4/ir/ir.ts';
import { compileToWasm } from '../../../src/p4/wasm/index.ts';

export interface Packet {
  /** Bytes as hexadecimal, blanks ignored. */
  readonly hex: string;
  readonly inPort?: number;
  readonly headroom?: number;
  readonly isLoopedBack?: boolean;
}

export interface Outcome {
  readonly port: number;
  readonly reason: number;
  readonly hex: string;
  readonly copies: readonly string[];
}

export interface Both {
  readonly arena: Arena;
  /** Does the same to both arenas. */
  readonly change: (to: (arena: Arena) => void) => void;
  /** Runs a batch; expects both to agree; what became of each packet. */
  readonly run: (packets: readonly (Packet | string)[], nowMs?: number) => Outcome[];
}

type Process = (context: number, descriptors: number, count: number) => void;

const bufferBytes = 16384;
const batch = 64;
const pageBytes = 65536;

/** `lowered`: the program in front of the passes, if the interpreter shall judge these, too. */
export function both(p: Program, lowered: Program = p): Both {
  const artifact = compileToWasm(p);
  const layout = layoutArena(artifact.arena);
  const bytes = layout.programEnd + batch * descriptor.bytes + batch * bufferBytes;
  const memory = new WebAssembly.Memory({
    initial: Math.ceil(bytes / pageBytes),
    maximum: artifact.memory.maximumPages,
    shared: true,
  });
  const compiled = new Arena(memory.buffer, layout);
  const judged = new Arena(new ArrayBuffer(memory.buffer.byteLength), layout);
  start(compiled, p);
  start(judged, p);
  const compiledCopies = new Map<number, string[]>();
  const judgedCopies = new Map<number, string[]>();
  const instance = new WebAssembly.Instance(new WebAssembly.Module(artifact.wasm), {
    env: { memory, ...hooks(compiled, compiledCopies) },
  });
  const compiledProcess = instance.exports.process as Process;
  const backend = new Interpreter(lowered, judged).backend(hooks(judged, judgedCopies));
  const descriptors = layout.programEnd;

  const run = (packets: readonly (Packet | string)[], nowMs = 0): Outcome[] => {
    const list = packets.map((packet) => (typeof packet === 'string' ? { hex: packet } : packet));
    compiledCopies.clear();
    judgedCopies.clear();
    for (const arena of [compiled, judged]) {
      arena.setNow(0, BigInt(nowMs) * 1_000_000n);
      list.forEach((packet, i) => {
        place(arena, descriptors + i * descriptor.bytes, descriptors + batch * descriptor.bytes + i * bufferBytes, packet);
      });
    }
    compiledProcess(layout.contexts, descriptors, list.length);
    backend.process(layout.contexts, descriptors, list.length);
    const outcomes = list.map((_, i) => outcome(compiled, descriptors + i * descriptor.bytes, compiledCopies));
    const expected = list.map((_, i) => outcome(judged, descriptors + i * descriptor.bytes, judgedCopies));
    expect(outcomes).toEqual(expected);
    expect(differences(compiled, judged, layout)).toEqual([]);
    return outcomes;
  };
  return {
    arena: compiled,
    change: (to) => {
      to(compiled);
      to(judged);
    },
    run,
  };
}

/** A fresh arena for the program; seeds are the same each time. */
export function start(arena: Arena, p: Program): void {
  let seed = 1;
  const actionOf = (table: number, action: number): number => p.tables[table]!.actions.findIndex((a) => a.action === action);
  arena.init({
    random: () => (seed++ * 2654435761) % 2 ** 32,
    hashSeed: 42,
    tables: p.tables.map((t, i) => ({
      defaultAction: { kind: 'action', action: actionOf(i, t.defaultAction.action), params: t.defaultAction.args },
      entries: t.entries.map((e) => ({
        matches: e.matches,
        priority: e.priority,
        call: { kind: 'action', action: actionOf(i, e.call.action), params: e.call.args },
      })),
    })),
    registers: p.externs.flatMap((e) => (e.kind === 'register' ? [e.initial] : [])),
  });
}

function hooks(
  arena: Arena,
  copies: Map<number, string[]>,
): { mirror: (d: number, slot: number, session: number) => void; multicast: (d: number, group: number) => void } {
  const note = (d: number, text: string): void => {
    copies.set(d, [...(copies.get(d) ?? []), `${text}: ${bytesOf(arena, d)}`]);
  };
  return {
    mirror: (d, slot, session) => note(d, `mirror ${slot} ${session >>> 0}`),
    multicast: (d, group) => note(d, `multicast ${group >>> 0}`),
  };
}

function place(arena: Arena, at: number, buffer: number, packet: Packet): void {
  const bytes = Uint8Array.from(Buffer.from(packet.hex.replaceAll(' ', ''), 'hex'));
  arena.bytes.fill(0, at, at + descriptor.bytes);
  // Rubbish around the packet: nothing may depend on it.
  arena.bytes.fill(0xa5, buffer, buffer + bufferBytes);
  const addr = buffer + 8192 + (bytes.length % 7);
  arena.bytes.set(bytes, addr);
  const set = (field: number, value: number): void => arena.view.setUint32(at + field, value, true);
  set(descriptor.addr, addr);
  set(descriptor.length, bytes.length);
  set(descriptor.inPort, packet.inPort ?? 1);
  set(descriptor.bufferStart, addr - (packet.headroom ?? 256));
  set(descriptor.bufferEnd, buffer + bufferBytes);
  arena.view.setUint8(at + descriptor.flags, packet.isLoopedBack ? 1 : 0);
}

function bytesOf(arena: Arena, at: number): string {
  const addr = arena.view.getUint32(at + descriptor.addr, true);
  return Buffer.from(arena.bytes.slice(addr, addr + arena.view.getUint32(at + descriptor.length, true))).toString('hex');
}

function outcome(arena: Arena, at: number, copies: Map<number, string[]>): Outcome {
  const port = arena.view.getUint32(at + descriptor.outPort, true);
  const reason = arena.view.getUint32(at + descriptor.reason, true);
  // Nobody looks at the bytes of a packet that is dropped.
  const hex = port === noPort && reason !== 0 ? '' : bytesOf(arena, at);
  return { port, reason, hex, copies: copies.get(at) ?? [] };
}

/** Offsets below programEnd where the arenas differ, but for the contexts' scratch. */
function differences(a: Arena, b: Arena, layout: ArenaLayout): number[] {
  const found: number[] = [];
  const scratch = [layout.contexts + context.mirrorSlots, layout.contexts + layout.contextBytes] as const;
  const compare = (from: number, to: number): void => {
    if (Buffer.from(a.bytes.subarray(from, to)).equals(Buffer.from(b.bytes.subarray(from, to)))) return;
    for (let i = from; i < to; i++) if (a.bytes[i] !== b.bytes[i] && found.length < 16) found.push(i);
  };
  compare(0, scratch[0]);
  compare(scratch[1], layout.programEnd);
  return found;
}
