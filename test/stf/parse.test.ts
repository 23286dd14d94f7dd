/** The STF grammar: every statement once, and what is said about lines that are none. */
import { describe, expect, test } from 'vitest';
import { parseStf } from '../../src/cli/stf/parse.ts';
import { Diagnostics, makeSource, printDiagnostics } from '../../src/diag/index.ts';

/** Statements without spans, and the messages. */
function parse(text: string): { statements: unknown[]; messages: string } {
  const diagnostics = new Diagnostics();
  const statements = parseStf(makeSource('t.stf', text), diagnostics);
  const strip = (value: unknown): unknown => {
    if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
    if (Array.isArray(value)) return value.map(strip);
    if (value === null || typeof value !== 'object') return value;
    const entries = Object.entries(value).filter(([k, v]) => k !== 'span' && v !== undefined);
    if (entries.length === 1 && entries[0]![0] === 'text') return entries[0]![1];
    return Object.fromEntries(entries.map(([k, v]) => [k, strip(v)]));
  };
  return { statements: statements.map(strip), messages: printDiagnostics(diagnostics.all) };
}

const n = (value: bigint, isHex = false): unknown => ({ value, isHex });
const call = (action: string, args: unknown[] = []): unknown => ({ action, args });

describe('statements', () => {
  const rows: [string, unknown][] = [
    [
      'add ipv4_lpm hdr.ipv4.dst:0x0a000000/8 fwd(port:1, mac:0x10)',
      {
        kind: 'add',
        table: 'ipv4_lpm',
        matches: [{ key: 'hdr.ipv4.dst', value: n(0x0a000000n, true), slash: n(8n) }],
        result: {
          kind: 'action',
          call: call('fwd', [
            { name: 'port', value: n(1n) },
            { name: 'mac', value: n(16n, true) },
          ]),
        },
      },
    ],
    [
      'ADD c.t 100 data.f1:0x**0101 extra$0.h:0b1*1 hs[1].b:3 h.$valid$:1 a() = $e1   # comment',
      {
        kind: 'add',
        table: 'c.t',
        priority: 100,
        matches: [
          { key: 'data.f1', value: { value: 0x0101n, mask: 0x00ffffn, isHex: true } },
          { key: 'extra$0.h', value: { value: 5n, mask: 5n, isHex: true } },
          { key: 'hs[1].b', value: n(3n) },
          { key: 'h.$valid$', value: n(1n) },
        ],
        result: { kind: 'action', call: call('a') },
        label: 'e1',
      },
    ],
    [
      'add t p:1..5 q:0x10->0x20 group(7) timeout 30s',
      {
        kind: 'add',
        table: 't',
        matches: [
          { key: 'p', value: n(1n), high: n(5n) },
          { key: 'q', value: n(16n, true), high: n(32n, true) },
        ],
        result: { kind: 'group', id: n(7n) },
        timeoutMs: 30000,
      },
    ],
    [
      'add t "k # x":1 a()',
      { kind: 'add', table: 't', matches: [{ key: 'k # x', value: n(1n) }], result: { kind: 'action', call: call('a') } },
    ],
    ['remove all', { kind: 'removeAll' }],
    ['remove t 5 k:1', { kind: 'remove', table: 't', priority: 5, matches: [{ key: 'k', value: n(1n) }] }],
    ['setdefault c.t drop()', { kind: 'setDefault', table: 'c.t', call: call('drop') }],
    ['packet 0 00 0A ff', { kind: 'packet', port: 0, bytes: '000aff' }],
    ['expect 1', { kind: 'expect', port: 1 }],
    ['expect 1 0a*b ****', { kind: 'expect', port: 1, data: { bytes: '0a0b0000', mask: 'ff0f0000', isExact: false } }],
    ['expect 1 0a $', { kind: 'expect', port: 1, data: { bytes: '0a', mask: 'ff', isExact: true } }],
    ['expect 1 $', { kind: 'expect', port: 1, data: { bytes: '', mask: '', isExact: true } }],
    ['no_packet', { kind: 'noPacket' }],
    ['wait', { kind: 'wait' }],
    ['check_counter c(3)', { kind: 'checkCounter', name: 'c', index: n(3n) }],
    [
      'check_counter c.d($e1) bytes >= 10',
      {
        kind: 'checkCounter',
        name: 'c.d',
        index: { label: 'e1' },
        unit: 'bytes',
        condition: { comparison: '>=', value: n(10n) },
      },
    ],
    ['check_counter c(0) == 1', { kind: 'checkCounter', name: 'c', index: n(0n), condition: { comparison: '==', value: n(1n) } }],
    ['mirroring_add 5 7', { kind: 'mirrorAdd', session: 5, port: 7 }],
    ['mirroring_add_mc 5 1', { kind: 'mirrorAddGroup', session: 5, group: 1 }],
    ['mirroring_delete 5', { kind: 'mirrorDelete', session: 5 }],
    ['mc_mgrp_create 1113', { kind: 'groupCreate', group: 1113 }],
    ['mc_node_create 400 6 7', { kind: 'nodeCreate', instance: 400, ports: [6, 7] }],
    ['mc_node_update 0 8', { kind: 'nodeUpdate', node: 0, ports: [8] }],
    ['mc_node_associate 1113 0', { kind: 'nodeAssociate', group: 1113, node: 0 }],
    ['counter_write c 0 1 64', { kind: 'counterWrite', name: 'c', index: 0, packets: 1n, bytes: 64n }],
    ['register_write r 3 0xff', { kind: 'registerWrite', name: 'r', index: 3, value: 255n }],
    ['register_reset r', { kind: 'registerReset', name: 'r' }],
    [
      'meter_set_rates m 0 0.001:1 0.002:2',
      {
        kind: 'meterSetRates',
        name: 'm',
        index: 0,
        rates: [
          { perMicrosecond: 0.001, burst: 1n },
          { perMicrosecond: 0.002, burst: 2n },
        ],
      },
    ],
    ['time +1.5s', { kind: 'time', advanceMs: 1500 }],
    ['profile 2 500ms', { kind: 'profile', id: 2, timeoutMs: 500 }],
    ['port 3 net', { kind: 'portSide', port: 3, side: 'net' }],
    [
      'add_member ap 1 fwd(port:2)',
      { kind: 'addMember', profile: 'ap', id: 1, call: call('fwd', [{ name: 'port', value: n(2n) }]) },
    ],
    [
      'set_group ap 1 1 2*3',
      {
        kind: 'setGroup',
        profile: 'ap',
        id: 1,
        members: [
          { id: n(1n), weight: 1 },
          { id: n(2n), weight: 3 },
        ],
      },
    ],
    ['expect_drop no-headroom', { kind: 'expectDrop', reason: 'no-headroom' }],
    ['expect_notification flows src:1', { kind: 'expectNotification', table: 'flows', matches: [{ key: 'src', value: n(1n) }] }],
    [
      'expect_digest d a:1 b:2',
      {
        kind: 'expectDigest',
        digest: 'd',
        fields: [
          { name: 'a', value: n(1n) },
          { name: 'b', value: n(2n) },
        ],
      },
    ],
    ['check_entries t == 2', { kind: 'checkEntries', table: 't', condition: { comparison: '==', value: n(2n) } }],
  ];
  test.each(rows)('%s', (line, statement) => {
    expect(parse(line)).toEqual({ statements: [statement], messages: '' });
  });
  test('blank lines, comments and CRLF are nothing', () => {
    expect(parse('\n  # x\r\n\t\r\nwait\r\n').statements).toEqual([{ kind: 'wait' }]);
  });
});

