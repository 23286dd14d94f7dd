/**
 * What a controller writes and reads: the messages of p4.v1 (P4Runtime specification, "P4 Entity Messages"; p4/v1/p4runtime.proto).
 *
 * Names are those of the messages, in camelCase as protobuf's JSON form has them. A `oneof` is a union of objects with one member each; a field
 * that may be left out in protobuf is optional here and then has protobuf's default. Bytestrings are canonical (bytes.ts).
 */

export type Entity =
  | { readonly tableEntry: TableEntry }
  | { readonly actionProfileMember: ActionProfileMember }
  | { readonly actionProfileGroup: ActionProfileGroup }
  | { readonly counterEntry: CounterEntry }
  | { readonly directCounterEntry: DirectCounterEntry }
  | { readonly meterEntry: MeterEntry }
  | { readonly directMeterEntry: DirectMeterEntry }
  | { readonly registerEntry: RegisterEntry }
  | { readonly digestEntry: DigestEntry }
  | { readonly valueSetEntry: ValueSetEntry }
  | { readonly packetReplicationEngineEntry: PacketReplicationEngineEntry }
  | { readonly externEntry: ExternEntry };

export type UpdateType = 'INSERT' | 'MODIFY' | 'DELETE';

/** WriteRequest.Atomicity. For us ROLLBACK_ON_ERROR is DATAPLANE_ATOMIC. */
export type Atomicity = 'CONTINUE_ON_ERROR' | 'ROLLBACK_ON_ERROR' | 'DATAPLANE_ATOMIC';

export interface Update {
  readonly type: UpdateType;
  readonly entity: Entity;
}

// ---------------------------------------------------------------- tables

export interface TableEntry {
  readonly tableId: number;
  /** Fields that are not there match anything. */
  readonly match: readonly FieldMatch[];
  readonly action?: TableAction;
  /** Higher wins; not 0 exactly if the table has a ternary, range or optional field. */
  readonly priority?: number;
  readonly meterConfig?: MeterConfig;
  readonly counterData?: CounterData;
  readonly isDefaultAction?: boolean;
  /** 0: the entry does not age. */
  readonly idleTimeoutNs?: bigint;
  /** Reads only. `idleTimeoutNs - elapsedNs` is what the entry still has to live. */
  readonly timeSinceLastHit?: { readonly elapsedNs: bigint };
  readonly isConst?: boolean;
  /** The controller's own: kept and echoed. */
  readonly metadata?: Uint8Array;
  readonly controllerMetadata?: bigint;
  /** Not supported; here so that it can be refused. */
  readonly meterCounterData?: object;
}

/** An entity while it is being made. */
export type Writable<T> = { -readonly [K in keyof T]: T[K] };

export type FieldMatch = { readonly fieldId: number } & FieldMatchType;

export type FieldMatchType =
  | { readonly exact: { readonly value: Uint8Array } }
  | { readonly ternary: { readonly value: Uint8Array; readonly mask: Uint8Array } }
  | { readonly lpm: { readonly value: Uint8Array; readonly prefixLen: number } }
  | { readonly range: { readonly low: Uint8Array; readonly high: Uint8Array } }
  | { readonly optional: { readonly value: Uint8Array } };

export type TableAction =
  | { readonly action: Action }
  | { readonly actionProfileMemberId: number }
  | { readonly actionProfileGroupId: number }
  | { readonly actionProfileActionSet: ActionProfileActionSet };

export interface Action {
  readonly actionId: number;
  readonly params: readonly ActionParam[];
}

export interface ActionParam {
  readonly paramId: number;
  readonly value: Uint8Array;
}

// ---------------------------------------------------------------- action profiles

export interface ActionProfileMember {
  readonly actionProfileId: number;
  readonly memberId: number;
  readonly action?: Action;
}

export interface ActionProfileGroup {
  readonly actionProfileId: number;
  readonly groupId: number;
  readonly members: readonly ActionProfileGroupMember[];
  readonly maxSize?: number;
}

/** The member is left out of the selection while this port is down. */
export interface Watch {
  readonly watchPort?: Uint8Array;
  /** Deprecated form of `watchPort`. */
  readonly watch?: number;
}

