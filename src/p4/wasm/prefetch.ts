/**
 * Memory-level parallelism for big tables: before a group of packets is processed, a small function goes over all of them, computes the key of the
 * pipeline's biggest exact table and touches the slot where its lookup will begin. So the cache misses of a group overlap instead of following
 * each other. Three short loops: touch the packets; compute the slots; touch the slots. A load that misses holds up everything behind it once
 * the processor's window (some 250 instructions) is full, so what is touched must not stand between long computations.
 *
 * Key and hash are kept (`ahead`), so that the lookup, if it is for this key, need not wait for the hash again.
 *
 * The function is a slice of the pipeline: the parser, and those assignments that the key depends on. It is speculation and may be wrong (conditions
 * that lead away from the table are left out): it writes nothing but these records, and a wrong slot only costs its load.
 */
import { context, descriptor, type TableLayout } from '../../arena/layout.ts';
import type { Expr, Pipeline, Stmt } from '../ir/ir.ts';
import { bodiesOf, expressionsOf, forEachExpr, forEachStmt, writtenBy } from '../ir/walk.ts';
import { type Get, i32, type Ref } from './builder.ts';
import { hashOfKey } from './hashes.ts';
import { ahead, slotAddress } from './lookup.ts';
import { Pipe } from './pipe.ts';
import { statements } from './statements.ts';
import type { Unit } from './unit.ts';
import { mentionedBy } from './walk.ts';
import { paddedFields, toWords } from './wire.ts';

type ApplyStmt = Extract<Stmt, { kind: 'apply' }>;

/** Packets of a group: enough misses to fill the processor's miss queue, few enough that what was touched is still in the first-level cache. */
export const groupSize = 16;

/** Tables, or entries of one, of fewer bytes stay in the caches. */
export const cachedBytes = 1 << 18;

/** Tables that are touched ahead: a program that has a pipeline for each IP family has one for each. */
export const maxSlices = 2;

export interface Slice {
  readonly body: readonly Stmt[];
  readonly apply: ApplyStmt;
  readonly table: TableLayout;
  /** Its records, from the context on. */
  readonly records: number;
}

/** Adds `prefetch_<number>(context, descriptors, end)` to the module for packets that run the slice's pipeline; its name. */
export function prefetcher(unit: Unit, raw: ReadonlySet<number>, { body, apply, table, records }: Slice, number: number): string {
  const p = new Pipe(unit, raw, 3, mentionedBy(body, ...apply.keys));
  const name = `prefetch_${number}`;
  const { i32: A, i64: B } = p.m;
  const last = p.holdI32(A.add(p.get(1), A.const(groupSize * descriptor.bytes)));
  const end = p.holdI32(p.m.select(A.lt_u(last(), p.get(2)), last(), p.get(2)));
  const first = p.holdI32(A.add(p.get(p.context), A.const(records)));
  const at = p.local(i32);
  const touched = p.local(i32);
  const touch = (address: Ref): void => p.set(touched, A.xor(p.get(touched), A.load8_u(0, address)));
  eachDescriptor(p, end, () => touch(A.load(descriptor.addr, p.get(p.descriptor))));
  p.set(at, first());
  eachDescriptor(p, end, () => {
    p.startPacket();
    statements(p, body);
    p.facts ??= new Map();
    const words = toWords(p, paddedFields(p, apply.keys), table.keyWords);
    const hash = p.holdI32(hashOfKey(p, table, words));
    p.emit(A.store(ahead.hash, p.get(at), hash()));
    p.emit(A.store(ahead.slot, p.get(at), slotAddress(p, table, hash())));
    for (const [i, word] of words.entries()) p.emit(B.store(ahead.key + 8 * i, p.get(at), word()));
    p.set(at, A.add(p.get(at), A.const(ahead.bytes)));
  });
  const lastAt = p.holdI32(p.get(at));
  p.set(at, first());
  p.loop((next) => {
    touch(A.load(ahead.slot, p.get(at)));
    p.set(at, A.add(p.get(at), A.const(ahead.bytes)));
    p.br(next, A.lt_u(p.get(at), lastAt()));
  });
  // A value that is used: loads for nothing would be taken out.
  p.emit(A.store(context.touched, p.get(p.context), p.get(touched)));
  p.finish(name);
  return name;
}

function eachDescriptor(p: Pipe, end: Get, body: () => void): void {
  p.set(p.descriptor, p.get(1));
  p.loop((next) => {
    body();
    p.set(p.descriptor, p.m.i32.add(p.get(p.descriptor), p.m.i32.const(descriptor.bytes)));
    p.br(next, p.m.i32.lt_u(p.get(p.descriptor), end()));
  });
}

