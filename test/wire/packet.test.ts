/** Codecs, builder, verification and diff, against bytes that a reader can check with a capture or with RFC examples. */
import { expect, describe as group, test } from 'vitest';
import {
  decode,
  describe,
  diffPackets,
  ethernet,
  fromHex,
  hexdump,
  internetChecksum,
  ipv4,
  onesSum,
  type PacketSpec,
  packet,
  packetErrors,
  parseTcpFlags,
  printTcpFlags,
  summary,
  tcp,
  toHex,
  vlan,
} from '../../src/wire/index.ts';

group('checksum', () => {
  // RFC 1071 §3: the sum of 00 01 f2 03 f4 f5 f6 f7 is ddf2
  test('RFC 1071 example', () => expect(onesSum(fromHex('0001f203f4f5f6f7')!)).toBe(0xddf2));
  test('odd length counts the last byte as the high half', () => expect(onesSum(Uint8Array.of(0, 1, 2))).toBe(0x0201));
  test('an IPv4 header with its checksum sums to zero', () => {
    // the example of Wikipedia's "Internet checksum": checksum b861
    const bytes = fromHex('45000073000040004011b861c0a80001c0a800c7')!;
    expect(internetChecksum(bytes)).toBe(0);
    ipv4.set(bytes, { checksum: 0 });
    expect(internetChecksum(bytes)).toBe(0xb861);
  });
});

group('codecs', () => {
  test('fields that share bytes are written apart', () => {
    const bytes = new Uint8Array(4);
    vlan.set(bytes, { priority: 5, dropEligible: 1, id: 0x123, type: 0x0800 });
    expect(toHex(bytes)).toBe('b1230800');
    vlan.set(bytes, { id: 0xfff });
    expect(vlan.get(bytes)).toEqual({ priority: 5, dropEligible: 1, id: 0xfff, type: 0x0800 });
  });
  test('32-bit fields are unsigned', () => {
    const bytes = new Uint8Array(20);
    tcp.set(bytes, { sequence: 0xffffffff });
    expect(tcp.get(bytes).sequence).toBe(0xffffffff);
  });
  test('a value that does not fit is refused', () => {
    expect(() => ipv4.set(new Uint8Array(20), { ttl: 256 })).toThrow('ipv4.ttl: 256 does not fit 8 bits');
    expect(() => ethernet.set(new Uint8Array(14), { source: 'x' })).toThrow("ethernet.source: 'x' is no MAC address");
  });
  test.each([
    ['4500', 'ipv4: 2 bytes, expected at least 20'],
    [`44000014${'00'.repeat(16)}`, 'ipv4: header length 16, expected at least 20'],
    [`46000018${'00'.repeat(16)}`, 'ipv4: total length 24, but only 20 bytes left'],
    [`60000014${'00'.repeat(16)}`, 'ipv4: version 6'],
    [`45000013${'00'.repeat(16)}`, "ipv4: total length 19 is less than the header's 20"],
  ])('ipv4 check %s', (hex, message) => expect(ipv4.check(fromHex(hex)!)).toBe(message));
  test('tcp flags', () => {
    expect(printTcpFlags(0x12)).toBe('SA');
    expect(parseTcpFlags('FRC')).toBe(1 + 4 + 128);
    expect(printTcpFlags(0)).toBe('-');
  });
});

group('builder', () => {
  test('a SYN, byte by byte', () => {
    const bytes = packet({
      eth: { source: '02:00:00:00:00:0a', destination: '02:00:00:00:00:0b' },
      ip: { source: '10.0.0.1', destination: '10.96.0.1' },
      tcp: { sourcePort: 4660, destinationPort: 80, sequence: 1, flags: 'S' },
    });
    expect(toHex(bytes)).toBe(
      '02000000000b02000000000a0800' + // Ethernet
        '45000028000000004006666f0a0000010a600001' + // 20 + 20 bytes, ttl 64, protocol 6
        '1234005000000001000000005002ffff88fc0000',
    );
    expect(packetErrors(bytes)).toEqual([]);
  });
  const built: [string, PacketSpec, string][] = [
    ['udp', { udp: {}, payload: 'hello' }, 'udp 1024 > 53, 5 bytes'],
    ['udp without checksum', { udp: { checksum: 0 }, payload: 3 }, 'udp 1024 > 53, 3 bytes'],
    ['icmp', { icmp: { identifier: 7, sequence: 1 }, payload: 8 }, 'icmp echo request id 7 seq 1, 8 bytes'],
    [
      'options',
      { ip: { options: '01010101' }, tcp: { options: '020405b4' } },
      '10.0.0.1 > 10.0.0.2, tcp 1024 > 80 [A] seq 0 ack 0',
    ],
    [
      'first fragment',
      { ip: { flags: 1 }, udp: { checksum: 0xabcd }, payload: 8 },
      '10.0.0.1 > 10.0.0.2 fragment 0+, udp 1024 > 53',
    ],
    ['later fragment', { ip: { fragmentOffset: 185, protocol: 17 }, payload: 8 }, '10.0.0.2 fragment 1480, 8 bytes'],
    ['vlan', { vlan: { id: 100 }, udp: {} }, 'vlan 100, 10.0.0.1 > 10.0.0.2, udp'],
    ['arp', { arp: { senderAddress: '10.0.0.1', targetAddress: '10.0.0.2' } }, 'arp who-has 10.0.0.2 tell 10.0.0.1'],
    ['ipv6', { ip: { source: 'fd00::1', destination: 'fd00::2' }, tcp: {} }, 'fd00::1 > fd00::2, tcp 1024 > 80'],
    ['icmpv6', { ip: { source: 'fd00::1', destination: 'fd00::2' }, icmpv6: {} }, 'icmpv6 echo request'],
    ['vxlan', { vxlan: { vni: 4096 }, inner: { tcp: {} } }, 'udp 1024 > 4789, vxlan vni 4096, 02:00:00:00:00:01 > 02:00'],
  ];
  test.each(built)('%s has nothing wrong with it', (_name, spec, line) => {
    expect(packetErrors(packet(spec))).toEqual([]);
    expect(summary(packet(spec))).toContain(line);
  });
  test('a UDP checksum that comes out as zero is sent as ffff', () => {
    // source port chosen so that the sum of everything else is its complement
    const zero = packet({ udp: { sourcePort: 0, destinationPort: 53 } });
    const sum = (zero[40]! << 8) | zero[41]!;
    const bytes = packet({ udp: { sourcePort: sum, destinationPort: 53 } });
    expect(toHex(bytes.subarray(40, 42))).toBe('ffff');
    expect(packetErrors(bytes)).toEqual([]);
  });
});

