/** Parsers and deparsers: packets in, packets out, judged by the interpreter. */
import { describe, expect, test } from 'vitest';
import type { Stmt } from '../../../src/p4/ir/ir.ts';
import {
  bin,
  c,
  deparse,
  extract,
  field,
  goto,
  iff,
  intrinsic,
  output,
  parser,
  program,
  set,
  span,
  v,
  valid,
} from '../../interp/build.ts';
import { both } from './both.ts';

const accept = goto('accept');
const setValid = (header: number, isValid = true): Stmt => ({ kind: 'setValid', header, valid: isValid, span });

describe('headers', () => {
  // h0: one byte of type, one of data; h1: two bytes
  const parts = { types: [[8, 8], [16]], headers: [0, 1], vars: [32, 16] };

  test('headers in front of the payload are rewritten, removed and added', () => {
    const body = [
      parser([extract(0), iff(bin('eq', field(0, 0, 8), c(8, 1)), [goto(1)]), accept], [extract(1), accept]),
      set(field(0, 1, 8), c(8, 0xff)),
      iff(valid(1), [setValid(1, false)], [setValid(1), set(field(1, 0, 16), c(16, 0xabcd))]),
      deparse(0, 1),
      output(7),
    ] satisfies Stmt[];
    const out = both(program(parts, body)).run(['0122 3344 5566', '0022 3344 5566', '00', '']);
    expect(out.map((o) => o.hex)).toEqual(['01ff5566', '00ffabcd33445566', 'abcd00', 'abcd']);
    expect(out[0]!.port).toBe(7);
  });
});
