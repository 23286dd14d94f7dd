/** The blocks and externs of each architecture around random bodies. A program is a function of its seed and architecture. */
import type { Expressions } from './expressions.ts';
import { type ControlExterns, Generator, indented } from './program.ts';
import type { Statements } from './statements.ts';
import { bit, bool, error, type Place, type Scalar, text } from './types.ts';

export const architectures = ['v1model', 'pna', 'pna-old', 'psa'] as const;
export type ArchitectureName = (typeof architectures)[number];

/** Source text of the program of this seed. */
export function generate(seed: number, architecture: ArchitectureName): string {
  const g = new Generator(seed);
  switch (architecture) {
    case 'v1model':
      return v1model(g);
    case 'psa':
      return psa(g);
    default:
      return pna(g, architecture === 'pna-old');
  }
}

const ports = [0, 1, 2, 3] as const;

function roots(g: Generator, canWriteHeaders = true): Place[] {
  return [
    { path: 'hdr', type: g.headers, isWritable: canWriteHeaders },
    { path: 'meta', type: g.meta, isWritable: true },
  ];
}

const reads = (list: readonly (readonly [string, Scalar])[], isWritable = false): Place[] =>
  list.map(([path, type]) => ({ path, type, isWritable }));

/** Registers of several types; their instances, reads and writes. `index`: bits of an index. */
function registers(
  g: Generator,
  declare: (element: Scalar, index: number, size: number) => string,
  read: 'method' | 'out',
  indexWidths: readonly number[] = [3, 8, 32],
): Pick<ControlExterns, 'declarations' | 'statements'> {
  const { random } = g;
  const all = random.many(0, 2, (i) => ({
    name: `reg${i}`,
    element: bit(random.pick([1, 7, 8, 16, 32, 48, 64, 80, 128])),
    index: random.pick(indexWidths),
    size: random.pick([1, 4, 8]),
  }));
  return {
    declarations: all.map((r) => `${declare(r.element, r.index, r.size)} ${r.name};`),
    statements: all.flatMap((r) => [
      (e: Expressions) => `${r.name}.write(${e.bits(r.index, 1)}, ${e.of(r.element, 2)});`,
      (e: Expressions) => {
        const target = e.place(r.element);
        const index = e.bits(r.index, 1);
        if (target === undefined) return `${r.name}.write(${index}, ${e.of(r.element, 1)});`;
        return read === 'out' ? `${r.name}.read(${target}, ${index});` : `${target} = ${r.name}.read(${index});`;
      },
    ]),
  };
}

// ---------------------------------------------------------------- v1model

