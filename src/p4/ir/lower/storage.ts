/**
 * Where data lives: variables and header instances for a type, and the parts of an item.
 *
 * Structs and tuples are taken apart down to scalars and headers. A struct inside a header becomes fields `outer.inner` of that header, an array `name[0]` and so on. A stack has its
 * elements and one variable with the index of the next; a union has its members, which know each other.
 */
import type { Span } from '../../../diag/index.ts';
import { equalTypes, printType } from '../../types/relations.ts';
import type { HeaderType, Type } from '../../types/types.ts';
import { constant } from '../build.ts';
import type * as ir from '../ir.ts';
import { cell, type HeaderItem, type Item, nothing, record, scalar, tuple } from './items.ts';
import type { Lowering } from './lowering.ts';
import { scalarWidth } from './scalars.ts';

/** New storage for a value of a type. `name` is the dotted name for traces. */
export function allocate(lw: Lowering, type: Type, name: string, span: Span): Item {
  const width = scalarWidth(type);
  if (width !== undefined) return cell(lw.newVar(name, width));
  switch (type.kind) {
    case 'header':
      return newHeader(lw, type, name, span);
    case 'headerUnion': {
      const members = type.fields.map((f) => newHeader(lw, f.type as HeaderType, `${name}.${f.name}`, span));
      const ids = members.map((m) => m.header);
      const linked = members.map((m) => ({ ...m, siblings: ids.filter((id) => id !== m.header) }));
      return { kind: 'union', members: new Map(type.fields.map((f, i) => [f.name, linked[i]!])) };
    }
    case 'stack': {
      const elements = Array.from({ length: type.size }, (_, i) => allocate(lw, type.element, `${name}[${i}]`, span));
      if (type.element.kind !== 'header' && type.element.kind !== 'headerUnion') return tuple(elements);
      return { kind: 'stack', elements, next: lw.newVar(`${name}.$next`, 32).id };
    }
    case 'struct':
      return record(type.fields.map((f) => [f.name, allocate(lw, f.type, `${name}.${f.name}`, span)] as const));
    case 'tuple':
      return tuple(type.elements.map((t, i) => allocate(lw, t, `${name}[${i}]`, span)));
    case 'unknownStruct': {
      const parts = type.elements.map((t, i) => allocate(lw, t, `${name}.${type.names?.[i] ?? i}`, span));
      return type.names ? record(type.names.map((n, i) => [n, parts[i]!] as const)) : tuple(parts);
    }
    case 'varbit': {
      const field = { name: 'value', width: type.width, offsetBits: 0 };
      const index = lw.headerTypes.push({ name: `varbit<${type.width}>`, fields: [field], fixedBits: 0, varbitField: 0 }) - 1;
      lw.headerSources[index] = undefined;
      const header = lw.headers.push({ id: lw.headers.length, name, type: index }) - 1;
      return { kind: 'varbit', header };
    }
    case 'void':
    case 'poison':
      return nothing;
    default:
      lw.unsupported(span, `a variable of type '${printType(type)}'`);
      return nothing;
  }
}

/** A new header instance. */
export function newHeader(lw: Lowering, type: HeaderType, name: string, span: Span): HeaderItem {
  const id = lw.headers.length;
  lw.headers.push({ id, name, type: headerTypeIndex(lw, type, span) });
  return { kind: 'header', header: id, type, siblings: [] };
}

function headerTypeIndex(lw: Lowering, type: HeaderType, span: Span): number {
  const known = lw.headerSources.findIndex((t) => t !== undefined && equalTypes(t, type));
  if (known >= 0) return known;
  const fields: ir.HeaderField[] = [];
  let bits = 0;
  let varbitField: number | undefined;
  const add = (t: Type, name: string): void => {
    const width = scalarWidth(t);
    if (width !== undefined) {
      fields.push({ name, width, offsetBits: bits });
      bits += width;
    } else if (t.kind === 'varbit') {
      if (varbitField !== undefined) lw.unsupported(type.declaration.name.span, 'a header with two varbit fields');
      varbitField = fields.length;
      fields.push({ name, width: t.width, offsetBits: bits });
    } else if (t.kind === 'struct') {
      for (const f of t.fields) add(f.type, `${name}.${f.name}`);
    } else if (t.kind === 'stack') {
      for (let i = 0; i < t.size; i++) add(t.element, `${name}[${i}]`);
    } else {
      lw.unsupported(span, `a header field of type '${printType(t)}'`);
    }
  };
  for (const f of type.fields) add(f.type, f.name);
  if (bits % 8 !== 0) {
    lw.error(
      'unsupported',
      type.declaration.name.span,
      `header '${type.name}' has ${bits} bits: a size that is not a whole number of bytes is not supported`,
      { help: `a field of ${8 - (bits % 8)} more bits fills the last byte` },
    );
  }
  const index = lw.headerTypes.push({ name: printType(type), fields, fixedBits: bits, varbitField }) - 1;
  lw.headerSources[index] = type;
  return index;
}

