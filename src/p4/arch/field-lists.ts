/** Fields of the user's metadata with `@field_list(n, ..)`: what a copy keeps when the program names list n (v1model). */
import { anyOf, constant, equal, mux } from '../ir/build.ts';
import type * as ir from '../ir/ir.ts';
import type { Item } from '../ir/lower/items.ts';
import type { Lowering } from '../ir/lower/lowering.ts';
import type * as ast from '../syntax/ast.ts';
import type { Type } from '../types/types.ts';
import type { Storage } from './blocks.ts';
import { annotationIntegers } from './shared.ts';
import type { Copied } from './traffic.ts';

export interface ListedField {
  readonly cell: ir.LValue & { kind: 'var' };
  readonly lists: readonly number[];
}

/** Every scalar that is in some list; a struct's lists are its fields', too. */
export function fieldLists(lw: Lowering, meta: Storage): ListedField[] {
  const found: ListedField[] = [];
  const visit = (type: Type, item: Item, inherited: readonly number[]): void => {
    if (item.kind === 'cell') {
      if (inherited.length > 0 && item.target.kind === 'var') found.push({ cell: item.target, lists: inherited });
    } else if (type.kind === 'struct' && item.kind === 'record') {
      for (const f of type.fields) visit(f.type, item.fields.get(f.name)!, [...inherited, ...listsOf(lw, f.declaration)]);
    } else if (item.kind === 'record') {
      const types = type.kind === 'tuple' ? type.elements : type.kind === 'stack' ? [...item.fields].map(() => type.element) : [];
      [...item.fields.values()].forEach((f, i) => {
        visit(types[i] ?? type, f, inherited);
      });
    }
  };
  visit(meta.type, meta.item, []);
  return found;
}

/** What a copy takes with it if `list` is the number of its list. */
export function preserved(fields: readonly ListedField[], list: ir.Expr): Copied[] {
  return fields.map(({ cell, lists }) => {
    const isListed = anyOf(lists.map((n) => equal(list, constant(list.width, n))));
    return { target: cell.id, value: mux(isListed, cell, constant(cell.width, 0)) };
  });
}

function listsOf(lw: Lowering, field: ast.StructField): number[] {
  return annotationIntegers(lw, field.annotations, 'field_list');
}
