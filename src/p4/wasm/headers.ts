/**
 * Headers as wholes: made valid and invalid, copied; and assignments to their fields. Every header has storage of its own in the context's scratch for
 * when it is not in the packet, so no two headers ever share bytes.
 */
import { context } from '../../arena/layout.ts';
import type { Expr, HeaderId, LValue } from '../ir/ir.ts';
import { Bug } from './bug.ts';
import type { Fn, Get, Ref } from './builder.ts';
import { storeBits, storeRaw } from './bytes.ts';
import { evaluateLimbs, evaluateNumber } from './expr.ts';
import { learn } from './facts.ts';
import { fieldPlace, isAlignedPlace, storeRawWords, storeWideBits } from './fields.ts';
import { isWide } from './narrow.ts';
import type { Pipe } from './pipe.ts';
import { evaluateRaw, evaluateRawWords } from './raw.ts';

/** Longest copy that is unrolled. */
const unrollLimit = 64;

export function setValid(p: Pipe, header: HeaderId, valid: boolean): void {
  const { pointer, varbitBytes, type } = p.header(header);
  if (p.facts?.get(header) !== valid) p.relay();
  if (!valid) {
    p.set(pointer, p.zeroPage());
    if (varbitBytes !== undefined) p.set(varbitBytes, p.m.i32.const(0));
  } else if (p.facts?.get(header) !== true) {
    p.if(p.m.i32.eqz(p.isValid(header)), () => {
      useStorage(p, header);
      fillZero(p, () => p.pointer(header), 0, type.fixedBits / 8);
      if (varbitBytes !== undefined) p.set(varbitBytes, p.m.i32.const(0));
    });
  }
  p.facts = learn(p.facts, header, valid);
}

/** Copies validity and bytes; the target stays where it is if it is valid and of the same length. */
export function copyHeader(p: Pipe, target: HeaderId, source: HeaderId): void {
  if (target === source) return;
  const known = p.facts?.get(source);
  const copy = (): void => {
    const from = p.header(source);
    const to = p.header(target);
    const fixed = from.type.fixedBits / 8;
    if (to.varbitBytes === undefined || from.varbitBytes === undefined) {
      if (p.facts?.get(target) !== true) p.if(p.m.i32.eqz(p.isValid(target)), () => useStorage(p, target));
      copyBytes(
        p,
        () => p.pointer(target),
        () => p.pointer(source),
        fixed,
      );
      return;
    }
    const sameLength = p.m.i32.eq(p.get(to.varbitBytes), p.get(from.varbitBytes));
    p.if(p.m.i32.eqz(p.m.i32.and(p.isValid(target), sameLength)), () => useStorage(p, target));
    p.set(to.varbitBytes, p.get(from.varbitBytes));
    p.emit(p.m.memory.copy(p.pointer(target), p.pointer(source), headerBytes(p, source)));
  };
  if (known === true) copy();
  else if (known === false) setValid(p, target, false);
  else {
    const before = p.facts;
    p.if(p.isValid(source), copy, () => setValid(p, target, false));
    p.facts = before;
  }
  if (p.facts) {
    const facts = new Map(p.facts);
    if (known === undefined) facts.delete(target);
    else facts.set(target, known);
    p.facts = facts;
  }
}

/** Copies length and bytes of the varbit field; the target is rebuilt in its storage, since what follows the field moves. */
export function copyVarbit(p: Pipe, target: HeaderId, source: HeaderId): void {
  if (target === source) return;
  const { i32: A } = p.m;
  const to = p.header(target);
  const from = p.header(source);
  if (to.varbitBytes === undefined || from.varbitBytes === undefined) throw new Bug('copyVarbit of headers without varbit');
  const varbit = to.type.fields[to.type.varbitField!]!;
  const prefix = varbit.offsetBits >> 3;
  const suffix = to.type.fixedBits / 8 - prefix;
  const sourcePrefix = from.type.fields[from.type.varbitField!]!.offsetBits >> 3;
  const length = p.holdI32(p.get(from.varbitBytes));
  const fits = A.le_u(length(), A.const(varbit.width / 8));
  p.whereValid(target, () => {
    const old = p.holdI32(p.pointer(target));
    const oldLength = p.holdI32(p.get(to.varbitBytes!));
    const newLength = p.holdI32(p.m.select(fits, length(), A.const(varbit.width / 8)));
    useStorage(p, target);
    // The suffix first: in place it moves over what the old field leaves free.
    const tail = A.add(A.add(p.pointer(target), A.const(prefix)), newLength());
    p.emit(p.m.memory.copy(tail, A.add(A.add(old(), A.const(prefix)), oldLength()), A.const(suffix)));
    p.emit(p.m.memory.copy(p.pointer(target), old(), A.const(prefix)));
    const bits = A.add(p.pointer(source), A.const(sourcePrefix));
    p.emit(p.m.memory.copy(A.add(p.pointer(target), A.const(prefix)), bits, newLength()));
    p.set(to.varbitBytes!, newLength());
  });
}

