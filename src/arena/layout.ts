/**
 * The memory layout: the one description that the WebAssembly back end, the engine, the interpreter and the control plane share.
 *
 * `layoutArena` (place.ts) is a pure function of the program's `ArenaSpec`: the compiler bakes the offsets into the code, everybody else computes the same ones.
 * Packet buffers and port rings lie behind `programEnd` and are placed at run time. All offsets are bytes from the start of one
 * WebAssembly.Memory. Integers that the machine computes with (tags, counts, times) are little-endian; keys, action parameters and register
 * cells are in wire order: big-endian bytes, right-aligned in ceil(width / 8) bytes, unused high bits zero ("wire order is the native order").
 *
 * Entry slot of an exact table (open addressing, linear probing):
 *
 *   off  width
 *   0    u32   tag         hash with the two low bits replaced by the state: 0 never used (the word is 0), 1 live, 2 deleted (the word is 2), 3 being written
 *   4    u16   action      index in the table's actions; with an implementation: used by the default entry only, whose action is always a direct one
 *   6    u8    profile     expire-time profile that add_entry or set_entry_expire_time gave; 255: control plane's idle timeout
 *   7    u8    flags       bit 0: entry of the program (const); bit 1: added by the data plane; bit 2: idle notification sent
 *   8    u32   deadlineMs  ageing tables only: entry is expired when (nowMs - deadlineMs) as int32 >= 0 and timeoutMs != 0
 *   12   u32   timeoutMs   ageing tables only: restart sets deadlineMs = nowMs + timeoutMs; 0: never expires
 *   ..   key               keyWords * 8 bytes: fields packed in order without gaps, the rest zero
 *   ..   data              parameters of the action packed in order; with an implementation: u32 member index, or group index | 0x80000000
 *   ..   counter           u64 packets, u64 bytes (8-aligned), with a direct counter
 *   ..   meter             one meter cell (8-aligned), with a direct meter
 *
 * A masked table (any lpm, ternary, range or optional key) has between the head and the key
 *   u32 priority   higher wins; for lpm the prefix length, for a program's or P4Runtime's priorities those
 *   u32 tuple      id of the line of the table's directory that the entry is hashed by
 * and behind the key its mask (keyWords * 8 bytes), then for each range key in order, low and high (ceil(width / 8) bytes each). The key is stored masked; a
 * range key's mask is the common prefix of its bounds in steps of 4 bits.
 *
 * Rules that compiled code and the control plane keep alike:
 *  - The first slot probed is hash & (slotCount - 1), where hash is hashKeyWords of the key with the table's multipliers; in a masked table of the key
 *    under the tuple's mask, plus tupleShift.
 *  - A table without key bytes (no key, or selectors only) has no entries: every apply runs the default action.
 *  - An expired entry of an autoDelete table is no match; one of a notify table still is.
 *  - Masked tables: tuples in the directory's order (falling maxPriority, then rising id), stop when the best found >= maxPriority; within one
 *    tuple every slot up to the first never-used one; an entry matches if its tuple is this one, the key under the entry's own mask is the entry's key, and
 *    the range keys are within its bounds; a later match replaces an earlier one only with strictly higher priority.
 *  - add_entry (exact tables without implementation) looks at the first maxAddProbes slots: a live entry of the same key refuses the add
 *    (overwritten in place, `expired` + 1, if it is expired in an autoDelete table); else the first never-used or deleted slot is taken; else the
 *    entry among them with the data-plane flag, timeoutMs != 0 and the least int32 (deadlineMs - nowMs), the first of equals, is replaced
 *    if it is expired in an autoDelete table (`expired` + 1) or the table says evict (`evicted` + 1); else `full` + 1. Neither replacement changes
 *    `entries`. The profile is taken modulo 64; parameters are followed by zeros, counter and meter start at zero.
 *  - All insertions into an addOnMiss table lie within maxAddProbes of their home, so its lookups may stop there, too.
 *  - With several workers nothing is overwritten in place: the expired entry of the same key and the entry that would be replaced are retired (above),
 *    `entries` - 1; in the first case the add goes on to a free slot, in the second it is refused, `full` + 1, and does not retire a second one
 *    while the sweeper has not come.
 *  - With several workers a meter is locked while a packet is measured, and a packet that reads or writes a register has all registers until its end: what it
 *    does with them, as reading, adding and writing back, nobody else sees half done (P4-16 18.4.1 asks that of @atomic blocks only, BMv2 does it per action).
 *  - hits + 1, misses + 1 per apply of a table with a key; an empty group or an unused member is a miss: default action, hit 0.
 *  - Direct counters and meters of a miss are the default entry's; restart and set of the expire time do nothing after a miss.
 *  - Restart and set leave the `notified` flag to the sweeper, which clears it when it finds the entry alive again.
 *
 * The slot size is rounded up to 16, 32 or 64, above that to a multiple of 64, so that small entries do not cross cache lines.
 */

