/**
 * Entities by names instead of ids: what our own control plane writes.
 *
 *   build.tableEntry({ table: 'routes', match: { destination: '10.244.1.0/24' }, action: 'to_port', params: { port: 3, ... } })
 *   build.member({ profile: 'endpoints', id: 7, action: 'to_endpoint', params: { address: '10.244.1.5', port: 8080 } })
 *
 * A name that the program does not have is a mistake of the caller's code and throws RangeError; values that come from outside are checked by the
 * rooms that read them.
 */
import type { ActionParam as ActionParamInfo, MatchField, P4Info, Table } from '../p4/p4info/p4info.ts';
import { allOnes, toBytes } from './bytes.ts';
import type {
  Action,
  ActionProfileGroup,
  ActionProfileMember,
  FieldMatch,
  MeterConfig,
  PacketIn,
  PacketOut,
  TableAction,
  TableEntry,
  Writable,
} from './entities.ts';
import { memberNamed, P4Names } from './names.ts';
import { parseValue, type ValueLike } from './values.ts';

/**
 * Exact, ternary and optional fields: the value. Lpm: `10.0.0.0/8` or the value, which is then the whole field. Ranges: the value or both ends.
 * undefined matches anything.
 */
export type MatchLike =
  | ValueLike
  | undefined
  | { readonly value: ValueLike; readonly mask: ValueLike }
  | { readonly value: ValueLike; readonly prefixLen: number }
  | { readonly low: ValueLike; readonly high: ValueLike };

export type ParamsLike = Readonly<Record<string, ValueLike>>;

/** A rate per second and a burst, both in bytes or packets. */
export interface RateLike {
  readonly perSecond: number;
  readonly burst: number;
}

export interface TableEntryLike {
  readonly table: string;
  readonly match?: Readonly<Record<string, MatchLike>>;
  readonly priority?: number;
  /** One of `action` with `params`, `member`, `group`. */
  readonly action?: string;
  readonly params?: ParamsLike;
  readonly member?: number;
  readonly group?: number;
  /** Of the table's direct meter, in its unit. */
  readonly meter?: RateLike;
  readonly idleTimeoutMs?: number;
  readonly isDefaultAction?: boolean;
  /** A note of our own that comes back with the entry. */
  readonly metadata?: string;
}

const encoder = new TextEncoder();

/** Numbers below this have their bytes once for all entities: ports, and numbers of things. Nobody writes into the bytes of an entity. */
const smallNumbers = 0x1_0000;

export class EntityBuilder {
  readonly names: P4Names;
  readonly #small: Uint8Array[] = [];

  constructor(info: P4Info) {
    this.names = new P4Names(info);
  }

