/** The blocks and externs of PNA, in both published dialects around random bodies. */
import type { Expressions } from './expressions.ts';
import {
  checksumSteps,
  deparserChecksum,
  meteredTable,
  ports,
  reads,
  registers,
  roots,
  subControl,
  withPlace,
} from './externs.ts';
import { editableRoots, plainParser, recirculation } from './passes.ts';
import { type ControlExterns, type Generator, indented } from './program.ts';
import { bit, bool, error, type Place, text } from './types.ts';

export function pna(g: Generator, isOld: boolean): string {
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
  const mirror = (e: Expressions): string =>
    `if (${e.condition(1)}) { mirror_packet((MirrorSlotId_t)8w${random.below(4)}, (MirrorSessionId_t)16w${random.between(1, 3)}); }`;
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
      ...(g.keepsHeaders ? [] : [mirror]),
      (e) => withPlace(e, bit(hashWidth), (p) => `${p} = hsh.get_hash(${e.list(1, 4, 1)});`),
      (e) => withPlace(e, bit(hashWidth), (p, t) => `${p} = hsh.get_hash(${e.literal(t)}, ${e.list(1, 4, 1)}, ${e.of(t, 1)});`),
      (e) => withPlace(e, bit(16), (p) => [...checksumSteps(e, 'ics'), `${p} = ics.get();`].join('\n')),
      ...(g.keepsHeaders ? [recirculation, recirculation] : []),
      ...(isOld && !g.keepsHeaders ? [(e: Expressions) => `if (${e.condition(1)}) { recirculate(); }`] : []),
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
  const parserParameters = 'packet_in pkt, out Headers hdr, inout Meta meta, in pna_main_parser_input_metadata_t istd';
  const metadata = 'inout Headers hdr, inout Meta meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd';
  return indented([
    `#include <${isOld ? 'pna.p4' : 'bmv2/pna.p4'}>`,
    ...g.declarations,
    ...(sub ?? []),
    ...(g.keepsHeaders ? plainParser(g, 'P', parserParameters) : g.parser('P', parserParameters, [...roots(g), ...bracketed])),
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
      roots: [
        ...(g.keepsHeaders ? editableRoots(g) : roots(g)),
        ...bracketed,
        { path: 'istd.parser_error', type: error, isWritable: false },
      ],
      externs,
      before: [`send_to_port((PortId_t)32w${random.pick(ports)});`],
      subControls: sub ? ['Sub', ...(random.oneIn(2) ? ['Sub'] : [])] : [],
    }),
    `control D(packet_out pkt, ${isOld ? 'in' : 'inout'} Headers hdr, in Meta meta, in pna_main_output_metadata_t ostd) {`,
    ...(checksum.length > 0 ? ['InternetChecksum() ck;'] : []),
    'apply {',
    ...checksum,
    ...(g.keepsHeaders ? ['pkt.emit(hdr);'] : g.emits(deparse)),
    '}',
    '}',
    `PNA_NIC(P(), ${isOld ? 'Pre(), ' : ''}C(), D()) main;`,
  ]);
}
