/** The STF runner against a fake switch: what passes, and what is said about what does not. */
import { describe, expect, test } from 'vitest';
import { parseStf } from '../../src/cli/stf/parse.ts';
import { printProblem, runStf } from '../../src/cli/stf/run.ts';
import { Diagnostics, makeSource, printDiagnostics } from '../../src/diag/index.ts';
import { type FakeBackend, fakeBackend } from './fake-backend.ts';

function run(text: string, backend: FakeBackend = fakeBackend()): string {
  const diagnostics = new Diagnostics();
  const statements = parseStf(makeSource('t.stf', text), diagnostics);
  expect(printDiagnostics(diagnostics.all)).toBe('');
  return runStf(statements, backend).map(printProblem).join('');
}

describe('what passes', () => {
  // name, file
  test.each([
    ['exact and prefix', 'add fwd first:1 send(port:2)\npacket 0 01ffee\nexpect 2 0102ee$\npacket 0 01ffee\nexpect 2 0102\n'],
    ['wildcards', 'add fwd first:0x1* send(port:2)\npacket 0 1fff\nexpect 2 *f0*$\n'],
    ['an expect without data takes anything', 'add fwd first:1 send(port:2)\npacket 0 0100\npacket 0 0100\nexpect 2\n'],
    ['the expect may come first', 'expect 2 0102$\nadd fwd first:1 send(port:2)\npacket 0 0100\n'],
    [
      'higher STF priority wins',
      'add fwd 5 first:1 send(port:3)\nadd fwd 7 first:1 send(port:2)\npacket 0 0100\nexpect 2 0102\n',
    ],
    ['no_packet and the reason', 'packet 0 0100\nno_packet\nexpect_drop program\n'],
    [
      'counters',
      'packet 0 010203\npacket 0 0102\ncheck_counter hits(0) packets == 2\ncheck_counter C.hits(0) bytes >= 5\ncheck_counter hits(0) == 2\n',
    ],
    ['entry labels', 'add fwd 9 first:1 drop() = $one\ncheck_counter direct($one) packets == 9\ncheck_counter direct(0) == 9\n'],
    [
      'registers',
      'register_write last 0 0x1ff\ncheck_register last(0) == 255\nregister_reset C.last\ncheck_register last(0) == 0\n',
    ],
    [
      'notifications',
      'add fwd first:1 drop() timeout 2s\ntime +1s\nno_notification\ntime +1s\nexpect_notification fwd first:1\nno_notification\n',
    ],
    ['digests', 'packet 0 0700\nexpect_digest seen first:7\n'],
    ['entry counts', 'add fwd first:1 drop()\ncheck_entries fwd == 1\nremove all\ncheck_entries fwd == 0\n'],
  ])('%s', (_name, text) => expect(run(text)).toBe(''));
});

