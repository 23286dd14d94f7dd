/**
 * From items to IR expressions: reading a scalar, the list of scalars in a value, equality (P4-16 §8.5-§8.21).
 */
import type { Span } from '../../../diag/index.ts';
import { allOf, and, anyOf, binary, concat, constant, equal, mux, not, or, resize, slice } from '../build.ts';
import type * as ir from '../ir.ts';
import { type CellItem, type HeaderItem, type Item, scalar } from './items.ts';
import type { Lowering } from './lowering.ts';
import { headerFields } from './storage.ts';

/** The value of a scalar item. `width` is what the context needs: it gives a compile-time integer its size. */
export function read(lw: Lowering, item: Item, width: number, span: Span): ir.Expr {
  switch (item.kind) {
    case 'scalar':
      return item.expr;
    case 'cell':
      return readCell(lw, item);
    case 'integer':
      return constant(width, item.value);
    case 'dynamicSlice': {
      const base = read(lw, item.base, width, span);
      return resize(binary('shr', base, item.low), item.width);
    }
    case 'choice': {
      // An index beyond the end has no value in P4-16; it reads as 0 here.
      const values = item.options.map((o) => read(lw, o, width, span));
      return values.reduceRight(
        (rest, v, i) => mux(equal(item.index, constant(item.index.width, i)), v, rest),
        constant(values[0]?.width ?? width, 0),
      );
    }
    case 'record':
      // A struct or list of one scalar where a scalar is needed.
      if (item.fields.size === 1) return read(lw, [...item.fields.values()][0]!, width, span);
      return constant(width, 0);
    case 'nothing':
      return constant(width, 0);
    default:
      lw.unsupported(span, `this use of a ${item.kind} value`);
      return constant(width, 0);
  }
}

/** A field of a header that the control has made invalid still has its last value in the deparser. */
export function readCell(lw: Lowering, item: CellItem): ir.Expr {
  const { target } = item;
  const former =
    lw.role === 'deparser' && target.kind === 'field' ? lw.formerFields.get(`${target.header}.${target.field}`) : undefined;
  if (!former || target.kind !== 'field') return slice(target, item.high, item.low);
  const valid: ir.Expr = { kind: 'valid', width: 1, header: target.header };
  return slice(mux(valid, target, former), item.high, item.low);
}

/** The scalars of a value in order, as hashing, checksums, digests and keys need them. Headers give their fields. */
export function leaves(lw: Lowering, item: Item, span: Span): ir.Expr[] {
  switch (item.kind) {
    case 'record':
      return [...item.fields.values()].flatMap((f) => leaves(lw, f, span));
    case 'header':
      return leaves(lw, headerFields(lw, item), span);
    case 'union':
      return [...item.members.values()].flatMap((m) => leaves(lw, m, span));
    case 'stack':
    case 'list':
      return item.elements.flatMap((e) => leaves(lw, e, span));
    case 'headerLiteral':
      return item.fields ? leaves(lw, item.fields, span) : [];
    case 'choice': {
      const perOption = item.options.map((o) => leaves(lw, o, span));
      return (perOption[0] ?? []).map((_, k) =>
        read(lw, { kind: 'choice', index: item.index, options: perOption.map((o) => scalar(o[k]!)) }, 1, span),
      );
    }
    case 'nothing':
      return [];
    case 'varbit':
      lw.unsupported(span, "a 'varbit' field in the data of a hash, checksum, digest or comparison");
      return [];
    case 'integer':
      lw.error('unknown-width', span, 'an integer without a width has no place here', { help: 'write its width, as in 16w1' });
      return [];
    default:
      return [read(lw, item, 1, span)];
  }
}

/** One bit string of the scalars, most significant first. */
export function concatenated(parts: readonly ir.Expr[]): ir.Expr {
  return parts.reduce(concat, constant(0, 0));
}

