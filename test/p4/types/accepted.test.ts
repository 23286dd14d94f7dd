/** Small programs that must be accepted without any message, one rule of the language each; and a PNA-shaped pipeline. */
import { expect, test } from 'vitest';
import { checkText } from './helpers.ts';

/** Declarations that most rows need. */
const prelude = `
error { NoError, PacketTooShort }
match_kind { exact, ternary, lpm, range, optional }
extern packet_in {
    void extract<T>(out T hdr);
    void extract<T>(out T hdr, in bit<32> bits);
    T lookahead<T>();
    void advance(in bit<32> bits);
}
extern packet_out { void emit<T>(in T hdr); }
extern void verify(in bool check, in error toSignal);
action NoAction() { }
header ipv4_h { bit<8> ttl; bit<32> src; bit<32> dst; }
header vlan_h { bit<16> tag; }
struct pair_t { bit<8> a; bit<8> b; }
enum bit<8> proto_t { tcp = 6, udp = 17 }
enum verdict_t { allow, deny }
type bit<9> port_t;
`;

/** Statements in an apply block with these at hand. */
const inControl = (statements: string): string => `
control c(inout ipv4_h ip, inout vlan_h[3] vlans, inout pair_t p, inout bit<8> x, inout bit<16> y, inout int<8> s, inout bool b) {
    apply { ${statements} }
}`;

const statements: Record<string, string> = {
  'a literal takes the width of the other operand': 'x = x + 1; x = 2 * x; b = 3 < x;',
  'a negative literal is two complement': 'x = -1; s = -128;',
  'compile-time arithmetic is unbounded': 'x = (1 << 100) >> 96; x = 7 / 2 % 2;',
  'shift by any unsigned width': 'x = x << y; y = y >> x; x = x << 3; s = s >> 1;',
  'slices on both sides': 'x[3:0] = y[15:12]; y[7:0] = x; x[x[1:0]+:1] = 1;',
  'concatenation adds widths': 'y = x ++ x; y = x[3:0] ++ y[11:0]; y = (bit<8>)s ++ x;',
  'casts between width and sign': 's = (int<8>)x; x = (bit<8>)s; y = (bit<16>)x; b = (bool)x[0:0]; x[0:0] = (bit<1>)b;',
  'casts through two steps': 'y = (bit<16>)(bit<8>)s; s = (int<8>)(bit<8>)y;',
  'a serializable enum is its number': 'x = proto_t.tcp; b = x == proto_t.udp; proto_t q = (proto_t)x; x = proto_t.tcp + 1;',
  'a plain enum compares with itself': 'verdict_t v = verdict_t.deny; b = v == verdict_t.allow;',
  'type and representation by cast': 'port_t q = (port_t)9w3; bit<9> r = (bit<9>)q; b = q == q;',
  'lists and structs': 'p = { 1, 2 }; p = { b = 1, a = 2 }; p = (pair_t){ 1, ... }; p = { a = 1, ... }; p = ...;',
  tuples: 'tuple<bit<8>, bool> t = { x, b }; x = t[0]; b = t[1]; t = { 1, true };',
  'comparison with a list': 'b = p == { 1, 2 }; b = { 1, 2 } == p;',
  headers: 'ip.setValid(); ip = { 1, 2, 3 }; ip = {#}; b = ip.isValid(); if (ip == ip) { ip.setInvalid(); }',
  stacks: 'vlans.push_front(1); vlans.pop_front(2); vlans[x].tag = 0; vlans[1] = vlans[0]; y = (bit<16>)vlans.size;',
  sizes: 'const int n = ip.minSizeInBits(); bit<32> m = n + 1; x = (bit<8>)pair_t.maxSizeInBytes();',
  conditional: 'x = b ? x : 1; p = b ? { 1, 2 } : { 3, 4 };',
  'blocks hide names': 'bit<16> q = 1; { bool q = true; b = q; } y = q;',
  'compound assignment': 'x += 1; x <<= 2; x |+|= 3; x[3:0] ^= 4w5; y /= 3;',
  loops: 'for (bit<8> i = 0; i < 4; i += 1) { x += i; if (b) continue; } for (bit<8> i in 0 .. 7) { if (i == 3) break; }',
  'loop over a stack': 'for (vlan_h v in vlans) { y = v.tag; }',
  'switch on a number': 'switch (x) { 1: { y = 1; } 2: 3: { y = 2; } default: { } }',
  'switch on an enum': 'switch (proto_t.tcp) { proto_t.tcp: { } default: { } }',
  'return and exit': 'if (b) return; exit;',
};

