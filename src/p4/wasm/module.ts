/**
 * The whole module: `process(context, descriptors, count)`, around the code of the pipelines the loop over the batch's descriptors, each packet's
 * start and its fate.
 */
import { type ArenaSpec, context, descriptor, tableHeader } from '../../arena/layout.ts';
import { layoutArena } from '../../arena/place.ts';
import { dropReasons, type Pipeline, type Program } from '../ir/ir.ts';
import { Module, type ValueType } from './assembler.ts';
import { ProgramTooBig } from './bug.ts';
import { i32, none, type Ref } from './builder.ts';
import { restore } from './copies.ts';
import { mirrorSlotCount } from './features.ts';
import { likelyPath } from './likely/index.ts';
import { giveRegisters } from './locks.ts';
import { type Ahead, Pipe } from './pipe.ts';
import { cachedBytes, groupSize, prefetcher, type Slice, slicesOf } from './prefetch.ts';
import { rawVariables } from './representation.ts';
import { placeScratch } from './scratch.ts';
import { arenaSpec } from './spec.ts';
import { statements } from './statements.ts';
import { type BackEndStep, Unit } from './unit.ts';

const pageBytes = 65536;
/** Pages that the module's memory may grow to: the embedder's maximum. */
export const maximumPages = 65536;

export interface BuiltModule {
  readonly module: Module;
  readonly arena: ArenaSpec;
  readonly initialPages: number;
  readonly unit: Unit;
}

export function buildModule(
  program: Program,
  {
    workers = 1,
    base,
    without,
  }: { readonly workers?: number; readonly base?: number; readonly without?: readonly BackEndStep[] } = {},
): BuiltModule {
  const scratch = placeScratch(program);
  const arena = { ...arenaSpec(program, scratch.bytes, workers), ...(base && { base }) };
  const layout = layoutArena(arena);
  const initialPages = Math.ceil(layout.programEnd / pageBytes);
  if (initialPages > maximumPages) {
    const gib = (layout.programEnd / 2 ** 30).toFixed(1);
    throw new ProgramTooBig(`its tables, counters and registers need ${gib} GiB, and a memory has 4`);
  }
  const module = new Module({ initial: initialPages, maximum: maximumPages });
  const unit = new Unit(module, program, layout, scratch, without);
  const params = (count: number): ValueType[] => Array.from({ length: count }, () => i32);
  module.import('mirror', params(3));
  module.import('multicast', params(2));
  if (unit.features.copies) module.import('copy', params(6));

  const raw = rawVariables(program);
  const ordinary = program.pipelines.filter((pipeline) => pipeline.forCopies === undefined);
  processFunction(unit, raw, 'process', ordinary);
  for (const pipeline of program.pipelines) {
    const isAlone = ordinary.length === 1 && ordinary[0] === pipeline;
    if (!isAlone) processFunction(unit, raw, `process_${pipeline.name}`, [pipeline]);
  }
  return { module, arena, initialPages, unit };
}

/** Adds the function that runs the pipelines on each packet of a batch. */
function processFunction(unit: Unit, raw: ReadonlySet<number>, name: string, pipelines: readonly Pipeline[]): void {
  const slices = name === 'process' && pipelines[0] ? slicesOf(unit, pipelines[0]) : [];
  const aheadsOf = (pipe: Pipe): readonly Ahead[] =>
    slices.map(({ apply, records }) => ({ apply, records, isOn: pipe.local(i32) }));
  const likely = likelyPath(unit, raw, pipelines, aheadsOf);
  const p = likely?.pipe ?? new Pipe(unit, raw);
  if (!likely) p.aheads = aheadsOf(p);
  const prefetchers = slices.map((slice, i) => ({ slice, isOn: p.aheads[i]!.isOn, name: prefetcher(unit, raw, slice, i) }));
  eachPacket(p, prefetchers, () => {
    if (!likely) {
      packet(p, pipelines);
      return;
    }
    p.block(() => {
      p.block(() => {
        p.startAddress();
        p.emit(likely.code);
      }, likely.pipe.bail);
      p.emit(p.m.call(packetFunction(unit, raw, pipelines), [p.get(p.context), p.get(p.descriptor)], none));
    }, likely.done);
  });
  p.finish(name);
  unit.module.exports.push(name);
}

/** Adds the function that runs the pipelines on one packet; its name. */
function packetFunction(unit: Unit, raw: ReadonlySet<number>, pipelines: readonly Pipeline[]): string {
  return unit.helper('packet', () => {
    const p = new Pipe(unit, raw, 2);
    p.set(p.descriptor, p.get(1));
    packet(p, pipelines);
    p.finish('packet');
  });
}

