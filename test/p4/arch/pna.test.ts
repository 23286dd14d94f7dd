/** PNA: what externs become, and what is refused where. */
import { describe, expect, test } from 'vitest';
import { compile, errors, irText, type Parts } from '../ir/programs.ts';

interface Row extends Parts {
  readonly name: string;
  readonly ir: string;
}

const flows = (more: { hit?: string; miss?: string; properties?: string; actions?: string } = {}): string => `
  action hit(bit<32> port, bit<8> v) { send_to_port((PortId_t)port); ${more.hit ?? ''} }
  action other() {}
  action miss() { ${more.miss ?? 'add_entry("hit", { 32w1, 8w2 }, (ExpireTimeProfileId_t)8w3);'} }
  table t {
    key = { hdr.h.d: exact; }
    actions = { ${more.actions ?? '@tableonly hit; @defaultonly miss; other;'} }
    ${more.properties ?? 'add_on_miss = true; pna_idle_timeout = PNA_IdleTimeout_t.AUTO_DELETE;'}
    const default_action = miss;
  }`;
const apply = 't.apply();';

const lowered: readonly Row[] = [
  {
    name: 'send_to_port and drop_packet: the last call counts',
    apply: 'drop_packet(); send_to_port((PortId_t)32w4);',
    ir: '$fate = 2w2\n$port = 32w4\n$fate = 2w1\n',
  },
  {
    name: 'the end of a pipeline',
    apply: 'send_to_port(istd.input_port);',
    ir: 'if ($fate == 2w1) {\ndeparse {\nemit hdr.h\n}\n}\nswitch $fate {\ncase 1 {\noutput $port\n}\ncase 2 {\ndrop program\n}\ndefault {\ndrop no-destination\n',
  },
  {
    name: 'a deparser with effects runs for dropped packets too',
    top: 'struct m { bit<8> v; }',
    deparserLocals: 'Digest<m>() dg;',
    deparse: 'dg.pack({ hdr.h.a });',
    ir: '}\n}\ndeparse {\ndigest D.dg(hdr.h.a)\n}\nswitch $fate',
  },
  {
    name: 'recirculate: another pass',
    dialect: 'old',
    apply: 'if (istd.pass == (PassNumber_t)0) recirculate();',
    ir: 'if ($fate == 2w3) {\nsetInvalid hdr.h\n$fate = 2w0\nnextPass\ncontinue pass\n}',
  },
  {
    name: 'intrinsic metadata, new dialect',
    apply: 'if (istd.recirculated || istd.parser_error != error.NoError) meta.z = (bit<32>)(PortIdUint_t)istd.input_port;',
    ir: 'if (($pass != 32w0) || ($parserError != 32w0)) {\nmeta.z = $inputPort',
  },
  {
    name: 'intrinsic metadata, old dialect',
    dialect: 'old',
    apply: 'if (istd.direction == PNA_Direction_t.NET_TO_HOST) meta.x = 1;',
    ir: 'if isNetPort($inputPort) {\nmeta.x = 8w1',
  },
  {
    name: 'is_net_port and is_host_port',
    apply: 'if (is_net_port(istd.input_port)) meta.x = 1; if (is_host_port(istd.input_port)) meta.x = 2;',
    ir: 'if isNetPort($inputPort) {\nmeta.x = 8w1\n}\nif !isNetPort($inputPort) {',
  },
  {
    name: 'SelectByDirection, new dialect',
    apply: 'meta.x = SelectByDirection(is_net_port(istd.input_port), hdr.h.a, hdr.h.b);',
    ir: 'meta.x = (isNetPort($inputPort) ? hdr.h.a : hdr.h.b)',
  },
  {
    name: 'SelectByDirection, old dialect',
    dialect: 'old',
    apply: 'meta.x = SelectByDirection(istd.direction, hdr.h.a, hdr.h.b);',
    ir: 'meta.x = (isNetPort($inputPort) ? hdr.h.a : hdr.h.b)',
  },
  {
    name: 'mirror_packet',
    apply: 'mirror_packet((MirrorSlotId_t)8w1, (MirrorSessionId_t)16w5);',
    ir: 'mirror slot 8w1 session 16w5',
  },
  { name: 'add_entry', locals: flows(), apply, ir: '$added = addEntry C.t C.hit(32w1, 8w2) profile 8w3' },
  {
    name: 'add_entry: the status, new dialect',
    locals: flows({ miss: 'meta.x[0:0] = add_entry("hit", { 32w1, 8w2 }, (ExpireTimeProfileId_t)8w3);' }),
    apply,
    ir: 'meta.x[0:0] = !$added',
  },
  {
    name: 'add_entry: the status, old dialect',
    dialect: 'old',
    locals: flows({ miss: 'if (!add_entry("hit", { 32w1, 8w2 }, (ExpireTimeProfileId_t)8w3)) drop_packet();' }),
    apply,
    ir: 'if !$added {',
  },
  {
    name: 'add_entry_if',
    locals: flows({ miss: 'add_entry_if(meta.x == 1, "C.hit", { 32w1, 8w2 }, (ExpireTimeProfileId_t)8w3);' }),
    apply,
    ir: '$added = 1w0\nif (meta.x == 8w1) {\n$added = addEntry',
  },
  {
    name: 'ageing',
    locals: flows({ hit: 'restart_expire_timer(); set_entry_expire_time((ExpireTimeProfileId_t)v);' }),
    apply,
    ir: 'restartExpireTimer C.t\nsetEntryExpireTime C.t hit.v',
  },
  {
    name: 'update_expire_info',
    locals: flows({ hit: 'update_expire_info(true, meta.x == 1, (ExpireTimeProfileId_t)v);' }),
    apply,
    ir: 'if (meta.x == 8w1) {\nsetEntryExpireTime C.t hit.v\n} else {\nrestartExpireTimer C.t',
  },
  {
    name: 'allocate_flow_id',
    apply: 'meta.z = (bit<32>)(FlowIdUint_t)allocate_flow_id();',
    ir: '$flow_id = allocateFlowId\nmeta.z = $flow_id',
  },
  {
    name: 'idle timeout of the old dialect',
    dialect: 'old',
    locals: flows({ properties: 'add_on_miss = true; idle_timeout_with_auto_delete = true;' }),
    apply,
    ir: 'table C.t size=1024 addOnMiss idleTimeout=autoDelete',
  },
  {
    name: 'a full table may evict',
    locals: flows().replace('table t', '@softipu_when_full("evict") table t'),
    apply,
    ir: 'whenFull=evict',
  },
  {
    name: 'hash',
    locals: 'Hash<bit<16>>(PNA_HashAlgorithm_t.CRC16) h;',
    apply: 'meta.y = h.get_hash({ hdr.h.a, hdr.h.d });',
    ir: 'meta.y = hash16 crc16(hdr.h.a, hdr.h.d)',
  },
  {
    name: 'hash with base and maximum',
    locals: 'Hash<bit<16>>(PNA_HashAlgorithm_t.CRC32) h;',
    apply: 'meta.y = h.get_hash(16w10, { hdr.h.d }, 16w100);',
    ir: 'meta.y = zext16((32w0xa + (hash32 crc32(hdr.h.d) % 32w0x64)))',
  },
  {
    name: 'InternetChecksum: cleared at the start, words are kept whole',
    locals: 'InternetChecksum() ck;',
    apply: 'ck.subtract({ hdr.h.a, hdr.h.b, hdr.h.c }); ck.add(hdr.h.d); meta.y = ck.get();',
    ir: '$C.ck = 16w0\n$C.ck = onesSum($C.ck, -(hdr.h.a ++ hdr.h.b), -hdr.h.c)\n$C.ck = onesSum($C.ck, hdr.h.d)\nmeta.y = ~$C.ck',
  },
  {
    name: 'Checksum collects its data',
    locals: 'Checksum<bit<32>>(PNA_HashAlgorithm_t.CRC32) ck;',
    apply: 'ck.update(hdr.h.a); ck.update({ hdr.h.b }); meta.z = ck.get();',
    ir: 'meta.z = hash32 crc32($t#, $t#)',
  },
  {
    name: 'counter',
    locals: 'Counter<bit<64>, bit<8>>(16, PNA_CounterType_t.PACKETS) c;',
    apply: 'c.count(meta.x);',
    ir: 'count C.c[meta.x]',
  },
  {
    name: 'a constant index has the width of the index type',
    locals: 'Counter<bit<64>, bit<8>>(16, PNA_CounterType_t.PACKETS) c;',
    apply: 'c.count(3);',
    ir: 'count C.c[8w3]',
  },
  {
    name: 'counter of the DPDK dialect',
    dialect: 'old',
    include: 'dpdk/pna.p4',
    locals: 'Counter<bit<64>, bit<8>>(16, PNA_CounterType_t.BYTES) c;',
    apply: 'c.count(meta.x, 32w100);',
    ir: 'count C.c[meta.x] by 32w0x64',
  },
  {
    name: 'direct counter',
    locals: `DirectCounter<bit<64>>(PNA_CounterType_t.BYTES) dc; ${flows({ hit: 'dc.count();', properties: 'add_on_miss = true; pna_direct_counter = dc;' })}`,
    apply,
    ir: 'count C.dc\n',
  },
  {
    name: 'meter',
    locals: 'Meter<bit<8>>(16, PNA_MeterType_t.BYTES) m;',
    apply: 'if (m.execute(meta.x, PNA_MeterColor_t.GREEN) == PNA_MeterColor_t.RED) drop_packet();',
    ir: '$color = meter C.m[meta.x] color 2w1\nif ($color == 2w0) {',
  },
  {
    name: 'register of a struct',
    top: 'struct r { bit<8> p; bit<16> q; }',
    locals: 'Register<r, bit<8>>(8, { 1, 2 }) reg;',
    apply: 'r v = reg.read(meta.x); v.q = v.q + 1; reg.write(meta.x, v);',
    ir: '$read#, $read# = read C.reg[meta.x]',
  },
  { name: 'random', locals: 'Random<bit<8>>(1, 6) die;', apply: 'meta.x = die.read();', ir: '$random = random 8w1 .. 8w6' },
  {
    name: 'action selector',
    locals: `@softipu_maglev_size(251) @softipu_max_groups(4) ActionSelector(PNA_HashAlgorithm_t.TARGET_DEFAULT, 32w128, 32w10) as;
      action to(bit<32> p) { send_to_port((PortId_t)p); }
      table t { key = { hdr.h.a: exact; hdr.h.d: selector; } actions = { to; } pna_implementation = as; }`,
    apply,
    ir: 'action selector C.as size=128 groups=4 maglev=251 hash=targetDefault width=10',
  },
];

