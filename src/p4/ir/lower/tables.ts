/**
 * Tables (P4-16 §14.2): the description that control plane and engine see, and the apply statement with one inlined body per action.
 *
 * A table comes into being when it is first applied: one that no path applies does not exist for the control plane either.
 */
import type { Span } from '../../../diag/index.ts';
import type * as ast from '../../syntax/ast.ts';
import type { BoundArgument, Referent } from '../../types/checked.ts';
import { printType } from '../../types/relations.ts';
import { constant, isConst, not } from '../build.ts';
import type * as ir from '../ir.ts';
import { bindArguments } from './binding.ts';
import { lowerEntries } from './entries.ts';
import { inOrder, lower, lowerInteger } from './expressions.ts';
import { blockFrame, runAction } from './inline.ts';
import { type BlockInstance, cell, type Item, nothing, scalar, type TableAction, type TableInstance } from './items.ts';
import type { Lowering } from './lowering.ts';
import { keyNamedType } from './named-types.ts';
import { hasAnnotation, irAnnotations, keyName, nameAnnotation, qualifiedName } from './names.ts';
import { leaves } from './reading.ts';
import { isSigned, scalarWidth } from './scalars.ts';

const defaultSize = 1024;
const matchKinds: Readonly<Record<string, ir.MatchKind>> = {
  exact: 'exact',
  lpm: 'lpm',
  ternary: 'ternary',
  range: 'range',
  optional: 'optional',
  selector: 'selector',
};

/** Applies a table; `wants` asks for the results. */
export function lowerApply(
  lw: Lowering,
  declaration: ast.TableDeclaration,
  wants: { hit?: ir.VarId; actionRun?: ir.VarId },
  span: Span,
): void {
  const table = tableOf(lw, declaration);
  if (!table) return;
  const keyProperty = keysOf(declaration);
  const items = inOrder(
    lw,
    keyProperty.map((k) => () => lower(lw, k.expression, lw.typeOf(k.expression))),
    span,
  );
  const keys = items.map((item, i) => leaves(lw, item, keyProperty[i]!.span)[0] ?? constant(1, 0));
  const bodies = table.actions.map((action, index) => lowerActionBody(lw, table, action, index));
  lw.emit({ kind: 'apply', table: table.id, keys, ...wants, bodies, span });
}

/** `t.apply().hit`, `.miss`, or `.action_run`. */
export function lowerApplyResult(lw: Lowering, object: ast.Expression, field: string): Item {
  const type = lw.typeOf(object);
  if (type.kind !== 'applyResult') return nothing;
  if (field === 'action_run') {
    lw.unsupported(object.span, "'action_run' outside of a switch statement");
    return nothing;
  }
  const hit = lw.newVar('$hit', 1);
  lowerApply(lw, type.declaration, { hit: hit.id }, object.span);
  return scalar(field === 'hit' ? hit : not(hit));
}

function lowerActionBody(
  lw: Lowering,
  table: TableInstance,
  action: TableAction,
  index: number,
): { params: ir.VarId[]; body: ir.Stmt[] } {
  const params: ir.VarId[] = [];
  const body = lw.collect(() => {
    const bound = bindArguments(
      lw,
      action.args,
      (p) => lw.typeOfDeclaration(p),
      { mayAlias: false, prefix: `${action.declaration.name.name}.` },
      action.span,
    );
    for (const p of controlPlaneParameters(action.declaration)) {
      const target = lw.newVar(`${action.declaration.name.name}.${p.name.name}`, scalarWidth(lw.typeOfDeclaration(p)) ?? 1);
      params.push(target.id);
      bound.bindings.set(p as Referent, cell(target));
    }
    lw.arch.startAction?.(lw, table, action.span);
    runAction(lw, action.declaration, bound, { instance: table, action: index });
  });
  return { params, body };
}

/** The table of the current block instance; undefined if it cannot exist (reported). */
export function tableOf(lw: Lowering, declaration: ast.TableDeclaration): TableInstance | undefined {
  const frame = blockFrame(lw);
  const instance = frame?.instance;
  if (!instance) return undefined;
  const known = instance.tables.get(declaration);
  if (known) return known;
  return lw.inFrame(frame, () => makeTable(lw, declaration, instance));
}

function keysOf(declaration: ast.TableDeclaration): readonly ast.KeyElement[] {
  return declaration.properties.find((p) => p.kind === 'keyProperty')?.elements ?? [];
}

export function controlPlaneParameters(a: ast.ActionDeclaration): readonly ast.Parameter[] {
  return a.parameters.filter((p) => p.direction === 'none');
}

