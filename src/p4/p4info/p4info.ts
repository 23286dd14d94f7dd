/**
 * P4Info: what a program shows to its controller (P4Runtime specification, "P4Info Message"; p4/config/v1/p4info.proto).
 *
 * Interfaces and fields are named as the messages of p4.config.v1, in camelCase as protobuf's JSON form and protobufjs spell them. A repeated field
 * is always present; an optional message or a scalar of presence is optional here. 64-bit fields are bigint. Enumerations are
 * their value's name. `pna` in a table holds what PNA has and P4Info has no field for; the printers leave it out.
 */

export interface P4Info {
  readonly pkgInfo: PkgInfo;
  readonly tables: readonly Table[];
  readonly actions: readonly Action[];
  readonly actionProfiles: readonly ActionProfile[];
  readonly counters: readonly Counter[];
  readonly directCounters: readonly DirectCounter[];
  readonly meters: readonly Meter[];
  readonly directMeters: readonly DirectMeter[];
  readonly controllerPacketMetadata: readonly ControllerPacketMetadata[];
  readonly valueSets: readonly ValueSet[];
  readonly registers: readonly Register[];
  readonly digests: readonly Digest[];
  readonly typeInfo: P4TypeInfo;
}

export interface PkgInfo {
  readonly name?: string;
  readonly version?: string;
  readonly arch: string;
  readonly organization?: string;
  readonly contact?: string;
  readonly url?: string;
}

export interface Preamble {
  readonly id: number;
  /** Fully qualified, e.g. `MainControl.services`. */
  readonly name: string;
  /** Shortest suffix of the name that no other object has. */
  readonly alias: string;
  /** As written: `@name(body)`. */
  readonly annotations: readonly string[];
}

export interface P4NamedType {
  readonly name: string;
}

export type MatchType = 'EXACT' | 'LPM' | 'TERNARY' | 'RANGE' | 'OPTIONAL';

export interface MatchField {
  readonly id: number;
  readonly name: string;
  readonly annotations: readonly string[];
  readonly bitwidth: number;
  readonly matchType: MatchType;
  readonly typeName?: P4NamedType;
}

export interface Table {
  readonly preamble: Preamble;
  /** Keys of kind `selector` are not among them. */
  readonly matchFields: readonly MatchField[];
  readonly actionRefs: readonly ActionRef[];
  /** Set if the default action is constant. */
  readonly constDefaultActionId?: number;
  readonly initialDefaultAction?: TableActionCall;
  /** Action profile or selector, 0 if none. */
  readonly implementationId: number;
  readonly directResourceIds: readonly number[];
  readonly size: bigint;
  readonly idleTimeoutBehavior: 'NO_TIMEOUT' | 'NOTIFY_CONTROL';
  readonly isConstTable: boolean;
  readonly hasInitialEntries: boolean;
  readonly pna?: PnaTableProperties;
}

/** What P4Info has no field for. */
export interface PnaTableProperties {
  /** The data plane adds entries: they appear and vanish without the controller. */
  readonly addOnMiss: boolean;
  /** Entries that were not used for their expire time vanish. */
  readonly autoDelete: boolean;
}

export interface TableActionCall {
  readonly actionId: number;
  readonly arguments: readonly { readonly paramId: number; readonly value: Uint8Array }[];
}

export interface ActionRef {
  readonly id: number;
  readonly scope: 'TABLE_AND_DEFAULT' | 'TABLE_ONLY' | 'DEFAULT_ONLY';
  readonly annotations: readonly string[];
}

export interface ActionParam {
  readonly id: number;
  readonly name: string;
  readonly annotations: readonly string[];
  readonly bitwidth: number;
  readonly typeName?: P4NamedType;
}

export interface Action {
  readonly preamble: Preamble;
  readonly params: readonly ActionParam[];
}

export interface ActionProfile {
  readonly preamble: Preamble;
  readonly tableIds: readonly number[];
  readonly withSelector: boolean;
  readonly size: bigint;
  readonly maxGroupSize: number;
  /** What `size` and `maxGroupSize` of a selector count: the sum of the weights (if absent), or the members. */
  readonly sumOfMembers?: { readonly maxMemberWeight: number };
  readonly sumOfWeights?: Readonly<Record<string, never>>;
}

