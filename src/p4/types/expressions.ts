/**
 * Types of expressions, bottom up (P4-16 §8). Every expression node that is visited gets an entry in `cx.types`; what is wrong is reported
 * once and then `poison`, which nothing complains about again.
 */
import type * as ast from '../syntax/ast.ts';
import { checkCall } from './calls.ts';
import { assignable, coerce, warnIfTruncated } from './coerce.ts';
import { fits, integerConstant } from './constants.ts';
import type { Context } from './context.ts';
import { checkMember } from './members.ts';
import { checkBinary, checkMask, checkRange, checkUnary, commonType } from './operators.ts';
import {
  assertNever,
  bitsType,
  boolType,
  decay,
  equalTypes,
  infintType,
  poisonType,
  printType,
  stringType,
} from './relations.ts';
import { isTypeReferent } from './scope.ts';
import { checkNoDontcare, isStorable, maxWidth, resolveType } from './typerefs.ts';
import type { Type } from './types.ts';

/** Types an expression used as a value, and remembers the type. */
export function checkExpression(cx: Context, e: ast.Expression): Type {
  const known = cx.types.get(e);
  if (known) return known;
  const type = cx.nested(e.span, poisonType, () => typeOf(cx, e));
  cx.types.set(e, type);
  return type;
}

/** Types the expression and checks that it may stand where `target` is needed. */
export function checkAgainst(cx: Context, e: ast.Expression, target: Type, what: string): boolean {
  checkExpression(cx, e);
  return coerce(cx, e, target, what);
}

/** A condition must be of type bool; there is no conversion to it. */
export function checkCondition(cx: Context, e: ast.Expression, what: string): void {
  const type = checkExpression(cx, e);
  if (type.kind !== 'bool' && type.kind !== 'poison') cx.typeMismatch(e.span, what, boolType, type);
}

function typeOf(cx: Context, e: ast.Expression): Type {
  switch (e.kind) {
    case 'integer':
      return checkInteger(cx, e);
    case 'boolean':
      return boolType;
    case 'string':
      return stringType;
    case 'this':
      return (
        cx.place.self ??
        cx.fail('this-outside-method', e.span, "'this' can only be used in the implementation of an abstract method")
      );
    case 'path':
      return checkPath(cx, e);
    case 'typeName': {
      const type = resolveType(cx, e.type);
      if (type.kind === 'poison') return type;
      return cx.fail('type-as-value', e.span, `'${printType(type)}' is a type, expected a value`);
    }
    case 'member':
      return checkMember(cx, e);
    case 'index':
      return checkIndex(cx, e);
    case 'slice':
      return checkSlice(cx, e);
    case 'call':
      return checkCall(cx, e);
    case 'unary':
      return checkUnary(cx, e);
    case 'binary':
      return checkBinary(cx, e);
    case 'conditional':
      return checkConditional(cx, e);
    case 'cast':
      return checkCast(cx, e);
    case 'mask':
      return checkMask(cx, e);
    case 'range':
      return checkRange(cx, e);
    case 'list':
      return { kind: 'unknownStruct', elements: e.elements.map((x) => checkExpression(cx, x)) };
    case 'structExpression':
      return checkStructExpression(cx, e);
    case 'invalid':
    case 'defaultValue':
      return { kind: 'unknownStruct', elements: [] };
    default:
      return assertNever(e);
  }
}

function checkInteger(cx: Context, e: ast.IntegerLiteral): Type {
  if (e.width === undefined) return infintType;
  const least = e.signed ? 1 : 0;
  if (e.width < least || e.width > maxWidth) {
    return cx.fail('bad-width', e.span, `width of an integer literal must be between ${least} and ${maxWidth}, found ${e.width}`);
  }
  const type = bitsType(e.width, e.signed);
  if (!fits(e.value, type)) {
    cx.warning('value-truncated', e.span, `${e.value} does not fit '${printType(type)}'`);
  }
  return type;
}

function checkPath(cx: Context, e: ast.PathExpression): Type {
  const scope = e.isGlobal ? cx.global : cx.scope;
  // Members of match_kind are global names, but anything declared under such a name hides them.
  const referent = scope.lookup(e.name.name)[0] ?? cx.matchKindMembers.get(e.name.name);
  if (!referent)
    return cx.unknownName(
      e.name,
      'name',
      scope.visible((r) => !isTypeReferent(r)),
    );
  cx.referents.set(e, referent);
  cx.referents.set(e.name, referent);
  if (isTypeReferent(referent)) return cx.fail('type-as-value', e.span, `'${e.name.name}' is a type, expected a value`);
  return cx.typeOfDeclaration(referent);
}

