/**
 * Types of operators (P4-16 §8.5 to §8.10): what each operator accepts, what it gives, and the rules that need values
 * (division by zero, negative shift distance).
 */
import type * as ast from '../syntax/ast.ts';
import { assignable, coerce, warnIfTruncated } from './coerce.ts';
import { isCompileTime } from './compiletime.ts';
import { integerConstant } from './constants.ts';
import type { Context } from './context.ts';
import { checkExpression } from './expressions.ts';
import {
  assertNever,
  bitsType,
  boolType,
  composedOf,
  decay,
  equalTypes,
  infintType,
  poisonType,
  printType,
  stringType,
} from './relations.ts';
import type { Type } from './types.ts';

/** What `==` compares; extern objects, type variables and the like have no equality. */
const comparable: ReadonlySet<Type['kind']> = new Set<Type['kind']>([
  'bool',
  'string',
  'error',
  'matchKind',
  'infint',
  'bits',
  'varbit',
  'enum',
  'serEnum',
  'newtype',
  'poison',
  'header',
  'headerUnion',
  'struct',
  'stack',
  'tuple',
  'unknownStruct',
]);

export function checkUnary(cx: Context, e: ast.UnaryExpression): Type {
  const own = checkExpression(cx, e.operand);
  if (own.kind === 'poison') return poisonType;
  const type = decay(own);
  switch (e.operator) {
    case '!':
      return type.kind === 'bool' ? type : badOperand(cx, e, e.operator, own, "'bool'");
    case '~':
      if (type.kind === 'infint') return noWidth(cx, e.operand, e.operator);
      return type.kind === 'bits' ? type : badOperand(cx, e, e.operator, own, "'bit<W>' or 'int<W>'");
    case '-':
    case '+':
      return isNumber(type) ? type : badOperand(cx, e, e.operator, own, 'an integer');
    default:
      return assertNever(e.operator);
  }
}

export function checkBinary(cx: Context, e: ast.BinaryExpression): Type {
  const left = checkExpression(cx, e.left);
  const right = checkExpression(cx, e.right);
  if (left.kind === 'poison' || right.kind === 'poison') return resultUnlessPoison(e.operator);
  return binaryType(cx, e.operator, e.left, e.right, e);
}

/** Comparisons are bool whatever their operands are: a wrong operand does not spoil the condition around. */
function resultUnlessPoison(operator: ast.BinaryOperator): Type {
  return ['==', '!=', '<', '>', '<=', '>=', '&&', '||'].includes(operator) ? boolType : poisonType;
}

/** Type of `left operator right` for operands that were typed already; also used for `left operator= right`. */
export function binaryType(
  cx: Context,
  operator: ast.BinaryOperator,
  left: ast.Expression,
  right: ast.Expression,
  whole: { span: ast.Expression['span'] },
): Type {
  const a = cx.types.get(left) ?? poisonType;
  const b = cx.types.get(right) ?? poisonType;
  if (a.kind === 'poison' || b.kind === 'poison') return poisonType;
  switch (operator) {
    case '&&':
    case '||':
      if (a.kind !== 'bool') return badOperand(cx, left, operator, a, "'bool'");
      return b.kind === 'bool' ? boolType : badOperand(cx, right, operator, b, "'bool'");
    case '==':
    case '!=':
      return equalityType(cx, operator, left, right, whole);
    case '<':
    case '>':
    case '<=':
    case '>=':
      return numericType(cx, operator, left, right, whole).kind === 'poison' ? poisonType : boolType;
    case '+':
    case '-':
    case '*':
    case '&':
    case '|':
    case '^':
      return numericType(cx, operator, left, right, whole);
    case '/':
    case '%':
      return divisionType(cx, operator, left, right, whole);
    case '|+|':
    case '|-|': {
      const type = numericType(cx, operator, left, right, whole);
      return type.kind === 'infint' ? noWidth(cx, left, operator) : type;
    }
    case '<<':
    case '>>':
      return shiftType(cx, operator, left, right);
    case '++':
      return concatenationType(cx, left, right);
    case 'in':
      if (b.kind !== 'set' && b.kind !== 'list') return badOperand(cx, right, operator, b, 'a set');
      return coerce(cx, left, b.element, "left operand of 'in'") ? boolType : poisonType;
    default:
      return assertNever(operator);
  }
}

