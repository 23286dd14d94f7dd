/**
 * Packet ports between kernel namespaces: what the kernel sends on one side arrives on the other as if a cable joined them, with all offloads on.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MemoryPort, memoryPortBytes } from '../../src/ports/index.ts';
import { packetErrors } from '../../src/wire/index.ts';
import { Joint } from './joint.ts';
import { isInitialUser, run, runIn, runNode, whyNotPrivileged } from './netns.ts';
import { tcpClient, tcpEcho, udpClient, udpEcho } from './talk.ts';

const reason = whyNotPrivileged();

describe.skipIf(reason)(`packet ports${reason ? ` (${reason})` : ''}`, () => {
  let joint: Joint;
  beforeEach(() => {
    joint = new Joint();
  });
  afterEach(() => joint.end());

  test.each(['10.9.0.2', 'fd09::2'])('UDP to %s: small, full and fragmented datagrams', async (address) => {
    joint.join();
    const sizes = [1, 2, 63, 500, 1451, 1452, 1471, 1472, 1473, 8000];
    const results = await Promise.all([runNode(joint.server, udpEcho), runNode(joint.client, udpClient(address, sizes))]);
    expect(results[1]).toBe(sizes.join());
    expect(joint.ports.map((port) => port.state)).toEqual(['up', 'up']);
    expect(joint.drops()).toEqual({});
  });

  test.each(['10.9.0.2', 'fd09::2'])('TCP to %s: 48 MB both ways, in segments of up to 64 KiB', async (address) => {
    joint.join();
    const results = await Promise.all([runNode(joint.server, tcpEcho), runNode(joint.client, tcpClient(address, 48))]);
    expect(results[1]).toBe('same');
    const { rxBytes, rxPackets, txErrors, txDropsTooBig } = joint.ports[0]!.stats;
    expect({ txErrors, txDropsTooBig }).toEqual({ txErrors: 0, txDropsTooBig: 0 });
    // Far fewer packets than segments: GSO frames went through whole.
    expect(rxBytes / rxPackets).toBeGreaterThan(3000);
  });

  test('partial checksums are completed for a port without offload', async () => {
    let copies: MemoryPort | undefined;
    const { memory, extra } = joint.join(
      (view, at) => {
        view.setUint32(65536 + 32768, at, true);
        copies?.transmit(65536 + 32768, 1);
        return true;
      },
      undefined,
      memoryPortBytes(),
    );
    copies = new MemoryPort(2, { ...extra, memory });
    await Promise.all([runNode(joint.server, tcpEcho), runNode(joint.client, tcpClient('10.9.0.2', 1))]);
    const sent = copies.take();
    expect(sent.length).toBeGreaterThan(10);
    expect(sent.filter((one) => one.gsoType !== 0).length).toBeGreaterThan(0);
    for (const { bytes } of sent) expect(packetErrors(bytes)).toEqual([]);
  });

  test('the IP stack of the namespace that the ports are in sees nothing', async (context) => {
    if (!isInitialUser()) context.skip('needs bpf(2)');
    run(`ip -n ${joint.router} addr add 10.9.0.3/24 dev r0`);
    joint.join();
    expect(joint.ports.map((port) => port.kernelStackIsolated)).toEqual([true, true]);
    const sizes = [100];
    await Promise.all([runNode(joint.server, udpEcho), runNode(joint.client, udpClient('10.9.0.2', sizes))]);
    const snmp = await runIn(joint.router, ['cat', '/proc/net/snmp']);
    expect(snmp.split('\n')[1]?.split(' ')[3]).toBe('0');
  });
});
