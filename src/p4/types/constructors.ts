/**
 * Constructor calls and instantiations (P4-16 §8.23, §11.3): of externs, parsers, controls and packages, what may be instantiated
 * where, and the implementations of abstract methods.
 */
import type { Span } from '../../diag/index.ts';
import type * as ast from '../syntax/ast.ts';
import { bindArguments, checkArgumentValues, checkBoundArguments, selectOverload } from './arguments.ts';
import { settleTypeArguments, typeArguments } from './calls.ts';
import type { ResolvedCall } from './checked.ts';
import { type Context, constructorParameters, declaredHere, didYouMean } from './context.ts';
import { checkFunction, checkParameters, declareTypeParameters } from './declarations.ts';
import { Inference, isOptional } from './infer.ts';
import {
  blockWord,
  equalTypes,
  poisonType,
  printType,
  type Substitution,
  substitute,
  typeParametersOf,
  zipSubstitution,
} from './relations.ts';
import { constantSize, describeType, openType, resolveType } from './typerefs.ts';
import type { BlockType, ExternType, Type } from './types.ts';

type Constructed = ast.ExternDeclaration | ast.ParserDeclaration | ast.ControlDeclaration | ast.PackageTypeDeclaration;

/** `T(args) name;` with its optional block of abstract methods. */
export function checkInstantiation(cx: Context, d: ast.InstantiationDeclaration): void {
  const opened = openType(cx, d.type);
  const type = checkConstructorCall(cx, d, opened, [], d.args, d);
  cx.declarationTypes.set(d, d.arraySize ? arrayOf(cx, type, d.arraySize) : type);
  if (type.kind === 'extern') checkImplementations(cx, d, type);
  else if (d.initializer && type.kind !== 'poison') {
    const why = `only an extern with abstract methods takes an initializer block, found ${describeType(type)}`;
    refuseInitializer(cx, d, d.initializer, why);
  }
  cx.declare(d);
}

/** An initializer block that has no place there; what its functions take is looked at all the same. */
function refuseInitializer(
  cx: Context,
  d: ast.InstantiationDeclaration,
  initializer: NonNullable<ast.InstantiationDeclaration['initializer']>,
  why: string,
): void {
  for (const item of initializer) {
    if (item.kind === 'instantiation') continue;
    cx.inScope(() => {
      declareTypeParameters(cx, item.typeParameters);
      resolveType(cx, item.returnType);
      checkParameters(cx, item.parameters, 'function');
    });
  }
  cx.error('unexpected-initializer', d.name.span, why);
}

/** `T(args) name[n];`: indexed like a stack, each element an instance. */
function arrayOf(cx: Context, element: Type, sizeExpression: ast.Expression): Type {
  const size = constantSize(cx, sizeExpression, 'number of instances');
  if (size === undefined || element.kind === 'poison') return poisonType;
  if (size < 1n || size > 65_536n)
    return cx.fail('bad-stack-size', sizeExpression.span, `number of instances must be between 1 and 65536, found ${size}`);
  return { kind: 'stack', element, size: Number(size) };
}

/** Types a constructor call (an expression, or the declaration of `instance`) and records it. */
export function checkConstructorCall(
  cx: Context,
  node: ast.CallExpression | ast.InstantiationDeclaration,
  named: { type: Type; isOpen: boolean },
  written: readonly ast.TypeRef[],
  args: readonly ast.Argument[],
  instance: ast.InstantiationDeclaration | undefined,
): Type {
  checkArgumentValues(cx, args, true);
  const span = instance ? instance.type.span : node.span;
  const type = chooseBlock(cx, named.type, args, span);
  if (type.kind === 'poison') return type;
  const isOpen = type === named.type ? named.isOpen : typeParametersOf(type).length > 0;
  const declaration = constructedDeclaration(cx, type, span);
  if (!declaration || !checkInstantiationPlace(cx, type, declaration, span, instance)) return poisonType;
  const name = declaration.name.name;
  const inference = new Inference(cx);
  const typeParameters = typeParametersOf(type);
  const givenArgs = 'typeArgs' in type ? type.typeArgs : [];
  // `_` leaves an argument to inference, like writing none at all.
  const open = isOpen ? typeParameters : typeParameters.filter((_, i) => givenArgs[i]?.kind === 'dontcare');
  const map = isOpen
    ? typeArguments(cx, { typeArguments: written, span }, name, typeParameters, inference)
    : new Map([...zipSubstitution(typeParameters, givenArgs), ...inference.fresh(open)]);
  if (!map) return poisonType;
  if (!isOpen && written.length > 0) return cx.fail('type-argument-count', span, `'${name}' takes no type arguments here`);
  const target = chooseConstructor(cx, declaration, args, span);
  if (!target) return poisonType;
  const bound = bindArguments(cx, declaration, target.parameters, args, instance ? instance.span : span);
  if (!bound || !checkBoundArguments(cx, bound, args, 'constructor', map, inference))
    return afterWrongArguments(inference, substitute(generic(cx, type), map));
  // A type argument `_` of a block that nothing mentions may be anything.
  if (type.kind === 'block' && !isOpen) for (const p of open) inference.fixOpen(map.get(p));
  // An anonymous instance may leave type arguments to the parameter that it is passed for (see infer.ts).
  const typeArgs = instance ? settleTypeArguments(cx, instance.name, name, open, map, inference) : map;
  if (!typeArgs) return poisonType;
  const call: ResolvedCall = {
    kind: 'constructor',
    declaration,
    typeArgs,
    args: bound,
    ...(target.signature ? { constructorSignature: target.signature } : {}),
  };
  cx.calls.set(node, call);
  return substitute(generic(cx, type), typeArgs);
}

