/** Addresses: text that is one, text that is none, and the way back. */
import { describe, expect, test } from 'vitest';
import {
  fromBigint,
  parseAddress,
  parseIpv4,
  parseIpv6,
  parseMac,
  parsePrefix,
  prefixContains,
  printIpv6,
  printMac,
  printPrefix,
  toBigint,
} from '../../src/wire/index.ts';

describe('MAC', () => {
  test.each([
    ['02:00:00:00:00:0a', [2, 0, 0, 0, 0, 10]],
    ['02-00-5E-10-00-FF', [2, 0, 0x5e, 0x10, 0, 255]],
    ['2:0:0:0:0:1', [2, 0, 0, 0, 0, 1]],
  ])('%s', (text, bytes) => expect([...parseMac(text)!]).toEqual(bytes));
  test.each(['', '02:00:00:00:00', '02:00:00:00:00:0g', '02:00:00:00:00:000', '020000000001'])('not %j', (text) =>
    expect(parseMac(text)).toBeUndefined(),
  );
  test('prints', () => expect(printMac(Uint8Array.of(2, 0, 0, 0, 0, 10))).toBe('02:00:00:00:00:0a'));
});

describe('IPv4', () => {
  test('parses', () => expect([...parseIpv4('10.96.0.1')!]).toEqual([10, 96, 0, 1]));
  test.each(['', '10.0.0', '10.0.0.256', '10.0.0.01', '10.0.0.1.2', '10.0.0.-1', ' 10.0.0.1', '1e1.0.0.1'])('not %j', (text) =>
    expect(parseIpv4(text)).toBeUndefined(),
  );
});

describe('IPv6', () => {
  // text, RFC 5952 form
  test.each([
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['0:0:1:0:0:0:1:0', '0:0:1::1:0'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
  ])('%s prints as %s', (text, printed) => expect(printIpv6(parseIpv6(text)!)).toBe(printed));
  test.each([
    '',
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '12345::',
    '1.2.3.4::',
    '::1.2.3',
    '1:2:3:4:5:6:7::8',
    'fe80::1%lo',
  ])('not %j', (text) => expect(parseIpv6(text)).toBeUndefined());
});

describe('prefixes', () => {
  test.each([
    ['10.244.1.7/24', '10.244.1.0/24'],
    ['10.244.1.7', '10.244.1.7/32'],
    ['255.255.255.255/9', '255.128.0.0/9'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:db8:ffff::/33', '2001:db8:8000::/33'],
  ])('%s is %s', (text, printed) => expect(printPrefix(parsePrefix(text)!)).toBe(printed));
  test.each(['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/08', '::/129', '10.0.0/8'])('not %j', (text) =>
    expect(parsePrefix(text)).toBeUndefined(),
  );
  test.each([
    ['10.244.0.0/15', '10.245.255.255', true],
    ['10.244.0.0/15', '10.246.0.0', false],
    ['0.0.0.0/0', '8.8.8.8', true],
    ['0.0.0.0/0', '::1', false],
  ])('%s contains %s: %s', (prefix, address, inside) =>
    expect(prefixContains(parsePrefix(prefix)!, parseAddress(address)!)).toBe(inside),
  );
});

test('numbers and bytes', () => {
  expect(toBigint(Uint8Array.of(1, 0, 2))).toBe(0x010002n);
  expect([...fromBigint(0x1ff02n, 2)]).toEqual([0xff, 2]);
});
