/** Programs that the tests of this room share: each line uses a form of the grammar; together they use all of it. None is meant to do anything. */
import { Diagnostics, makeSource, printDiagnostics } from '../../../src/diag/index.ts';
import { type ast, type PreprocessOptions, parseProgram } from '../../../src/p4/syntax/index.ts';

export interface Parsed {
  readonly program: ast.Program;
  /** What `softipu compile` would print. */
  readonly messages: string;
  readonly codes: readonly string[];
}

/** Parses `text` as the file `t.p4`. */
export function parse(text: string, options: PreprocessOptions = {}): Parsed {
  const diag = new Diagnostics();
  const program = parseProgram(makeSource('t.p4', text), options, diag);
  return { program, messages: printDiagnostics(diag.all), codes: diag.all.map((d) => d.code) };
}

export const typesProgram = `
const bit<32> limit = 0x1F;
const int big = -(1 << 70) + 0b1010_1010 - 0o17 * 0d9;
typedef bit<48> mac_t;
typedef bit<(limit + 1)> wide_t;
typedef struct pair_t { mac_t a; mac_t b; } pairs_t;
@p4runtime_translation("x/y", string) type bit<9> port_t;
error { Odd, Even }
match_kind { exact, fuzzy, }
@hot header eth_t { @name("dst") mac_t dst; mac_t src; bit<16> kind; }
header opts_t { varbit<320> options; int<8> delta; bool flag; }
header vlan_t { bit<3> key; bit<13> state; }
header_union l3_t { eth_t e; vlan_t v; }
struct empty_t {}
struct box_t<T> { T inside; tuple<bit<8>, bool> both; list<T> many; vlan_t[4] stack; error why; }
struct old_t { bit<8> bytes[16]; bit one; int any; .mac_t global; box_t<box_t<bit<8>>> nested; }
enum color_t { red, green, blue, }
enum bit<8> code_t { a = 0, b = 8w1, c = 2 }
extern void log(string text);
extern T pick<T>(in T left, in T right);
extern Sum<T, U> {
  Sum();
  Sum(@optional U seed);
  @pure T get<V>(in V from, in T otherwise = 5);
  abstract void each(inout T value);
}
package Pipe<H>(box_t<H> b, @optional Sum<H, _> s);
parser P_t<H>(packet p, out H h);
control C_t<H>(inout H h);
bit<8> plus(in bit<8> a, in bit<8> b) { return a + b; }
void nothing() { return; }
T same<T>(in T x) { return x; }
`;

export const controlProgram = `
header h_t { bit<8> a; bit<8> b; }
struct hs_t { h_t h; h_t[4] s; }
extern Counter<I> { Counter(bit<32> n); void count(in I i); abstract void f(inout bit<8> x); }
control inner(inout h_t h)(bit<8> start) { apply { h.a = start; } }
control c(inout hs_t hdr, in bit<9> port) {
  const bit<8> ten = 10;
  bit<8> tmp = 8w3;
  Counter<bit<8>>(32w16) counter;
  @name("x") Counter<bit<8>>(16) other = {
    void f(inout bit<8> x) { x = x |+| 1; }
    Counter<bit<8>>(1) deep;
  };
  inner(8w1) sub;
  action a0() {}
  action drop_it(in bit<8> why, bit<8> from) { tmp = why |-| from; exit; }
  @hidden table t {
    key = { hdr.h.a : exact @name("k"); hdr.h.b & 0xF : lpm; hdr.s[0].isValid() : exact; }
    actions = { a0; @defaultonly drop_it(tmp); .NoAction; }
    const entries = {
      (1, 2 &&& 3, true) : a0;
      const priority = 4 : (_, 1 .. 9, default) : drop_it(8w1, from = 2) @note;
      priority = (2 + 3) : (ten, _, _) : a0();
    }
    size = 64;
    const default_action = drop_it(tmp, 1);
    implementation = counter;
  }
  apply @noWarn("unused") {
    bit<8> x; h_t y = { 1, 2 };
    hs_t z = { h = { a = 1, b = 2 }, ... };
    h_t n = (h_t){#};
    h_t d = ...;
    h_t e = { 1, ..., };
    x = (bit<8>) port[7:0] ++ 4w0[3:0] ++ x[0+:4];
    x += 1; x -= 1; x *= 2; x /= 2; x %= 3; x |+|= 1; x |-|= 1; x <<= 1; x >>= 1; x &= 1; x |= 1; x ^= 1;
    x = x > 1 && x >> 1 < 3 || !(x == 2) ? ~x : -x;
    (x) = 1;
    hdr.s.push_front(1);
    hdr.s[x] = y;
    if (t.apply().hit) a0(); else if (x == 1) @likely { x = 2; } else { }
    switch (t.apply().action_run) { a0: drop_it: { exit; } default: { } }
    switch (x) { 1: { x = 2; } (bit<8>) 2: {} default: {} }
    for (bit<8> i = 0, bit<8> j = 1; i < 4; i += 1, j = j << 1) { if (i == 2) break; else continue; }
    @unroll for (bit<8> i in 1 .. x) x = x + i;
    for (h_t v in hdr.s) { v.a = 1; }
    for (;x < 2;) x = 3;
    same<bit<8>>(x);
    x = pick<bit<8>>(x, _);
    counter.count<bit<8>>(i = x);
    inner.apply(hdr.h);
    sub.apply(hdr.h);
    this.f(x);
    .log("a\\tb");
    @block { const bit<8> local = 1; ; }
    if (hdr.h.a == error.Odd) return;
    return;
  }
}
`;

export const parserProgram = `
struct m_t { bit<8> a; }
header h_t { bit<8> a; }
parser p(packet_in pkt, out h_t h, inout m_t m)(bit<8> n) {
  value_set<bit<16>>(4) ports;
  value_set<tuple<bit<8>, bit<8>>>(2) pairs;
  bit<8> left = n;
  @start state start {
    pkt.extract(h);
    { left = left - 1; }
    if (left == 0) { left = 1; }
    transition select(h.a, left) {
      (1, 2): one;
      (3 &&& 0xF, _): one;
      (4 .. 9, default): accept;
      ports: one;
      default: reject;
    }
  }
  state one { verify(left > 0, error.Odd); transition select(left) { 1: accept; 8w2: start; _: reject; } }
  state two { transition accept; }
  state three { }
}
Package(p(8w1), C()) main;
@pragma old style "x"
Package<h_t, _>(p(1), name = C()) again;
`;

export const allPrograms = { typesProgram, controlProgram, parserProgram };
