/**
 * ICMP echo without a ping program: requests go out of the pod's interface through a packet port of ours, the kernel of the other pod answers.
 */
import { descriptor } from '../../../arena/layout.ts';
import { openPacketPort, packetPortBytes } from '../../../ports/packet.ts';
import { decode, icmp, icmpTypes, ipv4, packet, packetErrors } from '../../../wire/index.ts';
import { number, type Params, serveAgent, text } from '../../sandbox/rpc.ts';

const options = { interface: 'eth0', frames: 256, isolate: false } as const;
const pageBytes = 65536;
/** In front of the port's region: descriptors, the list for transmit, and the request. */
const place = { received: 4096, sent: 8192, list: 8448, request: 9216 } as const;
const batch = 32;

serveAgent({ echo });

/** Sends `count` requests one after the other; how many right replies came back within the time of each. */
async function echo(p: Params): Promise<{ replies: number; problems: readonly string[] }> {
  const pages = 1 + Math.ceil(packetPortBytes(options) / pageBytes);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const port = openPacketPort(options, 0, { memory, start: pageBytes, end: pages * pageBytes });
  const [bytes, view] = [new Uint8Array(memory.buffer), new DataView(memory.buffer)];
  const problems: string[] = [];
  let replies = 0;
  for (let sequence = 1; sequence <= number(p, 'count'); sequence++) {
    const request = packet({
      eth: { source: text(p, 'sourceMac'), destination: text(p, 'gatewayMac') },
      ip: { source: text(p, 'source'), destination: text(p, 'destination') },
      icmp: { type: icmpTypes.echoRequest, identifier: process.pid & 0xffff, sequence },
      payload: 56,
    });
    bytes.set(request, place.request);
    view.setUint32(place.sent + descriptor.addr, place.request, true);
    view.setUint32(place.sent + descriptor.length, request.length, true);
    view.setUint32(place.sent + descriptor.bufferStart, place.request - 256, true);
    view.setUint32(place.sent + descriptor.bufferEnd, place.request + 2048, true);
    view.setUint32(place.list, place.sent, true);
    port.transmit(place.list, 1);
    const problem = await reply(sequence);
    if (problem === undefined) replies++;
    else problems.push(problem);
  }
  port.close();
  return { replies, problems };

  /** Waits for the reply; undefined if it came and is whole. */
  async function reply(sequence: number): Promise<string | undefined> {
    for (const end = Date.now() + number(p, 'timeoutMs'); Date.now() < end; ) {
      const count = port.receive(place.received, batch);
      const packets = Array.from({ length: count }, (_, i) => {
        const at = place.received + i * descriptor.bytes;
        const from = view.getUint32(at + descriptor.addr, true);
        return bytes.slice(from, from + view.getUint32(at + descriptor.length, true));
      });
      if (count > 0) port.release(place.received, count);
      const found = packets.find((bytes) => isReply(bytes, text(p, 'destination'), sequence));
      if (found !== undefined) return packetErrors(found)[0];
      await new Promise((done) => setTimeout(done, 1));
    }
    return `no reply to request ${sequence}`;
  }
}

function isReply(bytes: Uint8Array, from: string, sequence: number): boolean {
  const { layers } = decode(bytes);
  const [, ip, echoed] = layers;
  if (ip?.header !== ipv4 || echoed?.header !== icmp || ipv4.get(ip.bytes).source !== from) return false;
  const { type, identifier, sequence: found } = icmp.get(echoed.bytes);
  return type === icmpTypes.echoReply && identifier === (process.pid & 0xffff) && found === sequence;
}