/** The type both expressions take: equal types, or one converted implicitly to the other's; undefined if there is none. */
export function commonType(cx: Context, left: ast.Expression, right: ast.Expression, decays: boolean): Type | undefined {
  const own = [cx.types.get(left) ?? poisonType, cx.types.get(right) ?? poisonType] as const;
  const [a, b] = decays ? [decay(own[0]), decay(own[1])] : own;
  if (equalTypes(a, b)) return a;
  if (a.kind === 'unknownStruct' && b.kind !== 'unknownStruct') return coerce(cx, left, b, 'left operand') ? b : poisonType;
  if (b.kind === 'unknownStruct' && a.kind !== 'unknownStruct') return coerce(cx, right, a, 'right operand') ? a : poisonType;
  if (a.kind === 'infint' && b.kind === 'bits') return truncating(cx, left, b);
  if (b.kind === 'infint' && a.kind === 'bits') return truncating(cx, right, a);
  if (assignable(cx, a, b)) return b;
  if (assignable(cx, b, a)) return a;
  return undefined;
}

function truncating(cx: Context, literal: ast.Expression, type: Type & { kind: 'bits' }): Type {
  warnIfTruncated(cx, literal, type);
  return type;
}

function isNumber(type: Type): boolean {
  return type.kind === 'bits' || type.kind === 'infint';
}

function numericType(
  cx: Context,
  operator: string,
  left: ast.Expression,
  right: ast.Expression,
  whole: { span: ast.Expression['span'] },
): Type {
  for (const operand of [left, right]) {
    const type = cx.types.get(operand) ?? poisonType;
    if (!isNumber(decay(type))) return badOperand(cx, operand, operator, type, 'an integer');
  }
  return commonType(cx, left, right, true) ?? differentTypes(cx, operator, left, right, whole);
}

function divisionType(
  cx: Context,
  operator: '/' | '%',
  left: ast.Expression,
  right: ast.Expression,
  whole: { span: ast.Expression['span'] },
): Type {
  const type = numericType(cx, operator, left, right, whole);
  if (type.kind === 'poison') return type;
  if (type.kind === 'bits' && type.signed)
    return cx.fail('bad-operand', whole.span, `'${operator}' is not defined for signed '${printType(type)}'`);
  for (const operand of [left, right]) {
    const value = integerConstant(cx, operand);
    if (value !== undefined && value < 0n) {
      return cx.fail('negative-division', operand.span, `'${operator}' is not defined for negative numbers, found ${value}`);
    }
  }
  const divisor = integerConstant(cx, right);
  if (divisor === 0n) return cx.fail('division-by-zero', right.span, `right operand of '${operator}' is zero`);
  const isPowerOfTwo = divisor !== undefined && (divisor & (divisor - 1n)) === 0n;
  const isFixed = isPowerOfTwo || integerConstant(cx, left) === 0n || (isCompileTime(cx, left) && isCompileTime(cx, right));
  if (!isFixed) cx.runtimeDivisions.push({ operator, span: whole.span });
  return type;
}

function shiftType(cx: Context, operator: '<<' | '>>', left: ast.Expression, right: ast.Expression): Type {
  const ownLeft = cx.types.get(left) ?? poisonType;
  const a = decay(ownLeft);
  const ownRight = cx.types.get(right) ?? poisonType;
  const b = decay(ownRight);
  if (!isNumber(a)) return badOperand(cx, left, operator, ownLeft, 'an integer');
  const distance = integerConstant(cx, right);
  if (distance !== undefined && distance < 0n) {
    return cx.fail('negative-shift', right.span, `distance of '${operator}' cannot be negative, found ${distance}`);
  }
  const fine = b.kind === 'bits' ? !b.signed || distance !== undefined : b.kind === 'infint' && distance !== undefined;
  if (!fine) return badOperand(cx, right, operator, ownRight, "an unsigned 'bit<W>' or a constant");
  if (a.kind === 'infint') {
    if (distance === undefined) {
      return cx.fail(
        'width-unknown',
        left.span,
        `the left operand of '${operator}' has no width but the distance is not constant`,
        {
          help: 'write a width, such as 8w1',
        },
      );
    }
    if (operator === '<<' && distance > 1_000_000n)
      return cx.fail('number-too-large', right.span, `shift distance ${distance} is too large for an 'int'`);
  } else if (a.kind === 'bits' && distance !== undefined && distance >= BigInt(a.width)) {
    cx.warning('shift-out-of-range', right.span, `shifting '${printType(a)}' by ${distance} leaves nothing of it`);
  }
  return a;
}

