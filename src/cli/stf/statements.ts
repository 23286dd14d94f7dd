/**
 * What an STF file says: one statement per line (grammar: docs/stf.md). Names are as written; `names.ts` finds what they mean in a program.
 */
import type { Span } from '../../diag/index.ts';

/** A name as written, quotes removed: `MainControl.ipv4_lpm`, `extra[0].b1`, `hdr.$valid$`. */
export interface Name {
  readonly text: string;
  readonly span: Span;
}

/** A number; `mask` has zeros where the text has `*` and is absent without them. */
export interface Num {
  readonly value: bigint;
  readonly mask?: bigint;
  /** Written in hex or binary. */
  readonly isHex: boolean;
  readonly span: Span;
}

export interface Match {
  readonly key: Name;
  readonly value: Num;
  /** Behind `/`: a prefix length, for ternary keys in hex a mask. */
  readonly slash?: Num;
  /** Behind `..`: the upper bound of a range. */
  readonly high?: Num;
}

export interface Call {
  readonly action: Name;
  readonly args: readonly { readonly name: Name; readonly value: Num }[];
}

/** What an entry does: an action, or a member or group of the table's action profile. */
export type EntryResult =
  | { readonly kind: 'action'; readonly call: Call }
  | { readonly kind: 'member' | 'group'; readonly id: Num };

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

export interface Condition {
  readonly comparison: Comparison;
  readonly value: Num;
}

/** Packet data with wildcards: bits of `mask` that are 0 are not compared. */
export interface ExpectedData {
  readonly bytes: Uint8Array;
  readonly mask: Uint8Array;
  /** Ended in `$`: the packet ends here, too. */
  readonly isExact: boolean;
}

export interface WeightedMember {
  readonly id: Num;
  readonly weight: number;
}

/** Meter rate: units per microsecond and burst, as BMv2 writes them. */
export interface Rate {
  readonly perMicrosecond: number;
  readonly burst: bigint;
}

export type Statement = { readonly span: Span } & (
  | {
      readonly kind: 'add';
      readonly table: Name;
      readonly priority?: number;
      readonly matches: readonly Match[];
      readonly result: EntryResult;
      readonly label?: string;
      /** Idle timeout that the control plane gives, ms. */
      readonly timeoutMs?: number;
    }
  | {
      readonly kind: 'remove';
      readonly table: Name;
      readonly priority?: number;
      readonly matches: readonly Match[];
    }
  | { readonly kind: 'setDefault'; readonly table: Name; readonly call: Call }
  | { readonly kind: 'removeAll' | 'wait' | 'noPacket' | 'noNotification' }
  | { readonly kind: 'packet'; readonly port: number; readonly bytes: Uint8Array }
  | { readonly kind: 'expect'; readonly port: number; readonly data?: ExpectedData }
  | {
      readonly kind: 'checkCounter';
      readonly name: Name;
      readonly index: Num | { readonly label: string };
      readonly unit?: 'bytes' | 'packets';
      readonly condition?: Condition;
    }
  | { readonly kind: 'mirrorAdd'; readonly session: number; readonly port: number }
  | { readonly kind: 'mirrorAddGroup'; readonly session: number; readonly group: number }
  | { readonly kind: 'mirrorDelete' | 'mirrorGet'; readonly session: number }
  | { readonly kind: 'groupCreate'; readonly group: number }
  /** Nodes have handles 0, 1, .. in the order of their creation. */
  | { readonly kind: 'nodeCreate'; readonly instance: number; readonly ports: readonly number[] }
  | { readonly kind: 'nodeUpdate'; readonly node: number; readonly ports: readonly number[] }
  | { readonly kind: 'nodeAssociate'; readonly group: number; readonly node: number }
  | { readonly kind: 'counterRead'; readonly name: Name; readonly index: number }
  | {
      readonly kind: 'counterWrite';
      readonly name: Name;
      readonly index: number;
      readonly packets: bigint;
      readonly bytes: bigint;
    }
  | { readonly kind: 'registerRead'; readonly name: Name; readonly index: number }
  | { readonly kind: 'registerWrite'; readonly name: Name; readonly index: number; readonly value: bigint }
  | { readonly kind: 'registerReset'; readonly name: Name }
  | { readonly kind: 'meterGetRates'; readonly name: Name; readonly index: number }
  /** `index` absent: all cells. */
  | { readonly kind: 'meterSetRates'; readonly name: Name; readonly index?: number; readonly rates: readonly Rate[] }
  // softipu's own
  | { readonly kind: 'time'; readonly advanceMs: number }
  | { readonly kind: 'profile'; readonly id: number; readonly timeoutMs: number }
  | { readonly kind: 'portSide'; readonly port: number; readonly side: 'net' | 'host' }
  | { readonly kind: 'addMember' | 'setMember'; readonly profile: Name; readonly id: number; readonly call: Call }
  | {
      readonly kind: 'addGroup' | 'setGroup';
      readonly profile: Name;
      readonly id: number;
      readonly members: readonly WeightedMember[];
    }
  | { readonly kind: 'removeMember' | 'removeGroup'; readonly profile: Name; readonly id: number }
  | { readonly kind: 'addValue'; readonly set: Name; readonly matches: readonly Match[] }
  | { readonly kind: 'expectDrop'; readonly reason: Name }
  | { readonly kind: 'expectNotification'; readonly table: Name; readonly matches: readonly Match[] }
  | {
      readonly kind: 'expectDigest';
      readonly digest: Name;
      readonly fields: readonly { readonly name: Name; readonly value: Num }[];
    }
  | { readonly kind: 'checkEntries'; readonly table: Name; readonly condition: Condition }
  | { readonly kind: 'checkRegister'; readonly name: Name; readonly index: number; readonly condition: Condition }
);