export interface ActionProfileGroupMember extends Watch {
  readonly memberId: number;
  readonly weight: number;
}

export interface ActionProfileActionSet {
  readonly actionProfileActions: readonly ActionProfileAction[];
  readonly actionSelectionMode?: 'HASH' | 'RANDOM';
  readonly sizeSemantics?: 'SUM_OF_WEIGHTS' | 'SUM_OF_MEMBERS';
  /** Not supported. */
  readonly groupAction?: Action;
}

export interface ActionProfileAction extends Watch {
  readonly action: Action;
  readonly weight: number;
}

// ---------------------------------------------------------------- counters, meters, registers, digests

export interface CounterData {
  readonly byteCount: bigint;
  readonly packetCount: bigint;
}

export interface MeterConfig {
  /** Per second; bursts in the same unit. */
  readonly cir: bigint;
  readonly cburst: bigint;
  readonly pir: bigint;
  readonly pburst: bigint;
  /** Of single-rate three-color meters, which there are none of. */
  readonly eburst?: bigint;
}

export interface CounterEntry {
  readonly counterId: number;
  /** Reads: absent means all. */
  readonly index?: bigint;
  readonly data?: CounterData;
}

export interface DirectCounterEntry {
  readonly tableEntry: TableEntry;
  readonly data?: CounterData;
}

export interface MeterEntry {
  readonly meterId: number;
  readonly index?: bigint;
  readonly config?: MeterConfig;
  /** Not supported; here so that it can be refused. */
  readonly counterData?: object;
}

export interface DirectMeterEntry {
  readonly tableEntry: TableEntry;
  readonly config?: MeterConfig;
  /** Not supported; here so that it can be refused. */
  readonly counterData?: object;
}

export interface RegisterEntry {
  readonly registerId: number;
  readonly index?: bigint;
  /** One value per field of the cell. */
  readonly data?: readonly Uint8Array[];
}

export interface DigestEntry {
  readonly digestId: number;
  readonly config?: { readonly maxTimeoutNs: bigint; readonly maxListSize: number; readonly ackTimeoutNs: bigint };
}

// ---------------------------------------------------------------- value sets, replication, externs

export interface ValueSetEntry {
  readonly valueSetId: number;
  readonly members: readonly { readonly match: readonly FieldMatch[] }[];
}

/** Neither member present: in a read, all multicast groups. */
export type PacketReplicationEngineEntry =
  | { readonly multicastGroupEntry: MulticastGroupEntry }
  | { readonly cloneSessionEntry: CloneSessionEntry };

export interface Replica {
  readonly port?: Uint8Array;
  /** Deprecated form of `port`. */
  readonly egressPort?: number;
  readonly instance: number;
  /** Not supported. */
  readonly backupReplicas?: readonly object[];
}

export interface MulticastGroupEntry {
  readonly multicastGroupId: number;
  readonly replicas: readonly Replica[];
  readonly metadata?: Uint8Array;
}

export interface CloneSessionEntry {
  readonly sessionId: number;
  readonly replicas: readonly Replica[];
  readonly classOfService?: number;
  /** 0: all of the packet. */
  readonly packetLengthBytes?: number;
}

/** proto/softipu/v1/softipu.proto says what `entry` holds. */
export interface ExternEntry {
  readonly externTypeId: number;
  readonly externId: number;
  readonly entry?: AnyMessage;
}

/** google.protobuf.Any */
export interface AnyMessage {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

// ---------------------------------------------------------------- stream messages

/** A packet to or from the control plane; metadata are the fields of the `@controller_header` in front of it. */
export interface PacketIn {
  readonly payload: Uint8Array;
  readonly metadata: readonly PacketMetadata[];
}

export type PacketOut = PacketIn;

export interface PacketMetadata {
  readonly metadataId: number;
  readonly value: Uint8Array;
}

export interface IdleTimeoutNotification {
  readonly tableEntry: readonly TableEntry[];
  /** Of the server's clock. */
  readonly timestamp: bigint;
}
