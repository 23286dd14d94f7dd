/** What the handlers of several architectures need: enum members and sizes as constructor arguments, fields of a structured type. */

import type { Span } from '../../diag/index.ts';
import { isConst } from '../ir/build.ts';
import { lower, lowerInteger } from '../ir/lower/expressions.ts';
import type { Lowering } from '../ir/lower/lowering.ts';
import { scalarWidth } from '../ir/lower/scalars.ts';
import type * as ast from '../syntax/ast.ts';
import type { BoundArgument } from '../types/checked.ts';
import { printType } from '../types/relations.ts';
import type { Type } from '../types/types.ts';

/** Name of the enum member that an expression is, if it is known. */
export function enumMember(lw: Lowering, e: ast.Expression): string | undefined {
  const type = lw.typeOf(e);
  const item = lower(lw, e);
  if (type.kind !== 'enum' || item.kind !== 'scalar' || !isConst(item.expr)) return undefined;
  return type.declaration.members[Number(item.expr.value)]?.name.name;
}

/** A constructor argument as written, or its default. */
export function sourceOf(arg: BoundArgument | undefined): ast.Expression | undefined {
  if (!arg || arg.value === 'omitted') return undefined;
  return arg.value === 'default' ? arg.parameter.defaultValue : arg.value;
}

/** An integer constructor argument; reports what is not known or larger than `most`. */
export function sizeArgument(lw: Lowering, arg: BoundArgument | undefined, span: Span, most: bigint): number {
  const source = sourceOf(arg);
  const value = source && lowerInteger(lw, source);
  if (value === undefined) {
    lw.error('not-constant', source?.span ?? span, 'this size must be known at compile time');
    return 1;
  }
  if (value < 1n || value > most)
    lw.error('out-of-range', source!.span, `this size must be between 1 and ${most}, found ${value}`);
  return Number(value < 1n ? 1n : value > most ? most : value);
}

/** An integer from an annotation such as `@softipu_maglev_size(65537)`; the name of a constant will do. */
export function annotationInteger(lw: Lowering, annotations: readonly ast.Annotation[], name: string): number | undefined {
  return annotationIntegers(lw, annotations, name)[0];
}

/** All integers of an annotation such as `@field_list(1, 2)`; what is none is left out. */
export function annotationIntegers(lw: Lowering, annotations: readonly ast.Annotation[], name: string): number[] {
  return annotations
    .filter((a) => a.name === name)
    .flatMap((a) => a.args.map((arg) => integerOf(lw, arg.value)))
    .filter((n) => n !== undefined);
}

function integerOf(lw: Lowering, value: ast.Argument['value'] | undefined): number | undefined {
  if (value?.kind === 'integer') return Number(value.value);
  if (value?.kind !== 'path') return undefined;
  const named = lw.checked.program.declarations.find((d) => d.kind === 'constant' && d.name.name === value.name.name);
  const known = named?.kind === 'constant' ? lw.checked.constantOf(named.initializer) : undefined;
  return known?.kind === 'integer' ? Number(known.value) : undefined;
}

/** The scalars of a type with dotted names; a scalar type gives one field. */
export function fieldsOf(lw: Lowering, type: Type, span: Span, name = 'value'): { name: string; width: number }[] {
  const width = scalarWidth(type);
  if (width !== undefined) return [{ name, width }];
  const inner = (n: string): string => (name === 'value' ? n : `${name}.${n}`);
  switch (type.kind) {
    case 'struct':
    case 'header':
      return type.fields.flatMap((f) => fieldsOf(lw, f.type, span, inner(f.name)));
    case 'tuple':
      return type.elements.flatMap((t, i) => fieldsOf(lw, t, span, inner(`f${i}`)));
    case 'unknownStruct':
      return type.elements.flatMap((t, i) => fieldsOf(lw, t, span, inner(type.names?.[i] ?? `f${i}`)));
    default:
      lw.unsupported(span, `a value of type '${printType(type)}' here`);
      return [];
  }
}
