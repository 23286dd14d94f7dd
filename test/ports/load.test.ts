/** Load port: sends what it was given again and again, counts what comes, and sees a flow that moves. */
import { expect, test } from 'vitest';
import { descriptor } from '../../src/arena/layout.ts';
import { LoadPort, loadPortBytes, parsePortSpec } from '../../src/ports/index.ts';
import { packet } from '../../src/wire/index.ts';

const memory = new WebAssembly.Memory({
  initial: loadPortBytes() / 65536 + 1,
  maximum: loadPortBytes() / 65536 + 1,
  shared: true,
});
const region = { memory, start: 65536, end: 65536 + loadPortBytes() };
const view = new DataView(memory.buffer);
const frame = (flow: number, destination: string): Uint8Array =>
  packet({ ip: { source: '10.0.0.1', destination }, udp: { destinationPort: 53 }, payload: Uint8Array.from([0, 0, 0, flow]) });
const list = 32768;

/** Receives up to `max` packets and sends them to the port itself. */
function loop(port: LoadPort, max: number): number {
  const count = port.receive(0, max);
  for (let i = 0; i < count; i++) view.setUint32(list + 4 * i, i * descriptor.bytes, true);
  if (count > 0) port.transmit(list, count);
  return count;
}

test('flows are counted once, and a flow that goes elsewhere moves', () => {
  const frames = [frame(1, '10.0.1.1'), frame(2, '10.0.1.2')];
  const port = new LoadPort(3, region, { name: 'load', frames, nowMs: () => 0 });
  expect(loop(port, 5)).toBe(5);
  expect(port.stats).toMatchObject({ rxPackets: 5, txPackets: 5, flows: 2, moved: 0 });
  port.receive(0, 1);
  new Uint8Array(memory.buffer).set([10, 0, 9, 9], view.getUint32(descriptor.addr, true) + 30);
  port.transmit(list, 1);
  expect(port.stats).toMatchObject({ flows: 2, moved: 1 });
});

test('a rate is kept, and one that waits begins with the first packet sent to it', () => {
  let nowMs = 0;
  const port = new LoadPort(3, region, {
    name: 'load',
    frames: [frame(1, '10.0.1.1')],
    perSecond: 1000,
    nowMs: () => nowMs,
    waits: true,
  });
  expect(port.receive(0, 64)).toBe(0);
  view.setUint32(descriptor.length, 20, true);
  port.transmit(list, 1);
  expect(port.receive(0, 64)).toBe(0);
  nowMs = 10;
  expect([port.receive(0, 64), port.receive(0, 64)]).toEqual([10, 0]);
});

test('its spec', () => {
  expect(parsePortSpec('load:a.pcap,perSecond=10,waits=yes')).toEqual({
    kind: 'load',
    input: 'a.pcap',
    perSecond: 10,
    waits: true,
  });
  expect(parsePortSpec('load:')).toEqual({ kind: 'load', input: undefined, perSecond: undefined, waits: false });
  expect(() => parsePortSpec('load:a.pcap,waits=maybe')).toThrow("waits is 'maybe'");
});
