/**
 * Evaluation at compile time (P4-16 §18.2): instances of packages, parsers, controls and externs, with their constructor arguments.
 *
 * A block is instantiated once per instantiation of what contains it, and all calls of the instance share its tables and externs. Names follow
 * the path of instances; the blocks that `main` gets are named after their type, as controllers expect.
 */
import type { Span } from '../../../diag/index.ts';
import type * as ast from '../../syntax/ast.ts';
import type { BoundArgument, ResolvedCall } from '../../types/checked.ts';
import { type Substitution, substitute } from '../../types/relations.ts';
import type { Type } from '../../types/types.ts';
import type * as ir from '../ir.ts';
import { coreExterns } from './core-externs.ts';
import { lower, lowerInteger } from './expressions.ts';
import { resolveTypeArgs } from './inline.ts';
import { type BlockInstance, type ExternItem, type Item, nothing } from './items.ts';
import { type Lowering, rootFrame } from './lowering.ts';
import { keyNamedType } from './named-types.ts';
import { irAnnotations, qualifiedName, qualify } from './names.ts';
import { scalarWidth } from './scalars.ts';

type Constructor = ResolvedCall & { kind: 'constructor' };

/** Makes what an instantiation declares; the item is an extern, block or package, or a list of them for an array. */
export function instantiate(lw: Lowering, d: ast.InstantiationDeclaration, prefix: string): Item {
  const call = lw.checked.callOf(d);
  if (call.kind !== 'constructor') return nothing;
  if (d.initializer) lw.unsupported(d.name.span, 'an extern with abstract methods');
  if (!d.arraySize) return construct(lw, call, qualifiedName(prefix, d), d.annotations, d.name.span);
  const count = Number(lowerInteger(lw, d.arraySize) ?? 0n);
  const name = qualifiedName(prefix, d);
  const elements = Array.from({ length: count }, (_, i) => construct(lw, call, `${name}[${i}]`, d.annotations, d.name.span));
  return { kind: 'list', elements };
}

/** An instance without a name, made by a constructor call in an expression; one per call and block instance. */
export function anonymousInstance(
  lw: Lowering,
  call: ast.CallExpression,
  name?: string,
  annotations: readonly ast.Annotation[] = [],
): Item {
  const members = lw.instance?.members ?? lw.globals;
  const known = members.get(call);
  if (known) return known;
  const resolved = lw.checked.callOf(call);
  if (resolved.kind !== 'constructor') return nothing;
  const item = construct(
    lw,
    resolved,
    name ?? qualify(lw.instance?.name ?? '', typeName(resolved.declaration)),
    annotations,
    call.span,
  );
  members.set(call, item);
  return item;
}

/** The block that an `apply` is called on: an instance, or a type name, which stands for an instance of its own (P4-16 §15.1). */
export function blockOf(
  lw: Lowering,
  receiver: ast.Expression,
  declaration: ast.ParserDeclaration | ast.ControlDeclaration,
  typeArgs: Substitution,
): BlockInstance {
  const item = lower(lw, receiver);
  if (item.kind === 'block') return item;
  const members = lw.instance?.members ?? lw.globals;
  const known = members.get(receiver);
  if (known?.kind === 'block') return known;
  const instance = block(
    lw,
    declaration,
    resolveTypeArgs(lw, typeArgs),
    [],
    qualify(lw.instance?.name ?? '', typeName(declaration)),
  );
  members.set(receiver, instance);
  return instance;
}

/** An instantiation among statements: made when first met in its block instance. */
export function declareInstance(lw: Lowering, d: ast.InstantiationDeclaration): void {
  const members = lw.instance?.members ?? lw.globals;
  if (!members.has(d)) members.set(d, instantiate(lw, d, lw.instance?.name ?? ''));
}

/** A block that has no name of its own is called as its type, whose `@name` does not count. */
function typeName(declaration: { readonly name: ast.Identifier }): string {
  return declaration.name.name;
}

function construct(lw: Lowering, call: Constructor, name: string, annotations: readonly ast.Annotation[], span: Span): Item {
  const types = resolveTypeArgs(lw, call.typeArgs);
  const { declaration } = call;
  switch (declaration.kind) {
    case 'extern':
      return externItem(lw, declaration, types, call.args, name, annotations, span);
    case 'packageType': {
      const args = new Map<string, Item>();
      for (const arg of call.args) args.set(arg.parameter.name.name, packageArgument(lw, arg));
      return { kind: 'package', declaration, args };
    }
    default:
      return block(lw, declaration, types, call.args, name);
  }
}

/** A block given to a package is named after its type, wherever the instance was declared. */
function packageArgument(lw: Lowering, arg: BoundArgument): Item {
  if (typeof arg.value === 'string') return nothing;
  if (arg.value.kind === 'call') {
    const resolved = lw.checked.callOf(arg.value);
    if (resolved.kind === 'constructor') return anonymousInstance(lw, arg.value, typeName(resolved.declaration));
  }
  const item = lower(lw, arg.value);
  return item.kind === 'block' && item.name !== typeName(item.declaration) ? rename(lw, arg.value, item) : item;
}

