/**
 * Packet ports between kernel namespaces: what the kernel sends on one side must arrive on the other as if they were joined by a cable,
 * with all offloads on.
 *
 *   client 10.9.0.1 c0 <-veth-> r0 [ports 0 and 1, descriptors forwarded unchanged] r1 <-veth-> b0 10.9.0.2 server
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openPacketPort, type PacketPort, packetPortBytes } from '../../src/ports/packet.ts';
import { Forwarder, makeArena } from './forwarder.ts';
import { Namespaces, run, runNode, whyNotPrivileged } from './netns.ts';

const reason = whyNotPrivileged();

describe.skipIf(reason)(`packet ports${reason ? ` (${reason})` : ''}`, () => {
  const namespaces = new Namespaces();
  let client: string;
  let router: string;
  let server: string;
  let ports: PacketPort[];
  let forwarder: Forwarder;

  beforeEach(() => {
    client = namespaces.add('c');
    router = namespaces.add('r');
    server = namespaces.add('s');
    namespaces.veth(client, 'c0', router, 'r0');
    namespaces.veth(server, 'b0', router, 'r1');
    run(`ip -n ${client} addr add 10.9.0.1/24 dev c0`);
    run(`ip -n ${server} addr add 10.9.0.2/24 dev b0`);
    const bytes = packetPortBytes({ interface: 'r0' });
    const { memory, regions } = makeArena([bytes, bytes]);
    ports = ['r0', 'r1'].map((name, i) => openPacketPort({ interface: name, netns: router }, i, regions[i]!));
    forwarder = new Forwarder(memory, [
      { from: ports[0]!, to: ports[1]! },
      { from: ports[1]!, to: ports[0]! },
    ]);
  });

  afterEach(async () => {
    await forwarder?.stop();
    for (const port of ports ?? []) port.close();
    namespaces.remove();
  });

  test('UDP datagrams, small, full and fragmented, with checksum offload', async () => {
    const sizes = [1, 2, 63, 500, 1471, 1472, 1473, 8000];
    const results = await Promise.all([runNode(server, udpEcho), runNode(client, udpClient('10.9.0.2', sizes))]);
    expect(results[1]).toBe(sizes.join());
    expect(ports.map((port) => port.state)).toEqual(['up', 'up']);
  });

  test('TCP, 64 MB both ways with segmentation offload', async () => {
    const results = await Promise.all([runNode(server, echoServer), runNode(client, hashClient)]);
    expect(results[1]).toBe('same');
    expect(ports[0]!.stats.txErrors + ports[0]!.stats.txDropsTooBig).toBe(0);
    // Far fewer packets than segments: GSO frames went through whole.
    const { rxBytes, rxPackets } = ports[0]!.stats;
    expect(rxBytes).toBeGreaterThan(64e6);
    expect(rxBytes / rxPackets).toBeGreaterThan(3000);
  });
});

const echoServer = `
  const server = require('net').createServer((s) => { s.pipe(s); s.on('close', () => server.close()); });
  server.listen(5000, '10.9.0.2');`;
const hashClient = `
  const net = require('net'), crypto = require('crypto');
  const total = 64e6, chunk = crypto.randomBytes(1e6);
  const connect = (tries) => {
    const sent = crypto.createHash('md5'), got = crypto.createHash('md5');
    const socket = net.connect(5000, '10.9.0.2', () => {
      let left = total;
      const write = () => { while (left > 0) { left -= chunk.length; sent.update(chunk); if (!socket.write(chunk)) { socket.once('drain', write); return; } } socket.end(); };
      write();
    });
    socket.on('data', (data) => got.update(data));
    socket.on('end', () => process.stdout.write(sent.digest('hex') === got.digest('hex') ? 'same' : 'different'));
    socket.on('error', (error) => { if (tries === 0) throw error; setTimeout(connect, 100, tries - 1); });
  };
  connect(50);`;

const udpEcho = `
  const socket = require('dgram').createSocket('udp6');
  socket.on('message', (message, from) => (message.length ? socket.send(message, from.port, from.address) : socket.close()));
  socket.bind(5001);`;
const udpClient = (address: string, sizes: readonly number[]) => `
  const crypto = require('crypto'), sizes = ${JSON.stringify(sizes)}, done = [];
  const socket = require('dgram').createSocket('${address.includes(':') ? 'udp6' : 'udp4'}');
  let message = crypto.randomBytes(sizes[0]);
  const send = () => socket.send(message, 5001, '${address}');
  const timer = setInterval(send, 100);
  socket.on('message', (answer) => {
    if (!answer.equals(message)) return;
    done.push(message.length);
    if (done.length === sizes.length) { clearInterval(timer); process.stdout.write(done.join()); socket.send('', 5001, '${address}', () => socket.close()); return; }
    message = crypto.randomBytes(sizes[done.length]);
    send();
  });
  send();`;
