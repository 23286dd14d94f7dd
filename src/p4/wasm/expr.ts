/** Expressions as numbers: narrow ones as one WebAssembly expression, wide ones as limbs. */
import { context, descriptor } from '../../arena/layout.ts';
import type { BinaryExpr, Expr, Intrinsic } from '../ir/ir.ts';
import { assertNever, Bug } from './bug.ts';
import type { Get, Ref } from './builder.ts';
import { constant, extend, loadBits, narrowTo, onesOf, swapBytes, swapConstant } from './bytes.ts';
import { fieldPlace, loadWideBits } from './fields.ts';
import { hashLimbs } from './hashes.ts';
import {
  arithmeticNarrow,
  compareNarrow,
  hold,
  isComparison,
  isWide,
  notNarrow,
  resizeNarrow,
  shiftConstant,
  shiftNarrow,
} from './narrow.ts';
import { sumOfBytes, varbitSum } from './ones-sum.ts';
import type { Pipe } from './pipe.ts';
import { evaluateRaw, evaluateRawWords, isNaturallyRaw } from './raw.ts';
import { segmentLength } from './segments.ts';
import { isInValueSet, isNetworkPort } from './sets.ts';
import { varbitEqual } from './varbits.ts';
import {
  addWide,
  compareWide,
  equalLimbs,
  extendWide,
  type Limbs,
  limbsOfNarrow,
  mapLimbs,
  narrowSlice,
  notWide,
  saturateWide,
  selectWide,
  shiftLeftConstant,
  shiftRightConstant,
  swapLimbs,
  wideConstant,
  wideSlice,
} from './wide.ts';
import { divideWide, multiplyWide } from './wide-multiply.ts';
import { shiftWide } from './wide-shift.ts';

/** A value of at most 64 bits, as a number. */
export function evaluateNumber(p: Pipe, e: Expr): Ref {
  const { m } = p;
  switch (e.kind) {
    case 'const':
      return constant(p, e.width, e.value);
    case 'var': {
      const value = p.get(p.varLocals(e.id)[0]!);
      return p.rawVars.has(e.id) ? swapBytes(p, e.width / 8, value) : value;
    }
    case 'field':
      return loadBits(p, fieldPlace(p, e.header, e.field));
    case 'valid':
      return p.isValid(e.header);
    case 'unary': {
      const operand = evaluateNumber(p, e.operand);
      if (e.op === 'not') return e.width === 1 ? m.i32.eqz(operand) : notNarrow(p, e.width, operand);
      return arithmeticNarrow(p, 'sub', e.width, false, constant(p, e.width, 0n), operand);
    }
    case 'binary':
      return binary(p, e);
    case 'concat': {
      const I = e.width <= 32 ? m.i32 : m.i64;
      const left = resizeNarrow(p, e.left.width, e.width, false, evaluateNumber(p, e.left));
      const right = resizeNarrow(p, e.right.width, e.width, false, evaluateNumber(p, e.right));
      return e.right.width >= e.width ? right : I.or(I.shl(left, constant(p, e.width, BigInt(e.right.width))), right);
    }
    case 'slice': {
      if (e.operand.kind === 'field') return loadBits(p, fieldPlace(p, e.operand.header, e.operand.field, e.high, e.low));
      if (isWide(e.operand.width)) return narrowSlice(p, evaluateLimbs(p, e.operand), e.low, e.width);
      const shifted = shiftConstant(p, 'shr', e.operand.width, false, evaluateNumber(p, e.operand), BigInt(e.low));
      return resizeNarrow(p, e.operand.width, e.width, false, shifted);
    }
    case 'resize':
      if (isWide(e.operand.width)) return narrowSlice(p, evaluateLimbs(p, e.operand), 0, e.width);
      return resizeNarrow(p, e.operand.width, e.width, e.signed, evaluateNumber(p, e.operand));
    case 'mux': {
      const condition = p.holdI32(evaluateNumber(p, e.condition));
      const [then, otherwise] = [evaluateNumber(p, e.then), evaluateNumber(p, e.else)];
      return m.if(condition(), then, otherwise);
    }
    case 'logical': {
      const left = evaluateNumber(p, e.left);
      const right = evaluateNumber(p, e.right);
      return e.op === 'and' ? m.if(left, right, m.i32.const(0)) : m.if(left, m.i32.const(1), right);
    }
    case 'onesSum':
      return swapBytes(p, 2, evaluateRaw(p, e));
    case 'hash':
      return narrowSlice(p, hashLimbs(p, e), 0, e.width);
    case 'intrinsic':
      return resizeNarrow(p, e.name === 'timestampNs' ? 64 : 32, e.width, false, intrinsic(p, e.name));
    case 'varbitSum':
      return varbitSum(p, e.header);
    case 'varbitEqual':
      return varbitEqual(p, e.left, e.right);
    case 'isNetPort':
      return isNetworkPort(p, e.port);
    case 'inValueSet':
      return isInValueSet(p, e);
    default:
      return assertNever(e);
  }
}