/** Runs the pipelines on the packet, one after the other as long as it is not dropped. */
function packet(p: Pipe, pipelines: readonly Pipeline[]): void {
  p.startPacket();
  p.block(() => {
    pipelines.forEach((pipeline, i) => {
      if (i > 0) p.br(p.done, p.m.i32.gt_s(p.get(p.reason), p.m.i32.const(0)));
      p.set(p.pass, p.m.i32.const(0));
      if (i === 0) restore(p, p.program.pipelines.indexOf(pipeline));
      statements(p, pipeline.body);
      p.facts ??= new Map();
    });
  }, p.done);
  giveRegisters(p);
  finish(p);
}

/** Goes over the batch's descriptors; ahead of each group of packets, what they look up is touched while the table is too big for the caches. */
function eachPacket(
  p: Pipe,
  prefetchers: readonly { readonly slice: Slice; readonly isOn: number; readonly name: string }[],
  body: () => void,
): void {
  const { i32: A } = p.m;
  const end = p.local(i32);
  const groupEnd = prefetchers.length > 0 ? p.local(i32) : end;
  p.set(p.descriptor, p.get(1));
  p.set(end, A.add(p.get(1), A.mul(p.get(2), A.const(descriptor.bytes))));
  const group = (): void => {
    p.loop((next) => {
      body();
      p.set(p.descriptor, A.add(p.get(p.descriptor), A.const(descriptor.bytes)));
      p.br(next, A.ne(p.get(p.descriptor), p.get(groupEnd)));
    });
  };
  p.block((done) => {
    p.br(done, A.eqz(p.get(2)));
    if (prefetchers.length === 0) {
      group();
      return;
    }
    for (const { slice, isOn } of prefetchers) {
      const entries = A.load(slice.table.header + tableHeader.entries, A.const(0));
      p.set(isOn, A.ge_u(entries, A.const(Math.ceil(cachedBytes / slice.table.slotBytes))));
    }
    p.set(groupEnd, p.get(end));
    p.loop((next) => {
      p.if(
        prefetchers.map(({ isOn }) => p.get(isOn)).reduce((a, b) => A.or(a, b)),
        () => {
          p.set(groupEnd, A.add(p.get(p.descriptor), A.const(groupSize * descriptor.bytes)));
          p.set(groupEnd, p.m.select(A.lt_u(p.get(groupEnd), p.get(end)), p.get(groupEnd), p.get(end)));
          for (const { isOn, name } of prefetchers) {
            p.if(p.get(isOn), () => p.emit(p.m.call(name, [p.get(p.context), p.get(p.descriptor), p.get(end)], none)));
          }
        },
      );
      group();
      p.br(next, A.ne(p.get(p.descriptor), p.get(end)));
    });
  });
}

/** Writes the descriptor, has copies made, counts a drop. */
function finish(p: Pipe): void {
  const { i32: A, i64: B } = p.m;
  const at = (): Ref => p.get(p.descriptor);
  const { deparses, mirrors, multicasts } = p.unit.features;
  const noFate = A.lt_s(p.get(p.reason), A.const(0));
  p.set(p.reason, p.m.select(noFate, A.const(dropReasons.indexOf('no-destination')), p.get(p.reason)));
  if (deparses) {
    p.emit(A.store(descriptor.addr, at(), p.get(p.addr)));
    p.emit(A.store(descriptor.length, at(), p.packetLength()));
  }
  p.emit(A.store(descriptor.outPort, at(), p.get(p.outPort)));
  p.emit(A.store(descriptor.reason, at(), p.get(p.reason)));
  if (mirrors) {
    for (let slot = 0; slot < mirrorSlotCount; slot++) {
      const session = p.holdI32(A.load(context.mirrorSlots + 4 * slot, p.get(p.context)));
      p.if(A.ne(session(), A.const(-1)), () => {
        p.emit(A.store(context.mirrorSlots + 4 * slot, p.get(p.context), A.const(-1)));
        p.emit(p.m.call('mirror', [at(), A.const(slot), session()], none));
      });
    }
  }
  if (multicasts) {
    p.if(p.get(p.hasGroup), () => p.emit(p.m.call('multicast', [at(), p.get(p.group)], none)));
  }
  p.if(p.get(p.reason), () => {
    const counter = p.holdI32(A.add(p.get(p.context), A.shl(p.get(p.reason), A.const(3))));
    p.emit(B.store(context.drops, counter(), B.add(B.load(context.drops, counter()), B.const(1))));
  });
}