group('verification', () => {
  test('finds wrong checksums, in tunnels too', () => {
    const bytes = packet({ vxlan: { vni: 1 }, inner: { tcp: {}, payload: 'x' } });
    bytes[bytes.length - 1]! ^= 1;
    bytes[22]! -= 1; // outer ttl
    expect(packetErrors(bytes)).toEqual([
      expect.stringMatching(/^ipv4: checksum 0x\w{4}, expected 0x\w{4}$/),
      expect.stringMatching(/^tcp: checksum 0x\w{4}, expected 0x\w{4}$/),
    ]);
  });
  test('a zero UDP checksum over IPv6 is wrong', () =>
    expect(packetErrors(packet({ ip: { source: '::1', destination: '::2' }, udp: { checksum: 0 } }))).toHaveLength(1));
  test('truncated packets', () => {
    const whole = packet({ tcp: {}, payload: 'abc' });
    for (let n = 0; n < whole.length; n++) expect(packetErrors(whole.subarray(0, n)).length).toBeGreaterThan(0);
  });
});

group('decode', () => {
  test('Ethernet padding is a trailer, not payload', () => {
    const padded = new Uint8Array(60);
    padded.set(packet({ udp: {}, payload: 'hi' }));
    const { payload, trailer } = decode(padded);
    expect([payload.length, trailer.length]).toEqual([2, 16]);
  });
});

group('for people', () => {
  test('describe', () => {
    expect(describe(packet({ ip: { options: '01010100' }, udp: { sourcePort: 1 }, payload: 'ab' }))).toBe(
      `02:00:00:00:00:01 > 02:00:00:00:00:02, 10.0.0.1 > 10.0.0.2, udp 1 > 53, 2 bytes
  ethernet destination 02:00:00:00:00:02, source 02:00:00:00:00:01, type 0x0800
  ipv4     version 4, headerLength 6, dscp 0, ecn 0, totalLength 34, id 0, flags 0, fragmentOffset 0, ttl 64, protocol 17, checksum 0x63c8, source 10.0.0.1, destination 10.0.0.2, options 01010100
  udp      sourcePort 1, destinationPort 53, length 10, checksum 0x8a3f
  payload  6162
`,
    );
  });
  test('hexdump', () =>
    expect(hexdump(fromHex('000102030405060708090a0b0c0d0e0f4142')!, (i) => i === 16)).toBe(
      '0000  00 01 02 03 04 05 06 07  08 09 0a 0b 0c 0d 0e 0f  ................\n' + `0010 *41 42${' '.repeat(45)}AB\n`,
    ));
  test('diff names the fields, then shows the bytes', () => {
    const expected = packet({ ip: { ttl: 63 }, tcp: { destinationPort: 8080 }, payload: 'abc' });
    const actual = packet({ ip: { ttl: 64 }, tcp: { destinationPort: 80 }, payload: 'abd' });
    const text = diffPackets(expected, actual)!;
    expect(text).toContain('  ipv4.ttl: expected 63, found 64\n');
    expect(text).toContain('  tcp.destinationPort: expected 8080, found 80\n');
    expect(text).toContain('  payload: differs at offset 56: expected 63, found 64\n');
    expect(text).not.toContain('ipv4.source:');
    expect(text).toMatch(/^ {4}0010 .*\*3f/m);
  });
  test('diff honours masks, prefixes and lengths', () => {
    const a = Uint8Array.of(1, 2, 3);
    expect(diffPackets(a, a)).toBeUndefined();
    expect(diffPackets(a, Uint8Array.of(1, 9, 3), { mask: Uint8Array.of(255, 0, 255) })).toBeUndefined();
    expect(diffPackets(a, Uint8Array.of(1, 2, 3, 4), { isPrefix: true })).toBeUndefined();
    expect(diffPackets(a, Uint8Array.of(1, 2, 3, 4))).toContain('length: expected 3, found 4');
    expect(diffPackets(a, Uint8Array.of(1, 2), { isPrefix: true })).toContain('length: expected at least 3, found 2');
  });
});
