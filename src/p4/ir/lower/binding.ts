/**
 * Binding of arguments to parameters (P4-16 §6.8): copy-in, copy-out, and where it is safe no copy at all.
 *
 * An `in` argument is read-only for the callee; an inout or out one that is a plain variable or header is used in place, if no other argument of
 * the call overlaps it. An action sees its control's variables besides its parameters, so its arguments are always copied.
 */
import type { Span } from '../../../diag/index.ts';
import type * as ast from '../../syntax/ast.ts';
import type { BoundArgument, Referent } from '../../types/checked.ts';
import type { Type } from '../../types/types.ts';
import { addCells, assign, snapshot } from './assign.ts';
import { inOrder, isStable, lower } from './expressions.ts';
import { type Item, nothing, scalar } from './items.ts';
import type { Frame, Lowering } from './lowering.ts';
import { read } from './reading.ts';
import { scalarWidth } from './scalars.ts';
import { allocate, clearHeaders, defaultItem } from './storage.ts';

export interface Bound {
  readonly bindings: Map<Referent, Item>;
  readonly copyOut: () => void;
}

/** Evaluates arguments in the current frame; `typeOf` gives a parameter's type in the callee. */
export function bindArguments(
  lw: Lowering,
  args: readonly BoundArgument[],
  typeOf: (p: ast.Parameter) => Type,
  mode: { readonly mayAlias: boolean; readonly prefix: string },
  span: Span,
): Bound {
  const caller = lw.frame;
  const values = inOrder(
    lw,
    args.map((arg) => () => evaluate(lw, arg, typeOf(arg.parameter), span)),
    span,
  );
  const writable = args.map((a) => a.parameter.direction === 'out' || a.parameter.direction === 'inout');
  const footprints = values.map((v) => {
    const cells = new Set<string>();
    addCells(lw, v, cells);
    return cells;
  });
  const collides = (i: number): boolean =>
    footprints.some((other, j) => j !== i && (writable[i] || writable[j]) && [...other].some((c) => footprints[i]!.has(c)));

  const bindings = new Map<Referent, Item>();
  const copies: { place: Item; source: Item }[] = [];
  args.forEach((arg, i) => {
    const { parameter } = arg;
    const type = typeOf(parameter);
    const value = values[i]!;
    const name = `${mode.prefix}${parameter.name.name}`;
    if (!writable[i]) {
      const isUsable =
        isStable(value) ||
        (mode.mayAlias &&
          isReadable(value) &&
          !collides(i) &&
          !args.some((_, j) => writable[j] && readsCells(lw, value, footprints[j]!)));
      bindings.set(parameter, isUsable ? value : copyIn(lw, value, type, name, span));
      return;
    }
    if (mode.mayAlias && isPlain(value) && !collides(i)) {
      if (parameter.direction === 'out') clearHeaders(lw, value, span);
      bindings.set(parameter, value);
      return;
    }
    const local = allocate(lw, type, name, span);
    if (parameter.direction === 'inout') assign(lw, local, value, span);
    else clearHeaders(lw, local, span);
    bindings.set(parameter, local);
    copies.push({ place: value, source: local });
  });
  const copyOut = (): void => {
    lw.inFrame(caller, () => {
      for (const { place, source } of copies) assign(lw, place, source, span);
    });
  };
  return { bindings, copyOut };
}

function evaluate(lw: Lowering, arg: BoundArgument, type: Type, span: Span): Item {
  const { parameter, value } = arg;
  if (value === 'omitted')
    return parameter.direction === 'out'
      ? allocate(lw, type, '$unused', span)
      : scalarWidth(type) !== undefined
        ? defaultItem(lw, type, span)
        : nothing;
  const source = value === 'default' ? parameter.defaultValue : value;
  if (!source) return nothing;
  const item = lower(lw, source, type);
  const width = scalarWidth(type);
  const isInput = parameter.direction === 'in' || parameter.direction === 'none';
  return isInput && width !== undefined && item.kind === 'integer' ? scalar(read(lw, item, width, span)) : item;
}

function copyIn(lw: Lowering, value: Item, type: Type, name: string, span: Span): Item {
  if (value.kind === 'scalar' || value.kind === 'cell')
    return scalar(lw.temp(read(lw, value, scalarWidth(type) ?? 1, span), span, name));
  if (value.kind === 'extern' || value.kind === 'block') return value;
  if (scalarWidth(type) !== undefined || value.kind === 'record' || value.kind === 'header') return snapshot(lw, value, span);
  const local = allocate(lw, type, name, span);
  assign(lw, local, value, span);
  return local;
}

/** Storage that can be used in place. */
function isPlain(item: Item): boolean {
  switch (item.kind) {
    case 'cell':
    case 'header':
    case 'union':
    case 'stack':
    case 'varbit':
    case 'nothing':
      return true;
    case 'record':
      return [...item.fields.values()].every(isPlain);
    default:
      return false;
  }
}

/** A value that can be read any number of times at no cost. */
function isReadable(item: Item): boolean {
  if (item.kind === 'scalar') return item.expr.kind === 'var' || item.expr.kind === 'field' || item.expr.kind === 'valid';
  if (item.kind === 'record') return [...item.fields.values()].every(isReadable);
  return isPlain(item);
}

function readsCells(lw: Lowering, item: Item, cells: ReadonlySet<string>): boolean {
  if (item.kind === 'scalar') {
    const e = item.expr;
    return (
      (e.kind === 'var' && cells.has(`v${e.id}`)) || ((e.kind === 'field' || e.kind === 'valid') && cells.has(`h${e.header}`))
    );
  }
  if (item.kind === 'record') return [...item.fields.values()].some((f) => readsCells(lw, f, cells));
  const own = new Set<string>();
  addCells(lw, item, own);
  return [...own].some((c) => cells.has(c));
}

/** A frame for a callee. */
export function calleeFrame(lw: Lowering, bound: Bound, more: Pick<Frame, 'types' | 'onReturn'> & Partial<Frame>): Frame {
  return { bindings: bound.bindings, copyOut: bound.copyOut, caller: lw.frame, ...more };
}
