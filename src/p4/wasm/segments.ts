/** What a port will make of a packet that is a train of segments (GSO): see engine/port.ts for the descriptor's fields. */
import { descriptor } from '../../arena/layout.ts';
import type { Ref } from './builder.ts';
import type { Pipe } from './pipe.ts';

/** How TCP is told from UDP in a descriptor. */
const tcpChecksumOffset = 16;

/** Bytes of the longest frame that a port cuts the packet into: its headers up to the TCP or UDP header that the segments share, and a segment's payload. */
export function segmentLength(p: Pipe): Ref {
  const { i32: A } = p.m;
  const at = (): Ref => p.get(p.descriptor);
  const l4 = p.holdI32(A.load(descriptor.csumAddr, at()));
  const isTcp = A.eq(A.load16_u(descriptor.csumOffset, at()), A.const(tcpChecksumOffset));
  const tcpBytes = A.shl(A.shr_u(A.load8_u(12, l4()), A.const(4)), A.const(2));
  const headers = A.add(A.sub(l4(), p.get(p.addr)), p.m.select(isTcp, tcpBytes, A.const(8)));
  const segment = A.add(headers, A.load16_u(descriptor.gsoSize, at()));
  const isTrain = A.load8_u(descriptor.gsoType, at());
  return p.m.select(isTrain, segment, p.packetLength());
}