  tableEntry(like: TableEntryLike): TableEntry {
    const table = this.names.tables.get(like.table);
    const match: FieldMatch[] = [];
    for (const name in like.match) {
      const field = memberNamed(table.matchFields, name, () => `table '${like.table}'`);
      const value = like.match[name];
      const made =
        value === undefined ? undefined : fieldMatch(field, value, this.#toValue, () => `table '${like.table}', field '${name}'`);
      if (made) match.push(made);
    }
    if (match.length > 1) match.sort((a, b) => a.fieldId - b.fieldId);
    const entry: Writable<TableEntry> = { tableId: table.preamble.id, match };
    const action = this.#tableAction(table, like);
    if (action) entry.action = action;
    if (like.priority) entry.priority = like.priority;
    if (like.meter) entry.meterConfig = toMeterConfig(like.meter);
    if (like.idleTimeoutMs) entry.idleTimeoutNs = BigInt(like.idleTimeoutMs) * 1_000_000n;
    if (like.isDefaultAction) entry.isDefaultAction = true;
    if (like.metadata !== undefined) entry.metadata = encoder.encode(like.metadata);
    return entry;
  }

  member(like: {
    readonly profile: string;
    readonly id: number;
    readonly action: string;
    readonly params?: ParamsLike;
  }): ActionProfileMember {
    const profile = this.names.actionProfiles.get(like.profile);
    const table = this.names.tables.byId(profile.tableIds[0] ?? 0);
    if (!table) throw new RangeError(`no table uses action profile '${like.profile}'`);
    return {
      actionProfileId: profile.preamble.id,
      memberId: like.id,
      action: this.#action(table, like.action, like.params ?? {}),
    };
  }

  group(like: {
    readonly profile: string;
    readonly id: number;
    /** Member ids, with weight 1 if nothing else is said. */
    readonly members: readonly (number | { readonly member: number; readonly weight: number })[];
    /** The most that the weights may add up to; the slots that the group has at least. */
    readonly maxSize?: number;
  }): ActionProfileGroup {
    return {
      actionProfileId: this.names.actionProfiles.get(like.profile).preamble.id,
      groupId: like.id,
      members: like.members
        .map((m) => (typeof m === 'number' ? { memberId: m, weight: 1 } : { memberId: m.member, weight: m.weight }))
        .sort((a, b) => a.memberId - b.memberId),
      ...(like.maxSize !== undefined && { maxSize: like.maxSize }),
    };
  }

  /** A packet for the data plane, with the fields of the program's `packet_out` header. */
  packetOut(payload: Uint8Array, fields: ParamsLike): PacketOut {
    const metadata = this.#packetFields('packet_out').map(({ id, name, bitwidth }) => ({
      metadataId: id,
      value: parseValue(fields[name] ?? 0, bitwidth, () => `packet_out field '${name}'`),
    }));
    return { payload, metadata };
  }

  /** The fields of a packet that the program sent to the control plane, by name. */
  packetInFields(packet: PacketIn): Readonly<Record<string, Uint8Array>> {
    const fields = this.#packetFields('packet_in');
    return Object.fromEntries(
      packet.metadata.flatMap(({ metadataId, value }) => {
        const field = fields.find((f) => f.id === metadataId);
        return field ? [[field.name, value]] : [];
      }),
    );
  }

  #packetFields(header: string) {
    return this.names.info.controllerPacketMetadata.find(({ preamble }) => preamble.name === header)?.metadata ?? [];
  }

  #tableAction(table: Table, like: TableEntryLike): TableAction | undefined {
    if (like.action !== undefined) return { action: this.#action(table, like.action, like.params ?? {}) };
    if (like.member !== undefined) return { actionProfileMemberId: like.member };
    if (like.group !== undefined) return { actionProfileGroupId: like.group };
    return undefined;
  }

  readonly #toValue = (value: ValueLike, width: number, what: () => string): Uint8Array => {
    if (typeof value !== 'number' || value < 0 || value >= smallNumbers || (width < 16 && value >= 1 << width))
      return parseValue(value, width, what);
    let bytes = this.#small[value];
    if (!bytes) {
      bytes = parseValue(value, width, what);
      this.#small[value] = bytes;
    }
    return bytes;
  };

  #action(table: Table, name: string, values: ParamsLike): Action {
    const action = this.names.actionOf(table, name);
    const params = action.params.map((param: ActionParamInfo) => {
      const value = values[param.name];
      if (value === undefined) throw new RangeError(`action '${name}' needs parameter '${param.name}'`);
      return {
        paramId: param.id,
        value: this.#toValue(value, param.bitwidth, () => `action '${name}', parameter '${param.name}'`),
      };
    });
    const given = Object.keys(values);
    if (given.length !== params.length) for (const each of given) memberNamed(action.params, each, () => `action '${name}'`);
    return { actionId: action.preamble.id, params };
  }
}

/** One rate: whatever exceeds it is red. */
function toMeterConfig({ perSecond, burst }: RateLike): MeterConfig {
  const [rate, size] = [BigInt(perSecond), BigInt(burst)];
  return { cir: rate, cburst: size, pir: rate, pburst: size };
}

/** undefined where the match is a don't-care, which P4Runtime leaves out. */
function fieldMatch(
  field: MatchField,
  like: Exclude<MatchLike, undefined>,
  toValue: typeof parseValue,
  what: () => string,
): FieldMatch | undefined {
  const width = field.bitwidth;
  const value = (from: ValueLike): Uint8Array => toValue(from, width, what);
  const isValue = typeof like !== 'object' || like instanceof Uint8Array;
  const fieldId = field.id;
  switch (field.matchType) {
    case 'EXACT':
      if (isValue) return { fieldId, exact: { value: value(like) } };
      break;
    case 'OPTIONAL':
      if (isValue) return { fieldId, optional: { value: value(like) } };
      break;
    case 'LPM': {
      const prefix = toPrefix(like, width);
      if (prefix === undefined) break;
      if (prefix.prefixLen === 0) return undefined;
      return { fieldId, lpm: { value: value(prefix.value), prefixLen: prefix.prefixLen } };
    }
    case 'TERNARY': {
      if (isValue) return { fieldId, ternary: { value: value(like), mask: toBytes(allOnes(width)) } };
      if (!('mask' in like)) break;
      const mask = value(like.mask);
      return mask.every((byte) => byte === 0) ? undefined : { fieldId, ternary: { value: value(like.value), mask } };
    }
    case 'RANGE': {
      if (isValue) return { fieldId, range: { low: value(like), high: value(like) } };
      if (!('low' in like)) break;
      return { fieldId, range: { low: value(like.low), high: value(like.high) } };
    }
    default:
      return assertNever(field.matchType);
  }
  throw new RangeError(`${what()} is ${field.matchType}: this is no match for it`);
}

function toPrefix(
  like: Exclude<MatchLike, undefined>,
  width: number,
): { readonly value: ValueLike; readonly prefixLen: number } | undefined {
  if (typeof like === 'string' && like.includes('/')) {
    const [value, length] = like.split('/');
    return { value: value!, prefixLen: Number(length) };
  }
  if (typeof like !== 'object' || like instanceof Uint8Array) return { value: like, prefixLen: width };
  return 'prefixLen' in like ? like : undefined;
}

function assertNever(value: never): never {
  throw new Error(`not reached: ${String(value)}`);
}