describe('PNA externs', () => {
  test.each(lowered)('$name', ({ ir, ...parts }) => {
    expect(irText(parts)).toContain(ir);
  });
});

interface Refusal extends Parts {
  readonly name: string;
  readonly error: string;
}

const refused: readonly Refusal[] = [
  {
    name: 'add_entry outside of an action',
    apply: 'add_entry("x", { 32w1 }, (ExpireTimeProfileId_t)8w0);',
    error: "[add-entry] 'add_entry' may only be called in the default action of a table",
  },
  {
    name: 'add_entry in a table without add_on_miss',
    locals: flows({ properties: '' }),
    apply,
    error: "[add-entry] 'add_entry' needs a table with 'add_on_miss = true', which 't' is not",
  },
  {
    name: 'add_entry in another action',
    locals: flows({ hit: 'add_entry("hit", { 32w1, 8w2 }, (ExpireTimeProfileId_t)8w3);', miss: '' }),
    apply,
    error: "[add-entry] 'add_entry' may only be called in the default action, but 'hit' is not that of 't'",
  },
  {
    name: 'add_entry of an unknown action',
    locals: flows({ miss: 'add_entry("hat", { 32w1 }, (ExpireTimeProfileId_t)8w3);' }),
    apply,
    error: "[add-entry] table 't' has no action 'hat'",
  },
  {
    name: 'add_entry of a default-only action',
    locals: flows({ actions: '@defaultonly hit; @defaultonly miss; other;' }),
    apply,
    error: "[add-entry] action 'hit' is @defaultonly in table 't': an entry cannot have it",
  },
  {
    name: 'add_entry with too few values',
    locals: flows({ miss: 'add_entry("hit", { 32w1 }, (ExpireTimeProfileId_t)8w3);' }),
    apply,
    error: "[add-entry] action 'hit' has 2 parameters, but the number of values given is 1",
  },
  {
    name: 'add_entry with a value of another width',
    top: 'struct p { bit<16> port; bit<8> v; }',
    locals: flows({ miss: 'p v; add_entry("hit", v, (ExpireTimeProfileId_t)8w3);' }),
    apply,
    error: "[add-entry] parameter 'port' of action 'hit' has 32 bits, but the value given has 16",
  },
  {
    name: 'add_on_miss with a key that is not exact',
    locals: flows().replace('hdr.h.d: exact', 'hdr.h.d: ternary'),
    apply,
    error: "[add-on-miss] the keys of an add_on_miss table must be 'exact', found 'ternary'",
  },
  {
    name: 'ageing without idle timeout',
    locals: flows({ hit: 'restart_expire_timer();', properties: 'add_on_miss = true;' }),
    apply,
    error: "[wrong-place] 'restart_expire_timer' needs a table whose entries age, but 't' has no idle timeout",
  },
  {
    name: 'ageing outside of an action',
    apply: 'restart_expire_timer();',
    error: "[wrong-place] 'restart_expire_timer' may only be called in an action of a table",
  },
  {
    name: 'send_to_port in the deparser',
    deparse: 'send_to_port((PortId_t)32w1);',
    error: "[wrong-place] 'send_to_port' may only be called in the main control",
  },
  {
    name: 'mirror session 0',
    apply: 'mirror_packet((MirrorSlotId_t)8w1, (MirrorSessionId_t)16w0);',
    error: '[out-of-range] mirror session 0 is reserved for the architecture',
  },
  {
    name: 'mirror slot 4',
    apply: 'mirror_packet((MirrorSlotId_t)8w4, (MirrorSessionId_t)16w1);',
    error: '[out-of-range] a packet has mirror slots 0 to 3, found 4',
  },
  {
    name: "another table's direct counter",
    locals: `DirectCounter<bit<64>>(PNA_CounterType_t.BYTES) dc; ${flows({ hit: 'dc.count();' })}`,
    apply,
    error: "[direct-resource] direct counter 'dc' does not belong to table 't'",
  },
  {
    name: 'a selector key without selector',
    locals: 'action a() {} table t { key = { hdr.h.a: selector; } actions = { a; } default_action = a; }',
    apply,
    error: "[selector-key] a selector key needs an action selector as 'pna_implementation' of table 't'",
  },
  {
    name: 'checksum over half a word',
    locals: 'InternetChecksum() ck;',
    apply: 'ck.add(hdr.h.a);',
    error: '[checksum-data] the data of a checksum must be a multiple of 16 bits, found 8',
  },
  {
    name: 'a Maglev size that is no prime',
    locals: '@softipu_maglev_size(250) ActionSelector(PNA_HashAlgorithm_t.CRC32, 32w16, 32w8) as;',
    error: '[out-of-range] the number of slots of a Maglev table must be a prime, found 250',
  },
  {
    name: 'a header of half bytes',
    top: 'header odd_t { bit<4> n; }',
    headers: 'odd_t o;',
    error: "[unsupported] header 'odd_t' has 4 bits: a size that is not a whole number of bytes is not supported",
  },
  {
    name: 'an entry with a selector key',
    locals: `ActionSelector(PNA_HashAlgorithm_t.CRC32, 32w16, 32w8) as; action a() {}
      table t { key = { hdr.h.a: selector; } actions = { a; } default_action = a; pna_implementation = as; const entries = { 1: a(); } }`,
    apply,
    error: '[bad-keyset] a table with a selector key cannot have entries in the program',
  },
];

describe('what PNA refuses', () => {
  test.each(refused)('$name', ({ error, ...parts }) => {
    expect(errors(compile(parts))).toContain(error);
  });
});