/** Moves a header that has just been extracted to storage of its own, so that the packet stays as it is. */
export function detach(p: Pipe, header: HeaderId): void {
  const from = p.holdI32(p.pointer(header));
  const { type, varbitBytes } = p.header(header);
  useStorage(p, header);
  if (varbitBytes === undefined) copyBytes(p, () => p.pointer(header), from, type.fixedBits / 8);
  else p.emit(p.m.memory.copy(p.pointer(header), from(), headerBytes(p, header)));
}

/** Bytes of a valid header now. */
export function headerBytes(p: Pipe, header: HeaderId): Ref {
  const { type, varbitBytes } = p.header(header);
  const fixed = p.m.i32.const(type.fixedBits / 8);
  return varbitBytes === undefined ? fixed : p.m.i32.add(fixed, p.get(varbitBytes));
}

/** Copies the bytes of a valid header to `to`. */
export function copyOut(p: Pipe, header: HeaderId, to: Get): void {
  const { type, varbitBytes } = p.header(header);
  if (varbitBytes === undefined) copyBytes(p, to, () => p.pointer(header), type.fixedBits / 8);
  else p.emit(p.m.memory.copy(to(), p.pointer(header), headerBytes(p, header)));
}

/** Assigns to a variable or to bits high..low of a field. */
export function assign(p: Pipe, target: LValue, value: Expr, high?: number, low?: number): void {
  if (target.kind === 'var') {
    const isWhole = high === undefined || low === undefined;
    assignVar(p, target.id, isWhole ? value : spliced(target, value, high, low));
    return;
  }
  p.whereValid(target.header, () => {
    const place = fieldPlace(p, target.header, target.field, high, low);
    const isRaw = isAlignedPlace(place);
    if (isWide(place.width)) {
      if (isRaw) storeRawWords(p, place.base, place.bit / 8, place.width / 8, evaluateRawWords(p, value));
      else storeWideBits(p, place, evaluateLimbs(p, value));
    } else if (isRaw && place.width > 0) {
      storeRaw(p, place.base, place.bit / 8, place.width / 8, evaluateRaw(p, value));
    } else {
      storeBits(p, place, evaluateNumber(p, value));
    }
  });
}

function assignVar(p: Pipe, id: number, value: Expr): void {
  const locals = p.varLocals(id);
  const isRaw = p.rawVars.has(id);
  if (!isWide(value.width)) {
    p.set(locals[0]!, isRaw ? evaluateRaw(p, value) : evaluateNumber(p, value));
    return;
  }
  const words = isRaw ? evaluateRawWords(p, value) : evaluateLimbs(p, value);
  locals.forEach((local, i) => {
    p.set(local, words[i]!());
  });
}

/** The variable with bits high..low replaced. */
function spliced(target: LValue, value: Expr, high: number, low: number): Expr {
  let result = value;
  if (high < target.width - 1) {
    const left: Expr = { kind: 'slice', width: target.width - 1 - high, operand: target, high: target.width - 1, low: high + 1 };
    result = { kind: 'concat', width: left.width + result.width, left, right: result };
  }
  if (low > 0) {
    const right: Expr = { kind: 'slice', width: low, operand: target, high: low - 1, low: 0 };
    result = { kind: 'concat', width: result.width + right.width, left: result, right };
  }
  return result;
}

/** Points the header to its own storage. */
function useStorage(p: Pipe, header: HeaderId): void {
  p.relay();
  const offset = p.unit.scratch.headers.get(header);
  if (offset === undefined || offset < context.scratch) throw new Bug(`header ${header} has no storage`);
  p.set(p.header(header).pointer, p.m.i32.add(p.get(p.context), p.m.i32.const(offset)));
}

/** Copies bytes between places that do not overlap. */
function copyBytes(f: Fn, to: Get, from: Get, bytes: number): void {
  if (bytes > unrollLimit) {
    f.emit(f.m.memory.copy(to(), from(), f.m.i32.const(bytes)));
    return;
  }
  inPieces(bytes, (at, size) => {
    const { i32: A, i64: B } = f.m;
    if (size === 8) f.emit(B.store(at, to(), B.load(at, from())));
    else if (size === 4) f.emit(A.store(at, to(), A.load(at, from())));
    else if (size === 2) f.emit(A.store16(at, to(), A.load16_u(at, from())));
    else f.emit(A.store8(at, to(), A.load8_u(at, from())));
  });
}

/** Zeroes bytes offset .. offset + bytes - 1 from `to`. */
export function fillZero(f: Fn, to: Get, offset: number, bytes: number): void {
  if (bytes > unrollLimit) {
    const start = f.m.i32.add(to(), f.m.i32.const(offset));
    f.emit(f.m.memory.fill(start, f.m.i32.const(0), f.m.i32.const(bytes)));
    return;
  }
  inPieces(bytes, (at, size) => {
    const { i32: A, i64: B } = f.m;
    if (size === 8) f.emit(B.store(offset + at, to(), B.const(0)));
    else if (size === 4) f.emit(A.store(offset + at, to(), A.const(0)));
    else if (size === 2) f.emit(A.store16(offset + at, to(), A.const(0)));
    else f.emit(A.store8(offset + at, to(), A.const(0)));
  });
}

function inPieces(bytes: number, piece: (at: number, size: 8 | 4 | 2 | 1) => void): void {
  let at = 0;
  for (const size of [8, 4, 2, 1] as const) {
    for (; bytes - at >= size; at += size) piece(at, size);
  }
}
