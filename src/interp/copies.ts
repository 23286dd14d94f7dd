/** Copies of a packet (ir.ts, `copy`): the record that a copy starts from, written and read in the form of p4/ir/copies.ts. */
import { copyRecordHead, copyRecordHeader, copyRecords } from '../p4/ir/copies.ts';
import type { Stmt } from '../p4/ir/ir.ts';
import { concatBits, readBits, toBytes } from './bits.ts';
import { evaluate } from './evaluate.ts';
import { fieldWidth, fillHeader, type State } from './state.ts';
import { named, traceExtern } from './tracing.ts';

export function runCopy(s: Extract<Stmt, { kind: 'copy' }>, state: State): void {
  const { program } = state;
  const layout = copyRecords(program).get(s.to)!;
  const record = new Uint8Array(layout.bytes);
  const view = new DataView(record.buffer);
  view.setUint32(copyRecordHead.consumed, state.cursorBits / 8, true);
  for (const { id, offset, bytes } of layout.vars) {
    const field = s.fields.find((f) => f.target === id);
    if (field) record.set(toBytes(evaluate(field.value, state), 8 * bytes), offset);
  }
  for (const { id, offset } of layout.headers) {
    const header = state.headers.get(id)!;
    if (!header.isValid) continue;
    view.setUint32(offset + copyRecordHeader.isValid, 1, true);
    view.setUint32(offset + copyRecordHeader.varbitBytes, header.varbitBits / 8, true);
    const bits = concatBits(header.values.map((value, i) => ({ value, width: fieldWidth(header, i) })));
    record.set(toBytes(bits.value, bits.width), offset + copyRecordHeader.bytes);
  }
  const id = evaluate(s.id, state);
  traceExtern(state, 'copy', program.pipelines[s.to]!.name, s.span, () => [named(s.via, s.id.width, id)]);
  state.makeCopy?.(s.to, s.via, Number(BigInt.asUintN(32, id)), record);
}

/** Puts a copy's state into that of a record. */
export function restoreCopy(to: number, record: Uint8Array, state: State): void {
  const { program } = state;
  const layout = copyRecords(program).get(to);
  if (!layout) return;
  const view = new DataView(record.buffer, record.byteOffset);
  for (const { id, width, offset, bytes } of layout.vars)
    state.vars.set(id, readBits(record, 8 * (offset + bytes) - width, width));
  if (program.pipelines[to]!.forCopies !== 'headers') return;
  state.cursorBits = 8 * view.getUint32(copyRecordHead.consumed, true);
  for (const { id, offset } of layout.headers) {
    if (view.getUint32(offset + copyRecordHeader.isValid, true) === 0) continue;
    const varbitBits = 8 * view.getUint32(offset + copyRecordHeader.varbitBytes, true);
    fillHeader(state.headers.get(id)!, record, 8 * (offset + copyRecordHeader.bytes), varbitBits);
  }
}

export function runCutPayload(s: Extract<Stmt, { kind: 'cutPayload' }>, state: State): void {
  const length = state.cursorBits / 8 + Number(evaluate(s.bytes, state));
  state.isOurs = true;
  state.segmentLength = Math.min(length, state.bytes.length);
  if (length >= state.bytes.length) return;
  state.packetLength -= state.bytes.length - length;
  state.bytes = state.bytes.slice(0, length);
}

export function runTruncate(s: Extract<Stmt, { kind: 'truncate' }>, state: State): void {
  const limit = evaluate(s.bytes, state);
  if (limit >= BigInt(state.bytes.length)) return;
  state.bytes = state.bytes.slice(0, Number(limit));
  state.cursorBits = Math.min(state.cursorBits, 8 * state.bytes.length);
}
