/**
 * Expressions to items (P4-16 §8). Calls with effects are moved out in front, into temporaries, in the order of evaluation.
 *
 * `lower(e, target)` gives an expression the type that its context needs: integer literals get a width, lists become structs. Nothing is
 * read before it is needed: `hdr.ipv4` is just a reference to the header.
 */
import type { Span } from '../../../diag/index.ts';
import type * as ast from '../../syntax/ast.ts';
import type { ConstValue } from '../../types/checked.ts';
import type { Type } from '../../types/types.ts';
import { and, assertNever, binary, concat, constant, isConst, mux, negate, not, or, resize, slice } from '../build.ts';
import type * as ir from '../ir.ts';
import { isFixed, writtenBy } from '../walk.ts';
import { assign, overlaps, snapshot } from './assign.ts';
import { lowerCall } from './calls.ts';
import { foldIntegers } from './integers.ts';
import { type Item, nothing, record, scalar, tuple } from './items.ts';
import { matchKeyset } from './keysets.ts';
import type { Lowering } from './lowering.ts';
import { itemsEqual, read } from './reading.ts';
import { encodeConstant, isSigned, scalarWidth } from './scalars.ts';
import { checkedElement } from './stacks.ts';
import { allocate, defaultItem, memberOf } from './storage.ts';
import { lowerApplyResult } from './tables.ts';

/** Lowers an expression; `target` is the type that its context needs, its own type by default. */
export function lower(lw: Lowering, e: ast.Expression, target?: Type): Item {
  const known = lw.checked.constantOf(e);
  if (known) {
    const item = constantItem(lw, known, usable(target) ?? lw.typeOf(e));
    if (item) return item;
  }
  return lowerKind(lw, e, usable(target));
}

/** A target that says something: type variables that stayed open and lists of unknown type do not. */
function usable(target: Type | undefined): Type | undefined {
  if (!target) return undefined;
  return ['unknownStruct', 'typeVar', 'dontcare', 'infint', 'poison', 'set'].includes(target.kind) ? undefined : target;
}

/** Lowers a scalar expression to its value, as the type that the context needs. */
export function lowerScalar(lw: Lowering, e: ast.Expression, type: Type): ir.Expr {
  return read(lw, lower(lw, e, type), scalarWidth(type) ?? 1, e.span);
}

/** Lowers a condition. */
export function lowerBool(lw: Lowering, e: ast.Expression): ir.Expr {
  return lowerScalar(lw, e, { kind: 'bool' });
}

/** Value of an expression that must be an integer at compile time. */
export function lowerInteger(lw: Lowering, e: ast.Expression): bigint | undefined {
  const item = lower(lw, e);
  if (item.kind === 'integer') return item.value;
  return item.kind === 'scalar' && isConst(item.expr) ? item.expr.value : undefined;
}

/** Evaluates in order; values that code of a later one might change are saved in temporaries. */
export function inOrder(lw: Lowering, parts: readonly (() => Item)[], span: Span): Item[] {
  const marks: number[] = [];
  const items = parts.map((part) => {
    const item = part();
    marks.push(lw.out.length);
    return item;
  });
  for (let i = items.length - 2; i >= 0; i--) {
    if (lw.out.length === marks[i]! || !overlaps(items[i]!, writtenBy(lw.out.slice(marks[i])))) continue;
    const saved = lw.collect(() => {
      items[i] = snapshot(lw, items[i]!, span);
    });
    lw.out.splice(marks[i]!, 0, ...saved);
  }
  return items;
}

export function isStable(item: Item): boolean {
  switch (item.kind) {
    case 'scalar':
      return isFixed(item.expr);
    case 'cell':
    case 'dynamicSlice':
    case 'choice':
    case 'header':
    case 'union':
    case 'stack':
    case 'varbit':
      return false;
    case 'record':
      return [...item.fields.values()].every(isStable);
    case 'headerLiteral':
      return item.fields === undefined || isStable(item.fields);
    default:
      return true;
  }
}