/** Slices for the table that is applied in most places and for others that are in as many, of these the biggest whose keys can be computed ahead. */
export function slicesOf(unit: Unit, pipeline: Pipeline): readonly Slice[] {
  if (unit.features.keepsOriginal) return [];
  const sites = new Map<number, number>();
  forEachStmt(pipeline.body, (s) => {
    if (s.kind === 'apply') sites.set(s.table, (sites.get(s.table) ?? 0) + 1);
  });
  const candidates = unit.layout.tables
    .map((table, i) => ({ table, id: unit.program.tables[i]!.id, bytes: table.slotCount * table.slotBytes }))
    .filter(({ table, bytes }) => !table.isMasked && bytes >= cachedBytes)
    .filter(({ table }) => table.keyBytes > 0 && table.keyWords <= ahead.maxWords && table.spec.profile === undefined)
    .sort((a, b) => (sites.get(b.id) ?? 0) - (sites.get(a.id) ?? 0) || b.bytes - a.bytes);
  const slices: Slice[] = [];
  let most = 0;
  for (const { table, id } of candidates) {
    const count = sites.get(id) ?? 0;
    if (slices.length === maxSlices || count < most) break;
    const path = pathTo(pipeline.body, id);
    const body = path && neededFor(path.before, path.apply.keys);
    if (!body) continue;
    most = count;
    const records = unit.scratch.ahead + slices.length * groupSize * ahead.bytes;
    slices.push({ body, apply: path.apply, table, records });
  }
  return slices;
}

/** The first apply of the table, and what comes before it on the way there. */
function pathTo(body: readonly Stmt[], table: number): { before: readonly Stmt[]; apply: ApplyStmt } | undefined {
  for (const [i, s] of body.entries()) {
    if (s.kind === 'apply' && s.table === table) return { before: body.slice(0, i), apply: s };
    if (s.kind === 'loop') continue;
    for (const inner of bodiesOf(s)) {
      const found = pathTo(inner, table);
      if (found) return { before: [...body.slice(0, i), ...found.before], apply: found.apply };
    }
  }
  return undefined;
}

/** The statements among `before` that the keys depend on; undefined if one of them does more than assign to variables. */
function neededFor(before: readonly Stmt[], keys: readonly Expr[]): Stmt[] | undefined {
  const needed = new Set<string>();
  const values = new Set<string>();
  for (const key of keys) addReads(key, needed, values);
  for (;;) {
    const size = needed.size;
    const kept = keep(before, needed, values, false);
    if (!kept) return undefined;
    if (needed.size === size) return kept;
  }
}

/** One round; grows `needed` (all that the kept statements read) and `values` (what flows into the key) by what it keeps. */
function keep(list: readonly Stmt[], needed: Set<string>, values: Set<string>, inParser: boolean): Stmt[] | undefined {
  const kept: Stmt[] = [];
  for (const s of list) {
    switch (s.kind) {
      case 'assign':
      case 'assignSlice':
        if (s.target.kind === 'field') {
          if (values.has(`h${s.target.header}`)) return undefined;
        } else if (needed.has(`v${s.target.id}`)) {
          addReads(s.value, needed, values);
          kept.push(s);
        }
        break;
      case 'lookahead':
        if (needed.has(`v${s.target}`)) kept.push(s);
        break;
      case 'goto':
      case 'extract':
      case 'advance':
        for (const e of expressionsOf(s)) addReads(e, needed);
        kept.push(s);
        break;
      case 'setValid':
      case 'setParserError':
        break;
      case 'parser': {
        const states = s.states.map((state) => keep(state.body, needed, values, true));
        if (states.some((body) => !body)) return undefined;
        kept.push({ ...s, states: s.states.map((state, i) => ({ ...state, body: states[i]! })) });
        break;
      }
      case 'if': {
        const [then, otherwise] = [keep(s.then, needed, values, inParser), keep(s.else, needed, values, inParser)];
        if (!then || !otherwise) return undefined;
        if (then.length + otherwise.length === 0) break;
        addReads(s.condition, needed);
        kept.push({ ...s, then, else: otherwise });
        break;
      }
      case 'switch': {
        const cases = s.cases.map((c) => ({ values: c.values, body: keep(c.body, needed, values, inParser) }));
        const otherwise = keep(s.default, needed, values, inParser);
        if (!otherwise || cases.some((c) => !c.body)) return undefined;
        if (otherwise.length === 0 && cases.every((c) => c.body!.length === 0)) break;
        addReads(s.value, needed);
        kept.push({ ...s, cases: cases.map((c) => ({ values: c.values, body: c.body! })), default: otherwise });
        break;
      }
      default:
        for (const written of writtenBy([s])) if (values.has(written)) return undefined;
    }
  }
  return kept;
}

function addReads(e: Expr, ...into: readonly Set<string>[]): void {
  const add = (storage: string): void => {
    for (const set of into) set.add(storage);
  };
  forEachExpr(e, (part) => {
    if (part.kind === 'var') add(`v${part.id}`);
    else if (part.kind === 'field' || part.kind === 'valid' || part.kind === 'varbitSum') add(`h${part.header}`);
  });
}