/** Whether two values are equal, as a one-bit expression. Headers: both invalid, or both valid with equal fields. */
export function itemsEqual(lw: Lowering, a: Item, b: Item, span: Span): ir.Expr {
  if (a.kind === 'integer' && b.kind === 'integer') return constant(1, a.value === b.value ? 1 : 0);
  if (a.kind === 'header' || b.kind === 'header') return headersEqual(lw, a, b, span);
  if (a.kind === 'choice' && isAggregate(a.options[0])) return choiceEqual(lw, a, b, span);
  if (b.kind === 'choice' && isAggregate(b.options[0])) return choiceEqual(lw, b, a, span);
  if (a.kind === 'record' && b.kind === 'record') {
    // By name where both have names, else by position.
    const bFields = [...b.fields.values()];
    return allOf(
      [...a.fields].map(([name, f], i) => itemsEqual(lw, f, (a.isNamed && b.isNamed ? b.fields.get(name) : bFields[i])!, span)),
    );
  }
  if (a.kind === 'union' && b.kind === 'union') {
    return allOf([...a.members].map(([name, m]) => headersEqual(lw, m, b.members.get(name)!, span)));
  }
  if (a.kind === 'stack' && b.kind === 'stack') {
    return allOf(a.elements.map((e, i) => itemsEqual(lw, e, b.elements[i]!, span)));
  }
  if (a.kind === 'headerLiteral' && b.kind === 'headerLiteral') return constant(1, a.fields === b.fields ? 1 : 0);
  if (a.kind === 'varbit' && b.kind === 'varbit') return { kind: 'varbitEqual', width: 1, left: a.header, right: b.header };
  if (a.kind === 'varbit' || b.kind === 'varbit') {
    lw.unsupported(span, "comparing 'varbit' values");
    return constant(1, 0);
  }
  if (isAggregate(a) && isAggregate(b)) return invalidUnion(lw, a, b, span);
  const left = a.kind === 'integer' ? undefined : read(lw, a, 1, span);
  const right = read(lw, b, left?.width ?? 1, span);
  return equal(left ?? read(lw, a, right.width, span), right);
}

const aggregates: ReadonlySet<Item['kind']> = new Set<Item['kind']>(['record', 'header', 'union', 'stack', 'headerLiteral']);

function isAggregate(item: Item | undefined): boolean {
  return item !== undefined && aggregates.has(item.kind);
}

function choiceEqual(lw: Lowering, a: Item & { kind: 'choice' }, b: Item, span: Span): ir.Expr {
  const index = (i: number): ir.Expr => equal(a.index, constant(a.index.width, i));
  return anyOf(a.options.map((o, i) => and(index(i), itemsEqual(lw, o, b, span))));
}

/** `u == {#}`: no member is valid. */
function invalidUnion(lw: Lowering, a: Item, b: Item, span: Span): ir.Expr {
  const union = a.kind === 'union' ? a : b;
  const other = a.kind === 'union' ? b : a;
  if (union.kind === 'union' && other.kind === 'headerLiteral' && !other.fields) return not(validity(lw, union, span));
  lw.unsupported(span, 'this comparison');
  return constant(1, 0);
}

function headersEqual(lw: Lowering, a: Item, b: Item, span: Span): ir.Expr {
  const [header, other] = a.kind === 'header' ? [a, b] : [b as HeaderItem, a];
  const valid: ir.Expr = { kind: 'valid', width: 1, header: header.header };
  const fields = headerFields(lw, header);
  if (other.kind === 'choice') return choiceEqual(lw, other, header, span);
  if (other.kind === 'header') {
    const otherValid: ir.Expr = { kind: 'valid', width: 1, header: other.header };
    const same = itemsEqual(lw, fields, headerFields(lw, other), span);
    return or(and(not(valid), not(otherValid)), and(and(valid, otherValid), same));
  }
  if (other.kind === 'headerLiteral') return other.fields ? and(valid, itemsEqual(lw, fields, other.fields, span)) : not(valid);
  return and(valid, itemsEqual(lw, fields, other, span));
}

/** Whether a header is valid; of a union, whether any member is. */
export function validity(lw: Lowering, item: Item, span: Span): ir.Expr {
  switch (item.kind) {
    case 'header':
      return { kind: 'valid', width: 1, header: item.header };
    case 'union':
      return anyOf([...item.members.values()].map((m) => validity(lw, m, span)));
    case 'choice':
      return read(lw, { ...item, options: item.options.map((o) => scalar(validity(lw, o, span))) }, 1, span);
    case 'headerLiteral':
      return constant(1, item.fields ? 1 : 0);
    default:
      return constant(1, 0);
  }
}
