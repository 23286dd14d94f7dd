/** What the source becomes: one row per construct, with lines that the IR must (and must not) have. Behaviour is tested by test/stf. */
import { describe, expect, test } from 'vitest';
import { irText, type Parts } from './programs.ts';

interface Row extends Parts {
  readonly name: string;
  /** Consecutive lines of the IR, indentation left out. */
  readonly ir: string;
  readonly not?: string;
}

const vlanStack = { top: 'header v_t { bit<16> t; }', headers: 'v_t[2] v;' };
const table = (more: string): string => `
  action go(bit<32> port) { send_to_port((PortId_t)port); }
  action put(inout bit<8> f, bit<8> v) { f = v; }
  table t { key = { hdr.h.d: exact; } ${more} }`;

const rows: readonly Row[] = [
  { name: 'constants are folded', apply: 'meta.x = 3 + 4 * 2;', ir: 'meta.x = 8w0xb' },
  { name: 'an integer takes the width of its place', apply: 'meta.z = 1;', ir: 'meta.z = 32w1' },
  { name: 'casts resize', apply: 'meta.z = (bit<32>)meta.x;', ir: 'meta.z = zext32(meta.x)' },
  {
    name: 'signed comparison and extension',
    apply: 'int<8> s = (int<8>)meta.x; if (s < 0) meta.z = (bit<32>)(int<32>)s;',
    ir: 'if (s <s 8w0) {\nmeta.z = sext32(s)',
  },
  { name: 'slices read', apply: 'meta.x = hdr.h.c[11:4];', ir: 'meta.x = hdr.h.c[11:4]' },
  { name: 'slices of slices are one slice', apply: 'meta.x[1:0] = hdr.h.c[11:4][3:2];', ir: 'meta.x[1:0] = hdr.h.c[7:6]' },
  { name: 'a run-time slice shifts', apply: 'meta.x = hdr.h.d[meta.x +: 8];', ir: 'meta.x = zext8((hdr.h.d >> $low))' },
  {
    name: 'a struct assignment that swaps goes through temporaries',
    top: 'struct pair { bit<8> p; bit<8> q; }',
    meta: 'pair s;',
    apply: 'meta.s = { meta.s.q, meta.s.p };',
    ir: '$t# = meta.s.q\n$t# = meta.s.p\nmeta.s.p = $t#\nmeta.s.q = $t#',
  },
  {
    name: 'a struct assignment that does not needs none',
    apply: 'hdr.h = { 1, 2, 3, 4 };',
    ir: 'setValid hdr.h\nhdr.h.a = 8w1\nhdr.h.b = 8w2',
  },
  {
    name: 'the right side of && with an effect waits',
    locals: table('actions = { go; }'),
    apply: 'if (meta.x == 1 && t.apply().hit) meta.x = 2;',
    ir: '$t = (meta.x == 8w1)\nif $t {\napply C.t(hdr.h.d) hit=$hit {',
  },
  {
    name: 'an operand that a later call changes is saved',
    top: 'bit<8> f(inout bit<8> v) { v = v + 1; return v; }',
    apply: 'meta.y = (bit<16>)(meta.x + f(meta.x));',
    ir: '$t = meta.x\nmeta.x = (meta.x + 8w1)',
  },
  {
    name: 'a function of one expression is the expression',
    top: 'bit<8> twice(in bit<8> v) { return v + v; }',
    apply: 'meta.x = twice(hdr.h.a);',
    ir: 'meta.x = (hdr.h.a + hdr.h.a)',
  },
  {
    name: 'return in the middle jumps over the rest',
    top: 'bit<8> f(in bit<8> v) { if (v == 0) { return 1; } bit<8> w = v + 1; return w; }',
    apply: 'meta.x = f(hdr.h.a);',
    ir: 'if (hdr.h.a == 8w0) {\nf.$result = 8w1\nbreak f#',
  },
  {
    name: 'exit leaves the control, not the pipeline',
    apply: 'if (meta.x == 0) exit; meta.y = 1;',
    ir: 'block exit# {\nif (meta.x == 8w0) {\nbreak exit#\n}\nmeta.y = 16w1\n}',
  },
  {
    name: 'exit copies out on its way',
    locals: 'action a(inout bit<8> v) { v = 7; exit; }',
    apply: 'a(meta.x);',
    ir: 'a.v = meta.x\na.v = 8w7\nmeta.x = a.v',
  },
  {
    name: 'a sub-control works on the headers in place',
    top: 'control Sub(inout h_t h, in bit<8> n) { apply { h.a = n; h.b = n; } }',
    locals: 'Sub() sub;',
    apply: 'sub.apply(hdr.h, meta.x);',
    ir: 'hdr.h.a = meta.x\nhdr.h.b = meta.x',
    not: 'copy ',
  },
  {
    name: 'arguments that overlap are copied',
    top: 'control Sub(inout h_t h, in bit<8> n) { apply { h.a = n; h.b = n; } }',
    apply: 'Sub.apply(hdr.h, hdr.h.c[7:0]);',
    ir: '= hdr.h.c[7:0]',
  },
  {
    name: 'stack index at run time becomes a switch',
    ...vlanStack,
    apply: 'hdr.v[meta.x].t = 5;',
    ir: 'switch $index {\ncase 0 {\nhdr.v[0].t = 16w5\n}\ncase 1 {\nhdr.v[1].t = 16w5',
  },
  {
    name: 'stack index at run time, read',
    ...vlanStack,
    apply: 'meta.y = hdr.v[meta.x].t;',
    ir: 'meta.y = (($index == 8w0) ? hdr.v[0].t : (($index == 8w1) ? hdr.v[1].t : 16w0))',
  },
  {
    name: 'next beyond the stack is an error',
    ...vlanStack,
    parser: 'state start { pkt.extract(hdr.v.next); transition select(hdr.v.last.t) { 1: start; default: accept; } }',
    ir: 'if (hdr.v.$next >= 32w2) {\nparserError = StackOutOfBounds\ngoto reject',
  },
  {
    name: 'push_front moves elements up',
    ...vlanStack,
    apply: 'hdr.v.push_front(1);',
    ir: 'copy hdr.v[1] = hdr.v[0]\nsetInvalid hdr.v[0]',
  },
  {
    name: 'extracting a union member empties the others',
    top: 'header p_t { bit<8> p; } header q_t { bit<8> q; } header_union u_t { p_t p; q_t q; }',
    headers: 'u_t u;',
    parser: 'state start { pkt.extract(hdr.u.q); transition accept; }',
    ir: 'extract hdr.u.q\nsetInvalid hdr.u.p',
  },
  {
    name: 'varbit: extract with a length, assignment',
    top: 'header o_t { varbit<320> v; }',
    headers: 'o_t o; o_t p;',
    parser: 'state start { pkt.extract(hdr.o, (bit<32>)meta.x); transition accept; }',
    apply: 'hdr.p.v = hdr.o.v;',
    ir: 'copyVarbit hdr.p = hdr.o',
  },
  {
    name: 'select with masks, ranges and several keys',
    parser: `state start { pkt.extract(hdr.h); transition select(hdr.h.a, hdr.h.c) {
      (1, 0x10 &&& 0xf0): s; (_, 5 .. 9): s; (2, default): accept; } } state s { transition accept; }`,
    ir: 'if ((hdr.h.a == 8w1) && ((hdr.h.c & 16w0xf0) == 16w0x10)) {\ngoto 1\n}\nif ((16w5 <= hdr.h.c) && (hdr.h.c <= 16w9)) {',
  },
  {
    name: 'no matching case is an error',
    parser: 'state start { pkt.extract(hdr.h); transition select(hdr.h.a) { 1: accept; } }',
    ir: 'default {\nparserError = NoMatch\ngoto reject',
  },
  {
    name: 'a sub-parser goes on behind the call',
    top: 'parser Q(packet_in p, out h_t h) { state start { p.extract(h); transition accept; } }',
    parser: 'Q() q; state start { q.apply(pkt, hdr.h); meta.x = 1; transition accept; }',
    ir: 'state 1 q$end {\nmeta.x = 8w1\ngoto accept\n}\nstate 2 q.start {\nextract hdr.h\ngoto 1',
  },
  {
    name: 'a cycle that reads nothing is bounded',
    parser: 'state start { meta.x = meta.x + 1; transition select(meta.x) { 9: accept; default: start; } }',
    ir: '$rounds = ($rounds + 32w1)\nif ($rounds > 32w0x1000) {\nparserError = ParserTimeout',
  },
  {
    name: 'verify',
    parser: 'state start { pkt.extract(hdr.h); verify(hdr.h.a == 4, error.NoMatch); transition accept; }',
    ir: 'if (hdr.h.a != 8w4) {\nparserError = NoMatch\ngoto reject',
  },
  {
    name: 'value sets',
    parser:
      'value_set<bit<8>>(4) vs; state start { pkt.extract(hdr.h); transition select(hdr.h.a) { vs: accept; default: reject; } }',
    ir: 'if inValueSet(P.vs, hdr.h.a) {',
  },
  {
    name: 'lookahead',
    parser: 'state start { meta.x = pkt.lookahead<bit<8>>(); transition accept; }',
    ir: '$ahead = lookahead 8 at 0\nmeta.x = $ahead',
  },
  {
    name: 'for over a range ends at the largest value',
    apply: 'for (bit<8> i in 0 .. 255) { meta.y = meta.y + 1; }',
    ir: 'if ($i == 8w0xff) {\nbreak',
  },
  {
    name: 'for over a stack is unrolled',
    ...vlanStack,
    apply: 'for (v_t v in hdr.v) { meta.y = meta.y + v.t; }',
    ir: 'copy v = hdr.v[1]\nmeta.y = (meta.y + v.t)',
    not: 'loop',
  },
  {
    name: 'switch on action_run, with fall-through',
    locals: table('actions = { go; put(meta.x); NoAction; }'),
    apply: 'switch (t.apply().action_run) { go: put: { meta.y = 1; } default: { meta.y = 2; } }',
    ir: 'switch $action_run {\ncase 0, 1 {\nmeta.y = 16w1\n}\ndefault {\nmeta.y = 16w2',
  },
  {
    name: 'an action of a table with a bound argument',
    locals: table('actions = { put(meta.x); }'),
    apply: 't.apply();',
    ir: 'C.put(put.v) {\nput.f = meta.x\nput.f = put.v\nmeta.x = put.f\n}',
  },
  {
    name: 'a table without default action runs NoAction',
    locals: table('actions = { go; }'),
    apply: 't.apply();',
    ir: 'table C.t size=1024 {\nkey hdr.h.d: 32 exact\naction C.go(port: 32)\naction NoAction() defaultonly\ndefault NoAction()',
  },
  {
    name: 'entries: order is priority',
    locals: `action a(bit<8> v) { meta.x = v; } table t { key = { hdr.h.d: lpm; hdr.h.a: ternary; hdr.h.c: range; hdr.h.b: optional; }
      actions = { a; } const entries = { (0x0a000000 &&& 0xff000000, 1 &&& 3, 5 .. 9, 7): a(1); (_, _, _, _): a(2); } }`,
    apply: 't.apply();',
    ir: 'entry 167772160/8, 1 &&& 3, 5..9, 7 -> C.a(1) priority=2\nentry 0/0, 0 &&& 0, 0..65535, _ -> C.a(2) priority=1',
  },
  {
    name: 'entries: priorities of their own, the smallest wins',
    locals: `action a(bit<8> v) { meta.x = v; } table t { key = { hdr.h.a: ternary; } actions = { a; } largest_priority_wins = false;
      priority_delta = 10; entries = { const priority = 10: 1: a(1); 2: a(2); } }`,
    apply: 't.apply();',
    ir: 'entry 1 &&& 255 -> C.a(1) priority=11\nentry 2 &&& 255 -> C.a(2) priority=1',
  },
  {
    name: 'names: @name, leading dot',
    locals:
      '@name(".x.y") action a() { meta.x = 1; } @name("z") table t { key = { hdr.h.isValid(): exact; hdr.h.c[3:0]: exact @name("low"); } actions = { a; } default_action = a; }',
    apply: 't.apply();',
    ir: 'table C.z size=1024 {\nkey hdr.h.$valid$: 1 exact\nkey low: 4 exact\naction x.y()',
  },
  {
    name: 'enums count from 0, serializable enums keep their values',
    top: 'enum e { A, B, C } enum bit<8> s { X = 9 }',
    apply: 'e v = e.C; if (v == e.B) meta.x = s.X;',
    ir: 'v = 2w2\nif (v == 2w1) {\nmeta.x = 8w9',
  },
  {
    name: 'generics',
    top: 'T pick<T>(in bool c, in T a, in T b) { if (c) { return a; } return b; }',
    apply: 'meta.z = pick(hdr.h.isValid(), meta.z, 32w3);',
    ir: 'if valid(hdr.h) {\npick.$result = meta.z',
  },
  {
    name: 'a control with constructor parameters',
    top: 'control Sub(inout bit<8> v)(bit<8> n) { apply { v = v + n; } }',
    locals: 'Sub(4) s4; Sub(5) s5;',
    apply: 's4.apply(meta.x); s5.apply(meta.x);',
    ir: 'meta.x = (meta.x + 8w4)\nmeta.x = (meta.x + 8w5)',
  },
  {
    name: 'tuples and equality of structs',
    apply: 'tuple<bit<8>, bit<16>> t = { 1, 2 }; if (t == { meta.x, meta.y }) meta.x = t[0];',
    ir: 'if ((t[0] == meta.x) && (t[1] == meta.y)) {\nmeta.x = t[0]',
  },
  {
    name: 'equality of headers',
    headers: 'h_t g;',
    apply: 'if (hdr.h == hdr.g) meta.x = 1;',
    ir: 'if ((!valid(hdr.h) && !valid(hdr.g)) || ((valid(hdr.h) && valid(hdr.g)) &&',
  },
];

describe('lowering', () => {
  test.each(rows)('$name', ({ ir, not, ...parts }) => {
    const text = irText(parts);
    expect(text).toContain(ir);
    if (not) expect(text).not.toContain(not);
  });
});