function constantItem(lw: Lowering, value: ConstValue, type: Type): Item | undefined {
  if (value.kind === 'string') return { kind: 'string', value: value.value };
  const encoded = encodeConstant(lw.checked, value, type);
  if (encoded) return scalar(encoded);
  switch (value.kind) {
    case 'integer':
      return { kind: 'integer', value: value.value };
    case 'boolean':
      return scalar(constant(1, value.value ? 1 : 0));
    case 'tuple':
    case 'struct':
      return constantRecord(lw, value, type);
    default:
      return undefined;
  }
}

function constantRecord(lw: Lowering, value: ConstValue & { kind: 'tuple' | 'struct' }, type: Type): Item | undefined {
  const values = value.kind === 'tuple' ? value.elements : [...value.fields.values()];
  const names = value.kind === 'tuple' ? undefined : [...value.fields.keys()];
  const all = (types: readonly (Type | undefined)[]): Item[] | undefined => {
    const items = values.map((v, i) => constantItem(lw, v, types[i] ?? { kind: 'infint' }));
    return items.includes(undefined) ? undefined : (items as Item[]);
  };
  switch (type.kind) {
    case 'struct':
    case 'header': {
      if (values.length !== type.fields.length) return undefined;
      const fieldOf = (name: string): Type | undefined => type.fields.find((f) => f.name === name)?.type;
      const items = all(names ? names.map(fieldOf) : type.fields.map((f) => f.type));
      const fields = items && record(items.map((item, i) => [names?.[i] ?? type.fields[i]!.name, item] as const));
      return fields && (type.kind === 'header' ? { kind: 'headerLiteral', fields } : fields);
    }
    case 'tuple':
    case 'unknownStruct': {
      const items = all(type.elements);
      if (!items) return undefined;
      return names ? record(items.map((item, i) => [names[i]!, item] as const)) : tuple(items);
    }
    case 'list': {
      const elements = all(values.map(() => type.element));
      return elements && { kind: 'list', elements };
    }
    default:
      return undefined;
  }
}

function lowerKind(lw: Lowering, e: ast.Expression, target: Type | undefined): Item {
  switch (e.kind) {
    case 'integer': {
      const width = e.width ?? (target && scalarWidth(target));
      return width === undefined ? { kind: 'integer', value: e.value } : scalar(constant(width, e.value));
    }
    case 'boolean':
      return scalar(constant(1, e.value ? 1 : 0));
    case 'string':
      return { kind: 'string', value: e.value };
    case 'this':
      lw.unsupported(e.span, "'this'");
      return nothing;
    case 'path': {
      const referent = lw.checked.referentOf(e);
      const bound = referent && lw.lookup(referent);
      if (bound) return bound;
      if (referent?.kind === 'constant') return lower(lw, referent.initializer, lw.typeOfDeclaration(referent));
      return nothing;
    }
    case 'typeName':
      return nothing;
    case 'member':
      return lowerMember(lw, e);
    case 'index':
      return lowerIndex(lw, e);
    case 'slice':
      return lowerSlice(lw, e);
    case 'call':
      return lowerCall(lw, e);
    case 'unary':
      return lowerUnary(lw, e, target);
    case 'binary':
      return lowerBinary(lw, e, target);
    case 'conditional':
      return lowerConditional(lw, e, target);
    case 'cast': {
      const type = lw.resolve(lw.checked.typeOfRef(e.type));
      return castItem(lw, lower(lw, e.operand, targetOfCast(lw, e.operand, type)), lw.typeOf(e.operand), type, e.span);
    }
    case 'mask':
    case 'range':
      return nothing; // keysets are lowered where they are matched
    case 'list':
      return lowerList(lw, e, target ?? lw.typeOf(e));
    case 'structExpression':
      return lowerStruct(lw, e, target ?? lw.typeOf(e));
    case 'invalid':
      return { kind: 'headerLiteral' };
    case 'defaultValue':
      return target ? defaultItem(lw, target, e.span) : nothing;
    default:
      return assertNever(e);
  }
}

