/**
 * Inlining of functions, actions and controls. A body is a labelled block that `return` leaves; copy-out follows it.
 */
import type { Span } from '../../../diag/index.ts';
import type * as ast from '../../syntax/ast.ts';
import type { BoundArgument } from '../../types/checked.ts';
import { type Substitution, substitute } from '../../types/relations.ts';
import type { Type } from '../../types/types.ts';
import { constant } from '../build.ts';
import type * as ir from '../ir.ts';
import { someStmt } from '../walk.ts';
import { assign } from './assign.ts';
import { type Bound, bindArguments, calleeFrame } from './binding.ts';
import { lower } from './expressions.ts';
import { type BlockInstance, type Item, nothing } from './items.ts';
import type { Frame, Lowering } from './lowering.ts';
import { lowerStatements } from './statements.ts';
import { allocate, clearHeaders } from './storage.ts';

/** Type arguments of a call as the callee sees them: the caller's own type parameters are filled in. */
export function resolveTypeArgs(lw: Lowering, typeArgs: Substitution): Substitution {
  if (lw.frame.types.size === 0) return typeArgs;
  return new Map([...typeArgs].map(([p, t]) => [p, lw.resolve(t)]));
}

function declared(lw: Lowering, types: Substitution): (p: ast.Parameter) => Type {
  return (p) => substitute(lw.checked.typeOfDeclaration(p), types);
}

/** Calls a function; the value is its result. */
export function inlineFunction(
  lw: Lowering,
  f: ast.FunctionDeclaration,
  args: readonly BoundArgument[],
  typeArgs: Substitution,
  span: Span,
): Item {
  const types = resolveTypeArgs(lw, typeArgs);
  const bound = bindArguments(lw, args, declared(lw, types), { mayAlias: true, prefix: `${f.name.name}.` }, span);
  const returnType = substitute(lw.checked.typeOfRef(f.returnType), types);
  const [only, ...others] = f.body.statements;
  const hasOutputs = args.some((a) => a.parameter.direction === 'out' || a.parameter.direction === 'inout');
  const onReturn = { label: lw.newLabel(f.name.name), used: false };
  const isLocal = lw.instance?.declaration.kind === 'control' && lw.instance.declaration.locals.includes(f);
  const outer = isLocal ? blockFrame(lw) : undefined;
  if (only?.kind === 'return' && only.value && others.length === 0 && !hasOutputs) {
    const { value } = only;
    return lw.inFrame(calleeFrame(lw, bound, { types, onReturn, outer, table: lw.frame.table }), () =>
      lower(lw, value, returnType),
    );
  }
  const result = returnType.kind === 'void' ? nothing : allocate(lw, returnType, `${f.name.name}.$result`, span);
  run(lw, calleeFrame(lw, bound, { types, returnType, onReturn: { ...onReturn, result }, outer, table: lw.frame.table }), () =>
    lowerStatements(lw, f.body.statements),
  );
  return result;
}

/** Calls an action directly: all parameters are arguments. */
export function inlineAction(lw: Lowering, a: ast.ActionDeclaration, args: readonly BoundArgument[], span: Span): void {
  const bound = bindArguments(lw, args, (p) => lw.typeOfDeclaration(p), { mayAlias: false, prefix: `${a.name.name}.` }, span);
  const { instance } = lw.frame;
  if (instance) lw.directCalls.push({ declaration: a, instance });
  runAction(lw, a, bound, lw.frame.table);
}

/** Runs an action's body with bound parameters. */
export function runAction(lw: Lowering, a: ast.ActionDeclaration, bound: Bound, table: Frame['table']): void {
  const outer = blockFrame(lw);
  const frame = calleeFrame(lw, bound, {
    types: outer?.types ?? lw.frame.types,
    outer,
    table,
    onReturn: { label: lw.newLabel(a.name.name), used: false },
  });
  run(lw, frame, () => lowerStatements(lw, a.body.statements));
}

