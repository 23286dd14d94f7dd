/**
 * Calls (P4-16 §8.22, §8.23, §15.1): functions, actions, extern methods, constructors, `apply`, and the built-in methods of headers and
 * stacks. First what the callee denotes, then the arguments, then where such a call may stand.
 */
import type * as ast from '../syntax/ast.ts';
import { bindArguments, checkArgumentValues, checkBoundArguments, selectOverload } from './arguments.ts';
import { checkBuiltin, isBuiltinOf, isSizeMethod } from './builtins.ts';
import type { ResolvedCall } from './checked.ts';
import { checkConstructorCall } from './constructors.ts';
import { type Context, declaredHere, didYouMean } from './context.ts';
import { checkCoreMethod } from './corelib.ts';
import { checkExpression } from './expressions.ts';
import { Inference } from './infer.ts';
import { namedTypeOf } from './members.ts';
import { anyPart, blockWord, poisonType, printType, substitute, zipSubstitution } from './relations.ts';
import { checkSpecialized, checkTypeArgument, count, describeType, resolveType } from './typerefs.ts';
import type { BlockType, Callable, ExternType, Type } from './types.ts';

/** Type of the value that a call gives (`void` for none). */
export function checkCall(cx: Context, call: ast.CallExpression): Type {
  const { callee } = call;
  const named = namedTypeOf(cx, callee);
  if (named) {
    if (!cx.constructing && named.type.kind !== 'poison') {
      checkArgumentValues(cx, call.args, true);
      return cx.fail(
        'instantiation-not-allowed',
        call.span,
        `${describeType(named.type)} cannot be instantiated inside an expression`,
        {
          help: 'declare an instance with a name',
        },
      );
    }
    return checkConstructorCall(cx, call, named, call.typeArguments, call.args, undefined);
  }
  if (callee.kind === 'member') return memberCall(cx, call, callee);
  checkArgumentValues(cx, call.args, false);
  const { owner } = cx.place;
  if (callee.kind === 'path' && owner?.name.name === callee.name.name && cx.scope.lookup(callee.name.name).length === 0) {
    return cx.fail('recursion', call.span, `'${callee.name.name}' calls itself; recursion is not allowed`);
  }
  const type = checkExpression(cx, callee);
  if (type.kind === 'poison') return type;
  if (type.kind === 'function') return functionCall(cx, call, type.declarations);
  return cx.fail('not-callable', callee.span, `a value of type ${describeType(type)} cannot be called`);
}

function memberCall(cx: Context, call: ast.CallExpression, callee: ast.MemberExpression): Type {
  const name = callee.member.name;
  const named = namedTypeOf(cx, callee.object);
  checkArgumentValues(cx, call.args, false);
  if (named) {
    if (isSizeMethod(name)) return checkBuiltin(cx, call, callee, named.type);
    if (named.type.kind === 'block' && name === 'apply') return applyBlock(cx, call, callee.object, named.type, true);
    if (named.type.kind === 'poison') return poisonType;
    const member = checkExpression(cx, callee);
    return member.kind === 'poison'
      ? member
      : cx.fail('not-callable', callee.span, `a value of type ${describeType(member)} cannot be called`);
  }
  // `E(args).method()`: an anonymous instance.
  const outer = cx.constructing;
  cx.constructing = callee.object.kind === 'call';
  const object = checkExpression(cx, callee.object);
  cx.constructing = outer;
  switch (object.kind) {
    case 'poison':
      return object;
    case 'extern':
      return methodCall(cx, call, callee, object);
    case 'table':
      if (name === 'apply') return applyTable(cx, call, object.declaration);
      break;
    case 'block':
      if (name === 'apply') return applyBlock(cx, call, callee.object, object, false);
      break;
    default:
      if (isBuiltinOf(object, name)) return checkBuiltin(cx, call, callee, object);
      break;
  }
  if (object.kind === 'struct' || object.kind === 'header' || object.kind === 'headerUnion' || object.kind === 'stack') {
    const member = checkExpression(cx, callee);
    return member.kind === 'poison'
      ? member
      : cx.fail('not-callable', callee.span, `a value of type ${describeType(member)} cannot be called`);
  }
  return cx.fail('unknown-method', callee.member.span, `a value of type ${describeType(object)} has no method '${name}'`);
}

