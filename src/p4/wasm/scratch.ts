/**
 * The scratch area in a worker's context: where headers that the program makes itself are kept, and working space of wide shifts, hashes and the
 * deparser. Offsets count from the context's address.
 *
 *   context.scratch | storage of each header that is ever made by setValid, copyHeader or copyVarbit | gather | shift | hash | crc tables | ahead | copy
 */
import { context } from '../../arena/layout.ts';
import { copyRecords, longestRecord } from '../ir/copies.ts';
import type { HeaderId, HeaderType, Program } from '../ir/ir.ts';
import { forEachStmt } from '../ir/walk.ts';
import { byteCount } from './bytes.ts';
import { featuresOf } from './features.ts';
import { crcTableBytes } from './hashes.ts';
import { ahead as aheadRecord } from './lookup.ts';
import { groupSize, maxSlices } from './prefetch.ts';
import { walkProgram } from './walk.ts';
import { shiftScratchBytes } from './wide-shift.ts';

export interface Scratch {
  /** Offset of a header's own storage; absent where nothing ever needs it. */
  readonly headers: ReadonlyMap<HeaderId, number>;
  /** The deparser's buffer for headers that trade places. */
  readonly gather: { readonly offset: number; readonly bytes: number };
  readonly shift: number;
  readonly hash: number;
  /** Tables of crc32 and crc16. */
  readonly crc: number;
  /** Records of the packets of a group, for each slice (see prefetch.ts). */
  readonly ahead: number;
  /** The record of a copy that is being made: the last `longestRecord` bytes. */
  readonly copy: number;
  /** Bytes from `context.scratch`. */
  readonly bytes: number;
}

/** Most bytes that headers emitted in a loop may have together. */
const gatherMinimum = 2048;

/** Places everything that the program's code keeps in its worker's context. */
export function placeScratch(program: Program): Scratch {
  // Where the packet must stay as it was, changed headers are copies.
  const { keepsOriginal, writtenHeaders } = featuresOf(program);
  const needsStorage = new Set<HeaderId>(keepsOriginal ? writtenHeaders : []);
  let shiftWidth = 0;
  let hashBytes = 0;
  let hasCrc = false;
  let gatherBytes = gatherMinimum;
  const bytesOf = (id: HeaderId): number => maxBytes(program.headerTypes[program.headers.find((h) => h.id === id)!.type]!);
  walkProgram(
    program,
    (s) => {
      if (s.kind === 'setValid' && s.valid) needsStorage.add(s.header);
      if (s.kind === 'deparse') {
        let emitted = 0;
        forEachStmt(s.body, (inner) => {
          if (inner.kind === 'emit') emitted += bytesOf(inner.header);
        });
        gatherBytes = Math.max(gatherBytes, emitted);
      }
      if (s.kind === 'copyHeader' || s.kind === 'copyVarbit') needsStorage.add(s.target);
    },
    (e) => {
      if (e.kind === 'binary' && (e.op === 'shl' || e.op === 'shr')) shiftWidth = Math.max(shiftWidth, e.width);
      if (e.kind === 'hash') {
        hasCrc ||= e.algorithm === 'crc32' || e.algorithm === 'crc16';
        const bits = e.data.reduce((sum, part) => sum + part.width, 0);
        hashBytes = Math.max(hashBytes, byteCount(bits));
      }
    },
  );
  let next: number = context.scratch;
  const place = (bytes: number): number => {
    const offset = next;
    next += Math.ceil(bytes / 16) * 16;
    return offset;
  };
  const headers = new Map<HeaderId, number>();
  for (const header of program.headers) {
    const bytes = maxBytes(program.headerTypes[header.type]!);
    // 8 bytes more: loads of fields may be widened.
    if (needsStorage.has(header.id)) headers.set(header.id, place(bytes + 8));
  }
  const gather = { offset: place(gatherBytes + 8), bytes: gatherBytes };
  const shift = place(shiftScratchBytes(shiftWidth));
  const hash = place(hashBytes + 8);
  const crc = place(hasCrc ? 2 * crcTableBytes : 0);
  const ahead = place(aheadRecord.bytes * groupSize * maxSlices);
  const copy = place(longestRecord(copyRecords(program)));
  return { headers, gather, shift, hash, crc, ahead, copy, bytes: next - context.scratch };
}

/** Bytes of a header with its varbit field full. */
export function maxBytes(type: HeaderType): number {
  const varbit = type.varbitField === undefined ? 0 : type.fields[type.varbitField]!.width;
  return (type.fixedBits + varbit) / 8;
}
