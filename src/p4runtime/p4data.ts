/**
 * Values of P4 types (P4Runtime specification, "Representation of Arbitrary P4 Types"): register cells and digests. The arena has a flat list of numbers,
 * the protocol a tree; the type's description says how they belong together.
 */
import type { P4DataTypeSpec, P4TypeInfo } from '../p4/p4info/p4info.ts';
import { fromBytes, toBytes } from './bytes.ts';

/** p4.v1.P4Data, as far as values have fixed widths. */
export type P4Data =
  | { readonly bitstring: Uint8Array }
  | { readonly bool: boolean }
  | { readonly tuple: { readonly members: readonly P4Data[] } }
  | { readonly struct: { readonly members: readonly P4Data[] } }
  | { readonly header: { readonly isValid: boolean; readonly bitstrings: readonly Uint8Array[] } }
  | { readonly enumValue: Uint8Array };

/** One number of the flat list: `bits` of them, signed or not. */
interface Leaf {
  readonly bits: number;
  readonly isSigned: boolean;
  readonly kind: 'bitstring' | 'bool' | 'enumValue';
}

type Shape = Leaf | { readonly kind: 'tuple' | 'struct' | 'header'; readonly members: readonly Shape[] };

/** Numbers to a value. */
export function toData(spec: P4DataTypeSpec, types: P4TypeInfo, fields: readonly bigint[]): P4Data {
  let next = 0;
  const build = (shape: Shape): P4Data => {
    if ('bits' in shape) {
      const value = fields[next++] ?? 0n;
      if (shape.kind === 'bool') return { bool: value !== 0n };
      return shape.kind === 'enumValue' ? { enumValue: toBytes(value) } : { bitstring: signedBytes(value, shape) };
    }
    const members = shape.members.map(build);
    if (shape.kind === 'header') {
      return { header: { isValid: true, bitstrings: members.map((m) => ('bitstring' in m ? m.bitstring : Uint8Array.of(0))) } };
    }
    return shape.kind === 'tuple' ? { tuple: { members } } : { struct: { members } };
  };
  return build(shapeOf(spec, types));
}

/** A value to numbers; a sentence if it is not of the type. */
export function fromData(spec: P4DataTypeSpec, types: P4TypeInfo, data: P4Data): bigint[] | string {
  const fields: bigint[] = [];
  const take = (shape: Shape, value: P4Data | undefined): string | undefined => {
    const found = value && Object.keys(value)[0];
    if (!value || found !== shape.kind) return `expected a ${shape.kind}, found ${found ? `a ${found}` : 'nothing'}`;
    if ('bits' in shape) {
      if ('bool' in value) fields.push(value.bool ? 1n : 0n);
      else {
        const bytes = 'bitstring' in value ? value.bitstring : 'enumValue' in value ? value.enumValue : new Uint8Array();
        const number = fromSigned(bytes, shape);
        if (number === undefined) return `the value does not fit ${shape.bits} bits`;
        fields.push(number);
      }
      return undefined;
    }
    const members: readonly (P4Data | undefined)[] =
      'tuple' in value
        ? value.tuple.members
        : 'struct' in value
          ? value.struct.members
          : 'header' in value
            ? value.header.bitstrings.map((bitstring) => ({ bitstring }))
            : [];
    if (members.length !== shape.members.length) return `${members.length} members, expected ${shape.members.length}`;
    for (const [i, member] of shape.members.entries()) {
      const wrong = take(member, members[i]);
      if (wrong) return wrong;
    }
    return undefined;
  };
  return take(shapeOf(spec, types), data) ?? fields;
}

/** int<W> in the fewest bytes that keep its sign; bit<W> in the fewest bytes. */
function signedBytes(value: bigint, { bits, isSigned }: Leaf): Uint8Array {
  if (!isSigned) return toBytes(value);
  const number = BigInt.asIntN(bits, value);
  let bytes = 1;
  while (BigInt.asIntN(8 * bytes, number) !== number) bytes++;
  const plain = toBytes(BigInt.asUintN(8 * bytes, number));
  const padded = new Uint8Array(bytes);
  padded.set(plain, bytes - plain.length);
  return padded;
}

function fromSigned(bytes: Uint8Array, { bits, isSigned }: Leaf): bigint | undefined {
  if (bytes.length === 0) return undefined;
  const number = fromBytes(bytes);
  if (!isSigned) return number >> BigInt(bits) === 0n ? number : undefined;
  const signed = BigInt.asIntN(8 * bytes.length, number);
  return BigInt.asIntN(bits, signed) === signed ? BigInt.asUintN(bits, signed) : undefined;
}

function shapeOf(spec: P4DataTypeSpec, types: P4TypeInfo): Shape {
  const leaf = (bits: number, kind: Leaf['kind'] = 'bitstring', isSigned = false): Leaf => ({ bits, kind, isSigned });
  if ('bitstring' in spec) {
    const { bitstring } = spec;
    if ('bit' in bitstring) return leaf(bitstring.bit.bitwidth);
    return 'int' in bitstring ? leaf(bitstring.int.bitwidth, 'bitstring', true) : leaf(bitstring.varbit.maxBitwidth);
  }
  if ('bool' in spec) return leaf(1, 'bool');
  if ('tuple' in spec) return { kind: 'tuple', members: spec.tuple.members.map((m) => shapeOf(m, types)) };
  if ('struct' in spec) {
    return { kind: 'struct', members: (types.structs[spec.struct.name]?.members ?? []).map((m) => shapeOf(m.typeSpec, types)) };
  }
  if ('header' in spec) {
    const members = types.headers[spec.header.name]?.members ?? [];
    return { kind: 'header', members: members.map((m) => shapeOf({ bitstring: m.typeSpec }, types)) };
  }
  if ('serializableEnum' in spec) {
    return leaf(types.serializableEnums[spec.serializableEnum.name]?.underlyingType.bitwidth ?? 0, 'enumValue');
  }
  if ('newType' in spec) {
    const type = types.newTypes[spec.newType.name];
    if (type && 'originalType' in type) return shapeOf(type.originalType, types);
    return leaf(type?.translatedType.sdnBitwidth ?? 32);
  }
  return leaf(32);
}
