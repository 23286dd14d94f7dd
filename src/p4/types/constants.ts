/**
 * Evaluation at compile time (P4-16 §8.9, §18.1, §18.2).
 *
 * `evaluate` runs after an expression was typed and gives its value in its own type: `bit<W>` wraps, `int<W>` wraps in two's complement,
 * `int` is unbounded (but refused beyond a million bits). Problems that only values show (division by zero, negative shift) are reported where
 * operators are typed; here they just make the value unknown.
 */
import type * as ast from '../syntax/ast.ts';
import type { ConstValue } from './checked.ts';
import type { Context } from './context.ts';
import { assertNever, decay, poisonType, sizeRange, widthOf } from './relations.ts';
import type { Type } from './types.ts';

/** Largest size of an `int` value, in bits, and largest shift distance that we compute. */
const maxIntegerBits = 1_000_000;

/** Value of an expression, if it is known without knowing constructor arguments. Memoized. */
export function evaluate(cx: Context, expression: ast.Expression): ConstValue | undefined {
  const known = cx.constants.get(expression);
  if (known !== undefined) return known ?? undefined;
  const raw = cx.nested(expression.span, undefined, () => compute(cx, expression));
  const type = cx.types.get(expression) ?? poisonType;
  const value = raw && tooLarge(raw) ? undefined : raw && convert(raw, type);
  cx.constants.set(expression, value ?? null);
  return value;
}

/** Integer value of an expression, if it is a constant of an integer type. */
export function integerConstant(cx: Context, expression: ast.Expression): bigint | undefined {
  const value = evaluate(cx, expression);
  return value?.kind === 'integer' ? value.value : undefined;
}

/** Does the value fit the type without wrapping? */
export function fits(value: bigint, type: Type & { kind: 'bits' }): boolean {
  const width = BigInt(type.width);
  if (type.signed) return value >= -(1n << (width - 1n)) && value < 1n << (width - 1n);
  return value >= 0n && value < 1n << width;
}

/** The value that has the same low bits and lies in the type's range. */
export function wrap(value: bigint, type: Type & { kind: 'bits' }): bigint {
  return type.signed ? BigInt.asIntN(type.width, value) : BigInt.asUintN(type.width, value);
}

/** The value as a value of `type`: integers wrap, lists become structs by position. */
export function convert(value: ConstValue, type: Type): ConstValue {
  switch (type.kind) {
    case 'bits':
      if (value.kind === 'integer') return { kind: 'integer', value: wrap(value.value, type) };
      if (value.kind === 'boolean') return { kind: 'integer', value: value.value ? 1n : 0n };
      return value;
    case 'bool':
      return value.kind === 'integer' ? { kind: 'boolean', value: value.value !== 0n } : value;
    case 'serEnum':
    case 'newtype':
      return convert(value, type.underlying);
    case 'struct':
    case 'header': {
      if (value.kind === 'tuple' && value.elements.length === type.fields.length) {
        return { kind: 'struct', fields: new Map(type.fields.map((f, i) => [f.name, convert(value.elements[i]!, f.type)])) };
      }
      if (value.kind !== 'struct') return value;
      const fields = new Map<string, ConstValue>();
      for (const f of type.fields) {
        const part = value.fields.get(f.name);
        if (part) fields.set(f.name, convert(part, f.type));
      }
      return { kind: 'struct', fields };
    }
    case 'tuple':
      if (value.kind !== 'tuple') return value;
      return { kind: 'tuple', elements: value.elements.map((v, i) => convert(v, type.elements[i] ?? poisonType)) };
    case 'list':
    case 'stack':
      if (value.kind !== 'tuple') return value;
      return { kind: 'tuple', elements: value.elements.map((v) => convert(v, type.element)) };
    default:
      return value;
  }
}

/** Are the two constants the same value? */
export function equalValues(a: ConstValue, b: ConstValue): boolean {
  switch (a.kind) {
    case 'integer':
    case 'boolean':
    case 'string':
      return a.kind === b.kind && a.value === b.value;
    case 'member':
      return b.kind === 'member' && a.name === b.name;
    case 'tuple':
      return (
        b.kind === 'tuple' &&
        a.elements.length === b.elements.length &&
        a.elements.every((v, i) => equalValues(v, b.elements[i]!))
      );
    case 'struct':
      if (b.kind !== 'struct' || a.fields.size !== b.fields.size) return false;
      return [...a.fields].every(([name, v]) => {
        const other = b.fields.get(name);
        return other !== undefined && equalValues(v, other);
      });
    default:
      return assertNever(a);
  }
}

/** Below it the length of a number need not be found out. */
const surelyFits = 1n << 65_536n;

