/**
 * Implicit conversions (P4-16 §8.12.2, §8.13 to §8.15, §8.28).
 *
 * `coerce` asks whether an expression may stand where a type is needed. It looks at the expression, not only at its type, so that lists, struct
 * expressions, `{#}` and conditionals are checked part by part and the complaint underlines the part that is wrong.
 */
import type { Span } from '../../diag/index.ts';
import type * as ast from '../syntax/ast.ts';
import { fits, integerConstant } from './constants.ts';
import { type Context, declaredHere, didYouMean } from './context.ts';
import { blockParameters, Inference } from './infer.ts';
import { anyPart, assertNever, blockWord, equalTypes, poisonType, printType } from './relations.ts';
import { count } from './typerefs.ts';
import type { BlockType, Field, Type } from './types.ts';

/** May a value of type `from` stand where `to` is needed, without a written cast? */
export function assignable(cx: Context, from: Type, to: Type): boolean {
  if (from.kind === 'poison' || to.kind === 'poison' || to.kind === 'dontcare' || from.kind === 'dontcare') return true;
  if (equalTypes(from, to)) return true;
  switch (from.kind) {
    case 'infint':
      // P4-16 §7.2.8 asks for a cast to a new type, but p4c lets integers pass, and programs rely on it: `const vrf_id_t kDefaultVrf = 0;`.
      return to.kind === 'bits' || (to.kind === 'newtype' && assignable(cx, from, to.underlying));
    case 'bits':
      return to.kind === 'infint';
    case 'serEnum':
      return equalTypes(from.underlying, to);
    case 'set':
      return to.kind === 'set' && assignable(cx, from.element, to.element);
    case 'block':
    case 'extern':
      return to.kind === from.kind && new Inference(cx).unify(to, from);
    case 'unknownStruct':
      return assignableParts(cx, from, to);
    case 'tuple':
      if (to.kind === 'tuple')
        return from.elements.length === to.elements.length && from.elements.every((e, i) => assignable(cx, e, to.elements[i]!));
      return false;
    case 'list':
      return to.kind === 'list' && assignable(cx, from.element, to.element);
    default:
      return false;
  }
}

function assignableParts(cx: Context, from: Type & { kind: 'unknownStruct' }, to: Type): boolean {
  switch (to.kind) {
    case 'struct':
    case 'header':
      if (from.names) {
        if (from.names.length !== to.fields.length) return false;
        return from.names.every((name, i) => {
          const field = to.fields.find((f) => f.name === name);
          return field !== undefined && assignable(cx, from.elements[i]!, field.type);
        });
      }
      return from.elements.length === to.fields.length && from.elements.every((e, i) => assignable(cx, e, to.fields[i]!.type));
    case 'tuple':
      return (
        !from.names &&
        from.elements.length === to.elements.length &&
        from.elements.every((e, i) => assignable(cx, e, to.elements[i]!))
      );
    case 'stack':
      return !from.names && from.elements.length <= to.size && from.elements.every((e) => assignable(cx, e, to.element));
    case 'list':
      return !from.names && from.elements.every((e) => assignable(cx, e, to.element));
    case 'unknownStruct':
      return (
        from.names?.join() === to.names?.join() &&
        from.elements.length === to.elements.length &&
        from.elements.every((e, i) => assignable(cx, e, to.elements[i]!))
      );
    default:
      return false;
  }
}

/** Reports unless the expression (already typed) may stand where `target` is needed. `what` begins the message: "argument 'x'". */
export function coerce(cx: Context, e: ast.Expression, target: Type, what: string): boolean {
  return cx.nested(e.span, false, () => coerceNested(cx, e, target, what));
}

