/** Externs with state: counters, registers, digests, random numbers, flow ids, mirror sessions. An index behind an array's end does nothing. */
import { context, ring } from '../../arena/layout.ts';
import type { Expr, Extern, ExternId, Stmt, VarId } from '../ir/ir.ts';
import { Bug } from './bug.ts';
import type { Get, Ref } from './builder.ts';
import { loadBits } from './bytes.ts';
import { evaluateLimbs, evaluateNumber } from './expr.ts';
import { mirrorSlotCount } from './features.ts';
import { loadWideBits, paddedPlace, storeRawWords } from './fields.ts';
import { lock, takeRegisters, unlock } from './locks.ts';
import { isWide } from './narrow.ts';
import type { Pipe } from './pipe.ts';
import { number32 } from './statements.ts';
import { addWide, compareWide, extendWide, type Limbs, narrowSlice, selectWide, wideConstant, wideSlice } from './wide.ts';
import { multiplyWide } from './wide-multiply.ts';
import { paddedFields, toWords } from './wire.ts';

type Of<K extends Stmt['kind']> = Extract<Stmt, { kind: K }>;

export function externOf<K extends Extern['kind']>(p: Pipe, id: ExternId, ...kinds: K[]): Extract<Extern, { kind: K }> {
  const isOne = (e: Extern): e is Extract<Extern, { kind: K }> => e.id === id && (kinds as Extern['kind'][]).includes(e.kind);
  const extern = p.program.externs.find(isOne);
  if (!extern) throw new Bug(`extern ${id} is no ${kinds.join(' or ')}`);
  return extern;
}

/** Address of cell `index` of an array, for `then`; out of range, `otherwise` runs. */
export function whereInside(
  p: Pipe,
  index: Expr,
  array: { readonly base: number; readonly size: number },
  bytes: number,
  then: (cell: Get) => void,
  otherwise?: () => void,
): void {
  const { i32: A } = p.m;
  const limbs = evaluateLimbs(p, index);
  const width = Math.max(64, 64 * limbs.length);
  const number = p.holdI32(narrowSlice(p, limbs, 0, 32));
  const isInside =
    index.width <= 32
      ? A.lt_u(number(), A.const(array.size))
      : compareWide(p, 'lt', width, false, limbs, wideConstant(p, width, BigInt(array.size)));
  p.if(isInside, () => then(p.holdI32(A.add(A.const(array.base), A.mul(number(), A.const(bytes))))), otherwise);
}

export function count(p: Pipe, s: Of<'count'>): void {
  const extern = externOf(p, s.extern, 'counter', 'directCounter');
  const { i64: B } = p.m;
  const bytes = s.increment ? narrowSlice(p, evaluateLimbs(p, s.increment), 0, 64) : B.extend_u(p.packetLength());
  const amount = p.holdI64(bytes);
  const { counts } = p.unit.layout;
  const add = (cell: Get, offset: number): void => {
    p.emit(B.store(offset, cell(), B.add(B.load(offset, cell()), B.const(1))));
    p.emit(B.store(offset + 8, cell(), B.add(B.load(offset + 8, cell()), amount())));
  };
  if (extern.kind === 'directCounter') {
    const table = p.program.tables.findIndex((t) => t.id === extern.table);
    const cell = (): Ref => p.get(p.applied(extern.table).entry);
    const offset = p.unit.layout.tables[table]!.counterOffset;
    if (counts) {
      // An entry may be several workers' at a time, but seldom is.
      p.emit(p.m.drop(B.atomic.rmw.add(offset, cell(), B.const(1))));
      p.emit(p.m.drop(B.atomic.rmw.add(offset + 8, cell(), amount())));
    } else {
      add(cell, offset);
    }
    return;
  }
  if (!s.index) return;
  const number = p.unit.externIndex(s.extern, 'counter');
  const { base, size } = p.unit.layout.counters[number]!;
  if (!counts) {
    whereInside(p, s.index, { base, size }, 16, (cell) => add(cell, 0));
    return;
  }
  const { i32: A } = p.m;
  whereInside(p, s.index, { base: counts.counters[number]!, size }, 16, (inBlock) => {
    add(p.holdI32(A.add(A.load(context.counts, p.get(p.context)), inBlock())), 0);
  });
}

export function registerRead(p: Pipe, s: Of<'registerRead'>): void {
  takeRegisters(p);
  const array = p.unit.layout.registers[p.unit.externIndex(s.extern, 'register')]!;
  const each = (then: (target: VarId, width: number, offset: number) => void): void => {
    s.targets.forEach((target, i) => {
      const place = array.fields[i];
      if (place) then(target, place.width, place.offset);
    });
  };
  whereInside(
    p,
    s.index,
    array,
    array.cellBytes,
    (cell) => {
      each((target, width, offset) => {
        const place = paddedPlace(cell, offset, width);
        if (isWide(width)) p.setLimbs(target, width, loadWideBits(p, place));
        else p.setNumber(target, width, loadBits(p, place));
      });
    },
    () => {
      each((target, width) => {
        for (const local of p.varLocals(target)) p.set(local, width <= 32 ? p.m.i32.const(0) : p.m.i64.const(0));
      });
    },
  );
}