// ---------------------------------------------------------------- descriptors

/** Packet descriptor: 64 bytes, written by the receiving port, changed by the program, read by the sending port. */
export const descriptor = {
  bytes: 64,
  /** u32: where the packet's first byte lies. */
  addr: 0,
  /** u32: bytes. */
  length: 4,
  /** u32 */
  inPort: 8,
  /** u32: set by the program; `noPort` drops. */
  outPort: 12,
  /** u32: lowest address the head may move to (headroom), and one behind the last usable byte. */
  bufferStart: 16,
  bufferEnd: 20,
  /** u32: absolute address where a partial L4 checksum starts (virtio NEEDS_CSUM), 0 if the checksum is complete. See ports' vnet.ts. */
  csumAddr: 24,
  /** u16: offset of the checksum field from csumAddr. */
  csumOffset: 28,
  /** u8: virtio gso_type, 0 none. */
  gsoType: 30,
  /** u8: bit 0: the packet was looped back (mirror, recirculated by a port); bit 1: it is a copy, `record` and the words behind it count. */
  flags: 31,
  /** u16: payload bytes per segment of a GSO packet. */
  gsoSize: 32,
  /** u16: ones-complement sum of the L4 header at csumAddr without its checksum field, at reception (partial checksums only). */
  l4Sum: 34,
  /** u32: index into dropReasons of the IR. */
  reason: 36,
  /** u32: the receiving port's handle for the buffer (ring slot). */
  buffer: 40,
  /** u32: free for the receiving port. */
  portData: 44,
  /** Of a copy: u32 address of its record, u32 port and u16 instance of the replica, u16 how many copies of copies it is. */
  record: 48,
  copyPort: 52,
  copyInstance: 56,
  generation: 58,
} as const;

/** `outPort` of a packet that goes nowhere. */
export const noPort = 0xffffffff;
/** PNA_PORT_CPU: the control plane. */
export const cpuPort = 0xfffffffd;

// ---------------------------------------------------------------- worker context

/** Per-worker block; its address is the first argument of the compiled `process(context, descriptors, count)`. */
export const context = {
  /** u64 */
  nowNs: 0,
  /** u32 */
  nowMs: 8,
  /** u32: xorshift state, never 0. */
  random: 12,
  /** u32: next flow id. */
  flowId: 16,
  /** u32: address of the worker's block of counts, see `CountsLayout`; with one worker unused. */
  counts: 20,
  /** u64[32]: packets dropped by reason (index into the IR's dropReasons). */
  drops: 64,
  /** u32[4]: mirror session per slot, 0xffffffff unset (only while a packet is processed). */
  mirrorSlots: 320,
  /** u32: never read: what loads made ahead of their use are folded into. */
  touched: 380,
  /** Scratch of compiled code: keys, header storage. */
  scratch: 512,
} as const;

// ---------------------------------------------------------------- what a program needs

export interface TableSpec {
  readonly name: string;
  readonly keys: readonly {
    readonly width: number;
    readonly matchKind: 'exact' | 'lpm' | 'ternary' | 'range' | 'optional' | 'selector';
  }[];
  /** Parameter widths of each action, in the table's order. */
  readonly actions: readonly { readonly paramWidths: readonly number[] }[];
  readonly size: number;
  readonly ageing: 'none' | 'notify' | 'autoDelete';
  readonly addOnMiss: boolean;
  readonly whenFull: 'refuse' | 'evict';
  /** Index into `ArenaSpec.profiles` for tables with pna_implementation. */
  readonly profile?: number;
  readonly directCounter: boolean;
  readonly directMeter: boolean;
}

export interface ProfileSpec {
  readonly name: string;
  /** Members. */
  readonly size: number;
  /** Action parameter widths of the tables that use it (their actions are the same). */
  readonly actions: readonly { readonly paramWidths: readonly number[] }[];
  /** Selectors only. `maglevSize`: most slots of one group; `slots`: of all together, see `defaultMaglevSlots`. */
  readonly groups?: { readonly max: number; readonly maglevSize: number; readonly slots?: number };
}