function makeTable(lw: Lowering, declaration: ast.TableDeclaration, instance: BlockInstance): TableInstance {
  const id = lw.tables.length;
  const placeholder = {} as ir.Table; // the properties may make externs that refer to the table
  lw.tables.push(placeholder);
  const { actions, defaultAction } = listActions(lw, declaration, instance);
  const table: TableInstance = {
    id,
    declaration,
    name: qualifiedName(instance.name, declaration),
    actions,
    defaultAction,
    addOnMiss: false,
    idleTimeout: 'none',
  };
  instance.tables.set(declaration, table);
  const keys = keysOf(declaration).map((k) => makeKey(lw, k));
  let size: number | undefined;
  let entriesProperty: ast.EntriesProperty | undefined;
  let isDefaultConst = false;
  let defaultArgs: readonly BoundArgument[] = [];
  let largestWins = true;
  let delta = 1n;
  for (const p of declaration.properties) {
    if (p.kind === 'entriesProperty') entriesProperty = p;
    if (p.kind !== 'expressionProperty') continue;
    const name = p.name.name;
    if (name === 'size') size = Number(lowerInteger(lw, p.value) ?? BigInt(defaultSize));
    else if (name === 'default_action') {
      isDefaultConst = p.isConst;
      if (p.value.kind === 'call' || p.value.kind === 'path') {
        const call = lw.checked.callOf(p.value);
        if (call.kind === 'action') defaultArgs = call.args;
      }
    } else if (name === 'largest_priority_wins') {
      const wins = lower(lw, p.value);
      largestWins = !(wins.kind === 'scalar' && isConst(wins.expr) && wins.expr.value === 0n);
    } else if (name === 'priority_delta') delta = lowerInteger(lw, p.value) ?? 1n;
    else if (Object.hasOwn(lw.arch.tableProperties, name)) lw.arch.tableProperties[name]!(lw, table, p);
    else lw.diag.warning('unknown-property', p.name.span, `table property '${name}' has no meaning here and is ignored`);
  }
  if (size !== undefined) lw.declaredSizes.set(id, size);
  lw.arch.checkTable(lw, table);
  const entries = entriesProperty ? lowerEntries(lw, table, keys, entriesProperty, { largestWins, delta }) : [];
  const isConst_ = entriesProperty?.isConst ?? false;
  lw.tables[id] = {
    id,
    name: table.name,
    keys,
    actions: actions.map((a) => ({
      action: a.id,
      tableOnly: a.tableOnly,
      defaultOnly: a.defaultOnly,
      annotations: irAnnotations(a.annotations),
    })),
    size: Math.max(size ?? table.size ?? (isConst_ ? entries.length : defaultSize), entries.length, keys.length ? 1 : 0),
    defaultAction: { action: actions[defaultAction]?.id ?? 0, args: constantArguments(lw, defaultArgs, declaration.name.span) },
    isDefaultConst,
    entries,
    isConst: isConst_,
    ...(table.implementation !== undefined ? { implementation: table.implementation } : {}),
    ...(table.directCounter !== undefined ? { directCounter: table.directCounter } : {}),
    ...(table.directMeter !== undefined ? { directMeter: table.directMeter } : {}),
    ...(table.emptyGroupAction ? { emptyGroupAction: table.emptyGroupAction } : {}),
    addOnMiss: table.addOnMiss,
    idleTimeout: table.idleTimeout,
    whenFull: declaration.annotations.some((a) => a.name === 'softipu_when_full' && stringArgument(a) === 'evict')
      ? 'evict'
      : 'refuse',
    annotations: irAnnotations(declaration.annotations),
    span: declaration.name.span,
  };
  return table;
}

function stringArgument(a: ast.Annotation): string | undefined {
  const value = a.args[0]?.value;
  return value?.kind === 'string' ? value.value : undefined;
}

function makeKey(lw: Lowering, k: ast.KeyElement): ir.TableKey {
  const type = lw.typeOf(k.expression);
  const width = scalarWidth(type);
  const matchKind = matchKinds[k.matchKind.name];
  if (width === undefined) lw.unsupported(k.expression.span, 'a table key of this type');
  if (!matchKind) lw.unsupported(k.matchKind.span, `match kind '${k.matchKind.name}'`);
  const typeName = keyNamedType(lw, type);
  return {
    name: nameAnnotation(k.annotations) ?? keyName(k.expression, (e) => fieldOf(lw, e)),
    width: width ?? 1,
    matchKind: matchKind ?? 'exact',
    annotations: irAnnotations(k.annotations),
    ...(typeName ? { typeName } : {}),
  };
}

function fieldOf(lw: Lowering, e: ast.MemberExpression): ast.StructField | undefined {
  const type = lw.typeOf(e.object);
  if (type.kind !== 'struct' && type.kind !== 'header' && type.kind !== 'headerUnion') return undefined;
  return type.fields.find((f) => f.name === e.member.name)?.declaration;
}