const declarations: Record<string, string> = {
  overloads: `
    extern void log(in bit<8> a);
    extern void log(in bit<8> a, in bit<8> b);
    bit<8> f(in bit<8> x) { log(x); log(x, x); log(b = 1, a = x); return x; }`,
  'default arguments': `
    extern void set(in bit<8> a, in bit<8> b = 3);
    void f() { set(1); set(1, 2); set(a = 1); }`,
  'generic function': `
    T first<T, U>(in T a, in U b) { return a; }
    bit<8> f(in bit<8> x, in bool b) { return first(x, b); }`,
  'generic struct': `
    struct box<T> { T value; }
    bit<8> f() { box<bit<8>> b = { 3 }; box<bit<4>> c = { value = 4 }; return b.value + (bit<8>)c.value; }`,
  'generic extern': `
    extern register<T> { register(bit<32> size); T read(in bit<32> i); void write(in bit<32> i, in T value); }
    control c(inout bit<16> y) { register<bit<16>>(8) r; apply { r.write(0, y + 1); y = r.read(1); } }`,
  'inferred constructor': `
    extern cell<T> { cell(T initial); T get(); }
    control c(inout bit<16> y) { cell(16w3) r; apply { y = r.get(); } }`,
  'abstract method': `
    extern map_t<T> { map_t(); abstract T step(in T x); T run(in T x); }
    control c(inout bit<8> x) {
        map_t<bit<8>>() m = { bit<8> step(in bit<8> y) { if (y == 0) { return 1; } return y + 1; } };
        apply { x = m.run(x); }
    }`,
  'constants build on constants': `
    const int words = 1 << 3;
    const bit<(words * 4)> wide = 32w0 - 1;
    const pair_t both = { 1, words };
    const bit<8> one = both.a;
    struct s { bit<(words)> f; }`,
  'a parser ends where its select matches nothing': `
    parser p(packet_in pkt, in bit<8> x) { state start { transition select(x) { 0: start; } } }`,
  'parser with select, value set and lookahead': `
    parser p(packet_in pkt, out ipv4_h ip, out vlan_h[3] vlans) {
        value_set<bit<16>>(4) special;
        bit<16> kind;
        state start { kind = pkt.lookahead<bit<16>>(); transition select(kind, kind[3:0]) {
            (0x800, _): v4; (0x8100 &&& 0xff00, 1): tags; (1 .. 5, 2): accept; default: other; } }
        state tags { pkt.extract(vlans.next); transition select(vlans.last.tag) { special: v4; _: tags; } }
        state other { transition select(kind) { special: reject; default: accept; } }
        state v4 { pkt.extract(ip); verify(ip.ttl > 0, error.PacketTooShort); transition accept; }
    }`,
  'sub-parser and sub-control': `
    parser inner(packet_in pkt, out vlan_h v) { state start { pkt.extract(v); transition accept; } }
    parser outer(packet_in pkt, out vlan_h v) { inner() i; state start { i.apply(pkt, v); inner.apply(pkt, v); transition accept; } }
    control low(inout bit<8> x)(bit<8> step) { apply { x = x + step; } }
    control high(inout bit<8> x) { low(1) one; low(step = 2) two; apply { one.apply(x); two.apply(x); } }`,
  'table with everything': `
    control c(inout ipv4_h ip, inout bit<8> x) {
        action set(inout bit<8> field, bit<8> value) { field = value; }
        action drop() { exit; }
        table t {
            key = { ip.dst : lpm; ip.ttl : ternary @name("ttl"); ip.isValid() : exact; ip.src[7:0] : range; }
            actions = { set(x); drop; @defaultonly NoAction; }
            size = 64;
            const default_action = NoAction();
            entries = {
                priority = 3 : (0x0a000000 &&& 0xff000000, _, true, 1 .. 5) : set(x, 1);
                (10, 3 &&& 7, false, _) : drop();
            }
        }
        apply {
            if (t.apply().hit) { x = 1; }
            switch (t.apply().action_run) { set: { x = 2; } drop: NoAction: { } default: { } }
        }
    }`,
  'state and field may share a name': `
    parser p(out pair_t a) { state start { transition a_state; } state a_state { a.a = 1; transition accept; } }`,
  'a local hides a parameter': 'control c(inout bit<8> x) { bool x = true; apply { x = !x; } }',
  'optional parameter of a method': `
    extern hash_t { hash_t(); bit<32> get(in bit<32> data, @optional in bit<32> base); }
    control c(inout bit<32> x) { hash_t() h; apply { x = h.get(x); x = h.get(x, 3); } }`,
  'match_kind as a value': 'const tuple<match_kind> kinds = { exact };',
  'list of tuples': `
    extern ports_t<T> { ports_t(list<tuple<T, bit<9>>> map); }
    control c() { ports_t<bit<8>>((list<tuple<bit<8>, bit<9>>>){ { 1, 2 }, { 3, 4 } }) p; apply { } }`,
};

const pipeline = `
struct headers_t { ipv4_h ip; }
struct meta_t { bit<16> port; }
struct istd_t { bit<32> input_port; }
parser MainParserT<MH, MM>(packet_in pkt, out MH hdr, inout MM meta, in istd_t istd);
control MainControlT<MH, MM>(inout MH hdr, inout MM meta, in istd_t istd);
control MainDeparserT<MH, MM>(packet_out pkt, in MH hdr, in MM meta);
package NIC<MH, MM>(MainParserT<MH, MM> main_parser, MainControlT<MH, MM> main_control, MainDeparserT<MH, MM> main_deparser);
parser MainParser(packet_in pkt, out headers_t hdr, inout meta_t meta, in istd_t istd) {
    state start { pkt.extract(hdr.ip); transition accept; }
}
control MainControl(inout headers_t hdr, inout meta_t meta, in istd_t istd) { apply { hdr.ip.ttl = hdr.ip.ttl |-| 1; } }
control MainDeparser(packet_out pkt, in headers_t hdr, in meta_t meta) { apply { pkt.emit(hdr.ip); } }
`;

for (const [name, text] of Object.entries(statements)) {
  test(name, () => expect(checkText(prelude + inControl(text)).errors).toBe(''));
}
for (const [name, text] of Object.entries({
  ...declarations,
  pipeline: `${pipeline} NIC(MainParser(), MainControl(), MainDeparser()) main;`,
})) {
  test(name, () => expect(checkText(prelude + text).errors).toBe(''));
}
