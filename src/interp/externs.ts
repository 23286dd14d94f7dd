/**
 * Externs with state. An index behind an array's end counts nothing, reads 0, writes nothing, and its meter is green.
 *
 * Random numbers: xorshift32 (Marsaglia 2003: 13, 17, 5) on the context's word; the result is low + floor(x (high - low + 1) / 2^32), and for
 * wider values x is two steps, the first one the high half. high < low gives low.
 */
import { context, countAt, meterColor, meterStep } from '../arena/index.ts';
import type { Extern, ExternId, Stmt } from '../p4/ir/ir.ts';
import { entryOf } from './apply.ts';
import { evaluate } from './evaluate.ts';
import type { State } from './state.ts';
import { named, traceExtern } from './tracing.ts';

type Of<K extends Stmt['kind']> = Extract<Stmt, { kind: K }>;

export function runCount(s: Of<'count'>, state: State): void {
  const extern = externOf(state, s.extern, 'counter', 'directCounter');
  const bytes = s.increment ? evaluate(s.increment, state) : BigInt(state.packetLength);
  const index = s.index ? evaluate(s.index, state) : 0n;
  if (extern.kind === 'counter') state.arena.counters[place(state, extern)]!.count(Number(index), bytes);
  else {
    const { table, handle } = entryOf(extern.table, state);
    countAt(table.memory, table.address(handle) + table.layout.counterOffset, bytes);
  }
  traceExtern(state, 'count', extern.name, s.span, () => [
    ...(s.index ? [named('index', s.index.width, index)] : []),
    named('bytes', 64, bytes),
  ]);
}

export function runMeter(s: Of<'meter'>, state: State): void {
  const extern = externOf(state, s.extern, 'meter', 'directMeter');
  const length = s.length ? evaluate(s.length, state) : BigInt(state.packetLength);
  const amount = extern.unit === 'packets' ? 1 : Number(BigInt.asUintN(32, length));
  const before = s.color ? Number(evaluate(s.color, state)) : meterColor.green;
  const index = s.index ? Number(evaluate(s.index, state)) : 0;
  let color: number = meterColor.green;
  if (extern.kind === 'directMeter') {
    const { table, handle } = entryOf(extern.table, state);
    color = meterStep(state.arena.view, table.address(handle) + table.layout.meterOffset, state.nowNs, amount, before);
  } else if (index < extern.size) {
    color = state.arena.meters[place(state, extern)]!.execute(index, state.nowNs, amount, before);
  }
  if (s.target !== undefined) state.vars.set(s.target, BigInt(color));
  traceExtern(state, 'meter', extern.name, s.span, () => [
    ...(s.index ? [named('index', s.index.width, BigInt(index))] : []),
    named('color', 2, BigInt(color)),
  ]);
}

export function runRegisterRead(s: Of<'registerRead'>, state: State): void {
  const extern = externOf(state, s.extern, 'register');
  const index = evaluate(s.index, state);
  const isThere = index < BigInt(extern.size);
  const values = isThere ? state.arena.registers[place(state, extern)]!.read(Number(index)) : [];
  s.targets.forEach((target, i) => {
    state.vars.set(target, values[i] ?? 0n);
  });
  traceExtern(state, 'read', extern.name, s.span, () => [
    named('index', s.index.width, index),
    ...extern.fields.map((f, i) => named(f.name, f.width, values[i] ?? 0n)),
  ]);
}

export function runRegisterWrite(s: Of<'registerWrite'>, state: State): void {
  const extern = externOf(state, s.extern, 'register');
  const index = evaluate(s.index, state);
  const values = s.values.map((value) => evaluate(value, state));
  if (index < BigInt(extern.size)) state.arena.registers[place(state, extern)]!.write(Number(index), values);
  traceExtern(state, 'write', extern.name, s.span, () => [
    named('index', s.index.width, index),
    ...extern.fields.map((f, i) => named(f.name, f.width, values[i]!)),
  ]);
}

export function runDigest(s: Of<'digest'>, state: State): void {
  const extern = externOf(state, s.extern, 'digest');
  const values = s.fields.map((field) => evaluate(field, state));
  state.arena.digests[place(state, extern)]!.push(values);
  traceExtern(state, 'digest', extern.name, s.span, () => extern.fields.map((f, i) => named(f.name, f.width, values[i]!)));
}

export function runRandom(s: Of<'random'>, state: State): void {
  const { width } = s.low;
  const low = evaluate(s.low, state);
  const high = evaluate(s.high, state);
  let value = low;
  if (width <= 32) {
    const x = nextRandom(state);
    if (high >= low) value = low + ((x * (high - low + 1n)) >> 32n);
  } else {
    const x = (nextRandom(state) << 32n) | nextRandom(state);
    if (high >= low) value = low + ((x * (high - low + 1n)) >> 64n);
  }
  state.vars.set(s.target, value);
  traceExtern(state, 'random', '', s.span, () => [named('value', width, value)]);
}

export function runAllocateFlowId(s: Of<'allocateFlowId'>, state: State): void {
  const at = state.context + context.flowId;
  const id = state.arena.view.getUint32(at, true);
  state.arena.view.setUint32(at, id + 1, true);
  state.vars.set(s.target, BigInt(id));
  traceExtern(state, 'allocate_flow_id', '', s.span, () => [named('id', 32, BigInt(id))]);
}

function nextRandom(state: State): bigint {
  const at = state.context + context.random;
  let x = state.arena.view.getUint32(at, true);
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  state.arena.view.setUint32(at, x >>> 0, true);
  return BigInt(x >>> 0);
}

function externOf<K extends Extern['kind']>(state: State, id: ExternId, ...kinds: readonly K[]): Extract<Extern, { kind: K }> {
  const isOne = (e: Extern): e is Extract<Extern, { kind: K }> => e.id === id && (kinds as readonly string[]).includes(e.kind);
  return state.program.externs.find(isOne)!;
}

/** Index of an extern among those of its kind: where the arena has its state. */
function place(state: State, extern: Extern): number {
  return state.program.externs.filter((e) => e.kind === extern.kind).findIndex((e) => e.id === extern.id);
}
