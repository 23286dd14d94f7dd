/**
 * Arguments of a call: which parameter each one is for, overloads, inference of type arguments, directions (P4-16 §6.8).
 *
 * Overloads are told apart by the number and names of arguments only (§8.22), so the types never choose.
 */
import type { Span } from '../../diag/index.ts';
import type * as ast from '../syntax/ast.ts';
import type { BoundArgument } from './checked.ts';
import { assignable, coerce } from './coerce.ts';
import { isCompileTime } from './compiletime.ts';
import { type Context, declaredHere, didYouMean } from './context.ts';
import { checkExpression } from './expressions.ts';
import { type Inference, isOptional } from './infer.ts';
import { checkLvalue } from './members.ts';
import { anyPart, dontcareType, equalTypes, poisonType, printType, type Substitution, substitute } from './relations.ts';
import { count } from './typerefs.ts';
import type { Type } from './types.ts';

/** What decides how arguments of directionless parameters are taken. */
export type CallMode = 'function' | 'action' | 'constructor' | 'block';

/** Types all argument expressions, so that their own mistakes are reported whatever becomes of the call. */
export function checkArgumentValues(cx: Context, args: readonly ast.Argument[], constructing: boolean): void {
  const outer = cx.constructing;
  cx.constructing = constructing;
  for (const a of args) if (a.value.kind !== 'dontcare') checkExpression(cx, a.value);
  cx.constructing = outer;
}

/** Do the arguments fit the parameters in number and names? */
function fitsByName(parameters: readonly ast.Parameter[], args: readonly ast.Argument[]): boolean {
  if (args.length > parameters.length) return false;
  const given = new Set<ast.Parameter>();
  for (const [i, a] of args.entries()) {
    const p = a.name ? parameters.find((q) => q.name.name === a.name?.name) : parameters[i];
    if (!p || given.has(p)) return false;
    given.add(p);
  }
  return parameters.every((p) => given.has(p) || p.defaultValue !== undefined || isOptional(p));
}

/** Chooses the overload that the arguments fit; reports when none or several do. A single candidate is always chosen. */
export function selectOverload<T extends { readonly parameters: readonly ast.Parameter[]; readonly name: ast.Identifier }>(
  cx: Context,
  candidates: readonly T[],
  args: readonly ast.Argument[],
  span: Span,
): T | undefined {
  if (candidates.length === 1) return candidates[0];
  const fitting = candidates.filter((c) => fitsByName(c.parameters, args));
  // One that needs no default values is the better match.
  const exact = fitting.filter((c) => c.parameters.length === args.length);
  const chosen = fitting.length === 1 ? fitting[0] : exact.length === 1 ? exact[0] : undefined;
  if (chosen) return chosen;
  const name = candidates[0]?.name.name ?? '';
  const notes = (fitting.length ? fitting : candidates).map((c) => ({
    message: `candidate: '${name}' with ${count(c.parameters.length, 'parameter')}`,
    span: c.name.span,
  }));
  if (fitting.length > 1) cx.error('ambiguous-call', span, `the call of '${name}' fits several declarations`, { notes });
  else cx.error('no-matching-overload', span, `no declaration of '${name}' takes these arguments`, { notes });
  return undefined;
}

/** Assigns arguments to parameters; reports wrong number, unknown and repeated names. */
export function bindArguments(
  cx: Context,
  callee: { name: ast.Identifier },
  parameters: readonly ast.Parameter[],
  args: readonly ast.Argument[],
  span: Span,
): BoundArgument[] | undefined {
  const name = callee.name.name;
  const notes = callee.name.span.file.text === '' ? [] : [{ message: `'${name}' is declared here`, span: callee.name.span }];
  const given = new Map<ast.Parameter, ast.Argument>();
  const named = args.find((a) => a.name);
  const positional = args.find((a) => !a.name);
  if (named && positional) {
    cx.error('mixed-arguments', positional.span, 'either all arguments are given by name or none');
    return undefined;
  }
  for (const [i, a] of args.entries()) {
    const p = a.name ? parameters.find((q) => q.name.name === a.name?.name) : parameters[i];
    if (!p) {
      if (a.name)
        cx.error('unknown-parameter', a.name.span, `'${name}' has no parameter '${a.name.name}'`, {
          ...didYouMean(
            a.name.name,
            parameters.map((q) => q.name.name),
          ),
          notes,
        });
      else
        cx.error('argument-count', a.span, `'${name}' takes ${count(parameters.length, 'argument')}, found ${args.length}`, {
          notes,
        });
      return undefined;
    }
    if (given.has(p)) {
      cx.error('duplicate-declaration', a.span, `argument '${p.name.name}' is given twice`);
      return undefined;
    }
    given.set(p, a);
  }
  const missing = parameters.filter((p) => !given.has(p) && p.defaultValue === undefined && !isOptional(p));
  if (missing.length > 0) {
    cx.error(
      'argument-count',
      span,
      `no argument for ${missing.length === 1 ? 'parameter' : 'parameters'} ${missing.map((p) => `'${p.name.name}'`).join(', ')} of '${name}'`,
      { notes },
    );
    return undefined;
  }
  return parameters.map((parameter) => {
    const value = given.get(parameter)?.value;
    if (!value) return { parameter, value: parameter.defaultValue ? 'default' : 'omitted' };
    return { parameter, value: value.kind === 'dontcare' ? 'omitted' : value };
  });
}

