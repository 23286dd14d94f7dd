/**
 * A program that pushes VXLAN in front of GSO packets: the port segments them in software, in trains that the kernel keeps together, and a stock Linux vxlan device takes them.
 *
 *   client 10.9.0.1 c0 <-> r0 [port 0, + outer headers ->, <- without them, port 1] r1 <-> b0 10.8.0.2, fd08::2 server with vx0 10.9.0.2
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { descriptor } from '../../src/arena/layout.ts';
import { interfaceFacts } from '../../src/ports/index.ts';
import { internetChecksum } from '../../src/wire/index.ts';
import type { Change } from './forwarder.ts';
import { Joint } from './joint.ts';
import { run, runIn, runNode, whyNotPrivileged } from './netns.ts';
import { tcpClient, tcpEcho, udpClient, udpEcho } from './talk.ts';

const reason = whyNotPrivileged();
const ourMac = [2, 0, 0, 0, 8, 1];
const macText = '02:00:00:00:08:01';

/** Ethernet, IPv4 or IPv6, UDP, VXLAN (VNI 42); lengths and checksums to be filled in. */
function outerHeaders(version: 4 | 6, destinationMac: Uint8Array): Uint8Array {
  const ip =
    version === 4
      ? [0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 8, 0, 1, 10, 8, 0, 2]
      : [0x60, 0, 0, 0, 0, 0, 17, 64, 0xfd, 8, ...zeros(13), 1, 0xfd, 8, ...zeros(13), 2];
  const udp = [0xc3, 0x50, 0x12, 0xb5, 0, 0, 0, 0];
  return Uint8Array.from([
    ...destinationMac,
    ...ourMac,
    ...(version === 4 ? [8, 0] : [0x86, 0xdd]),
    ...ip,
    ...udp,
    8,
    0,
    0,
    0,
    0,
    0,
    42,
    0,
  ]);
}

/** What a P4 program does: moves the start into the headroom. Lengths wrap at 64 KiB, as 16-bit fields do. */
function encapsulate(version: 4 | 6, template: Uint8Array): Change {
  return (view, at) => {
    const addr = view.getUint32(at + descriptor.addr, true) - template.length;
    const length = view.getUint32(at + descriptor.length, true) + template.length;
    view.setUint32(at + descriptor.addr, addr, true);
    view.setUint32(at + descriptor.length, length, true);
    const bytes = new Uint8Array(view.buffer, addr, template.length);
    bytes.set(template);
    if (version === 4) {
      view.setUint16(addr + 16, length - 14);
      view.setUint16(addr + 24, internetChecksum(bytes.subarray(14, 34)));
      view.setUint16(addr + 38, length - 34);
    } else {
      view.setUint16(addr + 18, length - 54);
      view.setUint16(addr + 58, length - 54);
      // Any value but 0 asks the port for a checksum, where it touches the packet at all.
      if (view.getUint32(at + descriptor.csumAddr, true) !== 0) view.setUint16(addr + 60, 1);
    }
    return true;
  };
}

function decapsulate(bytes: number): Change {
  return (view, at) => {
    const addr = view.getUint32(at + descriptor.addr, true);
    const udp = addr + bytes - 16;
    if (view.getUint32(at + descriptor.length, true) < bytes + 14 || view.getUint16(udp + 2) !== 4789) return false;
    view.setUint32(at + descriptor.addr, addr + bytes, true);
    view.setUint32(at + descriptor.length, view.getUint32(at + descriptor.length, true) - bytes, true);
    return true;
  };
}

