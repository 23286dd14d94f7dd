/**
 * Builders for IR expressions that fold constants as they go (P4-16 §8): what is known at compile time never becomes an operation.
 *
 * Constants are kept as their bit pattern (unsigned); a signed operation reads it in two's complement. Widths are checked by the type
 * checker, so builders trust them, except where a width decides the result (`resize`, `slice`).
 */
import type { BinaryOp, Expr } from './ir.ts';

const comparisons: ReadonlySet<BinaryOp> = new Set<BinaryOp>(['eq', 'ne', 'lt', 'le', 'gt', 'ge']);

const opposites: Readonly<Partial<Record<BinaryOp, BinaryOp>>> = { eq: 'ne', ne: 'eq', lt: 'ge', ge: 'lt', gt: 'le', le: 'gt' };

/** A constant of a width; the value wraps. */
export function constant(width: number, value: bigint | number): Expr {
  return { kind: 'const', width, value: BigInt.asUintN(width, BigInt(value)) };
}

export const trueExpr: Expr = constant(1, 1);
export const falseExpr: Expr = constant(1, 0);

export function isConst(e: Expr): e is Expr & { kind: 'const' } {
  return e.kind === 'const';
}

/** Value of a constant as a number with its sign, if the operation is signed. */
function numberOf(e: Expr & { kind: 'const' }, signed: boolean): bigint {
  return signed ? BigInt.asIntN(e.width, e.value) : e.value;
}

export function binary(op: BinaryOp, left: Expr, right: Expr, signed = false): Expr {
  const width = comparisons.has(op) ? 1 : left.width;
  if (isConst(left) && isConst(right)) {
    const folded = fold(op, left, right, signed);
    if (folded !== undefined) return constant(width, folded);
  }
  const isZero = isConst(right) && right.value === 0n;
  if (isZero && (op === 'add' || op === 'sub' || op === 'or' || op === 'xor' || op === 'shl' || op === 'shr')) return left;
  if (isConst(right) && right.value === BigInt.asUintN(right.width, -1n) && op === 'and' && right.width === left.width)
    return left;
  if (width === 1 && left.width === 1 && isConst(right) && (op === 'eq' || op === 'ne')) {
    return (op === 'eq') === (right.value === 1n) ? left : not(left);
  }
  return { kind: 'binary', width, op, signed, left, right };
}

function fold(op: BinaryOp, l: Expr & { kind: 'const' }, r: Expr & { kind: 'const' }, signed: boolean): bigint | undefined {
  const a = numberOf(l, signed);
  const b = numberOf(r, signed);
  const truth = (v: boolean): bigint => (v ? 1n : 0n);
  const clamp = (v: bigint): bigint => {
    const low = signed ? -(1n << BigInt(l.width - 1)) : 0n;
    const high = signed ? (1n << BigInt(l.width - 1)) - 1n : (1n << BigInt(l.width)) - 1n;
    return v < low ? low : v > high ? high : v;
  };
  switch (op) {
    case 'add':
      return a + b;
    case 'sub':
      return a - b;
    case 'mul':
      return a * b;
    case 'div':
      return b === 0n ? 0n : a / b;
    case 'mod':
      return b === 0n ? 0n : a % b;
    case 'satAdd':
      return clamp(a + b);
    case 'satSub':
      return clamp(a - b);
    case 'shl':
      return r.value >= BigInt(l.width) ? 0n : a << r.value;
    case 'shr':
      return r.value >= BigInt(l.width) ? (a < 0n ? -1n : 0n) : a >> r.value;
    case 'and':
      return l.value & r.value;
    case 'or':
      return l.value | r.value;
    case 'xor':
      return l.value ^ r.value;
    case 'eq':
      return truth(l.value === r.value);
    case 'ne':
      return truth(l.value !== r.value);
    case 'lt':
      return truth(a < b);
    case 'le':
      return truth(a <= b);
    case 'gt':
      return truth(a > b);
    case 'ge':
      return truth(a >= b);
    default:
      return assertNever(op);
  }
}