export function registerWrite(p: Pipe, s: Of<'registerWrite'>): void {
  takeRegisters(p);
  const array = p.unit.layout.registers[p.unit.externIndex(s.extern, 'register')]!;
  whereInside(p, s.index, array, array.cellBytes, (cell) => {
    const words = toWords(p, paddedFields(p, s.values), Math.ceil(array.cellBytes / 8));
    storeRawWords(p, cell, 0, array.cellBytes, words);
  });
}

export function digest(p: Pipe, s: Of<'digest'>): void {
  const { i32: A } = p.m;
  const { base, capacity, recordBytes, fields } = p.unit.layout.digests[p.unit.externIndex(s.extern, 'digest')]!;
  const word = (offset: number): Ref => A.load(base + offset, A.const(0));
  const isShared = p.unit.layout.spec.workers > 1;
  const at = (): Ref => A.const(base + ring.lock);
  if (isShared) lock(p, at);
  const head = p.holdI32(word(ring.head));
  const tail = A.atomic.load(base + ring.tail, A.const(0));
  p.if(
    A.ge_u(A.sub(head(), tail), A.const(capacity)),
    () => p.emit(A.store(base + ring.lost, A.const(0), A.add(word(ring.lost), A.const(1)))),
    () => {
      const record = p.holdI32(A.mul(A.rem_u(head(), A.const(capacity)), A.const(recordBytes)));
      const bytes = fields.reduce((end, place) => Math.max(end, place.offset + place.bytes), 0);
      const words = toWords(p, paddedFields(p, s.fields), Math.ceil(bytes / 8));
      storeRawWords(p, record, base + ring.records, bytes, words);
      p.emit(A.atomic.store(base + ring.head, A.const(0), A.add(head(), A.const(1))));
    },
  );
  if (isShared) unlock(p, at);
}

/** Uniform in [low, high]: low + floor(x * (high - low + 1) / 2^n) for a random x of n = 32 bits, or 64 for wider values. */
export function random(p: Pipe, s: Of<'random'>): void {
  const { i64: B } = p.m;
  const { width } = s.low;
  if (width <= 32) {
    const low = p.holdI64(B.extend_u(evaluateNumber(p, s.low)));
    const high = p.holdI64(B.extend_u(evaluateNumber(p, s.high)));
    const x = nextRandom(p);
    const span = B.add(B.sub(high(), low()), B.const(1));
    const offset = B.shr_u(B.mul(B.extend_u(x()), span), B.const(32));
    p.setNumber(s.target, width, p.m.i32.wrap(B.add(low(), p.m.select(B.ge_u(high(), low()), offset, B.const(0)))));
    return;
  }
  const low = evaluateLimbs(p, s.low);
  const high = evaluateLimbs(p, s.high);
  const first = nextRandom(p);
  const second = nextRandom(p);
  const x: Limbs = [p.holdI64(B.or(B.shl(B.extend_u(first()), B.const(32)), B.extend_u(second())))];
  const big = 64 * low.length + 128;
  const extended = (limbs: Limbs): Limbs => extendWide(p, limbs, 64 * limbs.length, big, false);
  const span = addWide(p, 'add', big, addWide(p, 'sub', big, extended(high), extended(low)), wideConstant(p, big, 1n));
  const offset = wideSlice(p, multiplyWide(p, big, extended(x), span), 64, 64 * low.length + 64);
  const isOrdered = p.holdI32(compareWide(p, 'ge', 64 * low.length, false, high, low));
  const sum = addWide(p, 'add', 64 * low.length, low, offset.slice(0, low.length));
  const result = selectWide(p, isOrdered, sum, low);
  if (isWide(width)) p.setLimbs(s.target, width, result);
  else p.setNumber(s.target, width, result[0]!());
}

/** Steps the context's xorshift32 (Marsaglia 2003: 13, 17, 5). */
function nextRandom(p: Pipe): Get {
  const { i32: A } = p.m;
  const a = p.holdI32(A.load(context.random, p.get(p.context)));
  const b = p.holdI32(A.xor(a(), A.shl(a(), A.const(13))));
  const c = p.holdI32(A.xor(b(), A.shr_u(b(), A.const(17))));
  const d = p.holdI32(A.xor(c(), A.shl(c(), A.const(5))));
  p.emit(A.store(context.random, p.get(p.context), d()));
  return d;
}

export function allocateFlowId(p: Pipe, target: VarId): void {
  const { i32: A } = p.m;
  const id = p.holdI32(A.load(context.flowId, p.get(p.context)));
  p.emit(A.store(context.flowId, p.get(p.context), A.add(id(), A.const(1))));
  p.setNumber(target, 32, id());
}

/** Remembers the session of a slot until the packet is done; slots that do not exist are ignored. */
export function mirror(p: Pipe, s: Of<'mirror'>): void {
  const { i32: A } = p.m;
  const slot = p.holdI32(number32(p, s.slot));
  const session = p.holdI32(number32(p, s.session));
  p.if(A.lt_u(slot(), A.const(mirrorSlotCount)), () => {
    const at = A.add(p.get(p.context), A.shl(slot(), A.const(2)));
    p.emit(A.store(context.mirrorSlots, at, session()));
  });
}
