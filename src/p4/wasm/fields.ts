/** Header fields, read and written where they lie: as numbers, as limbs, or as raw bytes. */
import type { HeaderId } from '../ir/ir.ts';
import { type Fn, type Get, i32, type Ref } from './builder.ts';
import { type BitPlace, byteCount, extend, loadBits, loadRaw, narrowTo, storeBits, storeRaw } from './bytes.ts';
import type { Pipe } from './pipe.ts';
import { type Limbs, limbCount } from './wide.ts';

/** Where bits high..low of a field are. */
export function fieldPlace(p: Pipe, header: HeaderId, field: number, high?: number, low = 0): BitPlace {
  const { type } = p.header(header);
  const { offsetBits, width } = type.fields[field]!;
  const top = high ?? width - 1;
  const isBehindVarbit = type.varbitField !== undefined && field > type.varbitField;
  return bitsOfHeader(p, header, isBehindVarbit, offsetBits + width - 1 - top, top - low + 1);
}

/** Where `width` bits from bit `bit` of a header are; behind its varbit field, `bit` counts as if that were empty. */
export function bitsOfHeader(p: Pipe, header: HeaderId, isBehindVarbit: boolean, bit: number, width: number): BitPlace {
  const { type, varbitBytes } = p.header(header);
  const bound = type.fixedBits / 8;
  const place = p.placeOf(header);
  if (place !== undefined) return { base: () => p.get(p.addr), bit: 8 * place + bit, width, bound: place + bound };
  if (!isBehindVarbit || varbitBytes === undefined) return { base: () => p.pointer(header), bit, width, bound };
  return { base: p.hold(p.m.i32.add(p.pointer(header), p.get(varbitBytes)), i32), bit, width, bound };
}

/** Whether a place is whole bytes, so that it can be moved raw. */
export function isAlignedPlace(place: BitPlace): boolean {
  return place.bit % 8 === 0 && place.width % 8 === 0;
}

/** A number of more than 64 bits. */
export function loadWideBits(f: Fn, place: BitPlace): Limbs {
  return Array.from({ length: limbCount(place.width) }, (_, i) => {
    const part = limbPlace(place, i);
    return f.holdI64(extend(f, part.width, loadBits(f, part)));
  });
}

export function storeWideBits(f: Fn, place: BitPlace, limbs: Limbs): void {
  limbs.forEach((limb, i) => {
    const part = limbPlace(place, i);
    storeBits(f, part, narrowTo(f, part.width, limb()));
  });
}

/** Raw bytes of an aligned place of at most 8 bytes. */
export function loadRawPlace(f: Fn, place: BitPlace): Ref {
  return loadRaw(f, place.base, place.bit / 8, place.width / 8, place.bound);
}

/** Raw words (i64, first bytes first) of an aligned place. */
export function loadRawWords(f: Fn, place: BitPlace): Limbs {
  const bytes = place.width / 8;
  return Array.from({ length: Math.ceil(bytes / 8) }, (_, i) => {
    const count = Math.min(8, bytes - 8 * i);
    return f.holdI64(extend(f, 8 * count, loadRaw(f, place.base, place.bit / 8 + 8 * i, count, place.bound)));
  });
}

export function storeRawWords(f: Fn, base: Get, at: number, bytes: number, words: Limbs): void {
  words.forEach((word, i) => {
    const count = Math.min(8, bytes - 8 * i);
    storeRaw(f, base, at + 8 * i, count, narrowTo(f, 8 * count, word()));
  });
}

/** Bytes of a field that is stored by itself, as keys and parameters are: right-aligned in whole bytes. */
export function paddedPlace(base: Get, offset: number, width: number): BitPlace {
  const bytes = byteCount(width);
  return { base, bit: 8 * (offset + bytes) - width, width, bound: offset + bytes };
}

function limbPlace(place: BitPlace, limb: number): BitPlace {
  const low = 64 * limb;
  const width = Math.min(64, place.width - low);
  return { ...place, bit: place.bit + place.width - low - width, width };
}
