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
