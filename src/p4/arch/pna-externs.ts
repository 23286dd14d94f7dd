/**
 * PNA's extern objects (PNA §6): hashes, counters, meters, registers, random, action profiles and selectors, digests. Checksums are in pna-checksums.ts.
 */
import type { Span } from '../../diag/index.ts';
import { binary, constant, isConst, resize } from '../ir/build.ts';
import type * as ir from '../ir/ir.ts';
import { assign } from '../ir/lower/assign.ts';
import { argument } from '../ir/lower/core-externs.ts';
import { lower, lowerScalar } from '../ir/lower/expressions.ts';
import { type ExternState, type Item, nothing, scalar, tuple } from '../ir/lower/items.ts';
import type { Lowering } from '../ir/lower/lowering.ts';
import { leaves } from '../ir/lower/reading.ts';
import { scalarWidth } from '../ir/lower/scalars.ts';
import { allocate } from '../ir/lower/storage.ts';
import type * as ast from '../syntax/ast.ts';
import type { ExternCall, ExternConstruction, ExternHandlers } from './architecture.ts';
import { checksumExterns } from './pna-checksums.ts';
import { algorithmOf, dataOf, typeArgument, wholeBytes } from './pna-data.ts';
import { inMainControl, scalarArgument } from './pna-functions.ts';
import { annotationInteger, enumMember, fieldsOf, sizeArgument, sourceOf } from './shared.ts';

const maxCells = 1n << 24n;
const maxMembers = 1n << 20n;
/** 1 GiB. */
const maxSlots = 1 << 28;
const defaultMaglevSize = 65_537;

export const pnaExterns: Readonly<Record<string, ExternHandlers>> = {
  ...checksumExterns,
  Hash: { construct: hash, methods: { get_hash: getHash } },
  Counter: { construct: counter, methods: { count } },
  DirectCounter: { construct: directCounter, methods: { count: countDirect } },
  Meter: { construct: meter, methods: { execute: executeMeter, dpdk_execute: executeMeter } },
  DirectMeter: { construct: directMeter, methods: { execute: executeMeter, dpdk_execute: executeMeter } },
  Register: { construct: register, methods: { read: readRegister, write: writeRegister } },
  Random: { construct: random, methods: { read: readRandom } },
  ActionProfile: { construct: actionProfile, methods: {} },
  ActionSelector: { construct: actionSelector, methods: {} },
  Digest: { construct: digest, methods: { pack } },
};

// ---------------------------------------------------------------- hash

function hash(lw: Lowering, c: ExternConstruction): ExternState {
  const type = typeArgument(c, 0);
  const width = scalarWidth(type);
  if (width === undefined) lw.unsupported(c.span, 'a hash of this type');
  return { kind: 'hash', algorithm: algorithmOf(lw, c), width: width ?? 32 };
}

/** get_hash(data), or get_hash(base, data, max) = base + hash % max. */
function getHash(lw: Lowering, call: ExternCall): Item {
  const state = call.receiver?.state;
  if (state?.kind !== 'hash') return nothing;
  const { algorithm, width } = state;
  if (call.args.length < 3) return scalar({ kind: 'hash', width, algorithm, data: wholeBytes(dataOf(lw, call, 0)) });
  const base = scalarArgument(lw, call, 0);
  const data = wholeBytes(dataOf(lw, call, 1));
  const max = scalarArgument(lw, call, 2);
  const wide = Math.max(width, base.width, max.width, 32);
  const value: ir.Expr = { kind: 'hash', width: wide, algorithm, data };
  return scalar(resize(binary('add', resize(base, wide), binary('mod', value, resize(max, wide))), width));
}

// ---------------------------------------------------------------- counters and meters

function counterType(lw: Lowering, arg: ast.Expression | undefined): 'packets' | 'bytes' | 'both' {
  const name = arg && enumMember(lw, arg)?.toUpperCase();
  return name === 'PACKETS' ? 'packets' : name === 'BYTES' ? 'bytes' : 'both';
}

function meterUnit(lw: Lowering, arg: ast.Expression | undefined): 'packets' | 'bytes' {
  return arg && enumMember(lw, arg)?.toUpperCase() === 'PACKETS' ? 'packets' : 'bytes';
}

export function counter(lw: Lowering, c: ExternConstruction): ExternState {
  const id = lw.externs.length;
  const size = sizeArgument(lw, c.args[0], c.span, maxCells);
  lw.externs.push({
    kind: 'counter',
    id,
    name: c.name,
    size,
    type: counterType(lw, sourceOf(c.args[1])),
    annotations: c.annotations,
  });
  return { kind: 'counter', id };
}

export function directCounter(lw: Lowering, c: ExternConstruction): ExternState {
  return { kind: 'directCounter', type: counterType(lw, sourceOf(c.args[0])), annotations: c.annotations };
}

export function meter(lw: Lowering, c: ExternConstruction): ExternState {
  const id = lw.externs.length;
  const size = sizeArgument(lw, c.args[0], c.span, maxCells);
  lw.externs.push({
    kind: 'meter',
    id,
    name: c.name,
    size,
    unit: meterUnit(lw, sourceOf(c.args[1])),
    annotations: c.annotations,
  });
  return { kind: 'meter', id };
}

