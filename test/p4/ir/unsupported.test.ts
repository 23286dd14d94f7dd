/** Right programs that softipu does not run: what is said, and what can be done. */
import { expect, test } from 'vitest';
import { compile, type Parts } from './programs.ts';

const cases: readonly (Parts & {
  readonly name: string;
  readonly message: string;
  readonly help: string;
  readonly note?: string;
})[] = [
  {
    name: 'an extern function of the program',
    top: 'extern bit<16> mine(in bit<32> x);',
    apply: 'meta.y = mine(meta.z);',
    message: "extern function 'mine' is not supported",
    help: 'only check the program (--emit none)',
    note: "'mine' is declared here",
  },
  {
    name: 'an extern of the program',
    top: 'extern Cache { Cache(bit<32> size); bit<8> lookup(in bit<32> key); }',
    locals: 'Cache(16) cache;',
    apply: 'meta.x = cache.lookup(meta.z);',
    message: "extern 'Cache' is not supported",
    help: "of the architecture ('pna')",
    note: "'Cache' is declared here",
  },
  {
    name: 'a header that is not whole bytes',
    top: 'header odd_t { bit<13> f; }',
    headers: 'odd_t odd;',
    message: "header 'odd_t' has 13 bits: a size that is not a whole number of bytes is not supported",
    help: 'a field of 3 more bits fills the last byte',
  },
];

test.each(cases)('$name', ({ name: _, message, help, note, ...parts }) => {
  const { diagnostics } = compile(parts);
  const all = diagnostics.filter((d) => d.severity === 'error');
  expect(all.map((d) => d.message)).toEqual([message]);
  expect(all[0]!.help).toContain(help);
  expect((all[0]!.notes ?? []).map((n) => n.message)).toEqual(note === undefined ? [] : [note]);
});