/** Of parsers, controls or packages that share a name, the one whose constructor takes these arguments. */
function chooseBlock(cx: Context, type: Type, args: readonly ast.Argument[], span: Span): Type {
  const overloads = type.kind === 'block' ? (cx.overloads.get(type.declaration) ?? []) : [];
  if (overloads.length < 2) return type;
  const chosen = selectOverload(
    cx,
    overloads.map((d) => ({ name: d.name, parameters: constructorParameters(d), declaration: d })),
    args,
    span,
  );
  return chosen ? cx.typeOfDeclaration(chosen.declaration) : poisonType;
}

/** The type as its declaration gives it, with type variables for all arguments. */
function generic(cx: Context, type: Type): Type {
  return type.kind === 'extern' || type.kind === 'block' ? cx.typeOfDeclaration(type.declaration) : type;
}

function afterWrongArguments(inference: Inference, type: Type): Type {
  const result = inference.resolve(type);
  return inference.isOpen(result) ? poisonType : result;
}

function constructedDeclaration(cx: Context, type: Type, span: Span): Constructed | undefined {
  if (type.kind === 'extern') return type.declaration;
  if (type.kind === 'block') {
    const { declaration } = type;
    if (declaration.kind === 'parser' || declaration.kind === 'control' || declaration.kind === 'packageType') return declaration;
    cx.error(
      'not-instantiable',
      span,
      `${blockWord(type)} type '${declaration.name.name}' has no body and cannot be instantiated`,
      { notes: [declaredHere(declaration)] },
    );
    return undefined;
  }
  cx.error('not-instantiable', span, `a value of type '${printType(type)}' cannot be made by a constructor call`);
  return undefined;
}

/** What may be instantiated where (P4-16 §26). */
function checkInstantiationPlace(
  cx: Context,
  type: Type,
  declaration: Constructed,
  span: Span,
  instance: ast.InstantiationDeclaration | undefined,
): boolean {
  const place = cx.place.kind;
  const what = type.kind === 'extern' ? 'extern' : blockWord(type as BlockType);
  const refuse = (where: string): boolean => {
    cx.error('instantiation-not-allowed', span, `${what} '${declaration.name.name}' cannot be instantiated ${where}`);
    return false;
  };
  if (declaration === cx.place.owner) {
    cx.error('recursion', span, `${what} '${declaration.name.name}' instantiates itself; recursion is not allowed`);
    return false;
  }
  if (!instance) {
    const abstract =
      declaration.kind === 'extern' ? declaration.methods.find((m) => m.isAbstract && !isOptionalMethod(m)) : undefined;
    if (!abstract) return true;
    cx.error(
      'missing-method',
      span,
      `extern '${declaration.name.name}' has abstract methods and needs a declaration that implements them`,
      {
        notes: [declaredHere(abstract)],
      },
    );
    return false;
  }
  switch (place) {
    case 'top':
      return what === 'extern' || what === 'package' || refuse('at top level');
    case 'parser':
      return what === 'extern' || what === 'parser' || refuse('in a parser');
    case 'control':
      return what === 'extern' || what === 'control' || refuse('in a control');
    case 'state':
      return what === 'extern' || what === 'parser' || refuse('in a parser state');
    case 'apply':
      return refuse('in an apply block');
    default:
      return refuse(place === 'action' ? 'in an action' : 'in a function');
  }
}