function coerceNested(cx: Context, e: ast.Expression, target: Type, what: string): boolean {
  const from = cx.types.get(e) ?? poisonType;
  if (from.kind === 'poison' || target.kind === 'poison' || target.kind === 'dontcare') return true;
  switch (e.kind) {
    case 'list':
      return coerceList(cx, e, from, target, what);
    case 'structExpression':
      return coerceStruct(cx, e, from, target, what);
    case 'invalid':
      if (target.kind === 'header' || target.kind === 'headerUnion') return true;
      cx.error('type-mismatch', e.span, `${what}: '{#}' is a header or header union, expected '${printType(target)}'`);
      return false;
    case 'defaultValue':
      if (hasDefault(target)) return true;
      cx.error('no-default-value', e.span, `${what}: type '${printType(target)}' has no default value`);
      return false;
    case 'conditional':
      if (from.kind === 'unknownStruct' || from.kind === 'infint') {
        const first = coerce(cx, e.whenTrue, target, what);
        return coerce(cx, e.whenFalse, target, what) && first;
      }
      break;
    default:
      break;
  }
  if (!assignable(cx, from, target)) {
    mismatch(cx, e.span, what, target, from);
    return false;
  }
  if (from.kind === 'infint' && target.kind === 'bits') warnIfTruncated(cx, e, target);
  return true;
}

function mismatch(cx: Context, span: Span, what: string, target: Type, from: Type): void {
  if (target.kind === 'block' && from.kind === 'block') {
    blockMismatch(cx, span, what, target, from);
    return;
  }
  if (target.kind === 'serEnum' && (from.kind === 'infint' || from.kind === 'bits')) {
    cx.typeMismatch(span, what, target, from, { help: `a cast is needed: (${target.name})` });
    return;
  }
  const notes = 'declaration' in target && target.kind !== 'block' ? [declaredHere(target.declaration)] : [];
  cx.typeMismatch(span, what, target, from, { notes });
}

/** Says which parameter keeps a parser or control from fitting. */
function blockMismatch(cx: Context, span: Span, what: string, target: BlockType, from: BlockType): void {
  const at = new Inference(cx).blockMismatch(target, from);
  const notes = [declaredHere(from.declaration), declaredHere(target.declaration)];
  const wanted = blockParameters(cx, target);
  const given = blockParameters(cx, from);
  if (blockWord(target) !== blockWord(from)) {
    cx.typeMismatch(span, what, target, from, { notes });
  } else if (at === undefined || at < 0 || !wanted[at] || !given[at]) {
    cx.error(
      'block-mismatch',
      span,
      `${what}: '${from.declaration.name.name}' has ${count(given.length, 'parameter')}, expected ${wanted.length} as in '${printType(target)}'`,
      {
        notes,
      },
    );
  } else {
    const show = (p: { parameter: ast.Parameter; type: Type }): string =>
      `${p.parameter.direction === 'none' ? '' : `${p.parameter.direction} `}${printType(p.type)}`;
    cx.error(
      'block-mismatch',
      span,
      `${what}: parameter ${at + 1} '${given[at].parameter.name.name}' of '${from.declaration.name.name}' is '${show(given[at])}', expected '${show(wanted[at])}'`,
      { notes },
    );
  }
}

/** Warns about a constant that loses bits in the type. */
export function warnIfTruncated(cx: Context, e: ast.Expression, type: Type & { kind: 'bits' }): void {
  const value = integerConstant(cx, e);
  if (value === undefined || fits(value, type)) return;
  // A negative literal stands for its two's complement; people write `-1` for all ones.
  if (!type.signed && value < 0n && fits(value, { ...type, signed: true })) return;
  const shown = value.toString().length > 40 ? 'the value' : `${value}`;
  cx.warning('value-truncated', e.span, `${shown} does not fit '${printType(type)}'`);
}

function coerceList(cx: Context, e: ast.ListExpression, from: Type, target: Type, what: string): boolean {
  switch (target.kind) {
    case 'struct':
    case 'header':
      return coerceElements(
        cx,
        e,
        target.fields.map((f) => ({ type: f.type, name: `field '${f.name}'` })),
        `'${printType(target)}'`,
      );
    case 'tuple':
      return coerceElements(
        cx,
        e,
        target.elements.map((type, i) => ({ type, name: `element ${i}` })),
        `'${printType(target)}'`,
      );
    case 'stack': {
      const slots = Array.from({ length: target.size }, (_, i) => ({ type: target.element, name: `element ${i}` }));
      if (e.elements.length > target.size || (e.elements.length < target.size && !e.hasRest)) break;
      return coerceElements(cx, e, slots, `'${printType(target)}'`);
    }
    case 'list':
      return e.elements.map((x, i) => coerce(cx, x, target.element, `element ${i}`)).every((ok) => ok);
    case 'unknownStruct':
      if (assignable(cx, from, target)) return true;
      break;
    default:
      break;
  }
  mismatch(cx, e.span, what, target, from);
  return false;
}