function v1model(g: Generator): string {
  const { random } = g;
  const isNew = random.oneIn(2);
  g.declareStruct(g.meta, () => (random.oneIn(3) ? `@field_list(8w${random.pick([1, 1, 2])}) ` : ''));
  const sm = (writable: boolean): Place[] => [
    ...reads([
      ['sm.ingress_port', bit(9)],
      ['sm.instance_type', bit(32)],
      ['sm.packet_length', bit(32)],
      ['sm.parser_error', error],
      ['sm.checksum_error', bit(1)],
      ['sm.egress_port', bit(9)],
      ['sm.egress_rid', bit(16)],
    ]),
    ...reads(
      [
        ['sm.priority', bit(3)],
        ['sm.mcast_grp', bit(16)],
      ],
      writable,
    ),
  ];
  const externs = (which: 'ingress' | 'egress'): ControlExterns => {
    const regs = registers(
      g,
      (t, index, size) => (isNew ? `register<${text(t)}, bit<${index}>>(${size})` : `register<${text(t)}>(${size})`),
      'out',
      isNew ? undefined : [32],
    );
    const index = (e: Expressions): string => e.bits(32, 1);
    const counterType = (): string => `CounterType.${random.pick(['packets', 'bytes', 'packets_and_bytes'])}`;
    const clone = which === 'ingress' ? 'I2E' : 'E2E';
    return {
      declarations: [
        ...regs.declarations,
        `${isNew ? 'counter<bit<32>>' : 'counter'}(8, ${counterType()}) cnt;`,
        `${isNew ? 'meter<bit<32>>' : 'meter'}(4, MeterType.${random.pick(['packets', 'bytes'])}) met;`,
      ],
      statements: [
        ...regs.statements,
        (e) => `cnt.count(${index(e)});`,
        (e) => withPlace(e, bit(random.pick([2, 8, 32])), (p) => `met.execute_meter(${index(e)}, ${p});`),
        (e) => {
          const algorithm = random.pick(['crc32', 'crc16', 'identity', 'csum16', 'xor16', 'crc32', 'crc16']);
          const width = random.pick([8, 10, 16, 32, 64]);
          return withPlace(
            e,
            bit(random.pick([8, 16, 32])),
            (p) =>
              `hash(${p}, HashAlgorithm.${algorithm}, ${e.literal(bit(width))}, ${e.list(1, 4, 1)}, ${random.oneIn(2) ? `${width}w${1 + random.below(200)}` : e.bits(width, 1)});`,
          );
        },
        (e) => withPlace(e, bit(random.pick([8, 16, 32])), (p, t) => `random(${p}, ${e.literal(t)}, ${e.literal(t)});`),
        (e) => `digest(32w1, ${e.list(1, 3, 1)});`,
        () => 'mark_to_drop(sm);',
        (e) =>
          `if (${e.condition(1)}) { clone_preserving_field_list(CloneType.${clone}, 32w${random.between(1, 3)}, 8w${random.pick([1, 2])}); }`,
        (e) => `truncate(${random.oneIn(2) ? `32w${random.below(40)}` : e.bits(32, 1)});`,
        (e) => `assert(${e.condition(1)});`,
        ...(which === 'ingress'
          ? [
              (e: Expressions) =>
                `if (${e.condition(1)}) { sm.egress_spec = ${random.oneIn(3) ? e.bits(9, 1) : `9w${random.pick(ports)}`}; }`,
              (e: Expressions) => `if (${e.condition(1)}) { sm.mcast_grp = 16w${random.between(1, 2)}; }`,
              (e: Expressions) =>
                `if (sm.instance_type == 0 && ${e.condition(1)}) { resubmit_preserving_field_list(8w${random.pick([1, 2])}); }`,
            ]
          : [
              (e: Expressions) =>
                `if (sm.instance_type != 4 && ${e.condition(1)}) { recirculate_preserving_field_list(8w${random.pick([1, 2])}); }`,
            ]),
      ],
      reads: [],
      tables: {
        profile: () => 'implementation = action_profile(8);',
        selector: () =>
          `@softipu_maglev_size(13) implementation = action_selector(HashAlgorithm.${random.pick(['crc16', 'crc32'])}, 8, 14);`,
        extra: (table) => {
          if (random.oneIn(3)) {
            return { declarations: [`direct_counter(${counterType()}) dc_${table};`], properties: [`counters = dc_${table};`] };
          }
          return { declarations: [], properties: [] };
        },
      },
      own: (make) =>
        meteredTable(make, {
          declaration: `direct_meter<bit<8>>(MeterType.${random.pick(['packets', 'bytes'])})`,
          property: 'meters',
          read: 'bit<8> c;\ndm.read(c);\nmeta.m = meta.m + (bit<16>)(c ^ d);',
        }),
    };
  };
  const sub = random.oneIn(3) ? subControl(g) : undefined;
  const computed = g.expressions(roots(g));
  const update = random.many(0, 2, () => {
    const [algorithm, width] = random.pick([
      ['csum16', 16],
      ['crc16', 16],
      ['crc32', 32],
      ['xor16', 16],
    ] as const);
    const place = computed.place(bit(width));
    if (place === undefined || place.includes('[')) return '';
    const payload = algorithm === 'csum16' && random.oneIn(3) ? '_with_payload' : '';
    const list = computed.list(1, 4, 1, algorithm === 'csum16' && payload !== '' ? 16 : 1);
    return `update_checksum${payload}(${computed.condition(1)}, ${list}, ${place}, HashAlgorithm.${algorithm});`;
  });
  const verify = random.many(0, 1, () => {
    const list = computed.list(1, 4, 1);
    return `verify_checksum(${computed.condition(1)}, ${list}, ${computed.bits(16, 1)}, HashAlgorithm.csum16);`;
  });
  const standard = 'inout Headers hdr, inout Meta meta, inout standard_metadata_t sm';
  const deparse = g.expressions([{ path: 'hdr', type: g.headers, isWritable: false }]);
  return indented([
    '#include <core.p4>',
    ...(isNew ? ['#define V1MODEL_VERSION 20200408'] : []),
    '#include <v1model.p4>',
    ...g.declarations,
    ...(sub ?? []),
    ...g.parser('P', `packet_in pkt, out Headers hdr, inout Meta meta, inout standard_metadata_t sm`, [
      ...roots(g),
      ...sm(false),
    ]),
    'control V(inout Headers hdr, inout Meta meta) {',
    'apply {',
    ...verify,
    '}',
    '}',
    ...g.control({
      name: 'I',
      parameters: standard,
      roots: [...roots(g), ...sm(true)],
      externs: externs('ingress'),
      before: [`sm.egress_spec = 9w${random.pick(ports)};`],
      subControls: sub ? ['Sub', ...(random.oneIn(2) ? ['Sub'] : [])] : [],
    }),
    ...g.control({
      name: 'E',
      parameters: standard,
      roots: [...roots(g), ...sm(true)],
      externs: externs('egress'),
      depth: 2,
    }),
    'control C(inout Headers hdr, inout Meta meta) {',
    'apply {',
    ...update,
    '}',
    '}',
    'control D(packet_out pkt, in Headers hdr) {',
    'apply {',
    ...g.emits(deparse),
    '}',
    '}',
    'V1Switch(P(), V(), I(), E(), C(), D()) main;',
  ]);
}