/** A value of any width, as limbs. */
export function evaluateLimbs(p: Pipe, e: Expr): Limbs {
  if (!isWide(e.width)) return limbsOfNarrow(p, e.width, evaluateNumber(p, e));
  switch (e.kind) {
    case 'const':
      return wideConstant(p, e.width, e.value);
    case 'var': {
      const limbs = p.varLocals(e.id).map(
        (local): Get =>
          () =>
            p.get(local),
      );
      return p.rawVars.has(e.id) ? swapLimbs(p, e.width, limbs) : limbs;
    }
    case 'field':
      return loadWideBits(p, fieldPlace(p, e.header, e.field));
    case 'unary':
      if (e.op === 'not') return notWide(p, e.width, evaluateLimbs(p, e.operand));
      return addWide(p, 'sub', e.width, wideConstant(p, e.width, 0n), evaluateLimbs(p, e.operand));
    case 'binary':
      return binaryWide(p, e);
    case 'concat': {
      const left = shiftLeftConstant(p, evaluateLimbs(p, e.left), e.right.width, e.width);
      const right = extendWide(p, evaluateLimbs(p, e.right), e.right.width, e.width, false);
      return mapLimbs(p, left, right, p.m.i64.or);
    }
    case 'slice':
      if (e.operand.kind === 'field') {
        return loadWideBits(p, fieldPlace(p, e.operand.header, e.operand.field, e.high, e.low));
      }
      return wideSlice(p, evaluateLimbs(p, e.operand), e.low, e.width);
    case 'resize':
      if (e.operand.width >= e.width) return wideSlice(p, evaluateLimbs(p, e.operand), 0, e.width);
      return extendWide(p, evaluateLimbs(p, e.operand), e.operand.width, e.width, e.signed);
    case 'mux': {
      const condition = p.holdI32(evaluateNumber(p, e.condition));
      return selectWide(p, condition, evaluateLimbs(p, e.then), evaluateLimbs(p, e.else));
    }
    case 'hash':
      return wideSlice(p, hashLimbs(p, e), 0, e.width);
    case 'intrinsic':
      return extendWide(p, [p.holdI64(extend(p, e.name === 'timestampNs' ? 64 : 32, intrinsic(p, e.name)))], 64, e.width, false);
    case 'valid':
    case 'logical':
    case 'onesSum':
    case 'varbitSum':
    case 'varbitEqual':
    case 'isNetPort':
    case 'inValueSet':
      throw new Bug(`'${e.kind}' of ${e.width} bits`);
    default:
      return assertNever(e);
  }
}

function binary(p: Pipe, e: BinaryExpr): Ref {
  const { width } = e.left;
  if (isComparison(e.op)) {
    const isEquality = e.op === 'eq' || e.op === 'ne';
    if (isEquality) {
      const equal = rawEquality(p, e) ?? maskedEquality(p, e);
      if (equal !== undefined) return e.op === 'eq' ? equal : p.m.i32.eqz(equal);
    }
    if (isWide(width)) return compareWide(p, e.op, width, e.signed, evaluateLimbs(p, e.left), evaluateLimbs(p, e.right));
    return compareNarrow(p, e.op, width, e.signed, evaluateNumber(p, e.left), evaluateNumber(p, e.right));
  }
  if (e.op === 'shl' || e.op === 'shr') {
    const value = evaluateNumber(p, e.left);
    if (e.right.kind === 'const') return shiftConstant(p, e.op, width, e.signed, value, e.right.value);
    return shiftNarrow(p, e.op, width, e.signed, value, hold(p, width, shiftAmount(p, e.right, width)));
  }
  return arithmeticNarrow(p, e.op, width, e.signed, evaluateNumber(p, e.left), evaluateNumber(p, e.right));
}

function binaryWide(p: Pipe, e: BinaryExpr): Limbs {
  const { width } = e;
  const left = evaluateLimbs(p, e.left);
  if (e.op === 'shl' || e.op === 'shr') {
    if (e.right.kind !== 'const') {
      const amount = p.holdI32(narrowTo(p, 32, extend(p, 32, shiftAmount(p, e.right, 32, width))));
      const scratch = p.holdI32(p.m.i32.add(p.get(p.context), p.m.i32.const(p.unit.scratch.shift)));
      return shiftWide(p, e.op, width, e.signed, left, amount, scratch);
    }
    const amount = Number(e.right.value < BigInt(width) ? e.right.value : BigInt(width));
    if (e.op === 'shl') return shiftLeftConstant(p, left, amount, width);
    return shiftRightConstant(p, left, amount, width, e.signed);
  }
  const right = evaluateLimbs(p, e.right);
  switch (e.op) {
    case 'add':
    case 'sub':
      return addWide(p, e.op, width, left, right);
    case 'and':
    case 'or':
    case 'xor':
      return mapLimbs(p, left, right, p.m.i64[e.op]);
    case 'mul':
      return multiplyWide(p, width, left, right);
    case 'div':
    case 'mod':
      return divideWide(p, e.op, width, e.signed, left, right);
    case 'satAdd':
    case 'satSub':
      return saturateWide(p, e.op, width, e.signed, left, right);
    case 'eq':
    case 'ne':
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
      throw new Bug(`comparison of ${width} bits`);
    default:
      return assertNever(e.op);
  }
}

