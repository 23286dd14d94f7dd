/** Warnings: right programs that are probably not what their author meant, and those that must stay silent. */
import { expect, test } from 'vitest';
import { checkText } from './helpers.ts';

const core = 'match_kind { exact } action NoAction() { } ';
const main = ' control proto(inout bit<8> x); package top(proto p); top(c()) main;';

// name, text, warnings
test.each([
  ['an unused variable', 'control c(inout bit<8> x) { apply { bit<8> y = x; } }', ["warning[unused]: variable 'y' is not used"]],
  [
    'an unused table and action',
    `${core}control c(inout bit<8> x) { action a() { } table t { key = { x : exact; } actions = { NoAction; } } apply { } }`,
    ["warning[unused]: action 'a' is not used", "warning[unused]: table 't' is not used"],
  ],
  [
    'an unused control of a program',
    `control c(inout bit<8> x) { apply { } } control d() { apply { } }${main}`,
    ["warning[unused]: control 'd' is not used"],
  ],
  ['without main a control is for others', 'control d() { apply { } }', []],
  [
    'what a program declares at its top level',
    `const bit<8> used = 1; const bit<8> lost = 2; typedef bit<8> word_t; bit<8> f() { return used; }
     control c(inout bit<8> x) { apply { } }${main}`,
    [
      "warning[unused]: constant 'lost' is not used",
      "warning[unused]: typedef 'word_t' is not used",
      "warning[unused]: function 'f' is not used",
    ],
  ],
  ['a library may have more than it uses', 'const bit<8> lost = 2; typedef bit<8> word_t; bit<8> f() { return 1; }', []],
  [
    "an action's parameter",
    `${core}control c(inout bit<8> x) { action a(bit<8> d, bit<8> e) { x = e; } table t { key = { x : exact; } actions = { a; NoAction; } }
     apply { t.apply(); } }`,
    ["warning[unused]: parameter 'd' is not used"],
  ],
  [
    'a key that is the same for every packet',
    `${core}const bit<8> k = 4; control c(inout bit<8> x) { table t { key = { k : exact; x : exact; } actions = { NoAction; } } apply { t.apply(); } }`,
    ['warning[constant-key]: this key has the same value for every packet'],
  ],
  [
    'a last label without statements',
    'control c(inout bit<8> x) { apply { switch (x) { 1: { x = 2; } 3: } } }',
    ['warning[empty-case]: this is the last label of the switch, and it has no statements'],
  ],
  ['labels that share a body', 'control c(inout bit<8> x) { apply { switch (x) { 1: 3: { x = 2; } } } }', []],
  [
    'a case behind one that takes all',
    'parser p(in bit<8> x) { state start { transition select(x) { 1: accept; _: reject; 2: accept; } } }',
    ['warning[unreachable-case]: no value comes as far as this case'],
  ],
  [
    'a parser that never accepts',
    'parser p(in bit<8> x) { state start { transition select(x) { 1: more; } } state more { transition reject; } }',
    ["warning[never-accepts]: parser 'p' never reaches 'accept': it rejects every packet"],
  ],
  [
    'a signed literal beyond its width',
    'const int<8> a = 8s200; const int<8> b = 8s127;',
    ["warning[value-truncated]: 200 does not fit 'int<8>'"],
  ],
  ['@noWarn', 'control c() { @noWarn("unused") action a() { } apply { } }', []],
  ['written only is used enough', 'control c(inout bit<8> x) { apply { bit<8> y; y = x; } }', []],
  [
    'a hidden parameter',
    'control c(inout bit<8> x) { action a(bit<8> x) { } apply { } }',
    [
      "warning[shadow]: 'x' hides another 'x'",
      "warning[unused]: action 'a' is not used",
      "warning[unused]: parameter 'x' is not used",
    ],
  ],
  [
    'a variable that one way leaves unwritten',
    'control c(inout bit<8> x) { apply { bit<8> y; if (x == 1) { y = 2; } x = y; } }',
    ["warning[uninitialized]: 'y' is read here, and may not have been written before"],
  ],
  ['both ways write', 'control c(inout bit<8> x) { apply { bit<8> y; if (x == 1) { y = 2; } else { y = 3; } x = y; } }', []],
  [
    'the other way leaves',
    'control c(inout bit<8> x) { apply { bit<8> y; if (x == 1) { y = 2; } else { return; } x = y; } }',
    [],
  ],
  ['passed as out', 'extern void get(out bit<8> y); control c(inout bit<8> x) { apply { bit<8> y; get(y); x = y; } }', []],
  [
    'an out parameter that one way leaves unwritten',
    'bool f(in bit<8> x, out bit<8> y) { if (x == 1) { return false; } y = x; return true; }',
    ["warning[uninitialized-out]: 'f' can end without writing 'out' parameter 'y'"],
  ],
  ['a part is taken for the whole', 'struct s_t { bit<8> a; bit<8> b; } void f(out s_t s) { s.a = 1; }', []],
  [
    'a field of a header that nothing made valid',
    'header h_h { bit<8> a; } control c(inout bit<8> x) { apply { h_h h; x = h.a; } }',
    ["warning[invalid-header]: a field of header 'h' is read here, and nothing may have made it valid before"],
  ],
  ['made valid', 'header h_h { bit<8> a; } control c(inout bit<8> x) { apply { h_h h; h.setValid(); h.a = 1; x = h.a; } }', []],
  ['a block with @noWarn', 'control c(inout bit<8> x) { apply @noWarn("uninitialized-use") { bit<8> y; x = y; } }', []],
  ['types and values are apart', 'header x_h { bit<8> a; } control c(inout bit<8> x_h) { apply { } }', []],
])('%s', (_, text, warnings) => {
  const { printed } = checkText(text);
  const heads = printed.split('\n').filter((line) => /^test\.p4:\d+:\d+: /.test(line));
  expect(heads.map((line) => line.replace(/^test\.p4:\d+:\d+: /, ''))).toEqual(warnings);
});
