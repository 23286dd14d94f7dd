/** Expressions: one line each. */
import { describe, expect, test } from 'vitest';
import type { Expr, HashAlgorithm } from '../../src/p4/ir/ir.ts';
import { bin, c, extract, field, goto, intrinsic, mux, parser, resultOf, span, v, valid } from './build.ts';

const hashOf = (algorithm: HashAlgorithm, width: number, ...data: Expr[]): Expr => ({ kind: 'hash', width, algorithm, data });
const digits = Array.from('123456789', (digit) => c(8, digit.charCodeAt(0)));
const s8 = (value: number): Expr => c(8, BigInt.asUintN(8, BigInt(value)));

test.each<[string, Expr, bigint]>([
  ['add wraps', bin('add', c(8, 200), c(8, 100)), 44n],
  ['sub wraps', bin('sub', c(8, 1), c(8, 2)), 255n],
  ['mul wraps', bin('mul', c(16, 0xffff), c(16, 2)), 0xfffen],
  ['wide add', bin('add', c(128, 2n ** 128n - 1n), c(128, 2)), 1n],
  ['div by zero is 0', bin('div', c(8, 7), c(8, 0)), 0n],
  ['mod by zero is 0', bin('mod', c(8, 7), c(8, 0)), 0n],
  ['satAdd', bin('satAdd', c(8, 200), c(8, 100)), 255n],
  ['satSub', bin('satSub', c(8, 1), c(8, 2)), 0n],
  ['signed satAdd', bin('satAdd', s8(100), s8(100), true), 127n],
  ['signed satSub', bin('satSub', s8(-100), s8(100), true), 0x80n],
  ['shl', bin('shl', c(8, 0x81), c(32, 1)), 2n],
  ['shl by the width', bin('shl', c(8, 0x81), c(32, 8)), 0n],
  ['shl by very much', bin('shl', c(8, 0x81), c(64, 2n ** 63n)), 0n],
  ['shr', bin('shr', c(8, 0x81), c(8, 1)), 0x40n],
  ['signed shr', bin('shr', s8(-2), c(8, 1), true), 0xffn],
  ['signed shr by very much', bin('shr', s8(-2), c(64, 2n ** 63n), true), 0xffn],
  ['signed lt', bin('lt', s8(-1), s8(1), true), 1n],
  ['unsigned lt', bin('lt', s8(-1), s8(1)), 0n],
  ['signed ge', bin('ge', s8(-128), s8(127), true), 0n],
  ['not', { kind: 'unary', width: 9, op: 'not', operand: c(9, 1) }, 0x1fen],
  ['neg', { kind: 'unary', width: 9, op: 'neg', operand: c(9, 1) }, 0x1ffn],
  ['concat', { kind: 'concat', width: 12, left: c(4, 0xa), right: c(8, 0xbc) }, 0xabcn],
  ['slice', { kind: 'slice', width: 8, operand: c(16, 0xabcd), high: 11, low: 4 }, 0xbcn],
  ['resize up', { kind: 'resize', width: 16, signed: false, operand: s8(-1) }, 0xffn],
  ['resize up, signed', { kind: 'resize', width: 16, signed: true, operand: s8(-1) }, 0xffffn],
  ['resize down', { kind: 'resize', width: 4, signed: true, operand: c(8, 0x5a) }, 0xan],
  ['mux', mux(c(1, 0), c(8, 1), c(8, 2)), 2n],
  ['and', { kind: 'logical', width: 1, op: 'and', left: c(1, 1), right: c(1, 0) }, 0n],
  ['or', { kind: 'logical', width: 1, op: 'or', left: c(1, 0), right: c(1, 1) }, 1n],
  ['input port', intrinsic('inputPort', 32), 1n],
  ['packet length', intrinsic('packetLength', 32), 0n],
  ['nothing is a network port yet', { kind: 'isNetPort', width: 1, port: c(32, 1) }, 0n],
])('%s', (_, e, value) => {
  expect(resultOf(e)).toBe(value);
});

describe('checksums and hashes', () => {
  test('RFC 1071: the example of its section 3', () => {
    const parts = [{ value: c(64, 0x0001f203f4f5f6f7n), negate: false }];
    expect(resultOf({ kind: 'onesSum', width: 16, parts })).toBe(0xddf2n);
  });

  test('RFC 1624: taking out what was added gives the sum of the rest', () => {
    const whole = [
      { value: c(48, 0x123456789abcn), negate: false },
      { value: c(16, 0xbeef), negate: false },
    ];
    const rest = resultOf({ kind: 'onesSum', width: 16, parts: whole.slice(0, 1) });
    expect(resultOf({ kind: 'onesSum', width: 16, parts: [...whole, { value: c(16, 0xbeef), negate: true }] })).toBe(rest);
  });

  test.each<[HashAlgorithm, number, bigint]>([
    ['crc32', 32, 0xcbf43926n],
    ['crc16', 16, 0xbb3dn],
    ['crc32', 12, 0x926n],
    ['crc16', 24, 0x00bb3dn],
    ['identity', 16, 0x3839n],
    // 3132 ^ 3334 ^ 3536 ^ 3738 ^ 3900
    ['xor16', 16, 0x3908n],
    // 3132 + 3334 + 3536 + 3738 + 3900 = 109d4, folded 09d5, complemented
    ['onesComplement16', 16, 0xf62an],
  ])('%s of "123456789" in %i bits', (algorithm, width, value) => {
    expect(resultOf(hashOf(algorithm, width, ...digits))).toBe(value);
  });

  test('data is padded on the right to whole bytes', () => {
    expect(resultOf(hashOf('identity', 16, c(3, 5), c(6, 1)))).toBe(0b101_000001_0000000n);
    expect(resultOf(hashOf('crc32', 32, c(4, 3)))).toBe(resultOf(hashOf('crc32', 32, c(8, 0x30))));
    expect(resultOf(hashOf('targetDefault', 32, c(8, 1)))).toBe(resultOf(hashOf('targetDefault', 32, c(32, 0x01000000))));
  });
});

describe('headers and variables', () => {
  const parts = { types: [[8, 8]], headers: [0], vars: [8] };

  test('an invalid header reads as 0 and ignores writes; becoming valid makes it 0', () => {
    expect(resultOf(field(0, 0, 8), parts)).toBe(0n);
    const write = {
      kind: 'assign',
      target: field(0, 0, 8),
      value: c(8, 7),
      span: { file: { path: '', text: '' }, start: 0, end: 0 },
    } as const;
    const makeValid = { kind: 'setValid', header: 0, valid: true, span } as const;
    const makeInvalid = { ...makeValid, valid: false };
    expect(resultOf(field(0, 0, 8), parts, [write, makeValid])).toBe(0n);
    expect(resultOf(field(0, 0, 8), parts, [makeValid, write])).toBe(7n);
    expect(resultOf(field(0, 0, 8), parts, [makeValid, write, makeValid])).toBe(7n);
    expect(resultOf(field(0, 0, 8), parts, [makeValid, write, makeInvalid])).toBe(0n);
    expect(resultOf(field(0, 0, 8), parts, [makeValid, write, makeInvalid, makeValid])).toBe(0n);
  });

  test('variables begin at 0; a failed extract leaves its header invalid and says why', () => {
    expect(resultOf(v(0, 8), parts)).toBe(0n);
    expect(resultOf(valid(0), parts, [parser([extract(0), goto('accept')])])).toBe(0n);
    expect(resultOf(intrinsic('parserError', 32), parts, [parser([extract(0), goto('accept')])])).toBe(1n);
  });
});