export function not(operand: Expr): Expr {
  if (isConst(operand)) return constant(operand.width, ~operand.value);
  if (operand.kind === 'unary' && operand.op === 'not') return operand.operand;
  if (operand.kind === 'binary' && operand.width === 1) {
    const opposite = opposites[operand.op];
    if (opposite) return { ...operand, op: opposite };
  }
  return { kind: 'unary', width: operand.width, op: 'not', operand };
}

export function negate(operand: Expr): Expr {
  if (isConst(operand)) return constant(operand.width, -operand.value);
  return { kind: 'unary', width: operand.width, op: 'neg', operand };
}

export function concat(left: Expr, right: Expr): Expr {
  const width = left.width + right.width;
  if (left.width === 0) return right;
  if (right.width === 0) return left;
  if (isConst(left) && isConst(right)) return constant(width, (left.value << BigInt(right.width)) | right.value);
  return { kind: 'concat', width, left, right };
}

/** Bits high..low; a slice of a slice becomes one slice. */
export function slice(operand: Expr, high: number, low: number): Expr {
  const width = high - low + 1;
  if (low === 0 && width === operand.width) return operand;
  if (isConst(operand)) return constant(width, operand.value >> BigInt(low));
  if (operand.kind === 'slice') return slice(operand.operand, operand.low + high, operand.low + low);
  return { kind: 'slice', width, operand, high, low };
}

/** Truncates or extends to a width. */
export function resize(operand: Expr, width: number, signed = false): Expr {
  if (operand.width === width) return operand;
  if (isConst(operand)) return constant(width, numberOf(operand, signed));
  return { kind: 'resize', width, signed, operand };
}

export function mux(condition: Expr, whenTrue: Expr, whenFalse: Expr): Expr {
  if (isConst(condition)) return condition.value !== 0n ? whenTrue : whenFalse;
  return { kind: 'mux', width: whenTrue.width, condition, then: whenTrue, else: whenFalse };
}

export function and(left: Expr, right: Expr): Expr {
  if (isConst(left)) return left.value ? right : falseExpr;
  if (isConst(right) && right.value) return left;
  return { kind: 'logical', width: 1, op: 'and', left, right };
}

export function or(left: Expr, right: Expr): Expr {
  if (isConst(left)) return left.value ? trueExpr : right;
  if (isConst(right) && !right.value) return left;
  return { kind: 'logical', width: 1, op: 'or', left, right };
}

export function equal(left: Expr, right: Expr): Expr {
  return binary('eq', left, right);
}

export function allOf(parts: readonly Expr[]): Expr {
  return parts.reduce(and, trueExpr);
}

export function anyOf(parts: readonly Expr[]): Expr {
  return parts.reduce(or, falseExpr);
}

/** The expression with `change` made to its direct subexpressions, folded where that makes it known. */
export function rebuild(e: Expr, change: (part: Expr) => Expr): Expr {
  switch (e.kind) {
    case 'const':
    case 'var':
    case 'field':
    case 'valid':
    case 'intrinsic':
    case 'varbitSum':
    case 'varbitEqual':
      return e;
    case 'unary':
      return e.op === 'not' ? not(change(e.operand)) : negate(change(e.operand));
    case 'binary':
      return binary(e.op, change(e.left), change(e.right), e.signed);
    case 'logical':
      return e.op === 'and' ? and(change(e.left), change(e.right)) : or(change(e.left), change(e.right));
    case 'mux':
      return mux(change(e.condition), change(e.then), change(e.else));
    case 'concat':
      return concat(change(e.left), change(e.right));
    case 'slice':
      return slice(change(e.operand), e.high, e.low);
    case 'resize':
      return resize(change(e.operand), e.width, e.signed);
    case 'onesSum':
      return { ...e, parts: e.parts.map(({ value, negate: minus }) => ({ value: change(value), negate: minus })) };
    case 'hash':
      return { ...e, data: e.data.map(change) };
    case 'isNetPort':
      return { ...e, port: change(e.port) };
    case 'inValueSet':
      return { ...e, keys: e.keys.map(change) };
    default:
      return assertNever(e);
  }
}

/** Marks a switch that handled every kind. */
export function assertNever(value: never): never {
  throw new Error(`unreachable: ${String(value)}`);
}