function checkStructExpression(cx: Context, e: ast.StructExpression): Type {
  const seen = new Map<string, ast.Identifier>();
  for (const f of e.fields) {
    const before = seen.get(f.name.name);
    if (before) {
      cx.error('duplicate-declaration', f.name.span, `field '${f.name.name}' is given twice`, {
        notes: [{ message: 'it is given here first', span: before.span }],
      });
    } else seen.set(f.name.name, f.name);
  }
  return {
    kind: 'unknownStruct',
    elements: e.fields.map((f) => checkExpression(cx, f.value)),
    names: e.fields.map((f) => f.name.name),
  };
}

function checkIndex(cx: Context, e: ast.IndexExpression): Type {
  const object = checkExpression(cx, e.object);
  const index = decay(checkExpression(cx, e.index));
  if (object.kind === 'poison' || index.kind === 'poison') return poisonType;
  if (object.kind !== 'stack' && object.kind !== 'tuple' && object.kind !== 'unknownStruct') {
    return cx.fail('not-indexable', e.object.span, `only stacks and tuples can be indexed, found '${printType(object)}'`);
  }
  if (index.kind !== 'bits' && index.kind !== 'infint') {
    return cx.fail('type-mismatch', e.index.span, `an index must be an integer, found '${printType(index)}'`);
  }
  const value = integerConstant(cx, e.index);
  if (value === undefined && object.kind !== 'stack') {
    return cx.fail('not-constant', e.index.span, 'the index of a tuple must be known at compile time');
  }
  const size = object.kind === 'stack' ? object.size : object.elements.length;
  if (value !== undefined && (value < 0n || value >= BigInt(size))) {
    return cx.fail(
      'index-out-of-range',
      e.index.span,
      `index ${value} is outside '${printType(object)}', expected 0 to ${size - 1}`,
    );
  }
  return object.kind === 'stack' ? object.element : object.elements[Number(value)]!;
}

function checkSlice(cx: Context, e: ast.SliceExpression): Type {
  const object = decay(checkExpression(cx, e.object));
  const parts = [checkExpression(cx, e.high), checkExpression(cx, e.low)].map(decay);
  if (object.kind === 'poison' || parts.some((p) => p.kind === 'poison')) return poisonType;
  if (object.kind !== 'bits')
    return cx.fail('not-sliceable', e.object.span, `only 'bit<W>' and 'int<W>' have bit slices, found '${printType(object)}'`);
  for (const [i, part] of parts.entries()) {
    if (part.kind === 'bits' || part.kind === 'infint') continue;
    return cx.fail(
      'type-mismatch',
      (i === 0 ? e.high : e.low).span,
      `a bit index must be an integer, found '${printType(part)}'`,
    );
  }
  return e.isPlus ? plusSlice(cx, e, object) : fixedSlice(cx, e, object);
}

function fixedSlice(cx: Context, e: ast.SliceExpression, object: Type & { kind: 'bits' }): Type {
  const high = constantIndex(cx, e.high);
  const low = constantIndex(cx, e.low);
  if (high === undefined || low === undefined) return poisonType;
  if (high >= BigInt(object.width)) return outOfRange(cx, e.high, high, object);
  if (low > high) {
    return cx.fail('bad-slice', e.span, `the high bit comes first in a slice: found [${high}:${low}]`, {
      help: `did you mean [${low}:${high}]?`,
    });
  }
  return bitsType(Number(high - low) + 1);
}

/** `e[low +: width]`: only the width must be known. */
function plusSlice(cx: Context, e: ast.SliceExpression, object: Type & { kind: 'bits' }): Type {
  const width = constantIndex(cx, e.high);
  if (width === undefined) return poisonType;
  if (width < 1n || width > BigInt(object.width)) {
    return cx.fail(
      'bad-slice',
      e.high.span,
      `width of a slice of '${printType(object)}' must be between 1 and ${object.width}, found ${width}`,
    );
  }
  const low = integerConstant(cx, e.low);
  if (low === undefined) {
    if (cx.types.get(e.low)?.kind === 'infint')
      return cx.fail('not-constant', e.low.span, "an index of type 'int' must be known at compile time");
  } else {
    if (low < 0n) return cx.fail('bad-slice', e.low.span, `a bit index cannot be negative, found ${low}`);
    if (low + width > BigInt(object.width)) return outOfRange(cx, e.low, low + width - 1n, object);
  }
  return bitsType(Number(width));
}

