/** v1model's hash(), verify_checksum and update_checksum, with and without payload. */
import type { Span } from '../../diag/index.ts';
import { binary, constant, equal, not, resize } from '../ir/build.ts';
import type * as ir from '../ir/ir.ts';
import { assign } from '../ir/lower/assign.ts';
import { argument } from '../ir/lower/core-externs.ts';
import { lower, lowerBool, lowerScalar } from '../ir/lower/expressions.ts';
import { type Item, nothing, scalar } from '../ir/lower/items.ts';
import type { Lowering } from '../ir/lower/lowering.ts';
import { leaves } from '../ir/lower/reading.ts';
import { scalarWidth } from '../ir/lower/scalars.ts';
import { headerFields } from '../ir/lower/storage.ts';
import type { ExternCall } from './architecture.ts';
import { wordAligned } from './pna-checksums.ts';
import { hashAlgorithms, wholeBytes } from './pna-data.ts';
import { scalarArgument } from './pna-functions.ts';
import { enumMember } from './shared.ts';

/** hash(result, algorithm, base, data, max): base + hash modulo max. */
export function hashInto(lw: Lowering, call: ExternCall): Item {
  const { span } = call.call;
  const place = argument(call, 0)!;
  const type = lw.typeOf(place);
  const width = scalarWidth(type) ?? 32;
  const base = scalarArgument(lw, call, 2);
  const max = scalarArgument(lw, call, 4);
  const wide = Math.max(width, base.width, max.width, 32);
  const value = randomOr(
    lw,
    call,
    1,
    (algorithm) => ({ kind: 'hash', width: wide, algorithm, data: dataLeaves(lw, call, 3) }),
    wide,
  );
  const result = binary('add', resize(base, wide), binary('mod', value, resize(max, wide)));
  assign(lw, lower(lw, place), scalar(resize(result, width)), span);
  return nothing;
}

/** verify_checksum(condition, data, checksum, algorithm) */
export function verifyChecksum(lw: Lowering, call: ExternCall, withPayload: boolean): Item {
  const { span } = call.call;
  const given = scalarArgument(lw, call, 2);
  guarded(lw, call, () => {
    const computed = checksum(lw, call, given.width, withPayload);
    const failed = lw.sharedVar('standard_metadata.checksum_error', 1);
    const fail: ir.Stmt = { kind: 'assign', target: failed, value: constant(1, 1), span };
    lw.emit({ kind: 'if', condition: not(equal(given, computed)), then: [fail], else: [], span });
  });
  return nothing;
}

/** update_checksum(condition, data, checksum, algorithm) */
export function updateChecksum(lw: Lowering, call: ExternCall, withPayload: boolean): Item {
  const place = argument(call, 2)!;
  const width = scalarWidth(lw.typeOf(place)) ?? 16;
  guarded(lw, call, () => assign(lw, lower(lw, place), scalar(checksum(lw, call, width, withPayload)), call.call.span));
  return nothing;
}

function guarded(lw: Lowering, call: ExternCall, body: () => void): void {
  const condition = lowerBool(lw, argument(call, 0)!);
  lw.emit({ kind: 'if', condition, then: lw.collect(body), else: [], span: call.call.span });
}

function checksum(lw: Lowering, call: ExternCall, width: number, withPayload: boolean): ir.Expr {
  const { span } = call.call;
  return randomOr(
    lw,
    call,
    3,
    (algorithm) => {
      if (algorithm === 'onesComplement16') return resize(not(sumOf(lw, call, withPayload)), width);
      if (withPayload) lw.unsupported(span, "a checksum with payload and another algorithm than 'csum16'");
      return { kind: 'hash', width, algorithm, data: dataLeaves(lw, call, 1) };
    },
    width,
  );
}

/** Ones-complement sum of the data, which may contain varbit fields at word boundaries, and of the payload. */
function sumOf(lw: Lowering, call: ExternCall, withPayload: boolean): ir.Expr {
  const source = argument(call, 1)!;
  const parts: ir.Expr[] = [];
  let fields: ir.Expr[] = [];
  const flush = (): void => {
    const rest = fields.reduce((sum, f) => sum + f.width, 0) % 16;
    if (rest !== 0) fields.push(constant(16 - rest, 0));
    parts.push(...wordAligned(fields));
    fields = [];
  };
  for (const part of splitVarbits(lw, lower(lw, source, lw.typeOf(source)), source.span)) {
    if (part.kind === 'varbitSum') {
      flush();
      parts.push(part);
    } else fields.push(part);
  }
  flush();
  if (withPayload) parts.push({ kind: 'intrinsic', width: 16, name: 'payloadSum' });
  return { kind: 'onesSum', width: 16, parts: parts.map((value) => ({ value, negate: false })) };
}

/** The scalars of a value in order, each varbit field as its sum. */
function splitVarbits(lw: Lowering, item: Item, span: Span): ir.Expr[] {
  switch (item.kind) {
    case 'varbit':
      return [{ kind: 'varbitSum', width: 16, header: item.header }];
    case 'record':
      return [...item.fields.values()].flatMap((f) => splitVarbits(lw, f, span));
    case 'header':
      return splitVarbits(lw, headerFields(lw, item), span);
    default:
      return leaves(lw, item, span);
  }
}

function dataLeaves(lw: Lowering, call: ExternCall, index: number): ir.Expr[] {
  const source = argument(call, index)!;
  const type = lw.typeOf(source);
  if (scalarWidth(type) !== undefined) return wholeBytes([lowerScalar(lw, source, type)]);
  return wholeBytes(leaves(lw, lower(lw, source, type), source.span));
}

/** The algorithm named by argument `index` applied, or a random number for HashAlgorithm.random. */
function randomOr(
  lw: Lowering,
  call: ExternCall,
  index: number,
  apply: (algorithm: ir.HashAlgorithm) => ir.Expr,
  width: number,
): ir.Expr {
  const source = argument(call, index);
  const name = source && enumMember(lw, source);
  if (name === 'random') {
    const target = lw.newVar('$random', width);
    const high = constant(width, (1n << BigInt(width)) - 1n);
    lw.emit({ kind: 'random', target: target.id, low: constant(width, 0), high, span: call.call.span });
    return target;
  }
  const algorithm = name === undefined ? undefined : hashAlgorithms[name];
  if (algorithm) return apply(algorithm);
  lw.unsupported(source?.span ?? call.call.span, `hash algorithm '${name ?? 'unknown'}'`);
  return constant(width, 0);
}
