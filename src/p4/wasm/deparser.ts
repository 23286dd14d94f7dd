/**
 * Deparsing. The payload stays where it is; headers are placed in front of it, backwards:
 *
 *   extracted, unchanged     already there: one compare
 *   made by the program      copied from scratch
 *   moved in the packet      (something in front of the payload grew or shrank) everything is gathered in scratch first, so that no copy overwrites
 *                            what another one has still to read
 *
 * Only the packet's start moves. Emits that are not simply in a row at the end of the deparser are gathered one by one.
 */
import { context, descriptor } from '../../arena/layout.ts';
import { dropReasons, type HeaderId, type Stmt } from '../ir/ir.ts';
import { forEachStmt } from '../ir/walk.ts';
import { i32, type Ref } from './builder.ts';
import { copyOut, headerBytes } from './headers.ts';
import type { Pipe } from './pipe.ts';

type Body = (p: Pipe, list: readonly Stmt[]) => void;

export function deparse(p: Pipe, s: Extract<Stmt, { kind: 'deparse' }>, body: Body): void {
  const first = s.body.findIndex((inner) => containsEmit(inner));
  const emits = first < 0 ? [] : s.body.slice(first);
  if (emits.every((inner) => inner.kind === 'emit')) {
    body(p, first < 0 ? s.body : s.body.slice(0, first));
    if (p.facts) {
      placeHeaders(
        p,
        emits.map((e) => e.header),
      );
    }
    return;
  }
  const outer = p.gatherAt;
  const at = p.local(i32);
  p.gatherAt = at;
  p.set(at, gatherStart(p));
  body(p, s.body);
  p.gatherAt = outer;
  const size = p.holdI32(p.m.i32.sub(p.get(at), gatherStart(p)));
  const start = p.holdI32(p.m.i32.sub(p.get(p.payload), size()));
  checkHeadroom(p, start());
  p.emit(p.m.memory.copy(start(), gatherStart(p), size()));
  moveStart(p, start());
}

/** An emit while gathering: appends the header's bytes as they are now. */
export function emit(p: Pipe, header: HeaderId): void {
  const at = p.gatherAt!;
  const { i32: A } = p.m;
  p.whereValid(header, () => {
    const size = p.holdI32(headerBytes(p, header));
    const end = A.add(gatherStart(p), A.const(p.unit.scratch.gather.bytes));
    const before = p.facts;
    p.if(A.gt_u(size(), A.sub(end, p.get(at))), () => p.abandon(dropReasons.indexOf('no-headroom')));
    p.facts = before;
    copyOut(p, header, () => p.get(at));
    p.set(at, A.add(p.get(at), size()));
  });
}

function placeHeaders(p: Pipe, emitted: readonly HeaderId[]): void {
  const headers = emitted.filter((header) => p.facts?.get(header) !== false);
  const start = p.local(i32);
  const isSimple = p.unit.strays !== undefined;
  if (isSimple) p.set(start, p.get(p.addr));
  const place = isSimple ? (then: () => void): void => p.if(p.get(p.relaid), then) : (then: () => void): void => then();
  place(() => placeAnew(p, headers, start));
  moveStart(p, p.get(start));
}

/** Finds where the headers belong (`start` is where the packet will begin), and moves those that are elsewhere. */
function placeAnew(p: Pipe, headers: readonly HeaderId[], start: number): void {
  const { i32: A } = p.m;
  const difference = p.local(i32);
  p.set(difference, A.const(0));
  // The places are found again where they are needed, which is rare: kept, they would cost registers in every packet.
  forEachPlace(p, headers, start, (header) => {
    p.set(difference, A.or(p.get(difference), A.xor(p.get(start), p.pointer(header))));
  });
  p.if(p.get(difference), () => {
    checkHeadroom(p, p.get(start));
    const overlaps = p.local(i32);
    p.set(overlaps, A.const(0));
    forEachPlace(p, headers, start, (header) => {
      const isInPacket = A.eqz(isInScratch(p, p.pointer(header)));
      p.set(overlaps, A.or(p.get(overlaps), A.and(A.ne(p.pointer(header), p.get(start)), isInPacket)));
    });
    p.if(
      p.get(overlaps),
      () => {
        gather(p, headers, start);
        // From here on they are where the packet has them.
        forEachPlace(p, headers, start, (header) => p.set(p.header(header).pointer, p.get(start)));
      },
      () => {
        forEachPlace(p, headers, start, (header) => {
          p.if(A.ne(p.pointer(header), p.get(start)), () => copyOut(p, header, () => p.get(start)));
        });
      },
    );
  });
}

/** Goes from the payload backwards: for each valid header, `start` is where it belongs. */
function forEachPlace(p: Pipe, headers: readonly HeaderId[], start: number, then: (header: HeaderId) => void): void {
  p.set(start, p.get(p.payload));
  for (const header of [...headers].reverse()) {
    p.whereValid(header, () => {
      p.set(start, p.m.i32.sub(p.get(start), headerBytes(p, header)));
      then(header);
    });
  }
}

/** Copies all headers to the gather buffer, and from there in one piece to `start`. */
function gather(p: Pipe, headers: readonly HeaderId[], start: number): void {
  const { i32: A } = p.m;
  const at = p.local(i32);
  p.set(at, gatherStart(p));
  for (const header of headers) {
    p.whereValid(header, () => {
      copyOut(p, header, () => p.get(at));
      p.set(at, A.add(p.get(at), headerBytes(p, header)));
    });
  }
  p.emit(p.m.memory.copy(p.get(start), gatherStart(p), A.sub(p.get(at), gatherStart(p))));
}

/** The packet begins here now; nothing of it is parsed. */
function moveStart(p: Pipe, start: Ref): void {
  p.set(p.addr, start);
  p.set(p.payload, p.get(p.addr));
  p.relay();
}

function gatherStart(p: Pipe): Ref {
  return p.m.i32.add(p.get(p.context), p.m.i32.const(p.unit.scratch.gather.offset));
}

function isInScratch(p: Pipe, address: Ref): Ref {
  const { i32: A } = p.m;
  const offset = A.sub(address, A.add(p.get(p.context), A.const(context.scratch)));
  return A.lt_u(offset, A.const(p.unit.scratch.bytes));
}

/** Drops the packet if it would have to start before its buffer. */
function checkHeadroom(p: Pipe, start: Ref): void {
  const { i32: A } = p.m;
  const before = p.facts;
  const limit = A.load(descriptor.bufferStart, p.get(p.descriptor));
  p.if(A.lt_u(start, limit), () => p.abandon(dropReasons.indexOf('no-headroom')));
  p.facts = before;
}

function containsEmit(s: Stmt): boolean {
  let found = false;
  forEachStmt([s], (inner) => {
    found ||= inner.kind === 'emit';
  });
  return found;
}