function constantIndex(cx: Context, e: ast.Expression): bigint | undefined {
  const value = integerConstant(cx, e);
  if (value === undefined) cx.error('not-constant', e.span, 'bit indexes of a slice must be known at compile time');
  else if (value < 0n) cx.error('bad-slice', e.span, `a bit index cannot be negative, found ${value}`);
  return value === undefined || value < 0n ? undefined : value;
}

function outOfRange(cx: Context, e: ast.Expression, bit: bigint, object: Type & { kind: 'bits' }): Type {
  return cx.fail('index-out-of-range', e.span, `bit ${bit} is outside '${printType(object)}', expected 0 to ${object.width - 1}`);
}

function checkConditional(cx: Context, e: ast.ConditionalExpression): Type {
  checkCondition(cx, e.condition, 'condition');
  const yes = checkExpression(cx, e.whenTrue);
  const no = checkExpression(cx, e.whenFalse);
  if (yes.kind === 'poison' || no.kind === 'poison') return poisonType;
  if (
    yes.kind === 'infint' &&
    no.kind === 'infint' &&
    integerConstant(cx, e) === undefined &&
    cx.constants.get(e.condition) === null
  ) {
    return cx.fail('width-unknown', e.span, "neither branch of '?:' has a width", { help: 'write a width, such as 8w1' });
  }
  const type = commonType(cx, e.whenTrue, e.whenFalse, false);
  if (type) return type;
  return cx.fail(
    'type-mismatch',
    e.span,
    `the branches of '?:' have different types: '${printType(yes)}' and '${printType(no)}'`,
  );
}

function checkCast(cx: Context, e: ast.CastExpression): Type {
  const to = resolveType(cx, e.type);
  const from = checkExpression(cx, e.operand);
  if (to.kind === 'poison' || from.kind === 'poison') return to;
  if (!checkNoDontcare(cx, to, e.type.span)) return poisonType;
  if (isLiteralOfParts(e.operand) || from.kind === 'unknownStruct')
    return coerce(cx, e.operand, to, 'value of the cast') ? to : poisonType;
  if (to.kind === 'bool' && decay(from).kind === 'infint') return checkIntToBool(cx, e);
  if (!castable(cx, from, to) || (!isStorable(to) && to.kind !== 'infint' && !equalTypes(from, to))) {
    return cx.fail('bad-cast', e.span, `'${printType(from)}' cannot be cast to '${printType(to)}'`);
  }
  if (to.kind === 'bits' && from.kind === 'infint') warnIfTruncated(cx, e.operand, to);
  return to;
}

function isLiteralOfParts(e: ast.Expression): boolean {
  return e.kind === 'list' || e.kind === 'structExpression' || e.kind === 'invalid' || e.kind === 'defaultValue';
}

function checkIntToBool(cx: Context, e: ast.CastExpression): Type {
  const value = integerConstant(cx, e.operand);
  if (value === 0n || value === 1n) return boolType;
  return cx.fail('bad-cast', e.span, `only 0 and 1 can be cast to 'bool'${value === undefined ? '' : `, found ${value}`}`);
}

/** What a `type` stands for in the end. */
function base(type: Type): Type {
  return type.kind === 'newtype' ? base(type.underlying) : type;
}

/** The written casts of P4-16 §8.12.1. */
function castable(cx: Context, from: Type, to: Type): boolean {
  if (assignable(cx, from, to)) return true;
  // Names for a type: `type`s and serializable enums cast to and from what they stand for.
  if (to.kind === 'newtype' && equalTypes(from, to.underlying)) return true;
  if (from.kind === 'newtype')
    return assignable(cx, from.underlying, to) || (from.underlying.kind === 'newtype' && castable(cx, from.underlying, to));
  if (to.kind === 'newtype') return castable(cx, from, to.underlying) && (from.kind !== 'bits' || equalTypes(from, base(to)));
  if (from.kind === 'serEnum') return castable(cx, from.underlying, to);
  if (to.kind === 'serEnum') return castable(cx, from, to.underlying);
  switch (from.kind) {
    case 'bits':
      if (to.kind === 'bool') return from.width === 1 && !from.signed;
      if (to.kind === 'infint') return true;
      return to.kind === 'bits' && (from.signed === to.signed || from.width === to.width);
    case 'bool':
      return to.kind === 'bits' && to.width === 1 && !to.signed;
    case 'infint':
      return to.kind === 'bits';
    default:
      return false;
  }
}