describe.skipIf(reason)(`vxlan in front of GSO packets${reason ? ` (${reason})` : ''}`, () => {
  let joint: Joint;
  beforeEach(() => {
    joint = new Joint({ serverAddresses: false });
  });
  afterEach(() => joint.end());

  function setUp(version: 4 | 6): void {
    const [local, remote, overhead] = version === 4 ? ['10.8.0.2', '10.8.0.1', 50] : ['fd08::2', 'fd08::1', 70];
    const { server, client } = joint;
    run(`ip -n ${server} addr add ${local}/${version === 4 ? 24 : 64} dev b0${version === 6 ? ' nodad' : ''}`);
    run(`ip -n ${server} neigh add ${remote} lladdr ${macText} dev b0 nud permanent`);
    const options = version === 6 ? ' udp6zerocsumrx' : '';
    run(
      `ip -n ${server} link add vx0 mtu ${1500 - overhead} type vxlan id 42 local ${local} remote ${remote} dstport 4789${options}`,
    );
    run(`ip -n ${server} link set vx0 up`);
    joint.addServerAddresses('vx0');
    run(`ip -n ${client} link set c0 mtu ${1500 - overhead}`);
    const template = outerHeaders(version, interfaceFacts('b0', server).mac);
    joint.join(encapsulate(version, template), decapsulate(overhead));
  }

  test.each([
    [4, '10.9.0.2'],
    [4, 'fd09::2'],
    [6, '10.9.0.2'],
    [6, 'fd09::2'],
  ] as const)('outer IPv%i, TCP to %s: 24 MB both ways', async (version, address) => {
    setUp(version);
    const results = await Promise.all([runNode(joint.server, tcpEcho), runNode(joint.client, tcpClient(address, 24))]);
    expect(results[1]).toBe('same');
    const [inside, outside] = joint.ports.map((port) => ({ ...port.stats }));
    // Whole on the way in, trains of segments on the way out.
    expect(inside!.rxBytes / inside!.rxPackets).toBeGreaterThan(3000);
    expect(outside!.txBytes / outside!.txPackets).toBeGreaterThan(3000);
    expect(outside!.txErrors + outside!.txDropsTooBig + inside!.txErrors + inside!.txDropsTooBig).toBe(0);
    expect(await checksumErrors(joint.server)).toEqual([]);
  });

  test('outer IPv4, UDP datagrams, and UDP segments of one send', async (context) => {
    setUp(4);
    const sizes = [1, 100, 1401, 1422, 4000];
    const results = await Promise.all([runNode(joint.server, udpEcho), runNode(joint.client, udpClient('10.9.0.2', sizes))]);
    expect(results[1]).toBe(sizes.join());
    expect(await checksumErrors(joint.server)).toEqual([]);
    const python = await runIn(joint.client, ['python3', '-V']).catch(() => '');
    if (python === '') context.skip('UDP segmentation needs python3');
    const before = joint.ports[0]!.stats.rxPackets;
    const received = runNode(joint.server, udpCollector);
    await runIn(joint.client, ['sleep', '0.4']);
    await runIn(joint.client, ['python3', '-c', udpSegments]);
    expect(await received).toBe('28000 in 28, in order');
    expect(joint.ports[0]!.stats.rxPackets - before).toBeLessThan(10);
    expect(await checksumErrors(joint.server)).toEqual([]);
  });
});

/** 28 segments of 1000 bytes in one send: UDP_SEGMENT is 103. */
const udpSegments = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(17, 103, 1000)
s.sendto(b''.join(bytes([i]) * 1000 for i in range(28)), ('10.9.0.2', 5001))`;
const udpCollector = `
  const socket = require('dgram').createSocket('udp6');
  const seen = [];
  let bytes = 0;
  socket.on('message', (message) => { seen.push(message[0]); bytes += message.length; if (seen.length === 28) finish(); });
  const finish = () => { process.stdout.write(bytes + ' in ' + seen.length + (seen.every((v, i) => v === i) ? ', in order' : ', ' + seen)); socket.close(); clearTimeout(timer); };
  const timer = setTimeout(finish, 3000);
  socket.bind(5001);`;

function zeros(count: number): number[] {
  return new Array(count).fill(0);
}

/** Counters of wrong checksums that are not zero. */
async function checksumErrors(netns: string): Promise<string[]> {
  const names: string[] = [];
  const lines = (await runIn(netns, ['cat', '/proc/net/snmp'])).split('\n');
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const heads = lines[i]!.split(' ');
    const values = lines[i + 1]!.split(' ');
    heads.forEach((head, k) => {
      if (/Csum|InHdrErrors/.test(head) && values[k] !== '0') names.push(`${heads[0]} ${head} ${values[k]}`);
    });
  }
  for (const line of (await runIn(netns, ['cat', '/proc/net/snmp6'])).split('\n')) {
    if (/Csum/.test(line) && !/\s0$/.test(line)) names.push(line);
  }
  return names;
}