interface Slot {
  readonly type: Type;
  readonly name: string;
}

function coerceElements(cx: Context, e: ast.ListExpression, slots: readonly Slot[], whole: string): boolean {
  if (e.elements.length > slots.length || (e.elements.length < slots.length && !e.hasRest)) {
    cx.error('element-count', e.span, `${whole} takes ${count(slots.length, 'element')}, found ${e.elements.length}`);
    return false;
  }
  const rest = slots.slice(e.elements.length).find((s) => !hasDefault(s.type));
  if (rest) {
    cx.error(
      'no-default-value',
      e.span,
      `${rest.name} of ${whole} has type '${printType(rest.type)}', which has no default value`,
    );
    return false;
  }
  return e.elements.map((x, i) => coerce(cx, x, slots[i]!.type, slots[i]!.name)).every((ok) => ok);
}

function coerceStruct(cx: Context, e: ast.StructExpression, from: Type, target: Type, what: string): boolean {
  if (target.kind !== 'struct' && target.kind !== 'header' && target.kind !== 'headerUnion') {
    if (target.kind === 'unknownStruct' && assignable(cx, from, target)) return true;
    mismatch(cx, e.span, what, target, from);
    return false;
  }
  if (target.kind === 'headerUnion' && e.fields.length !== 1) {
    cx.error('element-count', e.span, `a value of header union '${target.name}' names one field, found ${e.fields.length}`);
    return false;
  }
  let fine = true;
  const given = new Set<string>();
  for (const part of e.fields) {
    const name = part.name.name;
    const field = target.fields.find((f) => f.name === name);
    if (!field) {
      cx.error('unknown-field', part.name.span, `'${target.name}' has no field '${name}'`, {
        ...didYouMean(
          name,
          target.fields.map((f) => f.name),
        ),
        notes: [declaredHere(target.declaration)],
      });
      fine = false;
      continue;
    }
    given.add(name);
    fine = coerce(cx, part.value, field.type, `field '${name}'`) && fine;
  }
  if (!fine || target.kind === 'headerUnion') return fine;
  return checkRest(
    cx,
    e,
    target.name,
    target.fields.filter((f) => !given.has(f.name)),
  );
}

function checkRest(cx: Context, e: ast.StructExpression, name: string, missing: readonly Field[]): boolean {
  if (missing.length === 0) return true;
  if (!e.hasRest) {
    cx.error(
      'missing-field',
      e.span,
      `no value for ${missing.length === 1 ? 'field' : 'fields'} ${missing.map((f) => `'${f.name}'`).join(', ')} of '${name}'`,
      {
        help: "write '...' at the end for default values",
      },
    );
    return false;
  }
  const without = missing.find((f) => !hasDefault(f.type));
  if (!without) return true;
  cx.error(
    'no-default-value',
    e.span,
    `field '${without.name}' of '${name}' has type '${printType(without.type)}', which has no default value`,
  );
  return false;
}

/** Has the type a default value (P4-16 §7.3)? */
export function hasDefault(type: Type): boolean {
  return !anyPart(type, (t) => {
    switch (t.kind) {
      case 'bool':
      case 'error':
      case 'bits':
      case 'varbit':
      case 'header':
      case 'headerUnion':
      case 'struct':
      case 'enum':
      case 'serEnum':
      case 'newtype':
      case 'stack':
      case 'tuple':
      case 'infint':
      case 'string':
      case 'poison':
        return false;
      case 'matchKind':
      case 'void':
      case 'state':
      case 'list':
      case 'set':
      case 'extern':
      case 'block':
      case 'table':
      case 'applyResult':
      case 'actionRun':
      case 'function':
      case 'typeVar':
      case 'unknownStruct':
      case 'dontcare':
        return true;
      default:
        return assertNever(t);
    }
  });
}