export function directMeter(lw: Lowering, c: ExternConstruction): ExternState {
  return { kind: 'directMeter', unit: meterUnit(lw, sourceOf(c.args[0])), annotations: c.annotations };
}

/** The argument for the parameter of a name, if it is given: overloads order them differently. */
function named(lw: Lowering, call: ExternCall, ...names: readonly string[]): ir.Expr | undefined {
  const index = call.args.findIndex((a) => names.includes(a.parameter.name.name));
  return index >= 0 && argument(call, index) ? scalarArgument(lw, call, index) : undefined;
}

export function count(lw: Lowering, call: ExternCall): Item {
  const state = call.receiver?.state;
  if (state?.kind !== 'counter' || !inMainControl(lw, call, 'a counter')) return nothing;
  const index = scalarArgument(lw, call, 0);
  lw.emit({ kind: 'count', extern: state.id, index, increment: named(lw, call, 'increment', 'pkt_len'), span: call.call.span });
  return nothing;
}

function countDirect(lw: Lowering, call: ExternCall): Item {
  const state = call.receiver?.state;
  if (state?.kind !== 'directCounter') return nothing;
  const id = attachedTo(lw, call, state, 'counter');
  if (id !== undefined)
    lw.emit({ kind: 'count', extern: id, increment: named(lw, call, 'increment', 'pkt_len'), span: call.call.span });
  return nothing;
}

/** A direct counter or meter works on the entry that was hit: only in the actions of its own table. */
export function attachedTo(
  lw: Lowering,
  call: ExternCall,
  state: { id?: number; table?: number },
  what: string,
  property = `pna_direct_${what}`,
): number | undefined {
  const table = lw.frame.table?.instance;
  if (table && state.id !== undefined && state.table === table.id) return state.id;
  const name = call.receiver?.name.split('.').at(-1);
  lw.error(
    'direct-resource',
    call.call.span,
    table
      ? `direct ${what} '${name}' does not belong to table '${table.declaration.name.name}'`
      : `direct ${what} '${name}' may only be used in an action of the table that it belongs to`,
    { help: `name it in the table's property '${property}'` },
  );
  return undefined;
}

function executeMeter(lw: Lowering, call: ExternCall): Item {
  const state = call.receiver?.state;
  const { span } = call.call;
  const isDirect = state?.kind === 'directMeter';
  if (!isDirect && state?.kind !== 'meter') return nothing;
  if (!inMainControl(lw, call, 'a meter')) return nothing;
  const id = isDirect ? attachedTo(lw, call, state, 'meter') : state.id;
  if (id === undefined) return nothing;
  const index = isDirect ? undefined : named(lw, call, 'index');
  const color = named(lw, call, 'color');
  const length = named(lw, call, 'pkt_len');
  const target = lw.newVar('$color', 2);
  lw.emit({ kind: 'meter', extern: id, index, color, length, target: target.id, span });
  return scalar(target);
}

// ---------------------------------------------------------------- registers, random, digests

export function register(lw: Lowering, c: ExternConstruction): ExternState {
  const id = lw.externs.length;
  const type = typeArgument(c, 0);
  const fields = fieldsOf(lw, type, c.span);
  const size = sizeArgument(lw, c.args[0], c.span, maxCells);
  const source = sourceOf(c.args[1]);
  const values = source ? leaves(lw, lower(lw, source, type), source.span) : [];
  const initial = fields.map((_, i) => {
    const v = values[i];
    return v && isConst(v) ? v.value : 0n;
  });
  lw.externs.push({ kind: 'register', id, name: c.name, size, fields, initial, annotations: c.annotations });
  lw.externTypes.set(id, type);
  return { kind: 'register', id, type };
}

function readRegister(lw: Lowering, call: ExternCall): Item {
  const state = call.receiver?.state;
  if (state?.kind !== 'register' || !inMainControl(lw, call, 'a register')) return nothing;
  return registerValue(lw, state, scalarArgument(lw, call, 0), call.call.span);
}

/** Reads a cell of a register. */
export function registerValue(lw: Lowering, state: ExternState & { kind: 'register' }, index: ir.Expr, span: Span): Item {
  const targets = fieldsOf(lw, state.type, span).map((f) => lw.newVar('$read', f.width));
  lw.emit({ kind: 'registerRead', extern: state.id, index, targets: targets.map((t) => t.id), span });
  if (scalarWidth(state.type) !== undefined) return scalar(targets[0]!);
  const result = allocate(lw, state.type, '$read', span);
  let next = 0;
  fill(lw, result, () => targets[next++]!, span);
  return result;
}

/** Gives the scalars of a value theirs, in order. */
function fill(lw: Lowering, item: Item, value: () => ir.Expr, span: ast.Expression['span']): void {
  if (item.kind === 'cell') assign(lw, item, scalar(value()), span);
  else if (item.kind === 'record') for (const f of item.fields.values()) fill(lw, f, value, span);
}

