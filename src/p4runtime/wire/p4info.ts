/**
 * P4Info between our types (src/p4/p4info) and the messages of p4.config.v1. They are the same shapes; numbers of 64 bits differ, and what a client's
 * message leaves out our types have empty.
 */
import { emptyTypeInfo, type P4Info } from '../../p4/p4info/p4info.ts';
import { big, explicitLong, list, type Message, num, own, sub } from './fields.ts';

/** For protobufjs' `fromObject`: names of enumerations stay text. */
export function toP4InfoObject(info: P4Info): Message {
  const { pna: _, ...first } = { pna: undefined, ...info };
  return replaceBigints({ ...first, tables: info.tables.map(({ pna: _pna, ...table }) => table) }) as Message;
}

function replaceBigints(value: unknown): unknown {
  if (typeof value === 'bigint') return explicitLong(value);
  if (Array.isArray(value)) return value.map(replaceBigints);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === undefined ? [] : [[key, replaceBigints(inner)]])),
  );
}

/** From protobufjs' `toObject` with enumerations as text, and arrays and defaults present. */
export function fromP4InfoObject(message: Message): P4Info {
  const objects = (field: string, fix: (m: Message) => Message = (m) => m): Message[] => list(message, field).map(fix);
  const size = (m: Message): Message => ({ ...m, size: big(m, 'size') });
  const matches = (m: Message, field: string): Message[] => list(m, field).map(named);
  const result = {
    pkgInfo: sub(message, 'pkgInfo') ?? { arch: '' },
    tables: objects('tables', (table) => ({
      ...size(table),
      matchFields: matches(table, 'matchFields'),
      constDefaultActionId: num(table, 'constDefaultActionId') || undefined,
      initialDefaultAction: sub(table, 'initialDefaultAction'),
    })),
    actions: objects('actions', (action) => ({ ...action, params: list(action, 'params').map(named) })),
    actionProfiles: objects('actionProfiles', size),
    counters: objects('counters', size),
    directCounters: objects('directCounters'),
    meters: objects('meters', size),
    directMeters: objects('directMeters'),
    controllerPacketMetadata: objects('controllerPacketMetadata', (c) => ({ ...c, metadata: list(c, 'metadata').map(named) })),
    valueSets: objects('valueSets', (v) => ({ ...v, match: matches(v, 'match') })),
    registers: objects('registers', (r) => ({ ...r, typeSpec: typeSpec(sub(r, 'typeSpec') ?? {}) })),
    digests: objects('digests', (d) => ({ ...d, typeSpec: typeSpec(sub(d, 'typeSpec') ?? {}) })),
    typeInfo: typeInfo(sub(message, 'typeInfo')),
  };
  return result as unknown as P4Info;
}

function named(m: Message): Message {
  return { ...m, typeName: own(m, 'typeName') ? m.typeName : undefined };
}

/** Only the member of the oneof that is set. */
function typeSpec(m: Message): Message {
  const [kind, value] = Object.entries(m).find(([, inner]) => inner !== null && inner !== undefined) ?? [];
  if (kind === undefined) return {};
  const spec = value as Message;
  if (kind === 'tuple') return { tuple: { members: list(spec, 'members').map(typeSpec) } };
  return kind === 'bitstring' ? { bitstring: bitstring(spec) } : { [kind]: spec };
}

function bitstring(m: Message): Message {
  for (const kind of ['bit', 'int', 'varbit']) if (own(m, kind)) return { [kind]: m[kind] };
  return {};
}

function typeInfo(m: Message | undefined): Message {
  if (!m) return { ...emptyTypeInfo };
  const map = (field: string, fix: (inner: Message) => Message): Message =>
    Object.fromEntries(Object.entries(sub(m, field) ?? {}).map(([name, inner]) => [name, fix(inner as Message)]));
  const members = (inner: Message, fix: (spec: Message) => Message): Message => ({
    members: list(inner, 'members').map((member) => ({ ...member, typeSpec: fix(sub(member, 'typeSpec') ?? {}) })),
  });
  return {
    structs: map('structs', (inner) => members(inner, typeSpec)),
    headers: map('headers', (inner) => members(inner, bitstring)),
    headerUnions: map('headerUnions', (inner) => inner),
    enums: map('enums', (inner) => inner),
    ...(own(m, 'error') && { error: m.error }),
    serializableEnums: map('serializableEnums', (inner) => inner),
    newTypes: map('newTypes', (inner) =>
      own(inner, 'translatedType')
        ? { translatedType: inner.translatedType }
        : { originalType: typeSpec(sub(inner, 'originalType') ?? {}) },
    ),
  };
}