/** A table with a direct meter, which only its own actions may execute. `read`: what one of them does with it. */
function meteredTable(
  make: Statements,
  names: { readonly declaration: string; readonly property: string; readonly read: string },
): { declarations: readonly string[]; apply: readonly (() => string)[] } {
  const { random, expr } = make;
  if (random.oneIn(2)) return { declarations: [], apply: [] };
  const keys = make.scope.scalars().filter((p) => p.type.kind === 'bit' && p.path.startsWith('hdr'));
  const key = keys.length > 0 ? random.pick(keys).path : 'meta.m';
  return {
    declarations: [
      `${names.declaration} dm;`,
      'action metered(bit<8> d) {',
      names.read,
      ...make.body({ kind: 'action' }, 0, 2),
      '}',
      'table meters {',
      `key = { ${key}: ${random.pick(['exact', 'ternary', 'lpm'])} @name("m"); ${random.oneIn(2) ? `${expr.bits(8, 1)}: exact @name("n");` : ''} }`,
      'actions = { metered; @defaultonly NoAction; }',
      `${names.property} = dm;`,
      'size = 16;',
      '}',
    ],
    apply: [() => 'meters.apply();'],
  };
}

/** A statement that needs a place of a type; counts in a variable of its own if there is none. */
function withPlace(e: Expressions, type: Scalar, make: (place: string, type: Scalar) => string): string {
  const place = e.place(type);
  return place === undefined || place.includes('[')
    ? `{ ${text(type)} tmp = ${e.literal(type)};\n${make('tmp', type)}\nmeta.m = meta.m ^ (bit<16>)tmp; }`
    : make(place, type);
}

function subControl(g: Generator): string[] {
  return g.control({ name: 'Sub', parameters: 'inout Headers hdr, inout Meta meta', roots: roots(g), depth: 1 });
}

// ---------------------------------------------------------------- PNA