function rename(lw: Lowering, source: ast.Expression, item: BlockInstance): Item {
  const referent = source.kind === 'path' ? lw.checked.referentOf(source) : undefined;
  if (referent?.kind !== 'instantiation') return item;
  const call = lw.checked.callOf(referent);
  return call.kind === 'constructor' ? construct(lw, call, typeName(item.declaration), [], item.declaration.name.span) : item;
}

function externItem(
  lw: Lowering,
  declaration: ast.ExternDeclaration,
  typeArgs: Substitution,
  args: readonly BoundArgument[],
  name: string,
  sourceAnnotations: readonly ast.Annotation[],
  span: Span,
): ExternItem {
  const handlers = coreExterns[declaration.name.name] ?? lw.arch.externs[declaration.name.name];
  if (!handlers) lw.unknownExtern(span, `extern '${declaration.name.name}'`, declaration.name);
  const annotations = irAnnotations(sourceAnnotations);
  const state = handlers?.construct(lw, { name, declaration, typeArgs, args, annotations, sourceAnnotations, span }) ?? {
    kind: 'unsupported',
  };
  if (state.kind === 'counter' || state.kind === 'meter' || state.kind === 'register')
    rememberIndexType(lw, state, declaration, typeArgs);
  return { kind: 'extern', declaration, typeArgs, name, state, span };
}

/** The last type argument is that of the index; a register's first one is that of its cells. */
function rememberIndexType(
  lw: Lowering,
  state: { readonly kind: string; readonly id: ir.ExternId },
  declaration: ast.ExternDeclaration,
  typeArgs: Substitution,
): void {
  if (state.kind === 'register' && declaration.typeParameters.length < 2) return;
  const parameter = declaration.typeParameters.at(-1);
  const type = parameter && typeArgs.get(parameter);
  if (type?.kind === 'newtype') lw.indexTypes.set(state.id, type);
}

/** A parser or control with everything that its declarations instantiate. */
function block(
  lw: Lowering,
  declaration: ast.ParserDeclaration | ast.ControlDeclaration,
  types: Substitution,
  args: readonly BoundArgument[],
  name: string,
): BlockInstance {
  const instance: BlockInstance = {
    kind: 'block',
    declaration,
    types,
    name,
    members: new Map(),
    tables: new Map(),
    actions: new Map(),
    valueSets: new Map(),
  };
  for (const arg of args) instance.members.set(arg.parameter, constructorArgument(lw, arg, types));
  const frame = { ...rootFrame(), instance, types };
  lw.inFrame(frame, () => {
    for (const local of declaration.locals) {
      if (local.kind === 'instantiation') instance.members.set(local, instantiate(lw, local, name));
      else if (local.kind === 'constant') frame.bindings.set(local, lower(lw, local.initializer, lw.typeOfDeclaration(local)));
      else if (local.kind === 'valueSet') instance.valueSets.set(local, makeValueSet(lw, local, name));
    }
  });
  return instance;
}

function constructorArgument(lw: Lowering, arg: BoundArgument, types: Substitution): Item {
  const source = arg.value === 'default' ? arg.parameter.defaultValue : arg.value;
  if (source === undefined || source === 'omitted') return nothing;
  return lower(lw, source, substitute(lw.checked.typeOfDeclaration(arg.parameter), types));
}

// ---------------------------------------------------------------- value sets

const setMatchKinds: ReadonlySet<string> = new Set(['exact', 'lpm', 'ternary', 'range', 'optional']);

function makeValueSet(lw: Lowering, d: ast.ValueSetDeclaration, prefix: string): ir.ExternId {
  const type = lw.resolve(lw.checked.typeOfRef(d.elementType));
  const id = lw.externs.length;
  const name = qualifiedName(prefix, d);
  const key = (fieldName: string, t: Type, annotations: readonly ast.Annotation[]): ir.TableKey => {
    const wanted = annotations.find((a) => a.name === 'match')?.tokens[0] ?? 'exact';
    const width = scalarWidth(t);
    if (width === undefined) lw.unsupported(d.name.span, `a value set of this type`);
    const matchKind = setMatchKinds.has(wanted) ? (wanted as ir.MatchKind) : 'exact';
    const typeName = keyNamedType(lw, t);
    return {
      name: fieldName,
      width: width ?? 1,
      matchKind,
      annotations: irAnnotations(annotations),
      ...(typeName ? { typeName } : {}),
    };
  };
  const keysOf = (t: Type, fieldName: string, annotations: readonly ast.Annotation[]): ir.TableKey[] => {
    const inner = (n: string): string => (fieldName === '' ? n : `${fieldName}.${n}`);
    if (t.kind === 'struct') return t.fields.flatMap((f) => keysOf(f.type, inner(f.name), f.declaration.annotations));
    if (t.kind === 'tuple') return t.elements.flatMap((e, i) => keysOf(e, inner(`f${i}`), annotations));
    return [key(fieldName === '' ? name : fieldName, t, annotations)];
  };
  const keys = keysOf(type, '', d.annotations);
  const size = Number(lowerInteger(lw, d.size) ?? 0n);
  lw.externs.push({ kind: 'valueSet', id, name, size, keys, annotations: irAnnotations(d.annotations) });
  return id;
}