/** Literals and lists take the type that they are cast to; anything else is converted afterwards. */
function targetOfCast(lw: Lowering, operand: ast.Expression, type: Type): Type | undefined {
  const own = lw.typeOf(operand);
  return own.kind === 'unknownStruct' ? type : undefined;
}

/** Explicit and implicit conversions between scalars; structs keep their shape. */
export function castItem(lw: Lowering, item: Item, from: Type, to: Type, span: Span): Item {
  const width = scalarWidth(to);
  if (width === undefined) return item;
  if (item.kind === 'integer') return scalar(constant(width, item.value));
  if (scalarWidth(from) === width && item.kind !== 'record') return item;
  return scalar(resize(read(lw, item, width, span), width, isSigned(from)));
}

function lowerMember(lw: Lowering, e: ast.MemberExpression): Item {
  const name = e.member.name;
  const objectType = lw.typeOf(e.object);
  if (objectType.kind === 'applyResult') return lowerApplyResult(lw, e.object, name);
  const object = lower(lw, e.object);
  if (object.kind === 'stack') {
    const next: ir.LValue = { kind: 'var', width: 32, id: object.next };
    switch (name) {
      case 'size':
        return scalar(constant(32, object.elements.length));
      case 'lastIndex':
        return scalar(binary('sub', next, constant(32, 1)));
      case 'next':
      case 'last':
        return checkedElement(lw, object, name, e.span);
      default:
        return nothing;
    }
  }
  if (object.kind === 'choice' && object.options[0]?.kind === 'stack') {
    lw.unsupported(e.span, `'${name}' of a stack inside a stack`);
    return nothing;
  }
  return memberOf(lw, object, name);
}

function lowerIndex(lw: Lowering, e: ast.IndexExpression): Item {
  const [object, index] = inOrder(lw, [() => lower(lw, e.object), () => lower(lw, e.index)], e.span) as [Item, Item];
  const elements =
    object.kind === 'stack' || object.kind === 'list'
      ? object.elements
      : object.kind === 'record'
        ? [...object.fields.values()]
        : [];
  const expr = read(lw, index, 32, e.index.span);
  if (isConst(expr)) {
    const element = elements[Number(expr.value)];
    // Beyond the end only here, where an argument or parameter was a constant: as any index that turns out so at run time.
    if (element || object.kind !== 'stack') return element ?? nothing;
  }
  return { kind: 'choice', index: lw.temp(expr, e.span, '$index'), options: elements };
}

function lowerSlice(lw: Lowering, e: ast.SliceExpression): Item {
  const object = lower(lw, e.object);
  const high = lowerInteger(lw, e.high);
  const lowType = lw.typeOf(e.low);
  const lowItem = lower(lw, e.low);
  const low =
    lowItem.kind === 'integer'
      ? lowItem.value
      : lowItem.kind === 'scalar' && isConst(lowItem.expr)
        ? lowItem.expr.value
        : undefined;
  if (high === undefined) return nothing;
  if (!e.isPlus) return low === undefined ? nothing : sliceItem(lw, object, Number(high), Number(low), e.span);
  if (low !== undefined) return sliceItem(lw, object, Number(low + high) - 1, Number(low), e.span);
  const amount = lw.temp(read(lw, lowItem, scalarWidth(lowType) ?? 32, e.low.span), e.low.span, '$low');
  return { kind: 'dynamicSlice', base: object, low: amount, width: Number(high) };
}

function sliceItem(lw: Lowering, item: Item, high: number, low: number, span: Span): Item {
  if (item.kind === 'cell') return { ...item, high: item.low + high, low: item.low + low };
  if (item.kind === 'choice') return { ...item, options: item.options.map((o) => sliceItem(lw, o, high, low, span)) };
  if (item.kind === 'integer') return scalar(constant(high - low + 1, item.value >> BigInt(low)));
  return scalar(slice(read(lw, item, high + 1, span), high, low));
}

