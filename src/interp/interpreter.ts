/**
 * The reference interpreter: runs a program of the IR on packets, slowly and plainly. It judges the compiled code, and it explains packets.
 *
 * Tables, counters and everything else with state are those of the arena, so that interpreter and compiled code can take turns on the same
 * memory. `process` takes one packet as bytes; `backend` takes batches of descriptors, as compiled modules do.
 *
 * A packet's pipelines run one after the other on the same variables and headers, as long as it is not dropped. The last `output`, `multicast` or
 * `drop` decides; none is a drop for 'no-destination'.
 */
import { type Arena, context, descriptor, noPort } from '../arena/index.ts';
import { copyRecords, longestRecord } from '../p4/ir/copies.ts';
import { copyVias, type DropReason, dropReasons, type Pipeline, type Program } from '../p4/ir/ir.ts';
import { restoreCopy } from './copies.ts';
import { execute } from './execute.ts';
import { type Fate, makeHeaders, type State } from './state.ts';
import type { Trace } from './trace.ts';

export interface InputPacket {
  readonly bytes: Uint8Array;
  readonly inPort: number;
  readonly nowNs: bigint;
  /** Free bytes before the packet; default 256. */
  readonly headroom?: number;
  readonly isLoopedBack?: boolean;
  /** Bytes of the longest frame that a port cuts it into; default: all of it. */
  readonly segmentLength?: number;
}

export interface OutputPacket {
  /** `noPort` if it was dropped or multicast. */
  readonly outPort: number;
  /** 'none' if it was not dropped. */
  readonly reason: DropReason;
  readonly bytes: Uint8Array;
  readonly mirrors: readonly { readonly slot: number; readonly session: number }[];
  readonly multicast?: number;
  /** The program cut it: nothing is left to be completed by a port. */
  readonly isOurs: boolean;
}

export interface InterpreterOptions {
  /** Worker whose context block is used; default 0. */
  readonly worker?: number;
  readonly trace?: Trace;
}

/** What compiled modules import: called behind the packet's last statement, its descriptor and bytes up to date. */
export interface Hooks {
  readonly mirror: (descriptorAddress: number, slot: number, session: number) => void;
  readonly multicast: (descriptorAddress: number, group: number) => void;
  /** A copy is made of the packet at the descriptor: the record at `record` is to be kept until it runs through the pipeline. `via`: index into copyVias. */
  readonly copy?:
    | ((descriptorAddress: number, record: number, recordBytes: number, pipeline: number, via: number, id: number) => void)
    | undefined;
}

export interface InterpreterBackend {
  process(context: number, descriptors: number, count: number): void;
  /** Runs the copy at a descriptor through pipeline `to` (and, if that is where packets come in, through all that follow). */
  processCopy(to: number, context: number, descriptor: number): void;
}

const defaultHeadroom = 256;
/** How TCP is told from UDP in a descriptor. */
const tcpChecksumOffset = 16;

/** What a run has to do with copies: whether it is one, and what to do with those that it makes. */
interface CopyContext {
  readonly copy?: { readonly port: number; readonly instance: number; readonly record: Uint8Array } | undefined;
  readonly makeCopy?: (packet: Uint8Array, to: number, via: number, id: number, record: Uint8Array) => void;
}

export class Interpreter {
  readonly program: Program;
  readonly arena: Arena;
  readonly #trace: Trace | undefined;
  readonly #worker: number;
  /** Bytes of the longest record of a copy. */
  readonly #recordBytes: number;

  /** `arena`: laid out and initialised for `program`. */
  constructor(program: Program, arena: Arena, options: InterpreterOptions = {}) {
    this.program = program;
    this.arena = arena;
    this.#trace = options.trace;
    this.#worker = options.worker ?? 0;
    this.#recordBytes = longestRecord(copyRecords(program));
  }

  /** Runs one packet at its time. Counts a drop in the worker's context. */
  process(packet: InputPacket): OutputPacket {
    this.arena.setNow(this.#worker, packet.nowNs);
    return this.#run(packet, this.arena.contextAt(this.#worker), this.#ordinary);
  }

  /**
   * The shape of a compiled module: packets are where their descriptors say, time is in the context. `pipeline`: run only the one of this name,
   * as the module's `process_<name>` does.
   */
  backend(hooks: Hooks, pipeline?: string): InterpreterBackend {
    const pipelines = pipeline === undefined ? this.#ordinary : this.program.pipelines.filter(({ name }) => name === pipeline);
    return {
      process: (contextAt, descriptors, count) => {
        for (let i = 0; i < count; i++) this.#runDescriptor(contextAt, descriptors + i * descriptor.bytes, hooks, pipelines);
      },
      processCopy: (to, contextAt, at) => {
        const { forCopies } = this.program.pipelines[to]!;
        const run = forCopies === undefined ? this.#ordinary : [this.program.pipelines[to]!];
        this.#runDescriptor(contextAt, at, hooks, run);
      },
    };
  }

  /** What packets run that are no copies. */
  get #ordinary(): readonly Pipeline[] {
    return this.program.pipelines.filter((p) => p.forCopies === undefined);
  }

