/** Programs that are right and do not fit. */
import { expect, test } from 'vitest';
import { compileToWasm, ProgramTooBig } from '../../../src/p4/wasm/index.ts';
import { compile } from '../ir/programs.ts';

test('tables beyond 4 GiB are refused with what they need', () => {
  const table = (size: number) =>
    compile({
      locals: `action a() {} table t { key = { hdr.h.d: exact; } actions = { a; } size = ${size}; }`,
      apply: 't.apply();',
    });
  const { ir } = table(500_000_000);
  expect(() => compileToWasm(ir!)).toThrow(ProgramTooBig);
  expect(() => compileToWasm(ir!)).toThrow('need 16.0 GiB, and a memory has 4');
  expect(compileToWasm(table(1000).ir!).memory.initialPages).toBeLessThan(16);
});