function tooLarge(value: ConstValue): boolean {
  if (value.kind !== 'integer') return false;
  return (value.value > surelyFits || value.value < -surelyFits) && bitLength(value.value) > maxIntegerBits;
}

function bitLength(value: bigint): number {
  return (value < 0n ? -value : value).toString(16).length * 4;
}

function compute(cx: Context, e: ast.Expression): ConstValue | undefined {
  switch (e.kind) {
    case 'integer':
      return { kind: 'integer', value: e.value };
    case 'boolean':
      return { kind: 'boolean', value: e.value };
    case 'string':
      return { kind: 'string', value: e.value };
    case 'path': {
      const referent = cx.referents.get(e);
      return referent && cx.values.get(referent);
    }
    case 'member':
      return computeMember(cx, e);
    case 'index': {
      const object = evaluate(cx, e.object);
      const index = integerConstant(cx, e.index);
      if (object?.kind !== 'tuple' || index === undefined || index < 0n) return undefined;
      return object.elements[Number(index)];
    }
    case 'slice': {
      const object = integerConstant(cx, e.object);
      const type = cx.types.get(e);
      const low = integerConstant(cx, e.low);
      if (object === undefined || low === undefined || low < 0n || low > BigInt(maxIntegerBits) || type?.kind !== 'bits')
        return undefined;
      return { kind: 'integer', value: BigInt.asUintN(type.width, object >> low) };
    }
    case 'unary':
      return computeUnary(cx, e);
    case 'binary':
      return computeBinary(cx, e);
    case 'conditional': {
      const condition = evaluate(cx, e.condition);
      if (condition?.kind !== 'boolean') return undefined;
      const other = evaluate(cx, condition.value ? e.whenFalse : e.whenTrue);
      return other && evaluate(cx, condition.value ? e.whenTrue : e.whenFalse);
    }
    case 'cast':
      return evaluate(cx, e.operand);
    case 'list': {
      const elements = e.elements.map((x) => evaluate(cx, x));
      if (e.hasRest || elements.some((v) => v === undefined)) return undefined;
      return { kind: 'tuple', elements: elements as ConstValue[] };
    }
    case 'structExpression': {
      if (e.hasRest) return undefined;
      const fields = new Map<string, ConstValue>();
      for (const f of e.fields) {
        const value = evaluate(cx, f.value);
        if (!value) return undefined;
        fields.set(f.name.name, value);
      }
      return { kind: 'struct', fields };
    }
    case 'call':
      return computeSize(cx, e);
    case 'mask':
    case 'range':
    case 'invalid':
    case 'defaultValue':
    case 'this':
    case 'typeName':
      return undefined;
    default:
      return assertNever(e);
  }
}

function computeMember(cx: Context, e: ast.MemberExpression): ConstValue | undefined {
  const referent = cx.referents.get(e);
  if (referent) {
    const value = cx.values.get(referent);
    if (value) return value;
    const type = cx.types.get(e);
    if (type?.kind === 'enum') return { kind: 'member', of: 'enum', name: e.member.name };
    if (type?.kind === 'error') return { kind: 'member', of: 'error', name: e.member.name };
    if (type?.kind === 'matchKind') return { kind: 'member', of: 'matchKind', name: e.member.name };
    return undefined;
  }
  const objectType = cx.types.get(e.object);
  if (objectType?.kind === 'stack' && e.member.name === 'size') return { kind: 'integer', value: BigInt(objectType.size) };
  const object = objectType && evaluate(cx, e.object);
  return object?.kind === 'struct' ? object.fields.get(e.member.name) : undefined;
}

/** `x.minSizeInBits()` and its kin do not need the value of `x`. */
function computeSize(cx: Context, e: ast.CallExpression): ConstValue | undefined {
  const call = cx.calls.get(e);
  // A failed assertion was reported; a static_assert that stands is true.
  if (call?.kind === 'externFunction' && call.declaration.name.name === 'static_assert') return { kind: 'boolean', value: true };
  if (call?.kind !== 'builtin') return undefined;
  const type =
    cx.types.get(call.receiver) ?? (call.receiver.kind === 'typeName' ? cx.refTypes.get(call.receiver.type) : undefined);
  const size = type && sizeRange(type);
  if (!size) return undefined;
  const value = (bits: number): ConstValue => ({ kind: 'integer', value: BigInt(bits) });
  switch (call.name) {
    case 'minSizeInBits':
      return value(size.min);
    case 'maxSizeInBits':
      return value(size.max);
    case 'minSizeInBytes':
      return value(Math.ceil(size.min / 8));
    case 'maxSizeInBytes':
      return value(Math.ceil(size.max / 8));
    default:
      return undefined;
  }
}

