/**
 * P4Info in protobuf's text form, as `--emit p4info` prints it and controllers read it (`p4info.txtpb`). Fields in the order of their declaration in
 * p4info.proto; defaults are left out, as in proto3.
 */
import type * as info from './p4info.ts';
import { bytes, flag, type Line, message, number, text, word } from './text-form.ts';

/** The whole message. */
export function printP4Info(p: info.P4Info): string {
  const lines: Line[] = [
    '# proto-file: p4/config/v1/p4info.proto',
    '# proto-message: p4.config.v1.P4Info',
    '',
    ...unlessEmpty('pkg_info', [
      ...text('name', p.pkgInfo.name),
      ...text('version', p.pkgInfo.version),
      ...text('arch', p.pkgInfo.arch),
      ...text('organization', p.pkgInfo.organization),
      ...text('contact', p.pkgInfo.contact),
      ...text('url', p.pkgInfo.url),
    ]),
    ...p.tables.flatMap((t) => message('tables', table(t))),
    ...p.actions.flatMap((a) =>
      message('actions', [...preamble(a.preamble), ...a.params.flatMap((x) => message('params', parameter(x)))]),
    ),
    ...p.actionProfiles.flatMap((a) =>
      message('action_profiles', [
        ...preamble(a.preamble),
        ...a.tableIds.flatMap((id) => number('table_ids', id)),
        ...flag('with_selector', a.withSelector),
        ...number('size', a.size),
        ...number('max_group_size', a.maxGroupSize),
        ...(a.sumOfWeights ? message('sum_of_weights', []) : []),
        ...(a.sumOfMembers ? message('sum_of_members', number('max_member_weight', a.sumOfMembers.maxMemberWeight)) : []),
      ]),
    ),
    ...p.counters.flatMap((c) =>
      message('counters', [
        ...preamble(c.preamble),
        ...unit(c.spec),
        ...number('size', c.size),
        ...namedType('index_type_name', c.indexTypeName),
      ]),
    ),
    ...p.directCounters.flatMap((c) =>
      message('direct_counters', [...preamble(c.preamble), ...unit(c.spec), ...number('direct_table_id', c.directTableId)]),
    ),
    ...p.meters.flatMap((m) =>
      message('meters', [
        ...preamble(m.preamble),
        ...unit(m.spec),
        ...number('size', m.size),
        ...namedType('index_type_name', m.indexTypeName),
      ]),
    ),
    ...p.directMeters.flatMap((m) =>
      message('direct_meters', [...preamble(m.preamble), ...unit(m.spec), ...number('direct_table_id', m.directTableId)]),
    ),
    ...p.controllerPacketMetadata.flatMap((c) =>
      message('controller_packet_metadata', [
        ...preamble(c.preamble),
        ...c.metadata.flatMap((m) => message('metadata', parameter(m))),
      ]),
    ),
    ...p.valueSets.flatMap((v) =>
      message('value_sets', [
        ...preamble(v.preamble),
        ...v.match.flatMap((m) => message('match', matchField(m))),
        ...number('size', v.size),
      ]),
    ),
    ...p.registers.flatMap((r) =>
      message('registers', [
        ...preamble(r.preamble),
        ...message('type_spec', typeSpec(r.typeSpec)),
        ...number('size', r.size),
        ...namedType('index_type_name', r.indexTypeName),
      ]),
    ),
    ...p.digests.flatMap((d) => message('digests', [...preamble(d.preamble), ...message('type_spec', typeSpec(d.typeSpec))])),
    ...unlessEmpty('type_info', typeInfo(p.typeInfo)),
  ];
  return lines.join('\n') + '\n';
}

function unlessEmpty(name: string, body: readonly Line[]): Line[] {
  return body.length > 0 ? message(name, body) : [];
}

function annotations(all: readonly string[]): Line[] {
  return all.flatMap((a) => text('annotations', a));
}

function preamble(p: info.Preamble): Line[] {
  return message('preamble', [
    ...number('id', p.id),
    ...text('name', p.name),
    ...text('alias', p.alias),
    ...annotations(p.annotations),
  ]);
}

function namedType(name: string, type: info.P4NamedType | undefined): Line[] {
  return type ? message(name, text('name', type.name)) : [];
}

function matchField(m: info.MatchField): Line[] {
  return [
    ...number('id', m.id),
    ...text('name', m.name),
    ...annotations(m.annotations),
    ...number('bitwidth', m.bitwidth),
    ...word('match_type', m.matchType),
    ...namedType('type_name', m.typeName),
  ];
}

function parameter(p: info.ActionParam): Line[] {
  return [
    ...number('id', p.id),
    ...text('name', p.name),
    ...annotations(p.annotations),
    ...number('bitwidth', p.bitwidth),
    ...namedType('type_name', p.typeName),
  ];
}