/** Frame of the control that the current code stands in. */
export function blockFrame(lw: Lowering): Frame | undefined {
  let f: Frame | undefined = lw.frame;
  while (f && !f.instance) f = f.outer;
  return f;
}

/** Applies a control instance. */
export function inlineControl(lw: Lowering, instance: BlockInstance, args: readonly BoundArgument[], span: Span): void {
  if (instance.declaration.kind !== 'control') return;
  // Called through a constructor parameter, the arguments were bound to the control type's parameters.
  const { parameters } = instance.declaration;
  const bound = bindArguments(
    lw,
    args.map((arg, i) => ({ ...arg, parameter: parameters[i] ?? arg.parameter })),
    declared(lw, instance.types),
    { mayAlias: true, prefix: `${localName(instance.name)}.` },
    span,
  );
  runControl(lw, instance, instance.declaration, bound, span);
}

/** Runs a control with bound parameters: locals first, then the apply block. */
export function runControl(
  lw: Lowering,
  instance: BlockInstance,
  declaration: ast.ControlDeclaration,
  bound: Bound,
  span: Span,
): void {
  const frame = calleeFrame(lw, bound, {
    types: instance.types,
    instance,
    onReturn: { label: lw.newLabel(declaration.name.name), used: false },
  });
  run(lw, frame, () => {
    startBlock(lw, instance, span);
    lowerStatements(lw, declaration.apply.statements);
  });
}

/** What happens each time a parser or control starts: checksums are cleared, local variables and constants set up. */
export function startBlock(lw: Lowering, instance: BlockInstance, span: Span): void {
  for (const item of instance.members.values()) {
    if (item.kind !== 'extern') continue;
    if (item.state.kind === 'onesSum') {
      lw.emit({ kind: 'assign', target: { kind: 'var', width: 16, id: item.state.state }, value: constant(16, 0), span });
    } else if (item.state.kind === 'collected') {
      item.state.data = [];
      item.state.region = undefined;
    }
  }
  for (const local of instance.declaration.locals) {
    if (local.kind === 'variable') declareVariable(lw, local);
    else if (local.kind === 'constant') lw.frame.bindings.set(local, lower(lw, local.initializer, lw.typeOfDeclaration(local)));
  }
}

/** A variable declaration: new storage in the current frame. */
export function declareVariable(lw: Lowering, d: ast.VariableDeclaration): void {
  const type = lw.typeOfDeclaration(d);
  const value = d.initializer && lower(lw, d.initializer, type);
  const item = allocate(lw, type, d.name.name, d.span);
  clearHeaders(lw, item, d.span);
  if (value) assign(lw, item, value, d.span);
  lw.frame.bindings.set(d, item);
}

/** Emits a body as a block that `return` leaves, then copies out. */
function run(lw: Lowering, frame: Frame, body: () => void): void {
  const stmts = lw.collect(() => lw.inFrame(frame, body));
  emitLabelled(lw, frame.onReturn.label, stmts);
  frame.copyOut();
}

/** A block with a label, without the block where nothing jumps to its end from the middle. */
export function emitLabelled(lw: Lowering, label: ir.Label, body: readonly ir.Stmt[]): void {
  const rest = withoutTail(body, label);
  const jumps = someStmt(rest, (s) => s.kind === 'break' && s.label === label);
  if (jumps) lw.emit({ kind: 'block', label, body: rest });
  else for (const s of rest) lw.emit(s);
}

/** Drops breaks to `label` where control falls out of the block anyway. */
function withoutTail(body: readonly ir.Stmt[], label: ir.Label): readonly ir.Stmt[] {
  const last = body.at(-1);
  if (!last) return body;
  const front = body.slice(0, -1);
  if (last.kind === 'break' && last.label === label) return withoutTail(front, label);
  if (last.kind === 'if')
    return [...front, { ...last, then: withoutTail(last.then, label), else: withoutTail(last.else, label) }];
  return body;
}

function localName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