function functionCall(cx: Context, call: ast.CallExpression, candidates: readonly Callable[]): Type {
  const declaration = selectOverload(cx, candidates, call.args, call.span);
  if (!declaration) return poisonType;
  if (declaration.kind === 'methodSignature') return poisonType;
  cx.referents.set(call.callee, declaration);
  if (declaration.kind === 'action') {
    checkActionPlace(cx, call, declaration);
    if (call.typeArguments.length > 0)
      return cx.fail('type-argument-count', call.span, `action '${declaration.name.name}' takes no type arguments`);
  }
  const parameters = declaration.kind === 'action' ? [] : declaration.typeParameters;
  const inference = new Inference(cx);
  const map = typeArguments(cx, call, declaration.name.name, parameters, inference);
  const args = map && bindArguments(cx, declaration, declaration.parameters, call.args, call.span);
  if (!map || !args) return poisonType;
  const returned = declaration.kind === 'action' ? undefined : cx.refTypes.get(declaration.returnType);
  const failed = !checkBoundArguments(cx, args, call.args, declaration.kind === 'action' ? 'action' : 'function', map, inference);
  if (failed) return knownReturn(inference, returned, map);
  const typeArgs = settleTypeArguments(cx, call, declaration.name.name, parameters, map, inference);
  if (!typeArgs) return poisonType;
  cx.calls.set(call, { kind: declaration.kind, declaration, typeArgs, args } as ResolvedCall);
  checkCoreMethod(cx, call, declaration.name.name, undefined, args, typeArgs);
  if (!returned) return { kind: 'void' };
  return substitute(returned, typeArgs);
}

/** After a wrong argument the result's type is still usable where it does not depend on inference. */
function knownReturn(inference: Inference, returned: Type | undefined, map: ReadonlyMap<ast.TypeParameter, Type>): Type {
  if (!returned) return { kind: 'void' };
  const type = inference.resolve(substitute(returned, map));
  return inference.isOpen(type) ? poisonType : type;
}

function methodCall(cx: Context, call: ast.CallExpression, callee: ast.MemberExpression, object: ExternType): Type {
  const name = callee.member.name;
  const methods = object.declaration.methods.filter((m) => m.name.name === name);
  if (methods.length === 0) {
    return cx.fail('unknown-method', callee.member.span, `extern '${object.declaration.name.name}' has no method '${name}'`, {
      ...didYouMean(
        name,
        object.declaration.methods.map((m) => m.name.name),
      ),
      notes: [declaredHere(object.declaration)],
    });
  }
  const method = selectOverload(cx, methods, call.args, call.span);
  if (!method) return poisonType;
  const inference = new Inference(cx);
  const own = typeArguments(cx, call, name, method.typeParameters, inference);
  const args = own && bindArguments(cx, method, method.parameters, call.args, call.span);
  if (!own || !args) return poisonType;
  const map = new Map([...zipSubstitution(object.declaration.typeParameters, object.typeArgs), ...own]);
  const returned = cx.refTypes.get(method.returnType) ?? poisonType;
  if (!checkBoundArguments(cx, args, call.args, 'function', map, inference)) return knownReturn(inference, returned, map);
  const typeArgs = settleTypeArguments(cx, call, name, method.typeParameters, map, inference);
  if (!typeArgs) return poisonType;
  cx.calls.set(call, { kind: 'method', receiver: callee.object, declaration: object.declaration, method, typeArgs, args });
  checkCoreMethod(cx, call, name, object.declaration.name.name, args, typeArgs);
  return substitute(returned, typeArgs);
}

/** Type arguments as written, or inference variables where none are (or `_` is). */
export function typeArguments(
  cx: Context,
  call: { readonly typeArguments: readonly ast.TypeRef[]; readonly span: ast.Expression['span'] },
  name: string,
  parameters: readonly ast.TypeParameter[],
  inference: Inference,
): Map<ast.TypeParameter, Type> | undefined {
  const map = inference.fresh(parameters);
  if (call.typeArguments.length === 0) return map;
  const given = call.typeArguments.map((t) => resolveType(cx, t));
  if (given.length !== parameters.length) {
    cx.error(
      'type-argument-count',
      call.span,
      `'${name}' takes ${count(parameters.length, 'type argument')}, found ${given.length}`,
    );
    return undefined;
  }
  for (const [i, type] of given.entries()) {
    if (!checkTypeArgument(cx, type, call.typeArguments[i]!.span)) return undefined;
    if (type.kind !== 'dontcare') map.set(parameters[i]!, type);
  }
  return map;
}