function table(t: info.Table): Line[] {
  return [
    ...preamble(t.preamble),
    ...t.matchFields.flatMap((m) => message('match_fields', matchField(m))),
    ...t.actionRefs.flatMap((a) =>
      message('action_refs', [
        ...number('id', a.id),
        ...annotations(a.annotations),
        ...word('scope', a.scope, 'TABLE_AND_DEFAULT'),
      ]),
    ),
    ...number('const_default_action_id', t.constDefaultActionId),
    ...(t.initialDefaultAction
      ? message('initial_default_action', [
          ...number('action_id', t.initialDefaultAction.actionId),
          ...t.initialDefaultAction.arguments.flatMap((a) =>
            message('arguments', [...number('param_id', a.paramId), ...bytes('value', a.value)]),
          ),
        ])
      : []),
    ...number('implementation_id', t.implementationId),
    ...t.directResourceIds.flatMap((id) => number('direct_resource_ids', id)),
    ...number('size', t.size),
    ...word('idle_timeout_behavior', t.idleTimeoutBehavior, 'NO_TIMEOUT'),
    ...flag('is_const_table', t.isConstTable),
    ...flag('has_initial_entries', t.hasInitialEntries),
  ];
}

function unit(spec: info.CounterSpec | info.MeterSpec): Line[] {
  return message('spec', word('unit', spec.unit));
}

// ---------------------------------------------------------------- types

function typeSpec(t: info.P4DataTypeSpec): Line[] {
  if ('bitstring' in t) return message('bitstring', bitstring(t.bitstring));
  if ('bool' in t) return message('bool', []);
  if ('tuple' in t)
    return message(
      'tuple',
      t.tuple.members.flatMap((m) => message('members', typeSpec(m))),
    );
  if ('struct' in t) return namedType('struct', t.struct);
  if ('header' in t) return namedType('header', t.header);
  if ('headerUnion' in t) return namedType('header_union', t.headerUnion);
  if ('headerStack' in t)
    return message('header_stack', [...namedType('header', t.headerStack.header), ...number('size', t.headerStack.size)]);
  if ('headerUnionStack' in t) {
    return message('header_union_stack', [
      ...namedType('header_union', t.headerUnionStack.headerUnion),
      ...number('size', t.headerUnionStack.size),
    ]);
  }
  if ('enum' in t) return namedType('enum', t.enum);
  if ('error' in t) return message('error', []);
  if ('serializableEnum' in t) return namedType('serializable_enum', t.serializableEnum);
  return namedType('new_type', t.newType);
}

function bitstring(b: info.P4BitstringLikeTypeSpec): Line[] {
  if ('bit' in b) return message('bit', number('bitwidth', b.bit.bitwidth));
  if ('int' in b) return message('int', number('bitwidth', b.int.bitwidth));
  return message('varbit', number('max_bitwidth', b.varbit.maxBitwidth));
}

/** A map field: entries sorted by key. */
function map<T>(name: string, entries: Readonly<Record<string, T>>, body: (value: T) => Line[]): Line[] {
  return Object.keys(entries)
    .sort()
    .flatMap((key) => message(name, [...text('key', key), ...message('value', body(entries[key]!))]));
}

function typeInfo(t: info.P4TypeInfo): Line[] {
  return [
    ...map('structs', t.structs, (s) =>
      s.members.flatMap((m) => message('members', [...text('name', m.name), ...message('type_spec', typeSpec(m.typeSpec))])),
    ),
    ...map('headers', t.headers, (h) =>
      h.members.flatMap((m) => message('members', [...text('name', m.name), ...message('type_spec', bitstring(m.typeSpec))])),
    ),
    ...map('header_unions', t.headerUnions, (u) =>
      u.members.flatMap((m) => message('members', [...text('name', m.name), ...namedType('header', m.header)])),
    ),
    ...map('enums', t.enums, (e) => e.members.flatMap((m) => message('members', text('name', m.name)))),
    ...(t.error
      ? message(
          'error',
          t.error.members.flatMap((m) => text('members', m)),
        )
      : []),
    ...map('serializable_enums', t.serializableEnums, (e) => [
      ...message('underlying_type', number('bitwidth', e.underlyingType.bitwidth)),
      ...e.members.flatMap((m) => message('members', [...text('name', m.name), ...bytes('value', m.value)])),
    ]),
    ...map('new_types', t.newTypes, newType),
  ];
}

function newType(t: info.P4NewTypeSpec): Line[] {
  if ('originalType' in t) return message('original_type', typeSpec(t.originalType));
  const { uri, sdnBitwidth, sdnString } = t.translatedType;
  return message('translated_type', [
    ...text('uri', uri),
    ...number('sdn_bitwidth', sdnBitwidth),
    ...(sdnString ? message('sdn_string', []) : []),
  ]);
}
