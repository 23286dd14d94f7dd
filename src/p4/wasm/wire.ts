/**
 * Concatenations as bytes in wire order: the data of keys, hashes and checksums. The parts are taken apart into leaves, leaves that lie side by side
 * in a header are joined (source and destination address become one 64-bit load), and the result is cut at byte boundaries into runs.
 *
 *   {version, ihl, tos, length, ...}  ->  one run of memory
 *   {bit<3> a, bit<13> b, bit<16> c}  ->  a run of 2 raw bytes, a run of 2 raw bytes
 */
import type { Expr, HeaderId } from '../ir/ir.ts';
import type { Fn, Get, Ref } from './builder.ts';
import { byteCount, extend, loadBits, loadRaw, onesOf, swapBytes, swapConstant } from './bytes.ts';
import { evaluateLimbs } from './expr.ts';
import { bitsOfHeader } from './fields.ts';
import type { Pipe } from './pipe.ts';
import { evaluateRawWords } from './raw.ts';
import { type Limbs, narrowSlice } from './wide.ts';

/** Whole bytes of the string, from byte `at`. Raw ones are at most 8 bytes, as an i64. */
export type Run = { readonly at: number; readonly bytes: number } & (
  | { readonly kind: 'memory'; readonly base: Get; readonly offset: number; readonly bound: number }
  | { readonly kind: 'raw'; readonly value: Get }
  | { readonly kind: 'const'; readonly value: bigint }
);

type Leaf =
  | {
      readonly kind: 'memory';
      readonly width: number;
      readonly header: HeaderId;
      readonly bit: number;
      readonly isBehindVarbit: boolean;
    }
  | { readonly kind: 'const'; readonly width: number; readonly value: bigint }
  | { readonly kind: 'value'; readonly width: number; readonly e: Expr };

/** The concatenation, most significant first, zero-padded on the right to whole bytes. */
export function concatenation(p: Pipe, data: readonly Expr[]): Run[] {
  const leaves = data.flatMap((e) => flatten(p, e));
  const width = leaves.reduce((sum, leaf) => sum + leaf.width, 0);
  return cut(p, [...leaves, { kind: 'const', width: byteCount(width) * 8 - width, value: 0n }]);
}

/** Each value in whole bytes, right-aligned, without gaps: the form of keys and records. */
export function paddedFields(p: Pipe, data: readonly Expr[]): Run[] {
  const leaves = data.flatMap((e): Leaf[] => [
    { kind: 'const', width: byteCount(e.width) * 8 - e.width, value: 0n },
    ...flatten(p, e),
  ]);
  return cut(p, leaves);
}

/** The runs as little-endian 64-bit words; the last one is zero-padded. */
export function toWords(f: Fn, runs: readonly Run[], count: number): Limbs {
  return Array.from({ length: count }, (_, i) => {
    const parts: Ref[] = [];
    for (const run of runs) {
      const from = Math.max(run.at, 8 * i);
      const to = Math.min(run.at + run.bytes, 8 * i + 8);
      if (from >= to) continue;
      const part = bytesOfRun(f, run, from - run.at, to - from);
      if (part === undefined) continue;
      parts.push(from > 8 * i ? f.m.i64.shl(part, f.m.i64.const(8 * (from - 8 * i))) : part);
    }
    const word = parts.length > 0 ? parts.reduce((a, b) => f.m.i64.or(a, b)) : f.m.i64.const(0);
    return f.holdI64(word);
  });
}

/** `count` bytes (at most 8) of a run from its byte `from`, as a raw i64; undefined if they are all zero. */
export function bytesOfRun(f: Fn, run: Run, from: number, count: number): Ref | undefined {
  const { i64: B } = f.m;
  switch (run.kind) {
    case 'memory':
      return extend(f, 8 * count, loadRaw(f, run.base, run.offset + from, count, run.bound));
    case 'raw': {
      const shifted = from > 0 ? B.shr_u(run.value(), B.const(8 * from)) : run.value();
      return from + count < run.bytes ? B.and(shifted, B.const(onesOf(8 * count))) : shifted;
    }
    case 'const': {
      const value = (run.value >> BigInt(8 * from)) & onesOf(8 * count);
      return value === 0n ? undefined : B.const(BigInt.asIntN(64, value));
    }
  }
}

function flatten(p: Pipe, e: Expr): Leaf[] {
  const memory = (header: HeaderId, field: number, high: number, low: number): Leaf => {
    const { type } = p.header(header);
    const { offsetBits, width } = type.fields[field]!;
    const isBehindVarbit = type.varbitField !== undefined && field > type.varbitField;
    return { kind: 'memory', width: high - low + 1, header, bit: offsetBits + width - 1 - high, isBehindVarbit };
  };
  switch (e.kind) {
    case 'concat':
      return [...flatten(p, e.left), ...flatten(p, e.right)];
    case 'const':
      return [{ kind: 'const', width: e.width, value: e.value }];
    case 'field':
      return [memory(e.header, e.field, e.width - 1, 0)];
    case 'slice':
      if (e.operand.kind === 'field') return [memory(e.operand.header, e.operand.field, e.high, e.low)];
      break;
    case 'resize':
      if (!e.signed && e.width >= e.operand.width) {
        return [{ kind: 'const', width: e.width - e.operand.width, value: 0n }, ...flatten(p, e.operand)];
      }
      break;
    default:
      break;
  }
  return [{ kind: 'value', width: e.width, e }];
}

