/**
 * Declarations other than types and blocks: constants, variables, functions, actions, externs, parameters (P4-16 §6.8, §7.2.11, §10, §11).
 */
import type * as ast from '../syntax/ast.ts';
import { isCompileTime } from './compiletime.ts';
import { convert, evaluate } from './constants.ts';
import { type Context, type Place, sameParameterNames } from './context.ts';
import { checkAgainst, checkExpression } from './expressions.ts';
import { isOptional } from './infer.ts';
import { mentionsTypeVar, poisonType, printType } from './relations.ts';
import { alwaysReturns, checkBlock } from './statements.ts';
import { checkNoDontcare, describeType, isElement, isStorable, resolveType } from './typerefs.ts';
import type { BlockType, Callable, Type } from './types.ts';

export function checkConstant(cx: Context, d: ast.ConstantDeclaration): void {
  const type = resolveType(cx, d.type);
  if (type.kind === 'extern' || type.kind === 'block' || type.kind === 'void' || type.kind === 'table') {
    cx.error('bad-constant-type', d.type.span, `a constant cannot have type ${describeType(type)}`);
    checkExpression(cx, d.initializer);
    cx.declarationTypes.set(d, poisonType);
  } else {
    const fine = checkNoDontcare(cx, type, d.type.span) && checkAgainst(cx, d.initializer, type, `value of '${d.name.name}'`);
    if (fine && !isCompileTime(cx, d.initializer)) {
      cx.error('not-constant', d.initializer.span, `value of constant '${d.name.name}' must be known at compile time`);
    }
    cx.declarationTypes.set(d, type);
    const value = fine ? evaluate(cx, d.initializer) : undefined;
    if (value) cx.values.set(d, convert(value, type));
  }
  cx.declare(d);
}

export function checkVariable(cx: Context, d: ast.VariableDeclaration): void {
  let type = resolveType(cx, d.type);
  if (type.kind !== 'poison' && !isStorable(type) && !isTupleOrList(type)) {
    const help =
      type.kind === 'extern' || type.kind === 'block'
        ? { help: `an instance is declared with '${printType(type)}(…) ${d.name.name};'` }
        : {};
    type = cx.fail('bad-variable-type', d.type.span, `a variable cannot have type ${describeType(type)}`, help);
  }
  if (type.kind !== 'poison' && !checkNoDontcare(cx, type, d.type.span)) type = poisonType;
  cx.declarationTypes.set(d, type);
  if (d.initializer) {
    checkAgainst(cx, d.initializer, type, `value of '${d.name.name}'`);
    checkHiddenParameter(cx, d, d.initializer);
  }
  cx.declare(d);
}

/** `T h = h;` where the right `h` is a parameter: behind it nobody could say `h` and mean the parameter, so the name is a mistake. */
function checkHiddenParameter(cx: Context, d: ast.VariableDeclaration, initializer: ast.Expression): void {
  if (initializer.kind !== 'path' || initializer.isGlobal || initializer.name.name !== d.name.name) return;
  const hidden = cx.referents.get(initializer);
  if (hidden?.kind !== 'parameter') return;
  cx.error('hidden-parameter', d.name.span, `'${d.name.name}' hides the parameter that it is copied from`, {
    notes: [{ message: `parameter '${d.name.name}' is declared here`, span: hidden.name.span }],
  });
}

/** What a variable may hold while it is known at compile time; lowering says if it is not. */
function isTupleOrList(type: Type): boolean {
  return (type.kind === 'tuple' || type.kind === 'list' || type.kind === 'matchKind') && isElement(type);
}

export function checkValueSet(cx: Context, d: ast.ValueSetDeclaration): void {
  let element = resolveType(cx, d.elementType);
  if (
    element.kind !== 'poison' &&
    (!isStorable(element) || ['header', 'headerUnion', 'stack', 'varbit'].includes(element.kind))
  ) {
    element = cx.fail('bad-element-type', d.elementType.span, `a value set cannot have elements of type '${printType(element)}'`);
  }
  const type = checkExpression(cx, d.size);
  if (type.kind !== 'poison' && !((type.kind === 'infint' || type.kind === 'bits') && isCompileTime(cx, d.size))) {
    cx.error('not-constant', d.size.span, 'size of a value set must be an integer known at compile time');
  }
  cx.declarationTypes.set(d, element.kind === 'poison' ? element : { kind: 'set', element });
  cx.declare(d);
}

// ---------------------------------------------------------------- parameters

/** Of what the parameters are: decides which types and directions they may have. */
export type ParameterRole = 'block' | 'blockConstructor' | 'constructor' | 'package' | 'function' | 'extern' | 'action';

