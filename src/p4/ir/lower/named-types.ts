/** Types with names of their own that keys, parameters and indexes have: what P4Info says about them. */
import type { EnumType, NewType, SerEnumType, Type } from '../../types/types.ts';
import type { Lowering } from './lowering.ts';

export type NamedType = NewType | EnumType | SerEnumType;

/** The type's name if it was declared with `type` or is an enum without representation; remembers the declaration for P4Info. */
export function keyNamedType(lw: Lowering, type: Type): string | undefined {
  if (type.kind !== 'newtype' && type.kind !== 'enum' && type.kind !== 'serEnum') return undefined;
  lw.namedTypes.set(type.name, type);
  return type.kind === 'serEnum' ? undefined : type.name;
}