/** The final type arguments; reports a variable that nothing decided. */
export function settleTypeArguments(
  cx: Context,
  call: { readonly span: ast.Expression['span'] },
  name: string,
  parameters: readonly ast.TypeParameter[],
  map: ReadonlyMap<ast.TypeParameter, Type>,
  inference: Inference,
): Map<ast.TypeParameter, Type> | undefined {
  const result = new Map<ast.TypeParameter, Type>();
  for (const [p, variable] of map) result.set(p, inference.resolve(variable));
  for (const p of parameters) {
    const type = result.get(p)!;
    if (inference.isOpen(type)) {
      cx.error('cannot-infer', call.span, `type argument '${p.name.name}' of '${name}' cannot be inferred`, {
        help: `write it: '${name}<…>'`,
      });
      return undefined;
    }
    if (anyPart(map.get(p)!, (t) => t.kind === 'typeVar' && inference.isOpen(t)) && !checkInferred(cx, call.span, p, name, type))
      return undefined;
    if (!checkTypeArgument(cx, type, call.span) || !checkSpecialized(cx, type, call.span)) return undefined;
  }
  return result;
}

/** What inference must not choose: `int` has no width, a struct expression no type. */
function checkInferred(cx: Context, span: ast.Expression['span'], p: ast.TypeParameter, name: string, type: Type): boolean {
  if (anyPart(type, (t) => t.kind === 'string')) {
    cx.error(
      'bad-type-argument',
      span,
      `type argument '${p.name.name}' of '${name}' would be 'string', which no parameter with a direction can have`,
    );
    return false;
  }
  if (anyPart(type, (t) => t.kind === 'infint')) {
    cx.error(
      'width-unknown',
      span,
      `type argument '${p.name.name}' of '${name}' would be '${printType(type)}', which has no width`,
      {
        help: 'write a width, such as 8w1',
      },
    );
    return false;
  }
  if (!anyPart(type, (t) => t.kind === 'unknownStruct' && t.names !== undefined)) return true;
  cx.error('cannot-infer', span, `type argument '${p.name.name}' of '${name}' cannot be inferred from a struct expression`, {
    help: 'write a cast before it',
  });
  return false;
}

function checkActionPlace(cx: Context, call: ast.CallExpression, action: ast.ActionDeclaration): void {
  const { kind } = cx.place;
  if (kind === 'apply' || kind === 'action') return;
  const where = kind === 'state' || kind === 'parser' ? 'a parser' : kind === 'table' ? 'a table key' : 'a function';
  cx.error('call-not-allowed', call.span, `action '${action.name.name}' cannot be called from ${where}`);
}

function applyTable(cx: Context, call: ast.CallExpression, declaration: ast.TableDeclaration): Type {
  const { kind } = cx.place;
  if (kind !== 'apply' && kind !== 'table') {
    const where =
      kind === 'action'
        ? 'an action'
        : kind === 'function'
          ? 'a function'
          : kind === 'actionList'
            ? 'a list of actions'
            : `a ${kind}`;
    return cx.fail(
      'call-not-allowed',
      call.span,
      `table '${declaration.name.name}' can only be applied in the apply block of its control, not in ${where}`,
    );
  }
  if (call.args.length > 0)
    return cx.fail('argument-count', call.args[0]!.span, `apply() of table '${declaration.name.name}' takes no arguments`);
  cx.calls.set(call, { kind: 'applyTable', declaration });
  return { kind: 'applyResult', declaration };
}

function applyBlock(cx: Context, call: ast.CallExpression, receiver: ast.Expression, block: BlockType, isDirect: boolean): Type {
  const { declaration } = block;
  const word = blockWord(block);
  const name = declaration.name.name;
  if (declaration.kind !== 'parser' && declaration.kind !== 'control') {
    if (word === 'package' || isDirect) return cx.fail('not-callable', call.span, `${word} '${name}' has no body to apply`);
  } else if (declaration === cx.place.owner) {
    return cx.fail('recursion', call.span, `${word} '${name}' applies itself; recursion is not allowed`);
  } else if (isDirect && declaration.constructorParameters.some((p) => !p.defaultValue)) {
    return cx.fail(
      'argument-count',
      call.span,
      `${word} '${name}' has constructor parameters and must be instantiated before it is applied`,
    );
  }
  const wanted = word === 'parser' ? 'state' : 'apply';
  if (cx.place.kind !== wanted) {
    const where = word === 'parser' ? 'a parser state' : 'the apply block of a control';
    return cx.fail('call-not-allowed', call.span, `${word} '${name}' can only be applied in ${where}`);
  }
  const inference = new Inference(cx);
  const map = zipSubstitution(declaration.typeParameters, block.typeArgs);
  const args = bindArguments(cx, declaration, declaration.parameters, call.args, call.span);
  if (!args || !checkBoundArguments(cx, args, call.args, 'block', map, inference)) return { kind: 'void' };
  cx.calls.set(call, {
    kind: 'applyBlock',
    receiver,
    declaration: declaration as ast.ParserDeclaration | ast.ControlDeclaration,
    typeArgs: map,
    args,
  });
  return { kind: 'void' };
}