function concatenationType(cx: Context, left: ast.Expression, right: ast.Expression): Type {
  const a = cx.types.get(left) ?? poisonType;
  const b = cx.types.get(right) ?? poisonType;
  if (a.kind === 'string' && b.kind === 'string') return stringType;
  for (const [operand, own] of [
    [left, a],
    [right, b],
  ] as const) {
    const type = decay(own);
    if (type.kind === 'infint') return noWidth(cx, operand, '++');
    if (type.kind !== 'bits') return badOperand(cx, operand, '++', own, "'bit<W>' or 'int<W>' on both sides, or two strings");
  }
  const [x, y] = [decay(a), decay(b)];
  if (x.kind !== 'bits' || y.kind !== 'bits') return poisonType;
  return bitsType(x.width + y.width, x.signed);
}

function equalityType(
  cx: Context,
  operator: string,
  left: ast.Expression,
  right: ast.Expression,
  whole: { span: ast.Expression['span'] },
): Type {
  const before = cx.diag.all.length;
  const a = cx.types.get(left) ?? poisonType;
  const b = cx.types.get(right) ?? poisonType;
  const decays = !equalTypes(a, b);
  if (a.kind === 'unknownStruct' && b.kind === 'unknownStruct' && (a.names || b.names)) {
    return cx.fail('not-comparable', whole.span, 'struct expressions need a type to be compared', {
      help: 'write a cast before one of them',
    });
  }
  const type = commonType(cx, left, right, decays);
  if (!type) return differentTypes(cx, operator, left, right, whole);
  if (type.kind === 'poison') return cx.diag.all.length > before ? boolType : differentTypes(cx, operator, left, right, whole);
  if (!composedOf(type, comparable)) {
    return cx.fail('not-comparable', whole.span, `values of type '${printType(type)}' cannot be compared with '${operator}'`);
  }
  return boolType;
}

export function checkMask(cx: Context, e: ast.MaskExpression): Type {
  checkExpression(cx, e.value);
  checkExpression(cx, e.mask);
  return setType(cx, '&&&', e.value, e.mask, e);
}

export function checkRange(cx: Context, e: ast.RangeExpression): Type {
  checkExpression(cx, e.low);
  checkExpression(cx, e.high);
  const type = setType(cx, '..', e.low, e.high, e);
  const low = integerConstant(cx, e.low);
  const high = integerConstant(cx, e.high);
  if (type.kind !== 'poison' && low !== undefined && high !== undefined && low > high) {
    cx.warning('empty-range', e.span, `range ${low} .. ${high} is empty`);
  }
  return type;
}

function setType(
  cx: Context,
  operator: string,
  left: ast.Expression,
  right: ast.Expression,
  whole: { span: ast.Expression['span'] },
): Type {
  const a = cx.types.get(left) ?? poisonType;
  const b = cx.types.get(right) ?? poisonType;
  if (a.kind === 'poison' || b.kind === 'poison') return poisonType;
  if (a.kind === 'newtype' && equalTypes(a, b)) return { kind: 'set', element: a };
  if (a.kind === 'serEnum' && equalTypes(a, b)) return { kind: 'set', element: a };
  const type = numericType(cx, operator, left, right, whole);
  return type.kind === 'poison' ? type : { kind: 'set', element: type.kind === 'infint' ? infintType : type };
}

function badOperand(cx: Context, at: { span: ast.Expression['span'] }, operator: string, found: Type, expected: string): Type {
  return cx.fail('bad-operand', at.span, `'${operator}' needs ${expected}, found '${printType(found)}'`);
}

function noWidth(cx: Context, at: ast.Expression, operator: string): Type {
  return cx.fail('width-unknown', at.span, `'${operator}' needs an operand with a width`, { help: 'write a width, such as 8w1' });
}

function differentTypes(
  cx: Context,
  operator: string,
  left: ast.Expression,
  right: ast.Expression,
  whole: { span: ast.Expression['span'] },
): Type {
  const a = printType(cx.types.get(left) ?? poisonType);
  const b = printType(cx.types.get(right) ?? poisonType);
  return cx.fail('operand-mismatch', whole.span, `the operands of '${operator}' have different types: '${a}' and '${b}'`);
}