describe('what fails', () => {
  // file, beginning of what is printed
  test.each([
    ['packet 0 0100\nexpect 2 0102', 't.stf:2: expected a packet on port 2, found 0 of 1\n'],
    ['add fwd first:1 send(port:3)\npacket 0 0100\nexpect 2 0102', 't.stf:2: unexpected packet on port 3\n'],
    ['add fwd first:1 send(port:3)\npacket 0 0100\nno_packet\nexpect 3', 't.stf:3: expected no packet, found one on port 3\n'],
    [
      'add fwd first:1 send(port:2)\npacket 0 0100ff\nexpect 2 0102$',
      't.stf:3: packet 1 on port 2 differs\n  length: expected 2, found 3\n',
    ],
    [
      'add fwd first:1 send(port:2)\npacket 0 0100\nexpect_drop program\nexpect 2',
      "t.stf:3: expected drop reason 'program', found a packet on port 2\n",
    ],
    ['packet 0 0100\ncheck_counter hits(0) packets > 1', "t.stf:2: packets of counter 'C.hits' at 0: expected > 1, found 1\n"],
    ['time +1s\nexpect_notification fwd first:1', "t.stf:2: expected a notification of table 'C.fwd'\n  none arrived\n"],
    ['packet 0 0800\nexpect_digest seen first:7', "t.stf:2: expected a digest of 'C.seen'\n  digest 3: 0x8\n"],
    ['add nope first:1 drop()', "t.stf:1: no table is called 'nope'\n  there are C.fwd, C.inner.other, D.inner.other\n"],
    ['add other first:1 drop()', "t.stf:1: 'other' may be 'C.inner.other' or 'D.inner.other'\n"],
    ['add fwd frist:1 drop()', "t.stf:1: no key of 'C.fwd' is called 'frist'\n"],
    ['add fwd first:256 drop()', 't.stf:1: 256 does not fit 8 bits\n'],
    ['add fwd first:1 first:1 drop()', "t.stf:1: key 'hdr.h.first' is given twice\n"],
    ['add fwd ip:1/33 drop()', 't.stf:1: prefix length 33, expected at most 32\n'],
    ['add fwd ip:0x*1 drop()', "t.stf:1: wildcards of lpm key 'hdr.ip' are no prefix\n"],
    ['add fwd first:1 send()', "t.stf:1: parameter 'port' of action 'C.send' is missing\n"],
    ['add fwd first:1 send(prot:1)', "t.stf:1: action 'C.send' has no parameter 'prot'\n"],
    ['check_counter direct($x)', "t.stf:1: no entry is labelled 'x'\n"],
    ['mc_node_associate 1 0', 't.stf:1: multicast group 1 does not exist\n'],
    ['add fwd first:1 drop()\n'.repeat(5), "t.stf:5: table 'C.fwd' is full\n"],
  ])('%j', (text, message) => expect(run(text)).toContain(message));
  test('a differing packet is shown decoded and with the line that caused it', () => {
    const text = run('add fwd first:1 send(port:2)\npacket 0 0100ff\nexpect 2 0103ff$\n');
    expect(text).toContain('t.stf:3: packet 1 on port 2 differs\n');
    expect(text).toContain('caused by line 2\n');
  });
});

describe('matches', () => {
  test('all kinds, with the names of BMv2', () => {
    const backend = fakeBackend();
    expect(run('add fwd 1 h.first:0x1* hdr.h.$valid$:1 hdr.s$1.x:1..5 ip:0x0a010203/8 drop()\n', backend)).toBe('');
    expect(backend.entries[0]).toMatchObject({
      priority: 1,
      matches: [
        { kind: 'ternary', value: 0x10n, mask: 0xf0n },
        { kind: 'ternary', value: 1n, mask: 1n },
        { kind: 'range', low: 1n, high: 5n },
        { kind: 'lpm', value: 0x0a000000n, prefixLength: 8 },
      ],
    });
  });
  test('a key that is left out matches anything', () => {
    const backend = fakeBackend();
    expect(run('add fwd first:3/0x3 drop()\n', backend)).toBe('');
    expect(backend.entries[0]!.matches).toEqual([
      { kind: 'ternary', value: 3n, mask: 3n },
      { kind: 'ternary', value: 0n, mask: 0n },
      { kind: 'range', low: 0n, high: 65535n },
      { kind: 'lpm', value: 0n, prefixLength: 0 },
    ]);
  });
});

test('configuration reaches the backend', () => {
  const backend = fakeBackend();
  const text = `setdefault C.fwd drop()
profile 2 1m
port 4 net
mirroring_add 5 7
mirroring_delete 5
mc_mgrp_create 1
mc_node_create 400 6 7
mc_node_associate 1 0
mc_node_update 0 8
`;
  expect(run(text, backend)).toBe('');
  expect(backend.log).toEqual([
    'default 1',
    'profile 2 60000',
    'port 4 net',
    'mirror 5 {"port":7}',
    'mirror 5 undefined',
    'multicast 1 []',
    'multicast 1 [{"port":6,"instance":400},{"port":7,"instance":400}]',
    'multicast 1 [{"port":8,"instance":400}]',
  ]);
});
