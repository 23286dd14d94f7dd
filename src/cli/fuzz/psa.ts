/** The blocks and externs of PSA around random bodies. */
import type { Expressions } from './expressions.ts';
import { deparserChecksum, meteredTable, reads, registers, roots, withPlace } from './externs.ts';
import { type ControlExterns, type Generator, indented } from './program.ts';
import { bit, bool, error, type Place, type Scalar, text } from './types.ts';

export function psa(g: Generator): string {
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