/** The IR's description of a header instance. */
export function headerTypeOf(lw: Lowering, header: ir.HeaderId): ir.HeaderType {
  return lw.headerTypes[lw.headers[header]!.type]!;
}

/** A field of a header: a cell, a varbit, or a record for a struct inside. */
export function headerField(lw: Lowering, header: HeaderItem, name: string): Item {
  const field = header.type.fields.find((f) => f.name === name);
  return field ? fieldItem(lw, header.header, field.type, name) : nothing;
}

function fieldItem(lw: Lowering, header: ir.HeaderId, type: Type, path: string): Item {
  if (type.kind === 'struct')
    return record(type.fields.map((f) => [f.name, fieldItem(lw, header, f.type, `${path}.${f.name}`)] as const));
  if (type.kind === 'stack')
    return tuple(Array.from({ length: type.size }, (_, i) => fieldItem(lw, header, type.element, `${path}[${i}]`)));
  const index = headerTypeOf(lw, header).fields.findIndex((f) => f.name === path);
  if (index < 0) return nothing;
  if (type.kind === 'varbit') return { kind: 'varbit', header };
  return cell({ kind: 'field', width: headerTypeOf(lw, header).fields[index]!.width, header, field: index });
}

/** All fields of a header as a record. */
export function headerFields(lw: Lowering, header: HeaderItem): Item & { kind: 'record' } {
  return record(header.type.fields.map((f) => [f.name, headerField(lw, header, f.name)] as const));
}

/** Member `name` of a struct, tuple, header or union. */
export function memberOf(lw: Lowering, item: Item, name: string): Item {
  switch (item.kind) {
    case 'record':
      return item.fields.get(name) ?? nothing;
    case 'header':
      return headerField(lw, item, name);
    case 'union':
      return item.members.get(name) ?? nothing;
    case 'choice':
      return { kind: 'choice', index: item.index, options: item.options.map((o) => memberOf(lw, o, name)) };
    case 'headerLiteral':
      return item.fields ? memberOf(lw, item.fields, name) : nothing;
    default:
      return nothing;
  }
}

/** A value of all zeros, with invalid headers. */
export function defaultItem(lw: Lowering, type: Type, span: Span): Item {
  const width = scalarWidth(type);
  if (width !== undefined) return scalar(constant(width, 0));
  switch (type.kind) {
    case 'struct':
      return record(type.fields.map((f) => [f.name, defaultItem(lw, f.type, span)] as const));
    case 'tuple':
      return tuple(type.elements.map((t) => defaultItem(lw, t, span)));
    case 'header':
      return { kind: 'headerLiteral' };
    default:
      return allocate(lw, type, '$default', span);
  }
}

/** Every header instance inside an item. */
export function headersIn(item: Item): HeaderItem[] {
  switch (item.kind) {
    case 'header':
      return [item];
    case 'union':
      return [...item.members.values()];
    case 'stack':
      return item.elements.flatMap(headersIn);
    case 'record':
      return [...item.fields.values()].flatMap(headersIn);
    case 'choice':
      return item.options.flatMap(headersIn);
    default:
      return [];
  }
}

/** The state that P4-16 gives to a fresh variable or out parameter: headers invalid, stacks empty, varbits of length 0 (scalars are left as they are). */
export function clearHeaders(lw: Lowering, item: Item, span: Span): void {
  switch (item.kind) {
    case 'header':
      lw.emit({ kind: 'setValid', header: item.header, valid: false, span });
      return;
    case 'union':
      for (const m of item.members.values()) clearHeaders(lw, m, span);
      return;
    case 'stack':
      for (const e of item.elements) clearHeaders(lw, e, span);
      lw.emit({ kind: 'assign', target: { kind: 'var', width: 32, id: item.next }, value: constant(32, 0), span });
      return;
    case 'record':
      for (const f of item.fields.values()) clearHeaders(lw, f, span);
      return;
    case 'varbit':
      if (lw.headerSources[lw.headers[item.header]!.type] !== undefined) return;
      lw.emit({ kind: 'setValid', header: item.header, valid: false, span });
      lw.emit({ kind: 'setValid', header: item.header, valid: true, span });
      return;
    default:
      return;
  }
}