export function writeRegister(lw: Lowering, call: ExternCall): Item {
  const state = call.receiver?.state;
  if (state?.kind !== 'register' || !inMainControl(lw, call, 'a register')) return nothing;
  const source = argument(call, 1)!;
  const index = scalarArgument(lw, call, 0);
  const item = lower(lw, source, state.type);
  const width = scalarWidth(state.type);
  const values = width === undefined ? leaves(lw, item, source.span) : [lowerScalar(lw, source, state.type)];
  lw.emit({ kind: 'registerWrite', extern: state.id, index, values, span: call.call.span });
  return nothing;
}

function random(lw: Lowering, c: ExternConstruction): ExternState {
  const type = typeArgument(c, 0);
  const bound = (i: number): ir.Expr => {
    const source = sourceOf(c.args[i]);
    return source ? lowerScalar(lw, source, type) : constant(scalarWidth(type) ?? 32, 0);
  };
  const [low, high] = [bound(0), bound(1)];
  if (isConst(low) && isConst(high) && low.value > high.value) {
    lw.error('out-of-range', c.span, `the smallest random value, ${low.value}, is larger than the largest, ${high.value}`);
  }
  return { kind: 'random', low, high };
}

function readRandom(lw: Lowering, call: ExternCall): Item {
  const state = call.receiver?.state;
  if (state?.kind !== 'random') return nothing;
  const target = lw.newVar('$random', state.low.width);
  lw.emit({ kind: 'random', target: target.id, low: state.low, high: state.high, span: call.call.span });
  return scalar(target);
}

function digest(lw: Lowering, c: ExternConstruction): ExternState {
  const id = lw.externs.length;
  const type = typeArgument(c, 0);
  const typeName = type.kind === 'struct' || type.kind === 'header' ? type.name : undefined;
  const fields = fieldsOf(lw, type, c.span);
  lw.externs.push({ kind: 'digest', id, name: c.name, fields, ...(typeName ? { typeName } : {}), annotations: c.annotations });
  lw.externTypes.set(id, type);
  return { kind: 'digest', id };
}

function pack(lw: Lowering, call: ExternCall): Item {
  const state = call.receiver?.state;
  if (state?.kind !== 'digest') return nothing;
  if (lw.role !== 'deparser' && lw.role !== 'control') {
    lw.error('wrong-place', call.call.span, "'pack' may only be called in the main control and the deparser");
    return nothing;
  }
  const source = argument(call, 0)!;
  const type = typeArgument(call.receiver!, 0);
  const item = lower(lw, source, type);
  const width = scalarWidth(type);
  const fields = leaves(lw, width !== undefined ? tuple([scalar(lowerScalar(lw, source, type))]) : item, source.span);
  lw.emit({ kind: 'digest', extern: state.id, fields, span: call.call.span });
  return nothing;
}

// ---------------------------------------------------------------- action profiles

export function actionProfile(lw: Lowering, c: ExternConstruction): ExternState {
  const id = lw.externs.length;
  lw.externs.push({
    kind: 'actionProfile',
    id,
    name: c.name,
    size: sizeArgument(lw, c.args[0], c.span, maxMembers),
    annotations: c.annotations,
  });
  return { kind: 'actionProfile', id };
}

/** `@softipu_max_groups`, `@softipu_maglev_size` and `@softipu_maglev_slots` size the groups. */
export function actionSelector(lw: Lowering, c: ExternConstruction): ExternState {
  const id = lw.externs.length;
  const size = sizeArgument(lw, c.args[1], c.span, maxMembers);
  const maglevSize = annotationInteger(lw, c.sourceAnnotations, 'softipu_maglev_size') ?? defaultMaglevSize;
  if (!isPrime(maglevSize)) {
    lw.error('out-of-range', c.span, `the number of slots of a Maglev table must be a prime, found ${maglevSize}`, {
      help: `use ${nextPrime(maglevSize)}`,
    });
  }
  const maxGroups = annotationInteger(lw, c.sourceAnnotations, 'softipu_max_groups') ?? Math.min(size, 1024);
  const maglevSlots = annotationInteger(lw, c.sourceAnnotations, 'softipu_maglev_slots');
  if (maglevSlots !== undefined && (maglevSlots < maglevSize || maglevSlots > maxSlots)) {
    lw.error('out-of-range', c.span, `the slots of all Maglev tables must be ${maglevSize} to ${maxSlots}, found ${maglevSlots}`);
  }
  lw.externs.push({
    kind: 'actionSelector',
    id,
    name: c.name,
    size,
    maxGroups,
    maglevSize,
    ...(maglevSlots !== undefined && { maglevSlots }),
    algorithm: algorithmOf(lw, c),
    outputWidth: sizeArgument(lw, c.args[2], c.span, 64n),
    annotations: c.annotations,
  });
  return { kind: 'actionSelector', id };
}

function isPrime(n: number): boolean {
  if (n < 2) return false;
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return true;
}

function nextPrime(n: number): number {
  let p = Math.max(2, n);
  while (!isPrime(p)) p++;
  return p;
}