function pna(g: Generator, isOld: boolean): string {
  const { random } = g;
  g.declareStruct(g.meta);
  const istd: Place[] = isOld
    ? reads([
        ['istd.loopedback', bool],
        ['(PassNumberUint_t)istd.pass', bit(3)],
        ['(PortIdUint_t)istd.input_port', bit(32)],
      ])
    : reads([
        ['istd.recirculated', bool],
        ['(PortIdUint_t)istd.input_port', bit(32)],
      ]);
  // A cast in front of a slice or a comparison needs brackets of its own.
  const bracketed = istd.map((p) => (p.path.startsWith('(') ? { ...p, path: `(${p.path})` } : p));
  const regs = registers(
    g,
    (t, index, size) =>
      `Register<${text(t)}, bit<${index}>>(${size}${random.oneIn(2) ? `, ${g.expressions([]).literal(t)}` : ''})`,
    'method',
  );
  const algorithms = ['CRC32', 'CRC16', 'IDENTITY', 'ONES_COMPLEMENT16', 'TARGET_DEFAULT', 'TOEPLITZ'];
  const hashWidth = random.pick([8, 16, 32, 64]);
  const colour = (): string => `PNA_MeterColor_t.${random.pick(['RED', 'GREEN', 'YELLOW'])}`;
  const counterType = (): string => `PNA_CounterType_t.${random.pick(['PACKETS', 'BYTES', 'PACKETS_AND_BYTES'])}`;
  const externs: ControlExterns = {
    declarations: [
      ...regs.declarations,
      `Counter<bit<64>, bit<8>>(8, ${counterType()}) cnt;`,
      `Meter<bit<4>>(4, PNA_MeterType_t.${random.pick(['PACKETS', 'BYTES'])}) met;`,
      `Hash<bit<${hashWidth}>>(PNA_HashAlgorithm_t.${random.pick(algorithms)}) hsh;`,
      `Random<bit<16>>(16w${random.below(10)}, 16w${10 + random.below(1000)}) rnd;`,
      'InternetChecksum() ics;',
    ],
    statements: [
      ...regs.statements,
      (e) => `cnt.count(${e.bits(8, 1)});`,
      (e) =>
        `if (met.execute(${e.bits(4, 1)}${random.oneIn(2) ? `, ${colour()}` : ''}) == ${colour()}) { meta.m = meta.m + 16w${random.below(9)}; }`,
      (e) =>
        `if (${e.condition(1)}) { send_to_port((PortId_t)${!isOld && random.oneIn(3) ? e.bits(32, 1) : `32w${random.pick(ports)}`}); }`,
      (e) => `if (${e.condition(1)}) { drop_packet(); }`,
      (e) =>
        `if (${e.condition(1)}) { mirror_packet((MirrorSlotId_t)8w${random.below(4)}, (MirrorSessionId_t)16w${random.between(1, 3)}); }`,
      (e) => withPlace(e, bit(hashWidth), (p) => `${p} = hsh.get_hash(${e.list(1, 4, 1)});`),
      (e) => withPlace(e, bit(hashWidth), (p, t) => `${p} = hsh.get_hash(${e.literal(t)}, ${e.list(1, 4, 1)}, ${e.of(t, 1)});`),
      (e) => withPlace(e, bit(16), (p) => [...checksumSteps(e, 'ics'), `${p} = ics.get();`].join('\n')),
      ...(isOld ? [(e: Expressions) => `if (${e.condition(1)}) { recirculate(); }`] : []),
    ],
    reads: [
      { type: bit(hashWidth), make: (e) => `hsh.get_hash(${e.list(1, 4, 1)})` },
      { type: bit(16), make: () => 'rnd.read()' },
      {
        type: bit(16),
        make: (e) =>
          isOld
            ? `SelectByDirection(istd.direction, ${e.bits(16, 1)}, ${e.bits(16, 1)})`
            : `SelectByDirection(is_net_port(istd.input_port), ${e.bits(16, 1)}, ${e.bits(16, 1)})`,
      },
      ...(isOld ? [] : [{ type: bool, make: () => `${random.pick(['is_net_port', 'is_host_port'])}(istd.input_port)` }]),
    ],
    tables: {
      profile: () => 'pna_implementation = ActionProfile(8);',
      selector: () =>
        `@softipu_maglev_size(13) pna_implementation = ActionSelector(PNA_HashAlgorithm_t.${random.pick(algorithms.filter((a) => a !== 'IDENTITY'))}, 8, ${random.pick([8, 14, 16])});`,
      extra: (table) => {
        if (random.oneIn(3))
          return {
            declarations: [`DirectCounter<bit<64>>(${counterType()}) dc_${table};`],
            properties: [`pna_direct_counter = dc_${table};`],
          };
        return { declarations: [], properties: [] };
      },
    },
    own: (make) => {
      const metered = meteredTable(make, {
        declaration: `DirectMeter(PNA_MeterType_t.${random.pick(['PACKETS', 'BYTES'])})`,
        property: 'pna_direct_meter',
        read: `if (dm.execute(${random.oneIn(2) ? `color = ${colour()}` : ''}) == ${colour()}) { meta.m = meta.m + (bit<16>)d; }`,
      });
      if (random.oneIn(3)) return metered;
      const { expr } = make;
      const keys = make.scope.scalars().filter((p) => p.type.kind === 'bit' && p.type.width <= 64 && p.path.startsWith('hdr'));
      const chosen = keys.length > 0 ? random.many(1, 3, () => random.pick(keys)) : [];
      const subjects = chosen.length > 0 ? chosen.map((k) => k.path) : ['meta.m'];
      const width = random.pick([8, 16, 32, 33, 64, 128]);
      const idle = isOld ? 'idle_timeout_with_auto_delete = true;' : 'pna_idle_timeout = PNA_IdleTimeout_t.AUTO_DELETE;';
      const full = random.oneIn(3) ? '@softipu_when_full("evict") ' : '';
      const profile = (): string => `(ExpireTimeProfileId_t)8w${random.below(4)}`;
      const timer = random.pick(['restart_expire_timer();', `set_entry_expire_time(${profile()});`, '']);
      return {
        declarations: [
          ...metered.declarations,
          `action seen(bit<${width}> was, bit<8> more) {`,
          `meta.m = meta.m + ((bit<16>)was ^ (bit<16>)more);`,
          timer,
          ...make.body({ kind: 'action' }, 1, 2),
          '}',
          'action learn() {',
          ...make.body({ kind: 'action' }, 0, 2),
          random.oneIn(2)
            ? `add_entry("seen", { ${expr.bits(width, 1)}, ${expr.bits(8, 1)} }, ${profile()});`
            : `if (${expr.condition(1)}) { meta.m = meta.m ^ (${isOld ? `add_entry("seen", { ${expr.bits(width, 1)}, ${expr.bits(8, 1)} }, ${profile()}) ? 16w1 : 16w2` : `(bit<16>)add_entry("seen", { ${expr.bits(width, 1)}, ${expr.bits(8, 1)} }, ${profile()})`}); }`,
          '}',
          `${full}table flows {`,
          'key = {',
          ...subjects.map((s, i) => `${s}: exact @name("f${i}");`),
          '}',
          'actions = {',
          '@tableonly seen;',
          '@defaultonly learn;',
          '}',
          'add_on_miss = true;',
          idle,
          'const default_action = learn;',
          // The last one is so big that the compiled code looks ahead.
          `size = ${random.pick([4, 16, 256, 8192])};`,
          '}',
        ],
        apply: [...metered.apply, () => (random.oneIn(2) ? 'flows.apply();' : 'if (flows.apply().hit) { meta.m = meta.m + 1; }')],
      };
    },
  };
  const sub = random.oneIn(3) ? subControl(g) : undefined;
  const deparse = g.expressions([
    { path: 'hdr', type: g.headers, isWritable: !isOld },
    { path: 'meta', type: g.meta, isWritable: false },
  ]);
  const checksum = isOld ? [] : deparserChecksum(deparse);
  const metadata = 'inout Headers hdr, inout Meta meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd';
  return indented([
    `#include <${isOld ? 'pna.p4' : 'bmv2/pna.p4'}>`,
    ...g.declarations,
    ...(sub ?? []),
    ...g.parser('P', 'packet_in pkt, out Headers hdr, inout Meta meta, in pna_main_parser_input_metadata_t istd', [
      ...roots(g),
      ...bracketed,
    ]),
    ...(isOld
      ? [
          'control Pre(in Headers hdr, inout Meta meta, in pna_pre_input_metadata_t istd, inout pna_pre_output_metadata_t ostd) {',
          'apply {',
          '}',
          '}',
        ]
      : []),
    ...g.control({
      name: 'C',
      parameters: metadata,
      roots: [...roots(g), ...bracketed, { path: 'istd.parser_error', type: error, isWritable: false }],
      externs,
      before: [`send_to_port((PortId_t)32w${random.pick(ports)});`],
      subControls: sub ? ['Sub', ...(random.oneIn(2) ? ['Sub'] : [])] : [],
    }),
    `control D(packet_out pkt, ${isOld ? 'in' : 'inout'} Headers hdr, in Meta meta, in pna_main_output_metadata_t ostd) {`,
    ...(checksum.length > 0 ? ['InternetChecksum() ck;'] : []),
    'apply {',
    ...checksum,
    ...g.emits(deparse),
    '}',
    '}',
    `PNA_NIC(P(), ${isOld ? 'Pre(), ' : ''}C(), D()) main;`,
  ]);
}

