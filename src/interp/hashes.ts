/**
 * Hash algorithms over a bit string that is zero-padded on the right to whole bytes, bit by bit as their definitions say.
 *
 *   crc32             IEEE 802.3: polynomial 0x04c11db7 reflected, start and end inverted ("123456789" gives 0xcbf43926)
 *   crc16             ARC: polynomial 0x8005 reflected, start 0 ("123456789" gives 0xbb3d)
 *   onesComplement16  the Internet checksum, RFC 1071: complement of the ones-complement sum; an odd last byte counts as the high one
 *   xor16             exclusive or of the 16-bit words, the same padding
 *   targetDefault     arena/hash.ts over the bytes zero-padded to whole 32-bit words
 *   toeplitz          arena/toeplitz.ts over the bytes
 *   identity          the padded bit string itself
 */
import { hashWords, toeplitzWindow, viewOf } from '../arena/index.ts';
import type { HashAlgorithm } from '../p4/ir/ir.ts';
import { toBytes } from './bits.ts';

/** Hash of a bit string; the caller cuts it to the width that it wants. */
export function hash(algorithm: HashAlgorithm, data: { readonly value: bigint; readonly width: number }, seed: number): bigint {
  switch (algorithm) {
    case 'identity':
      return data.value << BigInt(-data.width & 7);
    case 'crc32':
      return BigInt((crc(toBytes(data.value, data.width), 0xedb88320, 0xffffffff) ^ 0xffffffff) >>> 0);
    case 'crc16':
      return BigInt(crc(toBytes(data.value, data.width), 0xa001, 0));
    case 'onesComplement16':
      return BigInt(onesSum(words16(toBytes(data.value, data.width))) ^ 0xffff);
    case 'xor16':
      return BigInt(words16(toBytes(data.value, data.width)).reduce((a, b) => a ^ b, 0));
    case 'targetDefault': {
      const bytes = toBytes(data.value, data.width);
      const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
      padded.set(bytes);
      return BigInt(hashWords(viewOf(padded), 0, padded.length / 4, seed));
    }
    case 'toeplitz':
      return toeplitz(toBytes(data.value, data.width));
    default:
      return assertNever(algorithm);
  }
}

function toeplitz(bytes: Uint8Array): bigint {
  let result = 0n;
  for (const [at, byte] of bytes.entries()) {
    const window = toeplitzWindow(at, 5);
    for (let bit = 0; bit < 8; bit++) if ((byte >> (7 - bit)) & 1) result ^= (window >> BigInt(8 - bit)) & 0xffff_ffffn;
  }
  return result;
}

/** Ones-complement sum of 16-bit words, folded (RFC 1071); 0 only if all words are. */
export function onesSum(words: readonly number[]): number {
  let sum = 0;
  for (const word of words) {
    sum += word;
    sum = (sum & 0xffff) + (sum >>> 16);
  }
  return sum;
}

/** 16-bit words in wire order; an odd last byte is the high half of one. */
export function words16(bytes: Uint8Array): number[] {
  const words: number[] = [];
  for (let i = 0; i < bytes.length; i += 2) words.push((bytes[i]! << 8) | (bytes[i + 1] ?? 0));
  return words;
}

function crc(bytes: Uint8Array, polynomial: number, start: number): number {
  let c = start;
  for (const byte of bytes) {
    c ^= byte;
    for (let bit = 0; bit < 8; bit++) c = (c & 1) === 1 ? (c >>> 1) ^ polynomial : c >>> 1;
  }
  return c >>> 0;
}

function assertNever(value: never): never {
  throw new Error(`not reached: ${value}`);
}