  #runDescriptor(contextAt: number, at: number, hooks: Hooks, pipelines: readonly Pipeline[]): void {
    const { view, bytes } = this.arena;
    const addr = view.getUint32(at + descriptor.addr, true);
    const length = view.getUint32(at + descriptor.length, true);
    const end = addr + length;
    const flags = view.getUint8(at + descriptor.flags);
    const place = (packet: Uint8Array): void => {
      // The payload never moves: a packet grows and shrinks at its head.
      bytes.set(packet, end - packet.length);
      view.setUint32(at + descriptor.addr, end - packet.length, true);
      view.setUint32(at + descriptor.length, packet.length, true);
    };
    const recordAt = contextAt + context.scratch + this.arena.layout.spec.scratchBytes - this.#recordBytes;
    const out = this.#run(
      {
        bytes: bytes.slice(addr, end),
        inPort: view.getUint32(at + descriptor.inPort, true),
        nowNs: view.getBigUint64(contextAt + context.nowNs, true),
        headroom: addr - view.getUint32(at + descriptor.bufferStart, true),
        isLoopedBack: (flags & 1) === 1,
        segmentLength: segmentLength(view, at),
      },
      contextAt,
      pipelines,
      {
        copy:
          (flags & 2) === 0
            ? undefined
            : {
                port: view.getUint32(at + descriptor.copyPort, true),
                instance: view.getUint16(at + descriptor.copyInstance, true),
                record: bytes.subarray(view.getUint32(at + descriptor.record, true)),
              },
        makeCopy: (packet, to, via, id, record) => {
          place(packet);
          bytes.set(record, recordAt);
          hooks.copy?.(at, recordAt, record.length, to, via, id);
        },
      },
    );
    place(out.bytes);
    if (out.isOurs) {
      view.setUint32(at + descriptor.csumAddr, 0, true);
      view.setUint8(at + descriptor.gsoType, 0);
    }
    view.setUint32(at + descriptor.outPort, out.outPort, true);
    view.setUint32(at + descriptor.reason, dropReasons.indexOf(out.reason), true);
    for (const { slot, session } of out.mirrors) hooks.mirror(at, slot, session);
    if (out.multicast !== undefined) hooks.multicast(at, out.multicast);
  }

  #run(packet: InputPacket, contextAt: number, pipelines: readonly Pipeline[], more: CopyContext = {}): OutputPacket {
    const { view } = this.arena;
    const state: State = {
      program: this.program,
      arena: this.arena,
      context: contextAt,
      nowNs: packet.nowNs,
      nowMs: view.getUint32(contextAt + context.nowMs, true),
      inPort: packet.inPort,
      isLoopedBack: packet.isLoopedBack ?? false,
      copy: more.copy,
      makeCopy: (to, via, id, record) => more.makeCopy?.(state.bytes, to, copyVias.indexOf(via), id, record),
      trace: this.#trace,
      vars: new Map(),
      headers: makeHeaders(this.program),
      applied: new Map(),
      bytes: packet.bytes.slice(),
      headroom: packet.headroom ?? defaultHeadroom,
      packetLength: packet.bytes.length,
      segmentLength: packet.segmentLength ?? packet.bytes.length,
      isOurs: false,
      cursorBits: 0,
      parserError: 0,
      pass: 0,
      rounds: 0,
      fate: undefined,
      mirrors: new Map(),
      emitted: [],
    };
    if (more.copy && pipelines[0]) restoreCopy(this.program.pipelines.indexOf(pipelines[0]), more.copy.record, state);
    const fate = this.#runPipelines(state, pipelines);
    if (fate.kind === 'drop' && fate.reason !== 'none') {
      const drops = contextAt + context.drops + 8 * dropReasons.indexOf(fate.reason);
      view.setBigUint64(drops, view.getBigUint64(drops, true) + 1n, true);
      this.#trace?.({ kind: 'drop', reason: fate.reason });
    } else if (fate.kind === 'output') this.#trace?.({ kind: 'output', port: fate.port });
    return {
      outPort: fate.kind === 'output' ? fate.port : noPort,
      reason: fate.kind === 'drop' ? fate.reason : 'none',
      bytes: state.bytes,
      isOurs: state.isOurs,
      mirrors: [...state.mirrors].map(([slot, session]) => ({ slot, session })).sort((a, b) => a.slot - b.slot),
      multicast: fate.kind === 'multicast' ? fate.group : undefined,
    };
  }

  /** Where the packet goes, or why nowhere. */
  #runPipelines(state: State, pipelines: readonly Pipeline[]): Fate {
    for (const pipeline of pipelines) {
      state.pass = 0;
      state.packetLength = state.bytes.length;
      this.#trace?.({ kind: 'pass', pipeline: pipeline.name, pass: 0, length: state.bytes.length });
      const end = execute(pipeline.body, state);
      if (end?.kind === 'abort') {
        state.mirrors.clear();
        return { kind: 'drop', reason: end.reason };
      }
      if (state.fate?.kind === 'drop') break;
    }
    return state.fate ?? { kind: 'drop', reason: 'no-destination' };
  }
}

/** Of the packet at a descriptor: all of it, or of a train the headers that its segments share and a segment's payload. */
function segmentLength(view: DataView, at: number): number {
  if (view.getUint8(at + descriptor.gsoType) === 0) return view.getUint32(at + descriptor.length, true);
  const l4 = view.getUint32(at + descriptor.csumAddr, true);
  const isTcp = view.getUint16(at + descriptor.csumOffset, true) === tcpChecksumOffset;
  const l4Bytes = isTcp ? (view.getUint8(l4 + 12) >> 4) * 4 : 8;
  return l4 - view.getUint32(at + descriptor.addr, true) + l4Bytes + view.getUint16(at + descriptor.gsoSize, true);
}
