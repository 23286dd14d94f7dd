/**
 * Is an expression known at compile time (P4-16 §18.1)? Unlike `evaluate`, this also says yes to constructor parameters and instances,
 * whose value depends on who instantiates.
 */
import type * as ast from '../syntax/ast.ts';
import type { Context } from './context.ts';
import { assertNever } from './relations.ts';
import { isTypeReferent } from './scope.ts';

export function isCompileTime(cx: Context, e: ast.Expression): boolean {
  const type = cx.types.get(e);
  if (type?.kind === 'poison') return true;
  switch (e.kind) {
    case 'integer':
    case 'boolean':
    case 'string':
    case 'invalid':
    case 'defaultValue':
    case 'this':
    case 'typeName':
      return true;
    case 'path': {
      const referent = cx.referents.get(e);
      if (!referent || isTypeReferent(referent)) return true;
      if (referent.kind === 'parameter') return referent.direction === 'none' && !cx.runtimeParameters.has(referent);
      return referent.kind === 'constant' || referent.kind === 'instantiation';
    }
    case 'member':
      if (cx.referents.has(e)) return true;
      if (e.member.name === 'size' && cx.types.get(e.object)?.kind === 'stack') return true;
      return isCompileTime(cx, e.object);
    case 'index':
      return isCompileTime(cx, e.object) && isCompileTime(cx, e.index);
    case 'slice':
      return isCompileTime(cx, e.object) && isCompileTime(cx, e.low);
    case 'unary':
    case 'cast':
      return isCompileTime(cx, e.operand);
    case 'binary':
      return isCompileTime(cx, e.left) && isCompileTime(cx, e.right);
    case 'conditional':
      return isCompileTime(cx, e.condition) && isCompileTime(cx, e.whenTrue) && isCompileTime(cx, e.whenFalse);
    case 'mask':
      return isCompileTime(cx, e.value) && isCompileTime(cx, e.mask);
    case 'range':
      return isCompileTime(cx, e.low) && isCompileTime(cx, e.high);
    case 'list':
      return e.elements.every((x) => isCompileTime(cx, x));
    case 'structExpression':
      return e.fields.every((f) => isCompileTime(cx, f.value));
    case 'call': {
      const call = cx.calls.get(e);
      if (!call || call.kind === 'constructor') return true;
      if (call.kind === 'builtin') return call.name.endsWith('SizeInBits') || call.name.endsWith('SizeInBytes');
      return call.kind === 'externFunction' && call.declaration.name.name === 'static_assert';
    }
    default:
      return assertNever(e);
  }
}
