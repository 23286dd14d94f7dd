/**
 * Expressions as raw bytes (see bytes.ts): what keys, copies, checksums and hashes want. Widths are whole bytes. Falls back to swapping the number.
 */
import type { Expr } from '../ir/ir.ts';
import type { Get, Ref } from './builder.ts';
import { byteCount, constant, extend, narrowTo, onesOf, swapBytes, swapConstant } from './bytes.ts';
import { evaluateLimbs, evaluateNumber } from './expr.ts';
import { fieldPlace, isAlignedPlace, loadRawPlace, loadRawWords } from './fields.ts';
import { isWide, typeOf } from './narrow.ts';
import { onesSumRaw } from './ones-sum.ts';
import type { Pipe } from './pipe.ts';
import { type Limbs, limbCount, swapLimbs } from './wide.ts';

/** Whether the raw bytes come without a swap. Constants do in either form. */
export function isNaturallyRaw(p: Pipe, e: Expr): boolean {
  if (e.width % 8 !== 0 || e.width === 0) return false;
  switch (e.kind) {
    case 'const':
    case 'onesSum':
      return true;
    case 'var':
      return p.rawVars.has(e.id) || e.width === 8;
    case 'field':
    case 'slice':
      return rawPlace(p, e) !== undefined;
    case 'unary':
      return e.op === 'not' && isNaturallyRaw(p, e.operand);
    case 'binary':
      return isBitwise(e.op) && isNaturallyRaw(p, e.left) && isNaturallyRaw(p, e.right);
    case 'mux':
      return isNaturallyRaw(p, e.then) && isNaturallyRaw(p, e.else);
    default:
      return false;
  }
}

/** Raw value of an expression of at most 8 bytes: i32 up to 4 bytes, else i64. */
export function evaluateRaw(p: Pipe, e: Expr): Ref {
  const bytes = e.width / 8;
  const I = e.width <= 32 ? p.m.i32 : p.m.i64;
  switch (e.kind) {
    case 'const':
      return constant(p, e.width, swapConstant(e.value, bytes));
    case 'var':
      if (p.rawVars.has(e.id)) return p.get(p.varLocals(e.id)[0]!);
      break;
    case 'field':
    case 'slice': {
      const place = rawPlace(p, e);
      if (place) return loadRawPlace(p, place);
      break;
    }
    case 'onesSum':
      return onesSumRaw(p, e);
    case 'unary':
      if (e.op === 'not' && isNaturallyRaw(p, e.operand)) {
        return I.xor(evaluateRaw(p, e.operand), constant(p, e.width, onesOf(e.width)));
      }
      break;
    case 'binary':
      if (isBitwise(e.op) && isNaturallyRaw(p, e)) return I[e.op](evaluateRaw(p, e.left), evaluateRaw(p, e.right));
      break;
    case 'mux': {
      if (!isNaturallyRaw(p, e)) break;
      const condition = p.holdI32(evaluateNumber(p, e.condition));
      const [then, otherwise] = [evaluateRaw(p, e.then), evaluateRaw(p, e.else)];
      return p.m.if(condition(), then, otherwise);
    }
    case 'concat':
      if (e.left.width % 8 === 0 && e.right.width % 8 === 0 && e.right.width > 0) {
        const left = inTypeOf(p, e.left, e.width);
        const right = inTypeOf(p, e.right, e.width);
        return I.or(left, I.shl(right, constant(p, e.width, BigInt(e.left.width))));
      }
      break;
    case 'resize':
      if (!e.signed && e.operand.width % 8 === 0 && e.operand.width > 0 && e.operand.width <= e.width) {
        return I.shl(inTypeOf(p, e.operand, e.width), constant(p, e.width, BigInt(e.width - e.operand.width)));
      }
      break;
    default:
      break;
  }
  return swapBytes(p, bytes, evaluateNumber(p, e));
}

/** Raw words of an expression of any width, first bytes first; the rest of the last word is 0. */
export function evaluateRawWords(p: Pipe, e: Expr): Limbs {
  if (!isWide(e.width)) return [p.holdI64(extend(p, e.width, evaluateRaw(p, e)))];
  switch (e.kind) {
    case 'var':
      if (p.rawVars.has(e.id))
        return p.varLocals(e.id).map(
          (local): Get =>
            () =>
              p.get(local),
        );
      break;
    case 'field':
    case 'slice': {
      const place = rawPlace(p, e);
      if (place) return loadRawWords(p, place);
      break;
    }
    case 'const': {
      const swapped = swapConstant(e.value, byteCount(e.width));
      return Array.from({ length: limbCount(e.width) }, (_, i): Get => {
        const word = BigInt.asIntN(64, swapped >> BigInt(64 * i));
        return () => p.m.i64.const(word);
      });
    }
    case 'mux': {
      if (!isNaturallyRaw(p, e)) break;
      const condition = p.holdI32(evaluateNumber(p, e.condition));
      const [then, otherwise] = [evaluateRawWords(p, e.then), evaluateRawWords(p, e.else)];
      return then.map((word, i) => p.holdI64(p.m.select(condition(), word(), otherwise[i]!())));
    }
    default:
      break;
  }
  return swapLimbs(p, e.width, evaluateLimbs(p, e));
}

/** Raw value of a narrower expression in the type of `width` bits. */
function inTypeOf(p: Pipe, e: Expr, width: number): Ref {
  const value = evaluateRaw(p, e);
  if (typeOf(e.width) === typeOf(width)) return value;
  return e.width <= 32 ? extend(p, e.width, value) : narrowTo(p, width, value);
}

/** The bytes in a header that a field, or a slice of one, is; undefined if it is not whole bytes of a header. */
function rawPlace(p: Pipe, e: Extract<Expr, { kind: 'field' | 'slice' }>): ReturnType<typeof fieldPlace> | undefined {
  if (e.kind === 'slice') {
    if (e.operand.kind !== 'field') return undefined;
    const width = p.field(e.operand.header, e.operand.field);
    if ((width.offsetBits + width.width - 1 - e.high) % 8 !== 0 || e.width % 8 !== 0) return undefined;
    return fieldPlace(p, e.operand.header, e.operand.field, e.high, e.low);
  }
  const { offsetBits, width } = p.field(e.header, e.field);
  if (offsetBits % 8 !== 0 || width % 8 !== 0) return undefined;
  const place = fieldPlace(p, e.header, e.field);
  return isAlignedPlace(place) ? place : undefined;
}

function isBitwise(op: string): op is 'and' | 'or' | 'xor' {
  return op === 'and' || op === 'or' || op === 'xor';
}
