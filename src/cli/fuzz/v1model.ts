/** The blocks and externs of v1model around random bodies. */
import type { Expressions } from './expressions.ts';
import { meteredTable, ports, reads, registers, roots, subControl, withPlace } from './externs.ts';
import { type ControlExterns, type Generator, indented } from './program.ts';
import { bit, error, type Place, text } from './types.ts';

export function v1model(g: Generator): string {
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