/** A shift's amount in the type of `width` bits; an amount too large for it, or above `limit`, becomes `limit`. */
function shiftAmount(p: Pipe, e: Expr, width: number, limit = width): Ref {
  const container = width <= 32 ? 32 : 64;
  const max = BigInt(limit);
  if (e.width <= container) {
    const value = hold(p, container, resizeNarrow(p, e.width, container, false, evaluateNumber(p, e)));
    const I = container === 32 ? p.m.i32 : p.m.i64;
    return p.m.select(I.lt_u(value(), constant(p, container, max)), value(), constant(p, container, max));
  }
  const limbs = evaluateLimbs(p, e);
  const isSmall = compareWide(p, 'lt', e.width, false, limbs, wideConstant(p, e.width, max));
  return p.m.select(isSmall, narrowSlice(p, limbs, 0, container), constant(p, container, max));
}

/** Equality on raw bytes, if neither side needs a swap for it. */
function rawEquality(p: Pipe, e: BinaryExpr): Ref | undefined {
  if (e.left.kind === 'const' && e.right.kind === 'const') return undefined;
  if (!isNaturallyRaw(p, e.left) || !isNaturallyRaw(p, e.right)) return undefined;
  if (isWide(e.left.width)) return equalLimbs(p, evaluateRawWords(p, e.left), evaluateRawWords(p, e.right));
  const I = e.left.width <= 32 ? p.m.i32 : p.m.i64;
  return I.eq(evaluateRaw(p, e.left), evaluateRaw(p, e.right));
}

/** Equality of a few bits of a header with a constant: the bytes around them, masked and compared as they lie. */
function maskedEquality(p: Pipe, e: BinaryExpr): Ref | undefined {
  const [place, value] =
    e.right.kind === 'const' ? [e.left, e.right.value] : e.left.kind === 'const' ? [e.right, e.left.value] : [];
  const field = place?.kind === 'slice' ? place.operand : place;
  if (!place || value === undefined || field?.kind !== 'field') return undefined;
  const bits = fieldPlace(p, field.header, field.field, ...(place.kind === 'slice' ? ([place.high, place.low] as const) : []));
  const first = bits.bit >> 3;
  const last = (bits.bit + bits.width - 1) >> 3;
  const count = last - first + 1;
  if (bits.width === 0 || (count !== 2 && count !== 4 && count !== 8)) return undefined;
  const spare = BigInt(7 - ((bits.bit + bits.width - 1) & 7));
  const mask = swapConstant(onesOf(bits.width) << spare, count);
  const wanted = swapConstant(value << spare, count);
  const I = count <= 4 ? p.m.i32 : p.m.i64;
  const raw = count === 2 ? p.m.i32.load16_u(first, bits.base()) : I.load(first, bits.base());
  return I.eq(I.and(raw, constant(p, 8 * count, mask)), constant(p, 8 * count, wanted));
}

function intrinsic(p: Pipe, name: Intrinsic): Ref {
  const { i32: A, i64: B } = p.m;
  switch (name) {
    case 'inputPort':
      return A.load(descriptor.inPort, p.get(p.descriptor));
    case 'timestampNs':
      return B.load(context.nowNs, p.get(p.context));
    case 'packetLength':
      return p.packetLength();
    case 'parserError':
      return p.get(p.parserError);
    case 'pass':
      return p.get(p.pass);
    case 'loopedBack':
      return A.and(A.load8_u(descriptor.flags, p.get(p.descriptor)), A.const(1));
    case 'copyPort':
      return A.load(descriptor.copyPort, p.get(p.descriptor));
    case 'copyInstance':
      return A.load16_u(descriptor.copyInstance, p.get(p.descriptor));
    case 'payloadSum':
      return sumOfBytes(p, p.get(p.payload), A.sub(p.get(p.end), p.get(p.payload)));
    case 'payloadLength':
      return A.sub(p.get(p.end), p.get(p.payload));
    case 'segmentLength':
      return segmentLength(p);
    default:
      return assertNever(name);
  }
}