/** Joins neighbours: bytes of the same header, constants, and zeros in front of a value that they fill up to whole bytes. */
function join(leaves: readonly Leaf[]): Leaf[] {
  const joined: Leaf[] = [];
  let position = 0;
  for (const leaf of leaves) {
    if (leaf.width === 0) continue;
    const last = joined.at(-1);
    const start = position - (last?.width ?? 0);
    position += leaf.width;
    if (last?.kind === 'memory' && leaf.kind === 'memory') {
      const isNext =
        last.header === leaf.header && last.isBehindVarbit === leaf.isBehindVarbit && last.bit + last.width === leaf.bit;
      if (isNext) {
        joined[joined.length - 1] = { ...last, width: last.width + leaf.width };
        continue;
      }
    }
    if (last?.kind === 'const' && leaf.kind === 'const') {
      const value = (last.value << BigInt(leaf.width)) | leaf.value;
      joined[joined.length - 1] = { kind: 'const', width: last.width + leaf.width, value };
      continue;
    }
    const width = (last?.width ?? 0) + leaf.width;
    if (
      last?.kind === 'const' &&
      last.value === 0n &&
      last.width < 8 &&
      leaf.kind === 'value' &&
      start % 8 === 0 &&
      width % 8 === 0
    ) {
      const e: Expr = { kind: 'resize', width, signed: false, operand: leaf.e };
      joined[joined.length - 1] = { kind: 'value', width, e };
      continue;
    }
    joined.push(leaf);
  }
  return joined;
}

/** Cuts the leaves, whole bytes together, at byte boundaries. */
function cut(p: Pipe, leaves: readonly Leaf[]): Run[] {
  const runs: Run[] = [];
  let position = 0;
  // Bits of a byte that several leaves share.
  let partial: Ref | undefined;
  for (const leaf of join(leaves)) {
    const bits = sliceReader(p, leaf);
    for (let taken = 0; taken < leaf.width; ) {
      const inByte = position % 8;
      const left = leaf.width - taken;
      if (inByte === 0 && left >= 8) {
        const whole = left - (left % 8);
        runs.push(...wholeBytes(p, leaf, taken, whole, position / 8, bits));
        taken += whole;
        position += whole;
        continue;
      }
      const count = Math.min(8 - inByte, left);
      const value = bits(taken, count);
      partial = partial === undefined ? value : p.m.i32.or(p.m.i32.shl(partial, p.m.i32.const(count)), value);
      taken += count;
      position += count;
      if (position % 8 === 0) {
        runs.push({ kind: 'raw', at: position / 8 - 1, bytes: 1, value: p.holdI64(p.m.i64.extend_u(partial)) });
        partial = undefined;
      }
    }
  }
  return runs;
}

/** Reads `count` bits (at most 64), as a number, from bit `from` (0: the most significant) of a leaf. */
function sliceReader(p: Pipe, leaf: Leaf): (from: number, count: number) => Ref {
  let limbs: Limbs | undefined;
  return (from, count) => {
    const low = leaf.width - from - count;
    switch (leaf.kind) {
      case 'memory':
        return loadBits(p, bitsOfHeader(p, leaf.header, leaf.isBehindVarbit, leaf.bit + from, count));
      case 'const': {
        const value = (leaf.value >> BigInt(low)) & onesOf(count);
        return count <= 32 ? p.m.i32.const(Number(BigInt.asIntN(32, value))) : p.m.i64.const(BigInt.asIntN(64, value));
      }
      case 'value':
        limbs ??= evaluateLimbs(p, leaf.e);
        return narrowSlice(p, limbs, low, count);
    }
  };
}

function wholeBytes(
  p: Pipe,
  leaf: Leaf,
  from: number,
  width: number,
  at: number,
  bits: (from: number, count: number) => Ref,
): Run[] {
  if (leaf.kind === 'memory' && (leaf.bit + from) % 8 === 0) {
    const { base, bit, bound } = bitsOfHeader(p, leaf.header, leaf.isBehindVarbit, leaf.bit + from, width);
    return [{ kind: 'memory', at, bytes: width / 8, base, offset: bit / 8, bound }];
  }
  if (leaf.kind === 'const') {
    const value = (leaf.value >> BigInt(leaf.width - from - width)) & onesOf(width);
    return [{ kind: 'const', at, bytes: width / 8, value: swapConstant(value, width / 8) }];
  }
  if (leaf.kind === 'value' && width === leaf.width) {
    return evaluateRawWords(p, leaf.e).map((value, i): Run => {
      return { kind: 'raw', at: at + 8 * i, bytes: Math.min(8, width / 8 - 8 * i), value };
    });
  }
  const runs: Run[] = [];
  for (let done = 0; done < width; done += 64) {
    const count = Math.min(64, width - done);
    const raw = swapBytes(p, count / 8, bits(from + done, count));
    runs.push({ kind: 'raw', at: at + done / 8, bytes: count / 8, value: p.holdI64(extend(p, count, raw)) });
  }
  return runs;
}
