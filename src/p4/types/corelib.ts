/**
 * Rules of the core library that its declarations cannot express (P4-16 §13.7, §13.8, §16.1, §19, §24): what may be extracted, looked ahead
 * and emitted, `verify` only in parsers, `static_assert` holds.
 */
import type * as ast from '../syntax/ast.ts';
import type { BoundArgument } from './checked.ts';
import { evaluate } from './constants.ts';
import type { Context } from './context.ts';
import { anyPart, poisonType, printType, widthOf } from './relations.ts';
import type { Type } from './types.ts';

/** Checks a call of a core function (`extern` undefined) or of a method of a core extern; other names pass. */
export function checkCoreMethod(
  cx: Context,
  call: ast.CallExpression,
  name: string,
  extern: string | undefined,
  args: readonly BoundArgument[],
  typeArgs: ReadonlyMap<ast.TypeParameter, Type>,
): void {
  const [firstType] = [...typeArgs.values()];
  if (extern === 'packet_in' && firstType) {
    if (name === 'extract') checkExtract(cx, call, args, firstType);
    if (name === 'lookahead') checkLookahead(cx, call, firstType);
  } else if (extern === 'packet_out' && name === 'emit' && firstType) checkEmit(cx, call, args, firstType);
  else if (extern === undefined && name === 'verify') {
    if (cx.place.kind === 'apply' || cx.place.kind === 'action')
      cx.error('parser-only', call.span, "'verify' can only be called in a parser");
  } else if (extern === undefined && name === 'static_assert') checkStaticAssert(cx, call, args);
}

function spanOf(call: ast.CallExpression, arg: BoundArgument | undefined): ast.Expression['span'] {
  return arg && typeof arg.value !== 'string' ? arg.value.span : call.span;
}

function checkExtract(cx: Context, call: ast.CallExpression, args: readonly BoundArgument[], type: Type): void {
  const span = spanOf(call, args[0]);
  if (type.kind === 'typeVar' || type.kind === 'poison' || type.kind === 'dontcare') return;
  if (type.kind !== 'header') {
    cx.error('bad-extract', span, `only a header can be extracted, found '${printType(type)}'`);
    return;
  }
  const hasVarbit = anyPart(type, (t) => t.kind === 'varbit');
  const [first, second] = type.fields.filter((f) => f.type.kind === 'varbit' && f.type.width > 0);
  if (first && second) {
    cx.error(
      'two-varbits',
      first.declaration.name.span,
      `header '${type.name}' has two varbit fields, '${first.name}' and '${second.name}', so it cannot be extracted`,
      {
        notes: [
          { message: `'${second.name}' is declared here`, span: second.declaration.name.span },
          { message: 'it is extracted here', span },
        ],
      },
    );
    return;
  }
  if (args.length === 1 && hasVarbit) {
    cx.error('bad-extract', span, `header '${type.name}' has a varbit field: 'extract' needs its size as second argument`);
  } else if (args.length === 2 && !hasVarbit) {
    cx.error('bad-extract', span, `header '${type.name}' has no varbit field: 'extract' takes no size`);
  }
}

function checkLookahead(cx: Context, call: ast.CallExpression, type: Type): void {
  if (anyPart(type, (t) => t.kind === 'typeVar' || t.kind === 'poison')) return;
  if (widthOf(type) === undefined || anyPart(type, (t) => t.kind === 'varbit')) {
    cx.error('bad-lookahead', call.span, `'lookahead' needs a type of fixed size, found '${printType(type)}'`);
  }
}

function checkEmit(cx: Context, call: ast.CallExpression, args: readonly BoundArgument[], type: Type): void {
  if (!isEmittable(type)) {
    cx.error(
      'bad-emit',
      spanOf(call, args[0]),
      `only headers, stacks, header unions and structs of them can be emitted, found '${printType(type)}'`,
    );
  }
}

/** Headers in structs, stacks and lists; what is inside a header does not matter. */
function isEmittable(type: Type, seen: Set<Type> = new Set()): boolean {
  if (seen.has(type)) return true;
  seen.add(type);
  switch (type.kind) {
    case 'header':
    case 'headerUnion':
    case 'typeVar':
    case 'poison':
      return true;
    case 'stack':
      return isEmittable(type.element, seen);
    case 'struct':
      return type.fields.every((f) => isEmittable(f.type, seen));
    case 'tuple':
    case 'unknownStruct':
      return type.elements.every((t) => isEmittable(t, seen));
    default:
      return false;
  }
}

function checkStaticAssert(cx: Context, call: ast.CallExpression, args: readonly BoundArgument[]): void {
  const condition = args[0]?.value;
  if (condition === undefined || typeof condition === 'string') return;
  const value = evaluate(cx, condition);
  if (value?.kind !== 'boolean') {
    if ((cx.types.get(condition) ?? poisonType).kind !== 'poison')
      cx.error('not-constant', condition.span, "condition of 'static_assert' must be known at compile time");
    return;
  }
  if (value.value) return;
  const text = args[1]?.value;
  const message = text !== undefined && typeof text !== 'string' ? evaluate(cx, text) : undefined;
  cx.error(
    'assertion-failed',
    call.span,
    message?.kind === 'string' ? `static assertion failed: ${message.value}` : 'static assertion failed',
  );
}
