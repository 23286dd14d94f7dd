/**
 * How scalar types are encoded: widths, enum members, errors, constants (P4-16 §7.2).
 *
 * `bool` is one bit. `error` takes 32 bits, as the parserError intrinsic does; the position in declaration order is the encoding. An enum without
 * representation takes as few bits as its members need, also by position. `type` and serializable enums are what is below them.
 */
import type { CheckedProgram, ConstValue } from '../../types/checked.ts';
import type { Type } from '../../types/types.ts';
import { constant } from '../build.ts';
import type { Expr } from '../ir.ts';

export const errorWidth = 32;

/** Width of a scalar type; undefined for anything else. */
export function scalarWidth(type: Type): number | undefined {
  switch (type.kind) {
    case 'bool':
      return 1;
    case 'bits':
      return type.width;
    case 'error':
      return errorWidth;
    case 'enum':
      return Math.max(1, Math.ceil(Math.log2(type.declaration.members.length)));
    case 'serEnum':
    case 'newtype':
      return scalarWidth(type.underlying);
    default:
      return undefined;
  }
}

/** Whether operations on the type are signed. */
export function isSigned(type: Type): boolean {
  switch (type.kind) {
    case 'bits':
      return type.signed;
    case 'serEnum':
    case 'newtype':
      return isSigned(type.underlying);
    default:
      return false;
  }
}

/** A scalar constant; undefined if the value is no scalar of the type. */
export function encodeConstant(checked: CheckedProgram, value: ConstValue, type: Type): Expr | undefined {
  const width = scalarWidth(type);
  if (width === undefined) return undefined;
  switch (value.kind) {
    case 'integer':
      return constant(width, value.value);
    case 'boolean':
      return constant(width, value.value ? 1 : 0);
    case 'member': {
      const names = value.of === 'error' ? checked.errors : memberNames(type);
      const index = names.indexOf(value.name);
      return index < 0 ? undefined : constant(width, index);
    }
    default:
      return undefined;
  }
}

function memberNames(type: Type): readonly string[] {
  if (type.kind === 'newtype') return memberNames(type.underlying);
  return type.kind === 'enum' ? type.declaration.members.map((m) => m.name.name) : [];
}