/** The actions of a table. Without a default action it is NoAction, which joins the list as default-only if need be. */
function listActions(
  lw: Lowering,
  declaration: ast.TableDeclaration,
  instance: BlockInstance,
): { actions: TableAction[]; defaultAction: number } {
  const refs = declaration.properties.find((p) => p.kind === 'actionsProperty')?.actions ?? [];
  const actions: TableAction[] = [];
  for (const ref of refs) {
    const referent = lw.checked.referentOf(ref);
    if (referent?.kind !== 'action') continue;
    const call = lw.checked.callOf(ref);
    actions.push({
      id: actionId(lw, referent, instance),
      declaration: referent,
      annotations: ref.annotations,
      args: call.kind === 'action' ? call.args.filter((a) => a.parameter.direction !== 'none') : [],
      span: ref.span,
      tableOnly: hasAnnotation(ref.annotations, 'tableonly'),
      defaultOnly: hasAnnotation(ref.annotations, 'defaultonly'),
    });
  }
  const property = declaration.properties.find((p) => p.kind === 'expressionProperty' && p.name.name === 'default_action');
  const value = property?.kind === 'expressionProperty' ? property.value : undefined;
  const path = value?.kind === 'call' ? value.callee : value;
  const wanted = path?.kind === 'path' ? lw.checked.referentOf(path) : noAction(lw);
  const found = actions.findIndex((a) => a.declaration === wanted);
  if (found >= 0) return { actions, defaultAction: found };
  if (wanted?.kind !== 'action') {
    lw.error('missing-default-action', declaration.name.span, `table '${declaration.name.name}' has no default action`, {
      help: 'include core.p4, which declares NoAction',
    });
    return { actions, defaultAction: 0 };
  }
  const { span } = declaration.name;
  const annotations: ast.Annotation[] = [{ kind: 'annotation', name: 'defaultonly', form: 'none', args: [], tokens: [], span }];
  const id = actionId(lw, wanted, instance);
  actions.push({ id, declaration: wanted, annotations, args: [], span, tableOnly: false, defaultOnly: true });
  return { actions, defaultAction: actions.length - 1 };
}

function noAction(lw: Lowering): ast.Declaration | undefined {
  return lw.checked.program.declarations.find((d) => d.kind === 'action' && d.name.name === 'NoAction');
}

/** An action that an apply block calls: an IR action without parameters, unless a table has it. */
export function directAction(lw: Lowering, declaration: ast.ActionDeclaration, instance: BlockInstance): void {
  const isLocal = instance.declaration.locals.includes(declaration);
  const ids = isLocal ? instance.actions : lw.globalActions;
  if (!ids.has(declaration)) addAction(lw, declaration, ids, isLocal ? instance.name : '', []);
}

/** The IR action of a declaration: one per control instance, or one for an action at the top level. */
export function actionId(lw: Lowering, declaration: ast.ActionDeclaration, instance: BlockInstance): ir.ActionId {
  const isLocal = instance.declaration.locals.includes(declaration);
  const ids = isLocal ? instance.actions : lw.globalActions;
  const known = ids.get(declaration);
  if (known !== undefined) return known;
  const params = controlPlaneParameters(declaration).map((p) => {
    const type = lw.typeOfDeclaration(p);
    const width = scalarWidth(type);
    if (width === undefined) {
      const what = `parameter '${p.name.name}' of action '${declaration.name.name}'`;
      lw.error('bad-parameter-type', p.span, `${what} is set by the control plane and cannot have type '${printType(type)}'`);
    }
    const typeName = keyNamedType(lw, type);
    return {
      name: nameAnnotation(p.annotations) ?? p.name.name,
      width: width ?? 1,
      signed: isSigned(type),
      annotations: irAnnotations(p.annotations),
      ...(typeName ? { typeName } : {}),
    };
  });
  return addAction(lw, declaration, ids, isLocal ? instance.name : '', params);
}

function addAction(
  lw: Lowering,
  declaration: ast.ActionDeclaration,
  ids: Map<ast.ActionDeclaration, ir.ActionId>,
  prefix: string,
  params: readonly ir.ActionParam[],
): ir.ActionId {
  const id = lw.actions.length;
  ids.set(declaration, id);
  lw.actions.push({
    id,
    name: qualifiedName(prefix, declaration),
    params,
    annotations: irAnnotations(declaration.annotations),
    span: declaration.name.span,
  });
  return id;
}

/** Values of the control-plane parameters of an entry's or default action's call. */
export function constantArguments(lw: Lowering, args: readonly BoundArgument[], span: Span): bigint[] {
  return args
    .filter((a) => a.parameter.direction === 'none')
    .map((a) => {
      const source = a.value === 'default' ? a.parameter.defaultValue : a.value;
      if (source === undefined || source === 'omitted') return 0n;
      const type = lw.typeOfDeclaration(a.parameter);
      const value = leaves(lw, lower(lw, source, type), source.span)[0];
      if (value && isConst(value)) return value.value;
      lw.error('not-constant', source.span ?? span, `argument '${a.parameter.name.name}' must be known at compile time`);
      return 0n;
    });
}
