/** What architectures with a traffic manager need to make copies: which variables a copy must take with it. */
import type * as ir from '../ir/ir.ts';
import type { Item } from '../ir/lower/items.ts';
import { bodiesOf, childrenOf, expressionsOf, writtenBy } from '../ir/walk.ts';

/** One entry of a copy's `fields`. */
export interface Copied {
  readonly target: ir.VarId;
  readonly value: ir.Expr;
}

/** Variables that `before` may write and `after` may read, but for those that the copy gets otherwise. */
export function carried(
  before: readonly ir.Stmt[],
  after: readonly ir.Stmt[],
  without: readonly (ir.LValue & { kind: 'var' })[],
): { readonly id: ir.VarId; readonly width: number }[] {
  const written = writtenBy(before);
  const read = new Map<ir.VarId, number>();
  const expr = (e: ir.Expr): void => {
    if (e.kind === 'var') read.set(e.id, e.width);
    childrenOf(e).forEach(expr);
  };
  const visit = (stmts: readonly ir.Stmt[]): void => {
    for (const s of stmts) {
      expressionsOf(s).forEach(expr);
      if (s.kind === 'assignSlice' && s.target.kind === 'var') read.set(s.target.id, s.target.width);
      bodiesOf(s).forEach(visit);
    }
  };
  visit(after);
  return [...read]
    .filter(([id]) => written.has(`v${id}`) && !without.some((w) => w.id === id))
    .map(([id, width]) => ({ id, width }));
}

/** Whether the statements look at one of the headers. */
export function looksAt(stmts: readonly ir.Stmt[], headers: readonly ir.HeaderId[]): boolean {
  const expr = (e: ir.Expr): boolean =>
    ((e.kind === 'field' || e.kind === 'valid' || e.kind === 'varbitSum') && headers.includes(e.header)) ||
    (e.kind === 'varbitEqual' && (headers.includes(e.left) || headers.includes(e.right))) ||
    childrenOf(e).some(expr);
  return stmts.some(
    (s) =>
      expressionsOf(s).some(expr) ||
      ((s.kind === 'copyHeader' || s.kind === 'copyVarbit') && headers.includes(s.source)) ||
      (s.kind === 'emit' && headers.includes(s.header)) ||
      bodiesOf(s).some((body) => looksAt(body, headers)),
  );
}

/** The variables that say how full the header stacks in an item are. */
export function nextIndices(item: Item): ir.VarId[] {
  switch (item.kind) {
    case 'stack':
      return [item.next, ...item.elements.flatMap(nextIndices)];
    case 'record':
      return [...item.fields.values()].flatMap(nextIndices);
    default:
      return [];
  }
}

/** The variables that an item consists of, headers left out. */
export function cellsOf(item: Item): (ir.LValue & { kind: 'var' })[] {
  if (item.kind === 'cell') return item.target.kind === 'var' ? [item.target] : [];
  return item.kind === 'record' ? [...item.fields.values()].flatMap(cellsOf) : [];
}