function computeUnary(cx: Context, e: ast.UnaryExpression): ConstValue | undefined {
  const operand = evaluate(cx, e.operand);
  if (e.operator === '!') return operand?.kind === 'boolean' ? { kind: 'boolean', value: !operand.value } : undefined;
  if (operand?.kind !== 'integer') return undefined;
  switch (e.operator) {
    case '-':
      return { kind: 'integer', value: -operand.value };
    case '~':
      return { kind: 'integer', value: ~operand.value };
    case '+':
      return operand;
    default:
      return assertNever(e.operator);
  }
}

function computeBinary(cx: Context, e: ast.BinaryExpression): ConstValue | undefined {
  const left = evaluate(cx, e.left);
  const right = evaluate(cx, e.right);
  if (!left || !right) return undefined;
  const leftType = decay(cx.types.get(e.left) ?? poisonType);
  const rightType = decay(cx.types.get(e.right) ?? poisonType);
  if (e.operator === '++') return concatenate(left, right, leftType, rightType);
  if (e.operator === '<<' || e.operator === '>>') return shift(e.operator, left, right);
  // A literal next to a fixed-width operand takes that operand's type.
  const a = leftType.kind === 'infint' ? convert(left, rightType) : left;
  const b = rightType.kind === 'infint' ? convert(right, leftType) : right;
  if (e.operator === '==' || e.operator === '!=') return { kind: 'boolean', value: equalValues(a, b) === (e.operator === '==') };
  if (a.kind === 'boolean' && b.kind === 'boolean') {
    if (e.operator === '&&') return { kind: 'boolean', value: a.value && b.value };
    if (e.operator === '||') return { kind: 'boolean', value: a.value || b.value };
    return undefined;
  }
  if (a.kind !== 'integer' || b.kind !== 'integer') return undefined;
  return arithmetic(e.operator, a.value, b.value, cx.types.get(e) ?? poisonType);
}

function concatenate(left: ConstValue, right: ConstValue, leftType: Type, rightType: Type): ConstValue | undefined {
  if (left.kind === 'string' && right.kind === 'string') return { kind: 'string', value: left.value + right.value };
  const width = widthOf(rightType);
  if (left.kind !== 'integer' || right.kind !== 'integer' || width === undefined || leftType.kind !== 'bits') return undefined;
  return { kind: 'integer', value: (left.value << BigInt(width)) | BigInt.asUintN(width, right.value) };
}

function shift(operator: '<<' | '>>', left: ConstValue, right: ConstValue): ConstValue | undefined {
  if (left.kind !== 'integer' || right.kind !== 'integer' || right.value < 0n) return undefined;
  if (operator === '>>') return { kind: 'integer', value: left.value >> (right.value > 2_000_000n ? 2_000_000n : right.value) };
  if (left.value === 0n) return left;
  // Beyond the widest type nothing is left of a fixed-width value; an `int` that long is not computed.
  return right.value > BigInt(maxIntegerBits) ? undefined : { kind: 'integer', value: left.value << right.value };
}

function arithmetic(operator: ast.BinaryOperator, a: bigint, b: bigint, type: Type): ConstValue | undefined {
  const integer = (value: bigint): ConstValue => ({ kind: 'integer', value });
  const boolean = (value: boolean): ConstValue => ({ kind: 'boolean', value });
  switch (operator) {
    case '*':
      return bitLength(a) + bitLength(b) > maxIntegerBits ? undefined : integer(a * b);
    case '/':
      return b === 0n ? undefined : integer(a / b);
    case '%':
      return b === 0n ? undefined : integer(a % b);
    case '+':
      return integer(a + b);
    case '-':
      return integer(a - b);
    case '|+|':
      return type.kind === 'bits' ? integer(saturate(a + b, type)) : undefined;
    case '|-|':
      return type.kind === 'bits' ? integer(saturate(a - b, type)) : undefined;
    case '&':
      return integer(a & b);
    case '|':
      return integer(a | b);
    case '^':
      return integer(a ^ b);
    case '<':
      return boolean(a < b);
    case '>':
      return boolean(a > b);
    case '<=':
      return boolean(a <= b);
    case '>=':
      return boolean(a >= b);
    case '==':
    case '!=':
    case '&&':
    case '||':
    case '++':
    case '<<':
    case '>>':
    case 'in':
      return undefined;
    default:
      return assertNever(operator);
  }
}

function saturate(value: bigint, type: Type & { kind: 'bits' }): bigint {
  if (fits(value, type)) return value;
  const width = BigInt(type.width);
  if (value < 0n) return type.signed ? -(1n << (width - 1n)) : 0n;
  return type.signed ? (1n << (width - 1n)) - 1n : (1n << width) - 1n;
}