/** Resolves the types of parameters and enters them into the current scope. */
export function checkParameters(cx: Context, parameters: readonly ast.Parameter[], role: ParameterRole): void {
  for (const p of parameters) {
    let type = resolveType(cx, p.type);
    if (
      type.kind !== 'poison' &&
      !((allowsDontcare(role) || checkNoDontcare(cx, type, p.type.span)) && checkParameterType(cx, p, type, role))
    )
      type = poisonType;
    cx.declarationTypes.set(p, type);
    if (role === 'action' && p.direction === 'none') cx.runtimeParameters.add(p);
    if (isOptional(p) && (role === 'function' || role === 'action' || role === 'blockConstructor')) {
      cx.error(
        'optional-not-allowed',
        p.span,
        `parameter '${p.name.name}' cannot be optional: only those of externs, packages and block types can`,
      );
    }
    if (p.defaultValue) checkDefaultValue(cx, p, p.defaultValue, type, role);
    cx.declare(p);
  }
  if (role === 'action') checkActionOrder(cx, parameters);
}

/** `_` in the type of a parameter that is never read by P4 code: any type will do. */
function allowsDontcare(role: ParameterRole): boolean {
  return role === 'package' || role === 'constructor' || role === 'blockConstructor';
}

/** A constructor of a parser takes parser types, one of a control takes control types (P4-16 §26); neither takes a block with a body. */
function isPassable(cx: Context, type: BlockType): boolean {
  return type.declaration.kind === `${cx.place.kind}Type`;
}

function checkDefaultValue(cx: Context, p: ast.Parameter, value: ast.Expression, type: Type, role: ParameterRole): void {
  if (p.direction === 'out' || p.direction === 'inout') {
    cx.error('default-for-out', value.span, `'${p.direction}' parameter '${p.name.name}' cannot have a default value`);
    return;
  }
  cx.constructing = allowsDontcare(role);
  const isGeneric = mentionsTypeVar(type);
  if (isGeneric) checkExpression(cx, value);
  const fine = isGeneric || checkAgainst(cx, value, type, `default value of '${p.name.name}'`);
  cx.constructing = false;
  if (fine && !isCompileTime(cx, value))
    cx.error('not-constant', value.span, `default value of '${p.name.name}' must be known at compile time`);
}

function checkParameterType(cx: Context, p: ast.Parameter, type: Type, role: ParameterRole): boolean {
  const refuse = (why: string): boolean => {
    cx.error('bad-parameter-type', p.type.span, `parameter '${p.name.name}' ${why}`);
    return false;
  };
  const hasDirection = p.direction !== 'none';
  switch (type.kind) {
    case 'void':
    case 'table':
    case 'set':
      return refuse(`cannot have type '${printType(type)}'`);
    case 'block':
      if (role === 'package' || (role === 'blockConstructor' && isPassable(cx, type)))
        return hasDirection ? refuse(`of type ${describeType(type)} cannot have a direction`) : true;
      return refuse(`cannot have type ${describeType(type)}`);
    case 'extern':
      if (role === 'action') return refuse(`of an action cannot have type ${describeType(type)}`);
      return hasDirection ? refuse(`of type ${describeType(type)} cannot have a direction`) : true;
    case 'infint':
    case 'string':
      if (role === 'action') return refuse(`of an action cannot have type '${printType(type)}'`);
      return hasDirection ? refuse(`of type '${printType(type)}' cannot have a direction`) : true;
    default:
      break;
  }
  if ((role === 'constructor' || role === 'blockConstructor') && hasDirection)
    return refuse('of a constructor cannot have a direction');
  return true;
}

function checkActionOrder(cx: Context, parameters: readonly ast.Parameter[]): void {
  const firstFree = parameters.findIndex((p) => p.direction === 'none');
  const late = firstFree < 0 ? undefined : parameters.slice(firstFree).find((p) => p.direction !== 'none');
  if (late) {
    cx.error(
      'parameter-order',
      parameters[firstFree]!.span,
      `parameters without direction come last in an action: '${parameters[firstFree]!.name.name}' is before '${late.name.name}'`,
    );
  }
}

/** Enters type parameters as type variables. */
export function declareTypeParameters(cx: Context, parameters: readonly ast.TypeParameter[]): void {
  for (const parameter of parameters) {
    cx.declarationTypes.set(parameter, { kind: 'typeVar', parameter });
    cx.declare(parameter);
  }
}

// ---------------------------------------------------------------- functions and actions

export function checkFunction(cx: Context, d: ast.FunctionDeclaration, kind: 'function' | 'abstractMethod'): void {
  cx.inScope(() => {
    declareTypeParameters(cx, d.typeParameters);
    const returnType = checkReturnType(cx, d.returnType);
    checkParameters(cx, d.parameters, 'function');
    checkBody(cx, d, { kind, returnType, owner: d, inLoop: false });
    if (returnType.kind !== 'void' && returnType.kind !== 'poison' && !d.body.statements.some(alwaysReturns)) {
      cx.error(
        'missing-return',
        d.name.span,
        `'${d.name.name}' can end without returning a value of type '${printType(returnType)}'`,
      );
    }
  });
  // Only now: a call in its own body means an earlier declaration of the name, if there is one.
  if (kind === 'function') declareOverload(cx, d);
}