function lowerUnary(lw: Lowering, e: ast.UnaryExpression, target: Type | undefined): Item {
  const own = lw.typeOf(e.operand);
  const operand = lower(lw, e.operand, own.kind === 'infint' ? target : own);
  if (operand.kind === 'integer') return { kind: 'integer', value: e.operator === '-' ? -operand.value : operand.value };
  const value = read(lw, operand, 1, e.span);
  switch (e.operator) {
    case '!':
    case '~':
      return scalar(not(value));
    case '-':
      return scalar(negate(value));
    case '+':
      return scalar(value);
    default:
      return assertNever(e.operator);
  }
}

const arithmetic: Readonly<Partial<Record<ast.BinaryOperator, ir.BinaryOp>>> = {
  '*': 'mul',
  '/': 'div',
  '%': 'mod',
  '+': 'add',
  '-': 'sub',
  '|+|': 'satAdd',
  '|-|': 'satSub',
  '<<': 'shl',
  '>>': 'shr',
  '<': 'lt',
  '<=': 'le',
  '>': 'gt',
  '>=': 'ge',
  '&': 'and',
  '|': 'or',
  '^': 'xor',
};

function lowerBinary(lw: Lowering, e: ast.BinaryExpression, target: Type | undefined): Item {
  switch (e.operator) {
    case '&&':
    case '||':
      return lowerLogical(lw, e);
    case 'in':
      return scalar(matchKeyset(lw, lower(lw, e.left), lw.typeOf(e.left), e.right));
    default:
      return lowerOperation(lw, e.operator, e.left, e.right, target, e.span);
  }
}

/** `left operator right` for everything but `&&`, `||` and `in`; also what `left operator= right` assigns. */
export function lowerOperation(
  lw: Lowering,
  operator: ast.BinaryOperator,
  leftSource: ast.Expression,
  rightSource: ast.Expression,
  target: Type | undefined,
  span: Span,
): Item {
  const leftType = lw.typeOf(leftSource);
  const rightType = lw.typeOf(rightSource);
  const isShift = operator === '<<' || operator === '>>';
  const common = isOpen(leftType) ? (isShift || isOpen(rightType) ? target : rightType) : leftType;
  const [left, right] = inOrder(
    lw,
    [
      () => lower(lw, leftSource, operator === '++' ? leftType : common),
      () => lower(lw, rightSource, operator === '++' || isShift ? rightType : common),
    ],
    span,
  ) as [Item, Item];
  return operate(lw, operator, left, right, common ?? leftType, span);
}

function isOpen(type: Type): boolean {
  return type.kind === 'infint' || type.kind === 'unknownStruct';
}

/** Applies an operator to items; `type` is that of the operands (of the left one, for shifts). */
export function operate(lw: Lowering, operator: ast.BinaryOperator, left: Item, right: Item, type: Type, span: Span): Item {
  if (left.kind === 'integer' && right.kind === 'integer') return foldIntegers(operator, left.value, right.value);
  if (operator === '==') return scalar(itemsEqual(lw, left, right, span));
  if (operator === '!=') return scalar(not(itemsEqual(lw, left, right, span)));
  if (operator === '++') return scalar(concat(read(lw, left, 1, span), read(lw, right, 1, span)));
  const op = arithmetic[operator];
  if (!op) return nothing;
  const isShift = op === 'shl' || op === 'shr';
  const width = scalarWidth(type) ?? (left.kind === 'integer' ? 32 : read(lw, left, 32, span).width);
  const l = read(lw, left, width, span);
  if (isShift && right.kind === 'integer') {
    const amount = right.value > 0xffff_ffffn ? 0xffff_ffffn : right.value;
    return scalar(binary(op, l, constant(32, amount), isSigned(type)));
  }
  return scalar(binary(op, l, read(lw, right, width, span), isSigned(type)));
}

/** The right side is evaluated, with all its effects, only if the left side leaves it open. */
function lowerLogical(lw: Lowering, e: ast.BinaryExpression): Item {
  const left = lowerBool(lw, e.left);
  const isAnd = e.operator === '&&';
  if (isConst(left) && (left.value === 1n) !== isAnd) return scalar(left);
  let right = left;
  const effects = lw.collect(() => {
    right = lowerBool(lw, e.right);
  });
  if (effects.length === 0) return scalar(isAnd ? and(left, right) : or(left, right));
  const result = lw.newVar('$t', 1);
  lw.emit({ kind: 'assign', target: result, value: left, span: e.span });
  const body: ir.Stmt[] = [...effects, { kind: 'assign', target: result, value: right, span: e.span }];
  lw.emit({ kind: 'if', condition: result, then: isAnd ? body : [], else: isAnd ? [] : body, span: e.span });
  return scalar(result);
}

