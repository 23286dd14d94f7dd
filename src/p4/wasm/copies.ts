/**
 * Copies of a packet for pipelines of their own: writing the record that a copy starts from (layout: ir/copies.ts), and starting from one.
 * The record is written to the worker's context, and the embedder is told; it keeps record and packet until it runs the copy.
 */
import { descriptor } from '../../arena/layout.ts';
import { type CopyRecord, copyRecordHead, copyRecordHeader } from '../ir/copies.ts';
import { copyVias, type Expr, type Stmt } from '../ir/ir.ts';
import { Bug } from './bug.ts';
import { type Get, none } from './builder.ts';
import { loadBits } from './bytes.ts';
import { loadWideBits, paddedPlace, storeRawWords } from './fields.ts';
import { copyOut } from './headers.ts';
import { isWide } from './narrow.ts';
import type { Pipe } from './pipe.ts';
import { number32 } from './statements.ts';
import { paddedFields, toWords } from './wire.ts';

/** The bit of a descriptor's flags that says: this is a copy, with a record. */
const isCopy = 2;

export function copy(p: Pipe, s: Extract<Stmt, { kind: 'copy' }>): void {
  const { i32: A } = p.m;
  const record = recordOf(p, s.to);
  const base = p.holdI32(A.add(p.get(p.context), A.const(p.unit.scratch.copy)));
  const values = record.vars.map(({ id, width }): Expr => {
    const given = s.fields.find((f) => f.target === id);
    return given ? given.value : { kind: 'const', width, value: 0n };
  });
  p.emit(A.store(copyRecordHead.consumed, base(), A.sub(p.get(p.payload), p.get(p.addr))));
  const bytes = record.vars.reduce((sum, v) => sum + v.bytes, 0);
  if (bytes > 0) {
    storeRawWords(p, base, copyRecordHead.vars, bytes, toWords(p, paddedFields(p, values), Math.ceil(bytes / 8)));
  }
  for (const { id, offset } of record.headers) {
    const before = p.facts;
    p.emit(A.store(offset + copyRecordHeader.isValid, base(), p.isValid(id)));
    p.whereValid(id, () => {
      const { varbitBytes } = p.header(id);
      if (varbitBytes !== undefined) p.emit(A.store(offset + copyRecordHeader.varbitBytes, base(), p.get(varbitBytes)));
      const to = p.holdI32(A.add(base(), A.const(offset + copyRecordHeader.bytes)));
      copyOut(p, id, to);
    });
    p.facts = before;
  }
  const id = p.holdI32(number32(p, s.id));
  p.emit(A.store(descriptor.addr, p.get(p.descriptor), p.get(p.addr)));
  p.emit(A.store(descriptor.length, p.get(p.descriptor), p.packetLength()));
  const via = A.const(copyVias.indexOf(s.via));
  p.emit(p.m.call('copy', [p.get(p.descriptor), base(), A.const(record.bytes), A.const(s.to), via, id()], none));
}

/** At the start of a pipeline that copies run: takes over what the record of the descriptor holds, if it has one. */
export function restore(p: Pipe, to: number): void {
  const record = p.unit.records.get(to);
  if (!record) return;
  const { i32: A } = p.m;
  const flags = A.load8_u(descriptor.flags, p.get(p.descriptor));
  const before = p.facts;
  p.if(A.and(flags, A.const(isCopy)), () => {
    const base = p.holdI32(A.load(descriptor.record, p.get(p.descriptor)));
    for (const { id, width, offset } of record.vars) {
      const place = paddedPlace(base, offset, width);
      if (isWide(width)) p.setLimbs(id, width, loadWideBits(p, place));
      else p.setNumber(id, width, loadBits(p, place));
    }
    if (p.program.pipelines[to]!.forCopies === 'headers') restoreHeaders(p, record, base);
  });
  const facts = new Map(before);
  for (const { id } of record.headers) facts.delete(id);
  p.facts = facts;
}

/** Headers stay where the record has them: it belongs to this copy alone. */
function restoreHeaders(p: Pipe, record: CopyRecord, base: Get): void {
  const { i32: A } = p.m;
  p.set(p.payload, A.add(p.get(p.addr), A.load(copyRecordHead.consumed, base())));
  for (const { id, offset } of record.headers) {
    p.if(A.load(offset + copyRecordHeader.isValid, base()), () => {
      const { pointer, varbitBytes } = p.header(id);
      p.set(pointer, A.add(base(), A.const(offset + copyRecordHeader.bytes)));
      if (varbitBytes !== undefined) p.set(varbitBytes, A.load(offset + copyRecordHeader.varbitBytes, base()));
    });
  }
}

/** Keeps the first bytes of the packet only. */
export function truncate(p: Pipe, bytes: Expr): void {
  const { i32: A } = p.m;
  const limit = p.holdI32(number32(p, bytes));
  p.if(A.lt_u(limit(), p.packetLength()), () => {
    p.set(p.end, A.add(p.get(p.addr), limit()));
    p.if(A.gt_u(p.get(p.payload), p.get(p.end)), () => p.set(p.payload, p.get(p.end)));
  });
}

/** Keeps the first bytes of the payload only, and forgets what a port would have completed. */
export function cutPayload(p: Pipe, bytes: Expr): void {
  const { i32: A } = p.m;
  const limit = p.holdI32(number32(p, bytes));
  p.if(A.lt_u(limit(), A.sub(p.get(p.end), p.get(p.payload))), () => p.set(p.end, A.add(p.get(p.payload), limit())));
  p.emit(A.store(descriptor.csumAddr, p.get(p.descriptor), A.const(0)));
  p.emit(A.store8(descriptor.gsoType, p.get(p.descriptor), A.const(0)));
}

function recordOf(p: Pipe, to: number): CopyRecord {
  const record = p.unit.records.get(to);
  if (!record) throw new Bug(`no copies to pipeline ${to}`);
  return record;
}