function chooseConstructor(
  cx: Context,
  declaration: Constructed,
  args: readonly ast.Argument[],
  span: Span,
): { parameters: readonly ast.Parameter[]; signature?: ast.ConstructorSignature } | undefined {
  switch (declaration.kind) {
    case 'packageType':
      return { parameters: declaration.parameters };
    case 'parser':
    case 'control':
      return { parameters: declaration.constructorParameters };
    default: {
      if (declaration.constructors.length === 0) {
        cx.error('not-instantiable', span, `extern '${declaration.name.name}' has no constructor`, {
          notes: [declaredHere(declaration)],
        });
        return undefined;
      }
      const signature = selectOverload(cx, declaration.constructors, args, span);
      return signature && { parameters: signature.parameters, signature };
    }
  }
}

/** Every abstract method is implemented once, as declared; nothing else is (P4-16 §11.3.1). */
function checkImplementations(cx: Context, d: ast.InstantiationDeclaration, type: ExternType): void {
  const map = zipSubstitution(type.declaration.typeParameters, type.typeArgs);
  const abstract = type.declaration.methods.filter((m) => m.isAbstract);
  if (abstract.length === 0 && d.initializer?.some((item) => item.kind !== 'instantiation')) {
    refuseInitializer(cx, d, d.initializer, `extern '${type.declaration.name.name}' has no abstract methods to implement`);
    return;
  }
  const implemented = new Set<ast.MethodSignature>();
  cx.inScope(() => {
    // Nested instances come first, so that methods declared before them in the text may not use them but later ones may.
    for (const item of d.initializer ?? []) {
      if (item.kind === 'instantiation') {
        checkInstantiation(cx, item);
        continue;
      }
      const method = abstract.find((m) => m.name.name === item.name.name && mayImplement(item, m));
      if (!method) {
        cx.error(
          'unknown-method',
          item.name.span,
          `extern '${type.declaration.name.name}' has no abstract method '${item.name.name}' with these parameters`,
          {
            ...didYouMean(
              item.name.name,
              abstract.map((m) => m.name.name),
            ),
            notes: [declaredHere(type.declaration)],
          },
        );
      } else if (implemented.has(method)) {
        cx.error('duplicate-declaration', item.name.span, `method '${item.name.name}' is implemented twice`);
      } else implemented.add(method);
      cx.at({ self: type }, () => checkFunction(cx, item, 'abstractMethod'));
      if (method) compareWithAbstract(cx, item, method, map);
    }
  });
  const missing = abstract.filter((m) => !implemented.has(m) && !isOptionalMethod(m));
  const [first] = missing;
  if (first) {
    cx.error(
      'missing-method',
      d.name.span,
      `abstract method '${first.name.name}' of '${type.declaration.name.name}' is not implemented`,
      { notes: [declaredHere(first)] },
    );
  }
}

/** An implementation may leave out trailing optional parameters. */
function mayImplement(item: ast.FunctionDeclaration, method: ast.MethodSignature): boolean {
  return item.parameters.length <= method.parameters.length && method.parameters.slice(item.parameters.length).every(isOptional);
}

function isOptionalMethod(method: ast.MethodSignature): boolean {
  return method.annotations.some((a) => a.name === 'optional');
}

function compareWithAbstract(cx: Context, item: ast.FunctionDeclaration, method: ast.MethodSignature, map: Substitution): void {
  const notes = [declaredHere(method)];
  const name = item.name.name;
  for (const [i, p] of item.parameters.entries()) {
    const q = method.parameters[i]!;
    const own = cx.typeOfDeclaration(p);
    const wanted = substitute(cx.typeOfDeclaration(q), map);
    if (own.kind === 'poison' || wanted.kind === 'poison' || (equalTypes(own, wanted) && p.direction === q.direction)) continue;
    const show = (direction: string, t: Type): string => `${direction === 'none' ? '' : `${direction} `}${printType(t)}`;
    cx.error(
      'method-mismatch',
      p.span,
      `parameter '${p.name.name}' of '${name}': expected '${show(q.direction, wanted)}', found '${show(p.direction, own)}'`,
      { notes },
    );
    return;
  }
  const own = cx.refTypes.get(item.returnType) ?? poisonType;
  const wanted = substitute(cx.refTypes.get(method.returnType) ?? poisonType, map);
  if (own.kind === 'poison' || wanted.kind === 'poison' || equalTypes(own, wanted)) return;
  cx.error(
    'method-mismatch',
    item.returnType.span,
    `return type of '${name}': expected '${printType(wanted)}', found '${printType(own)}'`,
    { notes },
  );
}
