/** Names of `type` declarations of keys and parameters, which P4Info carries. */
import type { Type } from '../../types/types.ts';
import type { Lowering } from './lowering.ts';

/** The type's name if it was declared with `type`; remembers the declaration for P4Info. */
export function keyNamedType(lw: Lowering, type: Type): string | undefined {
  if (type.kind !== 'newtype') return undefined;
  lw.namedTypes.set(type.name, type);
  return type.name;
}
