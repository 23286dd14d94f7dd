/**
 * A packet on its way through a program: variables, headers, bytes, and where it is bound for.
 *
 * Headers are records apart from the bytes: extract copies in, deparse copies out. Compiled code reads headers where they lie; whether
 * it does that right is what comparing it with this finds out.
 */
import type { Arena } from '../arena/index.ts';
import type { CopyVia, DropReason, HeaderId, HeaderType, Program, TableId, VarId } from '../p4/ir/ir.ts';
import { concatBits, readBits, toBytes } from './bits.ts';
import type { Trace } from './trace.ts';

export interface Header {
  readonly name: string;
  readonly type: HeaderType;
  isValid: boolean;
  /** One per field of the type, the varbit field with its `varbitBits` bits. */
  values: bigint[];
  varbitBits: number;
}

/** What a table's last apply found, for what its action does with the entry. */
export interface LastApply {
  readonly handle: number;
  readonly key: Uint8Array;
}

export type Fate =
  | { readonly kind: 'output'; readonly port: number }
  | { readonly kind: 'multicast'; readonly group: number }
  | { readonly kind: 'drop'; readonly reason: DropReason };

export interface State {
  readonly program: Program;
  readonly arena: Arena;
  /** Address of the worker's context block. */
  readonly context: number;
  readonly nowNs: bigint;
  readonly nowMs: number;
  readonly inPort: number;
  readonly isLoopedBack: boolean;
  /** Of a copy: the replica that it is. */
  readonly copy?: { readonly port: number; readonly instance: number } | undefined;
  /** Takes a copy that is being made: the record that it starts from, and where it goes. */
  readonly makeCopy?: ((to: number, via: CopyVia, id: number, record: Uint8Array) => void) | undefined;
  readonly trace?: Trace | undefined;
  readonly vars: Map<VarId, bigint>;
  readonly headers: Map<HeaderId, Header>;
  readonly applied: Map<TableId, LastApply>;
  bytes: Uint8Array;
  /** Free bytes before the packet. */
  headroom: number;
  /** Intrinsic packetLength: bytes at the pipeline's start or after the last deparse. */
  packetLength: number;
  /** Intrinsic segmentLength. */
  segmentLength: number;
  /** The packet was cut: what its sender left to be completed is forgotten. */
  isOurs: boolean;
  /** Bits of `bytes` that the parser has consumed; the payload begins there. */
  cursorBits: number;
  parserError: number;
  pass: number;
  /** Rounds of loops so far. */
  rounds: number;
  fate: Fate | undefined;
  /** Per mirror slot the last session. */
  readonly mirrors: Map<number, number>;
  /** Headers emitted so far by the deparse that runs. */
  emitted: Uint8Array[];
}

/** Header instances of a program, all invalid. */
export function makeHeaders(program: Program): Map<HeaderId, Header> {
  return new Map(
    program.headers.map(({ id, name, type }) => {
      const headerType = program.headerTypes[type]!;
      return [id, { name, type: headerType, isValid: false, values: headerType.fields.map(() => 0n), varbitBits: 0 }];
    }),
  );
}

/** Width of a header's field now. */
export function fieldWidth(header: Header, field: number): number {
  return field === header.type.varbitField ? header.varbitBits : header.type.fields[field]!.width;
}

/** Fills a header from the bits at `offset`, which are there, and makes it valid. */
export function fillHeader(header: Header, bytes: Uint8Array, offset: number, varbitBits: number): void {
  header.isValid = true;
  header.varbitBits = varbitBits;
  let at = offset;
  header.values = header.type.fields.map((_, field) => {
    const width = fieldWidth(header, field);
    at += width;
    return readBits(bytes, at - width, width);
  });
}

/** A header as it lies in a packet. */
export function headerBytes(header: Header): Uint8Array {
  const { value, width } = concatBits(header.values.map((v, field) => ({ value: v, width: fieldWidth(header, field) })));
  return toBytes(value, width);
}

export function setHeaderValid(header: Header, valid: boolean): void {
  if (valid && !header.isValid) {
    header.values = header.type.fields.map(() => 0n);
    header.varbitBits = 0;
  }
  header.isValid = valid;
}

/** Encoding of an error of core.p4; 0 if the program has not declared it. */
export function errorCode(program: Program, name: string): number {
  return Math.max(0, program.errors.indexOf(name));
}