export interface CounterSpec {
  readonly unit: 'BYTES' | 'PACKETS' | 'BOTH';
}

export interface Counter {
  readonly preamble: Preamble;
  readonly spec: CounterSpec;
  readonly size: bigint;
  readonly indexTypeName?: P4NamedType;
}

export interface DirectCounter {
  readonly preamble: Preamble;
  readonly spec: CounterSpec;
  readonly directTableId: number;
}

export interface MeterSpec {
  readonly unit: 'BYTES' | 'PACKETS';
}

export interface Meter {
  readonly preamble: Preamble;
  readonly spec: MeterSpec;
  readonly size: bigint;
  readonly indexTypeName?: P4NamedType;
}

export interface DirectMeter {
  readonly preamble: Preamble;
  readonly spec: MeterSpec;
  readonly directTableId: number;
}

export interface ControllerPacketMetadata {
  readonly preamble: Preamble;
  readonly metadata: readonly {
    readonly id: number;
    readonly name: string;
    readonly annotations: readonly string[];
    readonly bitwidth: number;
    readonly typeName?: P4NamedType;
  }[];
}

export interface ValueSet {
  readonly preamble: Preamble;
  readonly match: readonly MatchField[];
  readonly size: number;
}

export interface Register {
  readonly preamble: Preamble;
  readonly typeSpec: P4DataTypeSpec;
  readonly size: number;
  readonly indexTypeName?: P4NamedType;
}

export interface Digest {
  readonly preamble: Preamble;
  readonly typeSpec: P4DataTypeSpec;
}

// ---------------------------------------------------------------- types (p4/config/v1/p4types.proto)

/** Exactly one of the members is present. */
export type P4DataTypeSpec =
  | { readonly bitstring: P4BitstringLikeTypeSpec }
  | { readonly bool: Readonly<Record<string, never>> }
  | { readonly tuple: { readonly members: readonly P4DataTypeSpec[] } }
  | { readonly struct: P4NamedType }
  | { readonly header: P4NamedType }
  | { readonly headerUnion: P4NamedType }
  | { readonly headerStack: { readonly header: P4NamedType; readonly size: number } }
  | { readonly headerUnionStack: { readonly headerUnion: P4NamedType; readonly size: number } }
  | { readonly enum: P4NamedType }
  | { readonly error: Readonly<Record<string, never>> }
  | { readonly serializableEnum: P4NamedType }
  | { readonly newType: P4NamedType };

export type P4BitstringLikeTypeSpec =
  | { readonly bit: { readonly bitwidth: number } }
  | { readonly int: { readonly bitwidth: number } }
  | { readonly varbit: { readonly maxBitwidth: number } };

export interface P4TypeInfo {
  readonly structs: Readonly<Record<string, { readonly members: readonly P4Member<P4DataTypeSpec>[] }>>;
  readonly headers: Readonly<Record<string, { readonly members: readonly P4Member<P4BitstringLikeTypeSpec>[] }>>;
  readonly headerUnions: Readonly<
    Record<string, { readonly members: readonly { readonly name: string; readonly header: P4NamedType }[] }>
  >;
  readonly enums: Readonly<Record<string, { readonly members: readonly { readonly name: string }[] }>>;
  readonly error?: { readonly members: readonly string[] };
  readonly serializableEnums: Readonly<
    Record<
      string,
      {
        readonly underlyingType: { readonly bitwidth: number };
        readonly members: readonly { readonly name: string; readonly value: Uint8Array }[];
      }
    >
  >;
  readonly newTypes: Readonly<Record<string, P4NewTypeSpec>>;
}

export interface P4Member<T> {
  readonly name: string;
  readonly typeSpec: T;
}

export type P4NewTypeSpec =
  | { readonly originalType: P4DataTypeSpec }
  | {
      readonly translatedType: {
        readonly uri: string;
        /** Width towards the controller; absent if `sdnString`. */
        readonly sdnBitwidth?: number;
        readonly sdnString?: Readonly<Record<string, never>>;
      };
    };

/** Type info that names nothing. */
export const emptyTypeInfo: P4TypeInfo = {
  structs: {},
  headers: {},
  headerUnions: {},
  enums: {},
  serializableEnums: {},
  newTypes: {},
};
