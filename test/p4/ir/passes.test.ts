/** The passes over the IR, each on a program of few lines. */
import { describe, expect, test } from 'vitest';
import { passes } from '../../../src/p4/passes/index.ts';
import { irText } from './programs.ts';

const table = 'action a() {} table t { key = { hdr.h.d: exact; } actions = { a; } default_action = a; }';

describe('remove-dead-variables', () => {
  test.each([
    { name: 'a variable that nobody reads', apply: 'meta.x = hdr.h.a;', gone: 'meta.x =' },
    { name: 'a chain of them', apply: 'meta.x = hdr.h.a; meta.y = (bit<16>)meta.x;', gone: 'meta.x =' },
    { name: 'an if around nothing', apply: 'if (hdr.h.a == 1) { meta.x = 1; }', gone: 'if (hdr.h.a' },
    { name: 'a result that nobody wants', locals: table, apply: 'bool hit = t.apply().hit;', gone: 'hit=' },
  ])('$name goes', ({ gone, ...parts }) => {
    expect(irText(parts)).toContain(gone);
    expect(irText(parts, passes)).not.toContain(gone);
  });

  test('what a header, a key or a condition needs stays', () => {
    const text = irText({ locals: table, apply: 'meta.x = hdr.h.a; if (meta.x == 1) { hdr.h.b = 2; } t.apply();' }, passes);
    expect(text).toContain('meta.x = hdr.h.a\nif (meta.x == 8w1) {\nhdr.h.b = 8w2\n}\napply C.t(hdr.h.d) {');
  });
});

describe('remove-dead-variables, along the control flow', () => {
  const left = (apply: string): string => irText({ locals: table, apply }, passes);

  test('what is overwritten before anybody reads it goes', () => {
    expect(left('meta.x = hdr.h.a; meta.x = hdr.h.b; if (meta.x == 1) { hdr.h.a = 2; }')).not.toContain('meta.x = hdr.h.a');
  });

  test('what one branch reads stays', () => {
    expect(left('meta.x = hdr.h.a; if (hdr.h.b == 1) { meta.x = 3; } if (meta.x == 1) { hdr.h.a = 2; }')).toContain(
      'meta.x = hdr.h.a',
    );
  });

  test('what the next round of a loop reads stays', () => {
    const text = left('for (bit<8> i in 0 .. 3) { hdr.h.b = meta.x; meta.x = hdr.h.a; }');
    expect(text).toContain('meta.x = hdr.h.a');
  });
});

describe('propagate-values', () => {
  const pass = passes.filter(({ name }) => name === 'propagate-values');
  const text = (apply: string, locals = table): string => irText({ locals, apply }, pass);

  test('constants and copies take the place of variables, branches that are never taken go', () => {
    const out = text('meta.x = 1; if (meta.x == 1) { hdr.h.b = 2; } else { hdr.h.b = 3; }');
    expect(out).toContain('hdr.h.b = 8w2');
    expect(out).not.toContain('hdr.h.b = 8w3');
    expect(out).not.toContain('if (meta.x');
  });

  test('a copy is one only until either side changes', () => {
    const out = text('meta.x = hdr.h.b; bit<8> z = meta.x; meta.x = 7; hdr.h.b = z;');
    expect(out).toContain('hdr.h.b = z');
  });

  test('a branch knows its condition, what comes behind only what both know', () => {
    const out = text('meta.x = hdr.h.b; if (meta.x == 5) { hdr.h.b = meta.x + 1; } hdr.h.b = meta.x;');
    expect(out).toContain('hdr.h.b = 8w6');
    expect(out).toContain('hdr.h.b = meta.x');
  });

  test('a loop knows nothing of what it writes', () => {
    const out = text('meta.x = 1; for (bit<8> i in 0 .. 3) { hdr.h.b = meta.x; meta.x = hdr.h.b + 1; }');
    expect(out).toContain('hdr.h.b = meta.x');
  });
});

describe('merge-checksums', () => {
  const sum = (apply: string): string => irText({ locals: 'InternetChecksum() ck;', apply }, passes);

  test('clear, subtract and add become one sum', () => {
    expect(sum('ck.clear(); ck.subtract({ hdr.h.c }); ck.add({ hdr.h.d }); hdr.h.c = ck.get();')).toContain(
      'onesSum(-hdr.h.c, hdr.h.d)',
    );
  });

  test('what is written in between keeps its place', () => {
    expect(sum('ck.clear(); ck.add(hdr.h.c); hdr.h.d = 7; ck.add(hdr.h.d); hdr.h.c = ck.get();')).toContain(
      'onesSum(hdr.h.c)\nhdr.h.d = 32w7\n',
    );
  });
});

describe('common-expressions', () => {
  const pass = passes.filter(({ name }) => name === 'common-expressions');
  const locals = 'Hash<bit<16>>(PNA_HashAlgorithm_t.CRC16) h;';
  const hash = 'h.get_hash({ hdr.h.a, hdr.h.d })';
  const text = (apply: string): string => irText({ locals, apply }, pass);
  const times = (apply: string): number => text(apply).split('hash16').length - 1;

  test.each([
    { name: 'in one list', apply: `hdr.h.c = ${hash}; meta.y = ${hash};`, left: 1 },
    { name: 'in one statement', apply: `hdr.h.c = ${hash} + ${hash};`, left: 1 },
    {
      name: 'in a condition and its branches',
      apply: `if (${hash} == 7) { hdr.h.c = ${hash}; } else { hdr.h.c = ${hash} + 1; }`,
      left: 1,
    },
    {
      name: 'behind a branch that leaves it alone',
      apply: `meta.y = ${hash}; if (meta.x == 1) { meta.z = 2; } hdr.h.c = ${hash};`,
      left: 1,
    },
    { name: 'whose field is written in between', apply: `meta.y = ${hash}; hdr.h.d = 1; hdr.h.c = ${hash};`, left: 2 },
    {
      name: 'whose field a branch writes',
      apply: `meta.y = ${hash}; if (meta.x == 1) { hdr.h.d = 1; } hdr.h.c = ${hash};`,
      left: 2,
    },
    { name: 'that only one branch computes', apply: `if (meta.x == 1) { meta.y = ${hash}; } hdr.h.c = ${hash};`, left: 2 },
    {
      name: 'of which only a part is sure to be computed',
      apply: `if (meta.x == 1 && ${hash} == 7) { meta.z = 1; } hdr.h.c = ${hash};`,
      left: 2,
    },
    { name: 'whose variable is written in between', apply: `meta.y = ${hash}; meta.y = meta.y + 1; hdr.h.c = ${hash};`, left: 2 },
    {
      name: 'that the next round of a loop finds changed',
      apply: `for (bit<8> i in 0 .. 3) { hdr.h.c = ${hash}; hdr.h.a = i; }`,
      left: 1,
    },
    {
      name: 'in a loop that writes it',
      apply: `meta.y = ${hash}; for (bit<8> i in 0 .. 3) { hdr.h.c = ${hash}; hdr.h.a = i; }`,
      left: 2,
    },
  ])('an expression $name is computed $left times', ({ apply, left }) => {
    expect(times(apply)).toBe(left);
  });

  test('what is cheap stays where it is', () => {
    expect(text('hdr.h.c = (bit<16>)hdr.h.a + 1; meta.y = (bit<16>)hdr.h.a + 1;')).not.toContain('$common');
  });
});
