/**
 * The port interface: what moves packets between the outside and descriptors in the arena. One implementation per kind in src/ports.
 *
 * A port belongs to one data-plane thread. Per batch the engine calls, in this order:
 *   1. `receive` on one port: it fills descriptors (layout: arena/layout.ts, `descriptor`) for at most `max` packets that lie in arena memory;
 *   2. the compiled program on these descriptors, which sets outPort, addr, length, reason;
 *   3. `transmit` on each destination port with the addresses of the descriptors that go there;
 *   4. `release` on the receiving port: the buffers of that batch may be reused, in any case, sent or dropped.
 * So no packet is copied by the engine, and a port never sees a descriptor after `release`.
 *
 * Offload metadata (partial checksums, GSO) travels in the descriptor (csumAddr, csumOffset, gsoType, gsoSize, l4Sum): the program never looks at it.
 * With a partial checksum the receiving port stores the COMPLEMENT of the pseudo-header sum in the checksum field, so that a program's
 * incremental update (RFC 1624) of addresses, ports or any other L4 header word stays right arithmetically; the sending port computes
 * field' = fold(~field - (sum of the L4 header now - l4Sum)), which takes back everything but the change of the pseudo header, or completes
 * the checksum over the payload where the other side has no offload.
 */

export interface PortStats {
  rxPackets: number;
  rxBytes: number;
  txPackets: number;
  txBytes: number;
  /** The kernel's ring was full before we came (PACKET_STATISTICS tp_drops and the like). */
  rxDropsRing: number;
  /** Frames that arrived truncated or cannot be described. */
  rxDropsInvalid: number;
  /** The other side took no more (ENOBUFS, EAGAIN after retries). */
  txDropsFull: number;
  /** Longer than the port's MTU and not segmentable. */
  txDropsTooBig: number;
  /** Interface down or gone. */
  txDropsDown: number;
  /** Other errors of the system call. */
  txErrors: number;
}

export interface Port {
  /** Number that the P4 program sees, 0 .. 2047. */
  readonly number: number;
  /** As the user named it: interface, file, or `memory`. */
  readonly name: string;
  /** File descriptor to poll for input; absent: `receive` is always asked. */
  readonly pollFd?: number;
  /** Fills descriptors at `descriptors`, 64 bytes apart; returns how many (0 .. max). */
  receive(descriptors: number, max: number): number;
  /** Sends the packets whose descriptor addresses (u32 each) lie at `list`. Drops are counted in `stats`. */
  transmit(list: number, count: number): void;
  /** Gives back the buffers of the last `receive`. */
  release(descriptors: number, count: number): void;
  readonly stats: PortStats;
  /** `up`, or why nothing moves. Recovered from by itself where the kernel allows. */
  readonly state: 'up' | 'down' | 'gone';
  close(): void;
}

/** Where a port puts its buffers: a region of the arena behind the program's part. */
export interface BufferRegion {
  readonly memory: WebAssembly.Memory;
  /** Byte range [start, end); start is 64 KiB aligned. */
  readonly start: number;
  readonly end: number;
}

export function emptyPortStats(): PortStats {
  return {
    rxPackets: 0,
    rxBytes: 0,
    txPackets: 0,
    txBytes: 0,
    rxDropsRing: 0,
    rxDropsInvalid: 0,
    txDropsFull: 0,
    txDropsTooBig: 0,
    txDropsDown: 0,
    txErrors: 0,
  };
}
