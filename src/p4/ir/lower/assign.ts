/**
 * Assignment of any value to any lvalue, taken apart to scalars and whole headers (P4-16 §12.1).
 *
 * The right side of a struct assignment may read what the left side writes (`s = { s.b, s.a }`): such parts go through temporaries first.
 */
import type { Span } from '../../../diag/index.ts';
import { binary, constant, not, resize, slice } from '../build.ts';
import type * as ir from '../ir.ts';
import { reads } from '../walk.ts';
import type { HeaderItem, Item, StackItem } from './items.ts';
import { scalar } from './items.ts';
import type { Lowering } from './lowering.ts';
import { read } from './reading.ts';
import { clearHeaders, headerFields } from './storage.ts';

/** Emits `target = value`. Shapes agree, or the checker has reported. */
export function assign(lw: Lowering, target: Item, value: Item, span: Span): void {
  const isParted = target.kind === 'record' || target.kind === 'header';
  const isLiteral = value.kind === 'record' || (value.kind === 'headerLiteral' && value.fields !== undefined);
  if (isParted && isLiteral) {
    const written = new Set<string>();
    addCells(lw, target, written);
    store(lw, target, overlaps(value, written) ? snapshot(lw, value, span) : value, span);
    return;
  }
  store(lw, target, value, span);
}

function store(lw: Lowering, target: Item, value: Item, span: Span): void {
  if (value.kind === 'choice' && value.options[0] && !isScalar(value.options[0])) {
    storeChosen(lw, value.index, value.options, (o) => store(lw, target, o, span), span);
    return;
  }
  switch (target.kind) {
    case 'cell': {
      const e = read(lw, value, target.high - target.low + 1, span);
      if (target.low === 0 && target.high === target.target.width - 1) {
        if (!isSame(e, target.target)) lw.emit({ kind: 'assign', target: target.target, value: e, span });
      } else {
        lw.emit({ kind: 'assignSlice', target: target.target, high: target.high, low: target.low, value: e, span });
      }
      return;
    }
    case 'dynamicSlice':
      storeDynamicSlice(lw, target, value, span);
      return;
    case 'choice':
      storeChosen(lw, target.index, target.options, (o) => store(lw, o, value, span), span);
      return;
    case 'record': {
      const named = value.kind === 'record' && value.isNamed && target.isNamed;
      const parts = value.kind === 'record' ? [...value.fields.values()] : [];
      let i = 0;
      for (const [name, part] of target.fields) {
        const source = named
          ? (value as Item & { kind: 'record' }).fields.get(name)
          : target.fields.size === 1 && value.kind !== 'record'
            ? value
            : parts[i];
        if (source) store(lw, part, source, span);
        i++;
      }
      return;
    }
    case 'header':
      storeHeader(lw, target, value, span);
      return;
    case 'union':
      if (value.kind === 'union') {
        for (const [name, m] of target.members) {
          lw.emit({ kind: 'copyHeader', target: m.header, source: value.members.get(name)!.header, span });
        }
      } else if (value.kind === 'headerLiteral') clearHeaders(lw, target, span);
      return;
    case 'stack':
      if (value.kind === 'stack') copyStack(lw, target, value, span);
      else if (value.kind === 'record') {
        const parts = [...value.fields.values()];
        for (const [k, e] of target.elements.entries()) store(lw, e, parts[k] ?? { kind: 'headerLiteral' }, span);
      }
      return;
    case 'varbit':
      if (value.kind === 'varbit') lw.emit({ kind: 'copyVarbit', target: target.header, source: value.header, span });
      return;
    default:
      return; // `_`, or reported
  }
}

function isScalar(item: Item): boolean {
  return (
    item.kind === 'cell' ||
    item.kind === 'scalar' ||
    item.kind === 'dynamicSlice' ||
    item.kind === 'integer' ||
    (item.kind === 'choice' && item.options[0] !== undefined && isScalar(item.options[0]))
  );
}

function isSame(e: ir.Expr, target: ir.LValue): boolean {
  if (e.kind === 'var' && target.kind === 'var') return e.id === target.id;
  return e.kind === 'field' && target.kind === 'field' && e.header === target.header && e.field === target.field;
}

function storeHeader(lw: Lowering, target: HeaderItem, value: Item, span: Span): void {
  switch (value.kind) {
    case 'header':
      if (value.header === target.header) return;
      lw.emit({ kind: 'copyHeader', target: target.header, source: value.header, span });
      // An invalid source leaves the union without a header, as setInvalid does.
      invalidate(lw, target.siblings, span);
      return;
    case 'headerLiteral':
      if (!value.fields) {
        invalidate(lw, [target.header, ...target.siblings], span);
        return;
      }
      makeValid(lw, target, span);
      store(lw, headerFields(lw, target), value.fields, span);
      return;
    case 'record':
      makeValid(lw, target, span);
      store(lw, headerFields(lw, target), value, span);
      return;
    default:
      return;
  }
}