export interface ArenaSpec {
  readonly tables: readonly TableSpec[];
  readonly profiles: readonly ProfileSpec[];
  readonly counters: readonly { readonly name: string; readonly size: number }[];
  readonly meters: readonly { readonly name: string; readonly size: number }[];
  readonly registers: readonly { readonly name: string; readonly size: number; readonly fieldWidths: readonly number[] }[];
  readonly digests: readonly { readonly name: string; readonly fieldWidths: readonly number[] }[];
  readonly valueSets: readonly { readonly name: string; readonly size: number; readonly keyWidths: readonly number[] }[];
  /** Bytes of scratch that compiled code needs in each worker context. */
  readonly scratchBytes: number;
  readonly workers: number;
  /** Where the program's part begins, a multiple of 64 KiB; default 0. Two programs can lie in one memory while the one takes over from the other. */
  readonly base?: number;
}

// ---------------------------------------------------------------- layout

export interface FieldPlace {
  /** From the start of the key, data or record. */
  readonly offset: number;
  readonly bytes: number;
  readonly width: number;
}

export interface TableLayout {
  readonly spec: TableSpec;
  readonly isMasked: boolean;
  /** 64-byte header, see `tableHeader`, followed by the multipliers of the hash: u64[2 * keyWords]. */
  readonly header: number;
  /** Default entry: one slot in the form of the others (tag unused). */
  readonly defaultEntry: number;
  readonly slots: number;
  /** Power of two. */
  readonly slotCount: number;
  readonly slotBytes: number;
  /** Selector keys are not part of the key. */
  readonly keyFields: readonly (FieldPlace | undefined)[];
  readonly keyBytes: number;
  readonly keyWords: number;
  /** From the slot's start. */
  readonly keyOffset: number;
  /** From the slot's start, per key: place of low, followed by high; undefined for other kinds. */
  readonly ranges: readonly (FieldPlace | undefined)[];
  readonly priorityOffset: number;
  readonly tupleOffset: number;
  /** Masked tables: of the entry's own mask. */
  readonly maskOffset: number;
  readonly dataOffset: number;
  /** Per action: parameters, offsets from dataOffset. */
  readonly params: readonly (readonly FieldPlace[])[];
  readonly counterOffset: number;
  readonly meterOffset: number;
  /** Masked tables: directory of masks in use, sorted by falling maxPriority: see `tupleEntry`. */
  readonly tuples: number;
  readonly tupleCapacity: number;
  readonly tupleBytes: number;
}

/** Head of a table in memory. */
export const tableHeader = {
  bytes: 64,
  /** u32: live entries. */
  entries: 0,
  /** u32: directory entries in use (masked tables). */
  tuples: 4,
  /** u32: seed of the table's hash, random per start; the multipliers behind the header follow from it. */
  seed: 8,
  /** u32: add_entry refused because the table was full. */
  full: 12,
  /** u64 */
  hits: 16,
  misses: 24,
  /** u64: entries evicted, entries expired. */
  evicted: 32,
  expired: 40,
  /** u32: slots whose entries one of several workers took out and that others may still be looking at (`entryRetired`). */
  retired: 48,
} as const;

/** Entry of the mask directory: head, then keyWords * 8 bytes of mask. */
export const tupleEntry = {
  head: 16,
  /** u32: highest priority among its entries. */
  maxPriority: 0,
  /** u32: number of entries. */
  entries: 4,
  /** u32: id that entries carry in their `tuple` word (stays when the directory is re-sorted) and that is mixed into the hash. */
  id: 8,
} as const;

export const entryHead = { tag: 0, action: 4, profile: 6, flags: 7, deadlineMs: 8, timeoutMs: 12 } as const;
export const entryState = { empty: 0, live: 1, deleted: 2, busy: 3 } as const;
/**
 * Tag of a slot whose entry one of several workers took out within a batch: for lookups it is deleted, but nobody takes it before the sweeper, which
 * works while all workers stand between two batches, has made it deleted or never used. So what a lookup found stays that entry until the batch ends.
 */
export const entryRetired = 6;
export const entryFlags = { const: 1, dataPlane: 2, notified: 4 } as const;
/** `profile` of an entry whose timeout the control plane gave itself. */
export const controlPlaneProfile = 255;
/** Set in the data word of an entry that refers to a group and not to a member. */
export const groupBit = 0x80000000;