describe('mistakes', () => {
  // line, message at column
  test.each([
    ['sned 0 00', "t.stf:1:1: error[stf-syntax]: unknown statement 'sned'"],
    ['packet 0 0', 't.stf:1:9: error[stf-syntax]: 1 hex digits, expected an even number'],
    ['packet 0 0x', "t.stf:1:11: error[stf-syntax]: expected hex digits, found 'x'"],
    ['packet 0 0*', "t.stf:1:11: error[stf-syntax]: expected hex digits, found '*'"],
    ['packet 0', 't.stf:1:9: error[stf-syntax]: expected the data in hex'],
    ['packet x 00', "t.stf:1:8: error[stf-syntax]: expected a port number, found 'x'"],
    ['packet', 't.stf:1:7: error[stf-syntax]: expected a port and the data in hex, found the end of the line'],
    ['expect 1 0a$0b', "t.stf:1:12: error[stf-syntax]: expected hex digits, found '$'"],
    ['add t k:1', 't.stf:1:10: error[stf-syntax]: expected an action, found the end of the line'],
    ['add t k:x a()', "t.stf:1:9: error[stf-syntax]: expected a number, found 'x'"],
    ['add t k:1 a(b:1', "t.stf:1:16: error[stf-syntax]: expected ',', found the end of the line"],
    ['add t k:1 a() b', "t.stf:1:15: error[stf-syntax]: expected the end of the line, found 'b'"],
    ['check_counter c(0) octets == 1', "t.stf:1:20: error[stf-syntax]: expected 'bytes' or 'packets', found 'octets'"],
    ['time +3h', "t.stf:1:8: error[stf-syntax]: unknown unit 'h', expected ms, s or m"],
    ['time 3', "t.stf:1:6: error[stf-syntax]: expected '+', found '3'"],
    ['port 1 up', "t.stf:1:8: error[stf-syntax]: expected 'net' or 'host', found 'up'"],
    ['register_read r 0x*', 't.stf:1:17: error[stf-syntax]: expected a number without wildcards'],
    ['wait ;', "t.stf:1:6: error[stf-character]: unexpected character ';'"],
  ])('%s', (line, message) => {
    const { statements, messages } = parse(line);
    expect(statements).toEqual([]);
    expect(messages.split('\n')[0]).toContain(message);
  });
  test('one wrong line does not hide the next', () => {
    const { statements, messages } = parse('wiat\nwait\npacket 0 0\n');
    expect(statements).toEqual([{ kind: 'wait' }]);
    expect(messages.match(/error/g)).toHaveLength(2);
  });
});
