/**
 * Calls in all their forms (P4-16 §8.20, §12.4): dispatch on what the checker resolved.
 */
import type * as ast from '../../syntax/ast.ts';
import { assertNever } from '../build.ts';
import { lowerBuiltin } from './builtins.ts';
import { coreExterns, coreFunctions } from './core-externs.ts';
import { lower } from './expressions.ts';
import { inlineAction, inlineControl, inlineFunction, resolveTypeArgs } from './inline.ts';
import { anonymousInstance, blockOf } from './instantiate.ts';
import { type Item, nothing } from './items.ts';
import type { Lowering } from './lowering.ts';
import { lowerApply } from './tables.ts';

/** Lowers a call; the item is its value. */
export function lowerCall(lw: Lowering, call: ast.CallExpression): Item {
  const resolved = lw.checked.callOf(call);
  switch (resolved.kind) {
    case 'function':
    case 'externFunction':
    case 'action': {
      const { declaration } = resolved;
      switch (declaration.kind) {
        case 'function':
          return inlineFunction(lw, declaration, resolved.args, resolved.typeArgs, call.span);
        case 'action':
          inlineAction(lw, declaration, resolved.args, call.span);
          return nothing;
        case 'externFunction': {
          const name = declaration.name.name;
          const handler = own(coreFunctions, name) ?? own(lw.arch.functions, name);
          if (handler) return handler(lw, { name, args: resolved.args, typeArgs: resolveTypeArgs(lw, resolved.typeArgs), call });
          lw.unknownExtern(call.span, `extern function '${name}'`, resolved.declaration.name);
          return nothing;
        }
        default:
          return assertNever(declaration);
      }
    }
    case 'method': {
      const receiver = lower(lw, resolved.receiver);
      const name = resolved.method.name.name;
      if (receiver.kind !== 'extern') return nothing;
      const handlers = own(coreExterns, resolved.declaration.name.name) ?? own(lw.arch.externs, resolved.declaration.name.name);
      const handler = handlers && own(handlers.methods, name);
      if (handler)
        return handler(lw, { name, receiver, args: resolved.args, typeArgs: resolveTypeArgs(lw, resolved.typeArgs), call });
      if (receiver.state.kind !== 'unsupported')
        lw.unknownExtern(call.span, `method '${name}' of extern '${resolved.declaration.name.name}'`, resolved.declaration.name);
      return nothing;
    }
    case 'constructor':
      return anonymousInstance(lw, call);
    case 'applyBlock': {
      const instance = blockOf(lw, resolved.receiver, resolved.declaration, resolved.typeArgs);
      if (instance.declaration.kind === 'parser') lw.unsupported(call.span, 'applying a parser here');
      else inlineControl(lw, instance, resolved.args, call.span);
      return nothing;
    }
    case 'applyTable':
      lowerApply(lw, resolved.declaration, {}, call.span);
      return nothing;
    case 'builtin':
      return lowerBuiltin(lw, resolved, call.span);
    default:
      return assertNever(resolved);
  }
}

function own<T>(map: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}