/** Probes that a data-plane add makes before it calls the table full; lookups stop at the first never-used slot. */
export const maxAddProbes = 64;

/** Meter cell (RFC 2698): configuration by the control plane, state by the data plane. All u64; rates are per second. pir 0: not configured, everything is green. */
export const meterCell = {
  bytes: 64,
  cir: 0,
  cburst: 8,
  pir: 16,
  pburst: 24,
  committedTokens: 32,
  peakTokens: 40,
  lastNs: 48,
  /** u32: 1 while one of several workers is at it. */
  lock: 56,
} as const;

export interface ProfileLayout {
  readonly spec: ProfileSpec;
  /** Members: slots of memberBytes: u32 used, u32 action (index in the table's actions), then data. */
  readonly members: number;
  readonly memberBytes: number;
  readonly memberDataOffset: number;
  readonly params: readonly (readonly FieldPlace[])[];
  /** Groups (selectors), see `groupRecord`. */
  readonly groups: number;
  /** Heap of Maglev tables: u32 member index per slot. */
  readonly maglev: number;
  /** Slots of the heap. */
  readonly maglevSlots: number;
}

/** A selector's group. It is taken whole from between two batches: table and size belong together. */
export const groupRecord = {
  bytes: 8,
  /** u32: where its Maglev table begins, bytes from the heap's start. */
  table: 0,
  /** u32: slots of the table; 0: no such group, or one without members. */
  slots: 4,
} as const;

/**
 * Ring of fixed-size records, one consumer, one producer at a time: u32 head (next to write), u32 tail (next to read), u32 lost, u32 lock (1: one of several
 * workers is writing); records follow at +64.
 */
export const ring = { head: 0, tail: 4, lost: 8, lock: 12, records: 64 } as const;

export interface DigestLayout {
  readonly base: number;
  readonly recordBytes: number;
  readonly capacity: number;
  readonly fields: readonly FieldPlace[];
}

/**
 * What several workers count each for itself, in blocks one behind the other; who reads adds them up (and what the control plane wrote or an interpreter
 * counted in the places that one worker uses). A block: per table u64 hits, u64 misses; then the cells of each counter.
 */
export interface CountsLayout {
  readonly base: number;
  readonly stride: number;
  /** From the block's start, per counter. */
  readonly counters: readonly number[];
}

export interface ArenaLayout {
  readonly spec: ArenaSpec;
  /** u32[8]: ms per expire-time profile (defaults 10, 30, 60, 120, 300, 43200, 120, 120 s, as p4-dpdk has them). */
  readonly expireProfiles: number;
  /** u32: seed of `targetDefault` hashes and of endpoint selection: configuration, the same on every node. */
  readonly hashSeed: number;
  /** u32[64]: bitmap of the 2048 port numbers that are network ports. */
  readonly netPorts: number;
  readonly contexts: number;
  readonly contextBytes: number;
  readonly tables: readonly TableLayout[];
  readonly profiles: readonly ProfileLayout[];
  /** Counter cells: u64 packets, u64 bytes. */
  readonly counters: readonly { readonly base: number; readonly size: number }[];
  /** Absent with one worker. */
  readonly counts?: CountsLayout;
  readonly meters: readonly { readonly base: number; readonly size: number }[];
  readonly registers: readonly {
    readonly base: number;
    readonly size: number;
    readonly cellBytes: number;
    readonly fields: readonly FieldPlace[];
  }[];
  /** u32: 1 while one of several workers has the registers; absent with one worker. */
  readonly registerLock?: number;
  readonly digests: readonly DigestLayout[];
  /** Value sets: u32 count at base, members from base + 16: value bytes then mask bytes, packed. */
  readonly valueSets: readonly { readonly base: number; readonly memberBytes: number; readonly fields: readonly FieldPlace[] }[];
  /** First byte behind everything that the program needs; multiple of 64 KiB. */
  readonly programEnd: number;
}

export const expireProfileCount = 64;
export const defaultExpireProfilesMs: readonly number[] = [
  10_000, 30_000, 60_000, 120_000, 300_000, 43_200_000, 120_000, 120_000,
];

/** Always-zero bytes that the fields of an invalid header are read from. */
export const zeroPage = { offset: 64, bytes: 2048 } as const;