function deparserChecksum(e: Expressions): string[] {
  const place = e.place(bit(16));
  if (place === undefined || place.includes('[') || e.random.oneIn(2)) return [];
  return [...checksumSteps(e, 'ck'), `${place} = ck.${e.random.pick(['get', 'get', 'get_state'])}();`];
}

function checksumSteps(e: Expressions, name: string): string[] {
  const { random } = e;
  const step = (): string => `${name}.${random.pick(['add', 'subtract'])}(${e.list(1, 3, 1, 16)});`;
  const lines = [`${name}.clear();`, ...random.many(1, 3, step)];
  if (random.oneIn(3)) lines.push(`if (${e.condition(1)}) {`, step(), '}');
  if (random.oneIn(4)) lines.push(`${name}.set_state(${e.bits(16, 1)});`, step());
  return lines;
}

// ---------------------------------------------------------------- PSA

function psa(g: Generator): string {
  const { random } = g;
  g.declareStruct(g.meta);
  const carried = g.meta.fields.filter((f) => f.type.kind === 'bit' || f.type.kind === 'bool');
  g.declareStruct({ kind: 'struct', name: 'Carried', fields: carried });
  g.declare('struct Empty { }');
  const inPort = (path: string): Place[] => reads([[`((PortIdUint_t)${path})`, bit(32)]]);
  const algorithms = ['CRC32', 'CRC16', 'IDENTITY', 'ONES_COMPLEMENT16', 'TARGET_DEFAULT'];
  const counterType = (): string => `PSA_CounterType_t.${random.pick(['PACKETS', 'BYTES', 'PACKETS_AND_BYTES'])}`;
  const externs = (which: 'ingress' | 'egress'): ControlExterns => {
    const regs = registers(g, (t, index, size) => `Register<${text(t)}, bit<${index}>>(${size})`, 'method');
    const width = random.pick([8, 16, 32, 64]);
    return {
      declarations: [
        ...regs.declarations,
        `Counter<bit<64>, bit<8>>(8, ${counterType()}) cnt;`,
        `Meter<bit<4>>(4, PSA_MeterType_t.${random.pick(['PACKETS', 'BYTES'])}) met;`,
        `Hash<bit<${width}>>(PSA_HashAlgorithm_t.${random.pick(algorithms)}) hsh;`,
        `Random<bit<16>>(16w${random.below(10)}, 16w${10 + random.below(1000)}) rnd;`,
      ],
      statements: [
        ...regs.statements,
        (e) => `cnt.count(${e.bits(8, 1)});`,
        (e) =>
          `if (met.execute(${e.bits(4, 1)}) == PSA_MeterColor_t.${random.pick(['RED', 'GREEN', 'YELLOW'])}) { meta.m = meta.m + 16w${random.below(9)}; }`,
        (e) =>
          `if (${e.condition(1)}) { ostd.clone = true;\nostd.clone_session_id = (CloneSessionId_t)16w${random.between(1, 3)}; }`,
        (e) => withPlace(e, bit(width), (p) => `${p} = hsh.get_hash(${e.list(1, 4, 1)});`),
        (e) => withPlace(e, bit(width), (p, t) => `${p} = hsh.get_hash(${e.literal(t)}, ${e.list(1, 4, 1)}, ${e.of(t, 1)});`),
        (e) => `ostd.drop = ${e.condition(1)};`,
        ...(which === 'ingress'
          ? [
              (e: Expressions) =>
                `if (${e.condition(1)}) { send_to_port(ostd, (PortId_t)${random.pick(['32w1', '32w2', '32w3', 'PSA', e.bits(32, 1)]).replace('PSA', '(PortIdUint_t)PSA_PORT_RECIRCULATE')}); }`,
              (e: Expressions) => `if (${e.condition(1)}) { multicast(ostd, (MulticastGroup_t)32w${random.between(1, 2)}); }`,
              (e: Expressions) =>
                `if (istd.packet_path != PSA_PacketPath_t.RESUBMIT && ${e.condition(1)}) { ostd.resubmit = true; }`,
            ]
          : []),
      ],
      reads: [
        { type: bit(width), make: (e) => `hsh.get_hash(${e.list(1, 4, 1)})` },
        { type: bit(16), make: () => 'rnd.read()' },
        {
          type: bool,
          make: () =>
            `(istd.packet_path == PSA_PacketPath_t.${random.pick(['NORMAL', 'NORMAL_UNICAST', 'NORMAL_MULTICAST', 'CLONE_I2E', 'CLONE_E2E', 'RESUBMIT', 'RECIRCULATE'])})`,
        },
      ],
      tables: {
        profile: () => 'psa_implementation = ActionProfile(8);',
        selector: () =>
          `@softipu_maglev_size(13) psa_implementation = ActionSelector(PSA_HashAlgorithm_t.${random.pick(['CRC32', 'CRC16'])}, 8, ${random.pick([8, 14, 16])});`,
        extra: (table) =>
          random.oneIn(3)
            ? {
                declarations: [`DirectCounter<bit<64>>(${counterType()}) dc_${table};`],
                properties: [`psa_direct_counter = dc_${table};`],
              }
            : { declarations: [], properties: [] },
      },
      own: (make) =>
        meteredTable(make, {
          declaration: `DirectMeter(PSA_MeterType_t.${random.pick(['PACKETS', 'BYTES'])})`,
          property: 'psa_direct_meter',
          read: 'if (dm.execute() == PSA_MeterColor_t.GREEN) { meta.m = meta.m + (bit<16>)d; }',
        }),
    };
  };
  const fill = (target: string, e: Expressions): string[] =>
    carried.flatMap((f) =>
      random.oneIn(6) ? [] : [`${target}.${f.name} = ${random.oneIn(3) ? e.of(f.type as Scalar, 1) : `meta.${f.name}`};`],
    );
  const takeOver = (source: string): string[] => carried.map((f) => `meta.${f.name} = ${source}.${f.name};`);
  const deparserRoots: Place[] = [
    { path: 'hdr', type: g.headers, isWritable: true },
    { path: 'meta', type: g.meta, isWritable: false },
  ];
  const ingressDeparser = g.expressions(deparserRoots);
  const egressDeparser = g.expressions(deparserRoots);
  const check = [deparserChecksum(ingressDeparser), deparserChecksum(egressDeparser)] as const;
  const path = (name: string): string => `istd.packet_path == PSA_PacketPath_t.${name}`;
  return indented([
    '#include <psa.p4>',
    ...g.declarations,
    ...g.parser(
      'IP',
      'packet_in pkt, out Headers hdr, inout Meta meta, in psa_ingress_parser_input_metadata_t istd, in Carried again, in Carried recirculated',
      [...roots(g), ...inPort('istd.ingress_port')],
      [
        ...(random.oneIn(2) ? [`if (${path('RESUBMIT')}) {`, ...takeOver('again'), '}'] : []),
        ...(random.oneIn(2) ? [`if (${path('RECIRCULATE')}) {`, ...takeOver('recirculated'), '}'] : []),
      ],
    ),
    ...g.control({
      name: 'IC',
      parameters:
        'inout Headers hdr, inout Meta meta, in psa_ingress_input_metadata_t istd, inout psa_ingress_output_metadata_t ostd',
      roots: [...roots(g), ...inPort('istd.ingress_port'), { path: 'istd.parser_error', type: error, isWritable: false }],
      externs: externs('ingress'),
      before: [`send_to_port(ostd, (PortId_t)32w${random.between(1, 3)});`],
    }),
    'control ID(packet_out pkt, out Carried clone_i2e, out Carried again, out Carried normal, inout Headers hdr, in Meta meta, in psa_ingress_output_metadata_t istd) {',
    ...(check[0].length > 0 ? ['InternetChecksum() ck;'] : []),
    'apply {',
    'if (psa_clone_i2e(istd)) {',
    ...fill('clone_i2e', ingressDeparser),
    '}',
    'if (psa_resubmit(istd)) {',
    ...fill('again', ingressDeparser),
    '}',
    'if (psa_normal(istd)) {',
    ...fill('normal', ingressDeparser),
    '}',
    ...check[0],
    ...g.emits(ingressDeparser),
    '}',
    '}',
    ...g.parser(
      'EP',
      'packet_in pkt, out Headers hdr, inout Meta meta, in psa_egress_parser_input_metadata_t istd, in Carried normal, in Carried clone_i2e, in Carried clone_e2e',
      [...roots(g), ...inPort('istd.egress_port')],
      [
        `if (${path('CLONE_I2E')}) {`,
        ...takeOver('clone_i2e'),
        '}',
        'else {',
        ...takeOver(random.pick(['normal', 'clone_e2e'])),
        '}',
      ],
    ),
    ...g.control({
      name: 'EC',
      parameters:
        'inout Headers hdr, inout Meta meta, in psa_egress_input_metadata_t istd, inout psa_egress_output_metadata_t ostd',
      roots: [...roots(g), ...inPort('istd.egress_port'), { path: 'istd.parser_error', type: error, isWritable: false }],
      externs: externs('egress'),
      depth: 2,
    }),
    'control ED(packet_out pkt, out Carried clone_e2e, out Carried recirculated, inout Headers hdr, in Meta meta, in psa_egress_output_metadata_t istd, in psa_egress_deparser_input_metadata_t edstd) {',
    ...(check[1].length > 0 ? ['InternetChecksum() ck;'] : []),
    'apply {',
    'if (psa_clone_e2e(istd)) {',
    ...fill('clone_e2e', egressDeparser),
    '}',
    'if (psa_recirculate(istd, edstd)) {',
    ...fill('recirculated', egressDeparser),
    '}',
    ...check[1],
    ...g.emits(egressDeparser),
    '}',
    '}',
    'IngressPipeline(IP(), IC(), ID()) ip;',
    'EgressPipeline(EP(), EC(), ED()) ep;',
    'PSA_Switch(ip, PacketReplicationEngine(), ep, BufferingQueueingEngine()) main;',
  ]);
}
