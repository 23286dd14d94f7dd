/** What PNA's hashes and checksums are computed with and over. */
import { constant } from '../ir/build.ts';
import type * as ir from '../ir/ir.ts';
import { argument } from '../ir/lower/core-externs.ts';
import { lower } from '../ir/lower/expressions.ts';
import type { Lowering } from '../ir/lower/lowering.ts';
import { leaves } from '../ir/lower/reading.ts';
import type * as ast from '../syntax/ast.ts';
import type { Type } from '../types/types.ts';
import type { ExternCall, ExternConstruction } from './architecture.ts';
import { enumMember, sourceOf } from './shared.ts';

/** Hash algorithms that we compute; the others are refused where an object asks for them. */
export const hashAlgorithms: Readonly<Record<string, ir.HashAlgorithm>> = {
  IDENTITY: 'identity',
  CRC32: 'crc32',
  CRC32_CUSTOM: 'crc32',
  CRC16: 'crc16',
  CRC16_CUSTOM: 'crc16',
  ONES_COMPLEMENT16: 'onesComplement16',
  TOEPLITZ: 'toeplitz',
  TARGET_DEFAULT: 'targetDefault',
  // v1model's names. As in BMv2, custom polynomials start as the standard ones; neither P4 nor P4Runtime has a way to set others.
  identity: 'identity',
  crc32: 'crc32',
  crc32_custom: 'crc32',
  crc16: 'crc16',
  crc16_custom: 'crc16',
  csum16: 'onesComplement16',
  xor16: 'xor16',
  random: 'targetDefault',
};

/** The algorithm that a constructor argument names; reports one that we do not have. */
export function algorithmOf(lw: Lowering, c: ExternConstruction): ir.HashAlgorithm {
  const source = sourceOf(c.args[0]);
  const name = source && enumMember(lw, source);
  const algorithm = name === undefined ? undefined : hashAlgorithms[name];
  if (!algorithm) lw.unsupported(source?.span ?? c.span, `hash algorithm '${name ?? 'unknown'}'`);
  return algorithm ?? 'targetDefault';
}

/** Type argument number `index` of an extern object. */
export function typeArgument(
  object: { declaration: ast.ExternDeclaration; typeArgs: ReadonlyMap<ast.TypeParameter, Type> },
  index: number,
): Type {
  const parameter = object.declaration.typeParameters[index];
  return (parameter && object.typeArgs.get(parameter)) ?? { kind: 'poison' };
}

/** Data of a hash as it is hashed: a bit string that is no whole number of bytes is a number in so many bytes, zeros in front, as BMv2 has it. */
export function wholeBytes(data: readonly ir.Expr[]): ir.Expr[] {
  const rest = data.reduce((sum, d) => sum + d.width, 0) % 8;
  return rest === 0 ? [...data] : [constant(8 - rest, 0), ...data];
}

/** The data of a hash or checksum: every scalar in the argument. */
export function dataOf(lw: Lowering, call: ExternCall, index: number): ir.Expr[] {
  const source = argument(call, index);
  return source ? leaves(lw, lower(lw, source, lw.typeOf(source)), source.span) : [];
}
