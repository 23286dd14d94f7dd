/**
 * Is an expression known at compile time (P4-16 §18.1)? Unlike `evaluate`, this also says yes to constructor parameters and instances,
 * whose value depends on who instantiates.
 */
import type * as ast from '../syntax/ast.ts';
import type { Context } from './context.ts';
import { assertNever } from './relations.ts';
import { isTypeReferent } from './scope.ts';

/** `orGiven`: parameters without direction count as known even in an action, where the control plane gives them. */
export function isCompileTime(cx: Context, e: ast.Expression, orGiven = false): boolean {
  const known = (part: ast.Expression): boolean => isCompileTime(cx, part, orGiven);
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
      if (referent.kind === 'parameter') return referent.direction === 'none' && (orGiven || !cx.runtimeParameters.has(referent));
      return ['constant', 'instantiation', 'identifier', 'enumMember'].includes(referent.kind);
    }
    case 'member':
      if (cx.referents.has(e)) return true;
      if (e.member.name === 'size' && cx.types.get(e.object)?.kind === 'stack') return true;
      return known(e.object);
    case 'index':
      return known(e.object) && known(e.index);
    case 'slice':
      return known(e.object) && known(e.low);
    case 'unary':
    case 'cast':
      return known(e.operand);
    case 'binary':
      return known(e.left) && known(e.right);
    case 'conditional':
      return known(e.condition) && known(e.whenTrue) && known(e.whenFalse);
    case 'mask':
      return known(e.value) && known(e.mask);
    case 'range':
      return known(e.low) && known(e.high);
    case 'list':
      return e.elements.every((x) => known(x));
    case 'structExpression':
      return e.fields.every((f) => known(f.value));
    case 'call': {
      const call = cx.calls.get(e);
      if (!call || call.kind === 'constructor') return true;
      if (call.kind === 'builtin') return call.name.endsWith('SizeInBits') || call.name.endsWith('SizeInBytes');
      // An extern function that makes an extern instance, or is pure, runs when the program is instantiated.
      if (call.kind === 'externFunction' && call.declaration.annotations.some((a) => a.name === 'pure'))
        return e.args.every((a) => a.value.kind !== 'dontcare' && known(a.value));
      return call.kind === 'externFunction' && (call.declaration.name.name === 'static_assert' || type?.kind === 'extern');
    }
    default:
      return assertNever(e);
  }
}