/** Body of a function or action: its variables may hide the parameters. */
function checkBody(cx: Context, d: ast.FunctionDeclaration | ast.ActionDeclaration, place: Place): void {
  cx.at(place, () => checkBlock(cx, d.body));
}

export function checkExternFunction(cx: Context, d: ast.ExternFunctionDeclaration): void {
  cx.inScope(() => {
    declareTypeParameters(cx, d.typeParameters);
    checkReturnType(cx, d.returnType);
    checkParameters(cx, d.parameters, 'extern');
  });
  declareOverload(cx, d);
}

/** Enters a function beside its overloads; all of them share one function type. */
function declareOverload(cx: Context, d: ast.FunctionDeclaration | ast.ExternFunctionDeclaration): void {
  cx.declare(d);
  const all = cx.scope

    .own(d.name.name)
    .filter(
      (r): r is ast.FunctionDeclaration | ast.ExternFunctionDeclaration => r.kind === 'function' || r.kind === 'externFunction',
    );
  const type: Type = { kind: 'function', declarations: all.length ? all : [d] };
  cx.declarationTypes.set(d, type);
  for (const other of all) cx.declarationTypes.set(other, type);
}

export function checkAction(cx: Context, d: ast.ActionDeclaration): void {
  cx.declarationTypes.set(d, { kind: 'function', declarations: [d] });
  cx.inScope(() => {
    checkParameters(cx, d.parameters, 'action');
    checkBody(cx, d, { kind: 'action', owner: d, returnType: { kind: 'void' }, inLoop: false });
  });
  cx.declare(d);
}

function checkReturnType(cx: Context, ref: ast.TypeRef): Type {
  const type = resolveType(cx, ref);
  const fine = type.kind === 'void' || type.kind === 'extern' || isTupleOrList(type) || isStorable(type);
  if (!fine) {
    cx.refTypes.set(ref, poisonType);
    return cx.fail('bad-return-type', ref.span, `a value of type ${describeType(type)} cannot be returned`);
  }
  if (!checkNoDontcare(cx, type, ref.span)) {
    cx.refTypes.set(ref, poisonType);
    return poisonType;
  }
  return type;
}

// ---------------------------------------------------------------- externs

export function checkExtern(cx: Context, d: ast.ExternDeclaration): void {
  const typeArgs = d.typeParameters.map((parameter): Type => ({ kind: 'typeVar', parameter }));
  cx.declarationTypes.set(d, { kind: 'extern', declaration: d, typeArgs });
  cx.declare(d);
  cx.inScope(() => {
    declareTypeParameters(cx, d.typeParameters);
    for (const c of d.constructors) cx.inScope(() => checkParameters(cx, c.parameters, 'constructor'));
    for (const m of d.methods) {
      checkMethod(cx, m, d);
      checkSelfReference(cx, m, d);
    }
  });
  reportClashes(cx, d.constructors);
  reportClashes(cx, d.methods);
}

function checkMethod(cx: Context, m: ast.MethodSignature, d: ast.ExternDeclaration): void {
  if (m.name.name === d.name.name)
    cx.error('bad-constructor', m.name.span, `'${m.name.name}' has the name of its extern; a constructor has no return type`);
  cx.inScope(() => {
    declareTypeParameters(cx, m.typeParameters);
    checkReturnType(cx, m.returnType);
    checkParameters(cx, m.parameters, 'extern');
  });
  const declarations: Callable[] = d.methods.filter((o) => o.name.name === m.name.name);
  cx.declarationTypes.set(m, { kind: 'function', declarations });
}

/** A method cannot take an instance of its own extern: which one that is could not be known when the program is put together. */
function checkSelfReference(cx: Context, m: ast.MethodSignature, d: ast.ExternDeclaration): void {
  for (const p of m.parameters) {
    const type = cx.typeOfDeclaration(p);
    if (type.kind === 'extern' && type.declaration === d)
      cx.error('recursive-type', p.type.span, `a method of extern '${d.name.name}' cannot have a parameter of this extern`);
  }
}

/** Overloads must differ in the number or names of their parameters. */
function reportClashes(cx: Context, list: readonly (ast.MethodSignature | ast.ConstructorSignature)[]): void {
  for (const [i, m] of list.entries()) {
    const clash = list.slice(0, i).find((o) => o.name.name === m.name.name && sameParameterNames(o.parameters, m.parameters));
    if (clash) {
      const notes = [{ message: `'${clash.name.name}' is declared here`, span: clash.name.span }];
      cx.error('duplicate-declaration', m.name.span, `'${m.name.name}' is declared twice with the same parameters`, { notes });
    }
  }
}
