/** SCTP through a service in both families: the port changes, and the CRC32c with it. Checked against a bitwise CRC of the whole packet. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Model } from '../../src/manager/index.ts';
import type { PacketSpec } from '../../src/wire/index.ts';
import { type Compiled, compileK8s, TestNode } from './data-plane.ts';
import { families, ipAt, macs, model, overlays } from './dual-stack-scene.ts';
import { gatewayMac } from './models.ts';
import { crc32c, isRight, sctp } from './sctp-packets.ts';

let compiled: Compiled;

beforeAll(() => {
  compiled = compileK8s();
});

const sctpModel = (): Model => {
  const base = model(4);
  const port = { name: '', protocol: 'SCTP' as const, port: 80 };
  return {
    ...base,
    services: base.services.map((s) => ({ ...s, ports: [port] })),
    endpointSlices: base.endpointSlices.map((s) => ({ ...s, ports: [{ ...port, port: 8080 }] })),
  };
};

test('the reference', () => {
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
});

describe.each(['wasm', 'interp'] as const)('%s', (runs) => {
  describe.each(families)('IPv%i', (family) => {
    const { a, b, vip } = overlays[family];
    const from = (source: string, destination: string, payload: Uint8Array): PacketSpec => ({
      eth: { source: source === a ? macs.a : macs.b, destination: gatewayMac },
      ip: family === 4 ? { source, destination, protocol: 132 } : { source, destination, nextHeader: 132 },
      payload,
    });

    test.each([0, 1, 20, 333, 1400])('%i bytes of chunks, there and back', (bytes) => {
      const node = new TestNode(compiled, [1, 11, 12], [1], runs);
      node.setModel(sctpModel());
      const [there] = node.send(11, from(a, vip, sctp(1000, 80, bytes)));
      const message = (packet: Uint8Array): Uint8Array => packet.subarray(ipAt(packet).l4);
      expect([there?.port, ipAt(there!.bytes).destination]).toEqual([12, b]);
      expect([...message(there!.bytes).subarray(0, 4)]).toEqual([3, 232, 8080 >> 8, 8080 & 0xff]);
      expect(isRight(message(there!.bytes))).toBe(true);
      const [back] = node.send(12, from(b, a, sctp(8080, 1000, bytes)));
      expect([back?.port, ipAt(back!.bytes).source]).toEqual([11, vip]);
      expect(isRight(message(back!.bytes))).toBe(true);
    });

    test('a packet that was damaged before stays so', () => {
      const node = new TestNode(compiled, [1, 11, 12], [1], runs);
      node.setModel(sctpModel());
      const damaged = sctp(1000, 80, 20);
      damaged[15]! ^= 4;
      const [there] = node.send(11, from(a, vip, damaged));
      expect(isRight(there!.bytes.subarray(ipAt(there!.bytes).l4))).toBe(false);
    });
  });
});
