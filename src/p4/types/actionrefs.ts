/**
 * Actions named by tables (P4-16 §14.2.1.2): the list binds the parameters with a direction; the control plane, the default action or an
 * entry gives the others.
 */
import type * as ast from '../syntax/ast.ts';
import { bindArguments, checkArgumentValues, checkBoundArguments } from './arguments.ts';
import type { BoundArgument, ResolvedCall } from './checked.ts';
import { isCompileTime } from './compiletime.ts';
import { type Context, declaredHere, didYouMean } from './context.ts';
import { Inference } from './infer.ts';

/** An action in a table's list. */
export interface ListedAction {
  readonly ref: ast.ActionRef;
  readonly declaration: ast.ActionDeclaration;
}

/** An element of `actions = { … }`: `a`, or `a(x)` with arguments for the parameters that have a direction. */
export function listAction(cx: Context, ref: ast.ActionRef): ListedAction | undefined {
  const args = ref.args ?? [];
  cx.at({ kind: 'actionList' }, () => checkArgumentValues(cx, args, false));
  const declaration = resolveAction(cx, ref.path);
  if (!declaration) return undefined;
  cx.referents.set(ref, declaration);
  const data = declaration.parameters.filter((p) => p.direction !== 'none');
  const control = declaration.parameters.filter((p) => p.direction === 'none');
  const extra = args.find((a, i) =>
    a.name ? control.some((p) => p.name.name === a.name?.name) : i >= data.length && i < declaration.parameters.length,
  );
  if (extra) {
    const p = extra.name ? control.find((q) => q.name.name === extra.name?.name) : control[args.indexOf(extra) - data.length];
    cx.error(
      'control-plane-parameter',
      extra.span,
      `parameter '${p?.name.name}' of action '${declaration.name.name}' is set by the control plane and cannot be given here`,
      {
        notes: p ? [declaredHere(p)] : [],
      },
    );
    return { ref, declaration };
  }
  const bound = bindArguments(cx, declaration, data, args, ref.span);
  if (bound && checkBoundArguments(cx, bound, args, 'action', new Map(), new Inference(cx))) {
    const all: BoundArgument[] = [...bound, ...control.map((parameter) => ({ parameter, value: 'omitted' as const }))];
    record(cx, ref, declaration, all);
  }
  return { ref, declaration };
}

/** The action of an entry, or the default action: in the list, with the list's arguments first and then one for each other parameter. */
export function actionCall(
  cx: Context,
  table: ast.TableDeclaration,
  node: ast.ActionRef | ast.Expression,
  path: ast.PathExpression,
  args: readonly ast.Argument[],
  listed: readonly ListedAction[],
  use: { isDefault: boolean },
): void {
  checkArgumentValues(cx, args, false);
  const declaration = resolveAction(cx, path);
  if (!declaration) return;
  cx.referents.set(node, declaration);
  const entry = listed.find((l) => l.declaration === declaration);
  if (!entry) {
    const names = listed.map((l) => l.ref.path.name.name);
    cx.error(
      'action-not-listed',
      path.span,
      `action '${path.name.name}' is not in the action list of table '${table.name.name}'`,
      {
        ...didYouMean(path.name.name, names),
        notes: [declaredHere(table)],
      },
    );
    return;
  }
  if (!checkScopeAnnotation(cx, entry, path, use.isDefault)) return;
  const data = declaration.parameters.filter((p) => p.direction !== 'none');
  const control = declaration.parameters.filter((p) => p.direction === 'none');
  const listArgs = entry.ref.args ?? [];
  // Written in full (`a(x, 5)`), or only what the list leaves open (`a(5)`).
  const isShort = data.length > 0 && args.length <= control.length && !use.isDefault;
  const bound = bindArguments(cx, declaration, isShort ? control : declaration.parameters, args, node.span);
  if (!bound || !checkBoundArguments(cx, bound, args, 'action', new Map(), new Inference(cx))) return;
  for (const b of bound) if (!sameAsListed(cx, b, entry, listArgs, data)) return;
  for (const b of bound) {
    if (b.parameter.direction !== 'none' || typeof b.value === 'string' || isCompileTime(cx, b.value)) continue;
    cx.error('not-constant', b.value.span, `argument '${b.parameter.name.name}' must be known at compile time`);
    return;
  }
  const listedCall = cx.calls.get(entry.ref);
  const fromList =
    isShort && listedCall?.kind === 'action' ? listedCall.args.filter((a) => a.parameter.direction !== 'none') : [];
  record(cx, node, declaration, [...fromList, ...bound]);
}

function sameAsListed(
  cx: Context,
  b: BoundArgument,
  entry: ListedAction,
  listArgs: readonly ast.Argument[],
  data: readonly ast.Parameter[],
): boolean {
  const index = data.indexOf(b.parameter);
  if (index < 0 || typeof b.value === 'string') return true;
  const listArg = listArgs.find((a) => a.name?.name === b.parameter.name.name) ?? listArgs[index];
  if (!listArg || tokens(listArg.value) === tokens(b.value)) return true;
  cx.error('argument-differs', b.value.span, `argument '${b.parameter.name.name}' differs from the one in the action list`, {
    notes: [{ message: `'${entry.ref.path.name.name}' is listed here`, span: entry.ref.span }],
  });
  return false;
}

/** Source text without layout, fields of a struct in order of name: how the arguments of the two places are compared. */
function tokens(e: ast.Expression | { readonly kind: 'dontcare'; readonly span: ast.Expression['span'] }): string {
  if (e.kind === 'structExpression')
    return e.fields
      .map((f) => `${f.name.name}=${tokens(f.value)}`)
      .sort()
      .join();
  return e.span.file.text.slice(e.span.start, e.span.end).replace(/\s+/g, '');
}

/** `@tableonly` and `@defaultonly` in the action list. */
function checkScopeAnnotation(cx: Context, entry: ListedAction, path: ast.PathExpression, isDefault: boolean): boolean {
  const unwanted = isDefault ? 'tableonly' : 'defaultonly';
  if (!entry.ref.annotations.some((a) => a.name === unwanted)) return true;
  const where = isDefault ? 'as default action' : 'in an entry';
  cx.error('action-not-allowed', path.span, `action '${path.name.name}' is listed as @${unwanted} and cannot be used ${where}`, {
    notes: [{ message: 'it is listed here', span: entry.ref.span }],
  });
  return false;
}

function resolveAction(cx: Context, path: ast.PathExpression): ast.ActionDeclaration | undefined {
  const scope = path.isGlobal ? cx.global : cx.scope;
  const referent = scope.lookup(path.name.name)[0];
  if (!referent) {
    cx.error(
      'unknown-action',
      path.span,
      `action '${path.name.name}' is not declared`,
      didYouMean(
        path.name.name,
        scope.visible((r) => r.kind === 'action'),
      ),
    );
    return undefined;
  }
  if (referent.kind !== 'action') {
    cx.error('not-an-action', path.span, `'${path.name.name}' is not an action`, { notes: [declaredHere(referent)] });
    return undefined;
  }
  cx.referents.set(path, referent);
  cx.referents.set(path.name, referent);
  cx.types.set(path, cx.typeOfDeclaration(referent));
  return referent;
}

function record(cx: Context, node: object, declaration: ast.ActionDeclaration, args: readonly BoundArgument[]): void {
  const call: ResolvedCall = { kind: 'action', declaration, typeArgs: new Map(), args };
  cx.calls.set(node, call);
}
