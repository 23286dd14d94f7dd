/** Built-in methods of headers, header unions and stacks, and the size methods of every type (P4-16 §8.18, §8.20, §8.21, §9). */
import type * as ast from '../syntax/ast.ts';
import { evaluate } from './constants.ts';
import type { Context } from './context.ts';
import { checkLvalue } from './members.ts';
import { boolType, decay, infintType, poisonType, printType, sizeRange, voidType } from './relations.ts';
import type { Type } from './types.ts';

const sizeMethods = ['minSizeInBits', 'minSizeInBytes', 'maxSizeInBits', 'maxSizeInBytes'] as const;
type SizeMethod = (typeof sizeMethods)[number];
type BuiltinName = SizeMethod | 'isValid' | 'setValid' | 'setInvalid' | 'push_front' | 'pop_front';

export function isSizeMethod(name: string): name is SizeMethod {
  return (sizeMethods as readonly string[]).includes(name);
}

/** Has a value of the type this built-in method (unless a field hides it)? */
export function isBuiltinOf(type: Type, name: string): boolean {
  switch (name) {
    case 'isValid':
      return type.kind === 'header' || type.kind === 'headerUnion';
    case 'setValid':
    case 'setInvalid':
      return type.kind === 'header';
    case 'push_front':
    case 'pop_front':
      return type.kind === 'stack';
    default:
      return isSizeMethod(name);
  }
}

export function checkBuiltin(cx: Context, call: ast.CallExpression, callee: ast.MemberExpression, object: Type): Type {
  const name = callee.member.name as BuiltinName;
  if (object.kind === 'poison') return object;
  if (call.typeArguments.length > 0) return cx.fail('type-argument-count', call.span, `'${name}' takes no type arguments`);
  const wanted = name === 'push_front' || name === 'pop_front' ? 1 : 0;
  if (call.args.length !== wanted) {
    return cx.fail(
      'argument-count',
      call.args[wanted]?.span ?? call.span,
      `'${name}' takes ${wanted === 1 ? '1 argument' : 'no arguments'}, found ${call.args.length}`,
    );
  }
  const args: ast.Expression[] = [];
  if (isSizeMethod(name)) {
    if (object.kind !== 'typeVar' && !sizeRange(object))
      return cx.fail('no-size', call.span, `type '${printType(object)}' has no size in bits`);
  } else if (name !== 'isValid' && !checkLvalue(cx, callee.object, `be changed by '${name}'`)) return voidType;
  if (wanted === 1) {
    const arg = checkCount(cx, call.args[0]!, name);
    if (!arg) return voidType;
    args.push(arg);
  }
  cx.calls.set(call, { kind: 'builtin', name, receiver: callee.object, args });
  if (isSizeMethod(name)) return infintType;
  return name === 'isValid' ? boolType : voidType;
}

function checkCount(cx: Context, arg: ast.Argument, name: string): ast.Expression | undefined {
  if (arg.value.kind === 'dontcare' || arg.name) {
    cx.error('argument-count', arg.span, `'${name}' needs a number of elements`);
    return undefined;
  }
  const type = decay(cx.types.get(arg.value) ?? poisonType);
  if (type.kind === 'poison') return undefined;
  const value = evaluate(cx, arg.value);
  if ((type.kind !== 'infint' && type.kind !== 'bits') || value?.kind !== 'integer') {
    cx.error('not-constant', arg.value.span, `argument of '${name}' must be an integer known at compile time`);
    return undefined;
  }
  if (value.value < 0n) {
    cx.error('bad-operand', arg.value.span, `argument of '${name}' cannot be negative, found ${value.value}`);
    return undefined;
  }
  return arg.value;
}