function lowerConditional(lw: Lowering, e: ast.ConditionalExpression, target: Type | undefined): Item {
  const condition = lowerBool(lw, e.condition);
  if (isConst(condition)) return lower(lw, condition.value ? e.whenTrue : e.whenFalse, target);
  const own = lw.typeOf(e);
  const type = isOpen(own) ? (target ?? own) : own;
  let then: Item = nothing;
  let otherwise: Item = nothing;
  const thenEffects = lw.collect(() => {
    then = lower(lw, e.whenTrue, type);
  });
  const elseEffects = lw.collect(() => {
    otherwise = lower(lw, e.whenFalse, type);
  });
  const width = scalarWidth(type);
  if (width !== undefined && thenEffects.length === 0 && elseEffects.length === 0) {
    return scalar(mux(condition, read(lw, then, width, e.span), read(lw, otherwise, width, e.span)));
  }
  const result = allocate(lw, type, '$t', e.span);
  lw.emit({
    kind: 'if',
    condition,
    then: [...thenEffects, ...lw.collect(() => assign(lw, result, then, e.span))],
    else: [...elseEffects, ...lw.collect(() => assign(lw, result, otherwise, e.span))],
    span: e.span,
  });
  return result;
}

function lowerList(lw: Lowering, e: ast.ListExpression, type: Type): Item {
  const wanted = wantedTypes(type, e.elements.length);
  const items = inOrder(
    lw,
    e.elements.map((x, i) => () => lower(lw, x, wanted.types[i])),
    e.span,
  );
  if (e.hasRest) for (const t of wanted.types.slice(items.length)) items.push(t ? defaultItem(lw, t, e.span) : nothing);
  if (type.kind === 'list') return { kind: 'list', elements: items };
  const names = wanted.names;
  const fields = names ? record(items.map((item, i) => [names[i] ?? String(i), item] as const)) : tuple(items);
  return type.kind === 'header' ? { kind: 'headerLiteral', fields } : fields;
}

function wantedTypes(type: Type, count: number): { types: readonly (Type | undefined)[]; names?: readonly string[] } {
  switch (type.kind) {
    case 'struct':
    case 'header':
      return { types: type.fields.map((f) => f.type), names: type.fields.map((f) => f.name) };
    case 'tuple':
    case 'unknownStruct':
      return { types: type.elements };
    case 'stack':
      return { types: Array.from({ length: type.size }, () => type.element) };
    case 'list':
    case 'set':
      return { types: Array.from({ length: count }, () => type.element) };
    default:
      return { types: count === 1 ? [type] : [] };
  }
}

function lowerStruct(lw: Lowering, e: ast.StructExpression, type: Type): Item {
  const typeOfField = (name: string): Type | undefined =>
    type.kind === 'struct' || type.kind === 'header' || type.kind === 'headerUnion'
      ? type.fields.find((f) => f.name === name)?.type
      : undefined;
  const items = inOrder(
    lw,
    e.fields.map((f) => () => lower(lw, f.value, typeOfField(f.name.name))),
    e.span,
  );
  const given = new Map(e.fields.map((f, i) => [f.name.name, items[i]!]));
  if (type.kind !== 'struct' && type.kind !== 'header') return record(given);
  const fields = record(type.fields.map((f) => [f.name, given.get(f.name) ?? defaultItem(lw, f.type, e.span)] as const));
  return type.kind === 'header' ? { kind: 'headerLiteral', fields } : fields;
}

/** A variable that holds the value: the value itself if nothing can change it. */
export function held(lw: Lowering, value: ir.Expr, span: Span): ir.Expr {
  return isFixed(value) ? value : lw.temp(value, span);
}