/**
 * Infers what is left to infer and checks each argument against its parameter.
 * `map` gives type arguments, or inference variables, for the type parameters that the parameters' types mention.
 */
export function checkBoundArguments(
  cx: Context,
  bound: readonly BoundArgument[],
  args: readonly ast.Argument[],
  mode: CallMode,
  map: Substitution,
  inference: Inference,
): boolean {
  const items = bound.map((b) => ({ ...b, type: substitute(cx.typeOfDeclaration(b.parameter), map) }));
  // Arguments with a definite type first: a literal or list then takes the type they decided.
  for (const pass of [0, 1, 2]) {
    for (const { value, type } of items) {
      if (typeof value === 'string') continue;
      const own = cx.types.get(value) ?? poisonType;
      if (!inference.isOpen(inference.resolve(type)) && !inference.isOpen(own)) continue;
      if (vagueness(own) === pass) inference.unify(type, own.kind === 'unknownStruct' ? settle(own) : own);
    }
  }
  for (const { parameter, value, type } of items) {
    const given = value === 'default' && parameter.defaultValue ? cx.types.get(parameter.defaultValue) : undefined;
    if (given && inference.isOpen(inference.resolve(type))) inference.unify(type, substitute(given, map));
    // Type variables that only an omitted optional parameter mentions stay undecided: any type does.
    if (value === 'omitted' && isOptional(parameter)) inference.unify(type, leaveOpen(inference, type));
  }
  let fine = true;
  if (mode === 'constructor')
    for (const { value, type } of items) fine = checkDecided(cx, value, inference.resolve(type), inference) && fine;
  for (const { parameter, value, type } of items) {
    if (typeof value !== 'string') fine = checkArgument(cx, parameter, value, inference.resolve(type), mode) && fine;
    else if (value === 'omitted' && !mayBeOmitted(parameter, args, mode)) {
      cx.error(
        'dontcare-argument',
        args.find((a) => a.value.kind === 'dontcare')?.span ?? parameter.span,
        `'_' can only be given for an 'out' parameter, found '${parameter.name.name}'`,
      );
      fine = false;
    }
  }
  return fine;
}

/** An anonymous instance whose type arguments neither its own arguments nor its parameter decided. */
function checkDecided(cx: Context, value: BoundArgument['value'], type: Type, inference: Inference): boolean {
  if (typeof value === 'string') return true;
  const own = inference.resolve(cx.types.get(value) ?? poisonType);
  if ((own.kind !== 'block' && own.kind !== 'extern') || !inference.isOpen(own) || inference.isOpen(type)) return true;
  if ('typeArgs' in type && type.typeArgs.some((a) => a.kind === 'dontcare')) return true;
  const name = own.declaration.name.name;
  if (!inference.unify(type, own)) return true;
  cx.error('cannot-infer', value.span, `type arguments of '${name}' cannot be inferred`, { help: `write them: '${name}<…>'` });
  return false;
}

/** The type with `_` for every variable that nothing decided. */
function leaveOpen(inference: Inference, type: Type): Type {
  const resolved = inference.resolve(type);
  anyPart(resolved, (t) => {
    if (t.kind === 'typeVar' && inference.isOpen(t)) inference.fix(t.parameter, dontcareType);
    if ('typeArgs' in t) for (const a of t.typeArgs) leaveOpen(inference, a);
    return false;
  });
  return inference.resolve(resolved);
}

function vagueness(type: Type): number {
  if (type.kind === 'infint') return 1;
  return type.kind === 'unknownStruct' ? 2 : 0;
}

/** A list whose target type is to be inferred is a tuple. */
function settle(type: Type): Type {
  if (type.kind !== 'unknownStruct' || type.names) return type;
  return { kind: 'tuple', elements: type.elements.map(settle) };
}

function mayBeOmitted(parameter: ast.Parameter, args: readonly ast.Argument[], mode: CallMode): boolean {
  if (isOptional(parameter) || parameter.direction === 'out') return true;
  return mode === 'constructor' && args.length > 0;
}

function checkArgument(cx: Context, parameter: ast.Parameter, value: ast.Expression, type: Type, mode: CallMode): boolean {
  const what = `argument '${parameter.name.name}'`;
  const own = cx.types.get(value) ?? poisonType;
  if (own.kind === 'poison' || type.kind === 'poison') return true;
  if (parameter.direction === 'out' || parameter.direction === 'inout') {
    if (!checkLvalue(cx, value, `be passed for '${parameter.direction}' parameter '${parameter.name.name}'`)) return false;
    if (equalTypes(own, type) || type.kind === 'dontcare') return true;
    cx.typeMismatch(value.span, what, type, own, { notes: [declaredHere(parameter)] });
    return false;
  }
  if (
    own.kind === 'function' ||
    own.kind === 'table' ||
    own.kind === 'applyResult' ||
    own.kind === 'actionRun' ||
    own.kind === 'void'
  ) {
    cx.error('type-mismatch', value.span, `${what}: '${printType(own)}' cannot be passed`);
    return false;
  }
  if (own.kind === 'unknownStruct' && assignable(cx, own, type)) return coerce(cx, value, type, what);
  if (!coerce(cx, value, type, what)) return false;
  if (parameter.direction === 'none' && mode !== 'action' && !isCompileTime(cx, value, mode === 'function')) {
    cx.error('not-constant', value.span, `${what} must be known at compile time`, { notes: [declaredHere(parameter)] });
    return false;
  }
  return true;
}