/** setValid(): in a union the other members become invalid. */
export function makeValid(lw: Lowering, header: HeaderItem, span: Span): void {
  invalidate(lw, header.siblings, span);
  lw.emit({ kind: 'setValid', header: header.header, valid: true, span });
}

export function invalidate(lw: Lowering, headers: readonly ir.HeaderId[], span: Span): void {
  for (const header of headers) lw.emit({ kind: 'setValid', header, valid: false, span });
}

function copyStack(lw: Lowering, target: StackItem, value: StackItem, span: Span): void {
  if (target.next === value.next) return;
  for (const [i, e] of target.elements.entries()) store(lw, e, value.elements[i]!, span);
  const next = (id: ir.VarId): ir.LValue & { kind: 'var' } => ({ kind: 'var', width: 32, id });
  lw.emit({ kind: 'assign', target: next(target.next), value: next(value.next), span });
}

/** One case per option; an index beyond the end does nothing. */
export function storeChosen(lw: Lowering, index: ir.Expr, options: readonly Item[], run: (o: Item) => void, span: Span): void {
  const cases = options.map((o, i) => ({ values: [BigInt(i)], body: lw.collect(() => run(o)) }));
  const possible = cases.filter((_, i) => index.width > 52 || i < 2 ** index.width);
  lw.emit({ kind: 'switch', value: index, cases: possible, default: [], span });
}

function storeDynamicSlice(lw: Lowering, target: Item & { kind: 'dynamicSlice' }, value: Item, span: Span): void {
  const old = read(lw, target.base, 0, span);
  const width = old.width;
  const ones = constant(width, (1n << BigInt(target.width)) - 1n);
  const kept = binary('and', old, not(binary('shl', ones, target.low)));
  const added = binary('shl', resize(slice(read(lw, value, target.width, span), target.width - 1, 0), width), target.low);
  store(lw, target.base, scalar(binary('or', kept, added)), span);
}

/** Copies a value into temporaries, so that later writes do not change it. */
export function snapshot(lw: Lowering, value: Item, span: Span): Item {
  switch (value.kind) {
    case 'scalar':
      return scalar(lw.temp(value.expr, span));
    case 'cell':
    case 'dynamicSlice':
      return scalar(lw.temp(read(lw, value, 1, span), span));
    case 'choice':
      return value.options[0] && isScalar(value.options[0]) ? scalar(lw.temp(read(lw, value, 1, span), span)) : value;
    case 'record':
      return { ...value, fields: new Map([...value.fields].map(([n, f]) => [n, snapshot(lw, f, span)])) };
    case 'headerLiteral':
      return value.fields
        ? { kind: 'headerLiteral', fields: snapshot(lw, value.fields, span) as Item & { kind: 'record' } }
        : value;
    case 'header': {
      const id = lw.headers.push({ id: lw.headers.length, name: '$copy', type: lw.headers[value.header]!.type }) - 1;
      lw.emit({ kind: 'copyHeader', target: id, source: value.header, span });
      return { ...value, header: id, siblings: [] };
    }
    default:
      return value;
  }
}

/** Does the value read a variable or header of the set? */
export function overlaps(value: Item, written: ReadonlySet<string>): boolean {
  switch (value.kind) {
    case 'scalar':
      return reads(value.expr, written);
    case 'cell':
      return reads(value.target, written);
    case 'dynamicSlice':
      return overlaps(value.base, written) || reads(value.low, written);
    case 'choice':
      return reads(value.index, written) || value.options.some((o) => overlaps(o, written));
    case 'record':
      return [...value.fields.values()].some((f) => overlaps(f, written));
    case 'headerLiteral':
      return value.fields !== undefined && overlaps(value.fields, written);
    case 'header':
    case 'varbit':
      return written.has(`h${value.header}`);
    case 'union':
      return [...value.members.values()].some((m) => overlaps(m, written));
    case 'stack':
      return written.has(`v${value.next}`) || value.elements.some((e) => overlaps(e, written));
    default:
      return false;
  }
}

/** Names of the storage of an item: `v` and a variable's id, `h` and a header's. */
export function addCells(lw: Lowering, item: Item, into: Set<string>): void {
  switch (item.kind) {
    case 'cell':
      into.add(item.target.kind === 'var' ? `v${item.target.id}` : `h${item.target.header}`);
      return;
    case 'dynamicSlice':
      addCells(lw, item.base, into);
      return;
    case 'header':
    case 'varbit':
      into.add(`h${item.header}`);
      return;
    case 'union':
      for (const m of item.members.values()) into.add(`h${m.header}`);
      return;
    case 'stack':
      into.add(`v${item.next}`);
      for (const e of item.elements) addCells(lw, e, into);
      return;
    case 'choice':
      for (const o of item.options) addCells(lw, o, into);
      return;
    case 'record':
      for (const f of item.fields.values()) addCells(lw, f, into);
      return;
    default:
      return;
  }
}
