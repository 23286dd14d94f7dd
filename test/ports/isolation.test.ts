/** The kernel's IP stack is kept out of an interface by a tcx program or by nftables, all of it or all but what its own tunnels and ARP need. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bytesNeeded, openPort, type PacketPort } from '../../src/ports/index.ts';
import { isolateByNft, removeNftIsolation } from '../../src/ports/nft-isolation.ts';
import { makeArena } from './forwarder.ts';
import { isInitialUser, Namespaces, run, runNode, whyNotPrivileged } from './netns.ts';

const reason = whyNotPrivileged();
const hasNft = !reason && canRun('nft');

/** Datagrams to a UDP port of 10.9.0.1: whether one is answered. */
const ask = (port: number): string => `
  const socket = require('dgram').createSocket('udp4');
  const end = (said) => { process.stdout.write(said); process.exit(); };
  socket.on('message', () => end('answered'));
  for (let i = 0; i < 5; i++) setTimeout(() => socket.send('x', ${port}, '10.9.0.1'), i * 50);
  setTimeout(() => end('silent'), 1500);`;
/** Answers every datagram, until it is ended. */
const answer = `
  for (const port of [4789, 5000]) {
    const socket = require('dgram').createSocket('udp4');
    socket.on('message', (m, from) => socket.send('y', from.port, from.address));
    socket.bind(port, () => process.stdout.write('.'));
  }`;

describe.skipIf(reason)(`isolation${reason ? ` (${reason})` : ''}`, () => {
  let namespaces: Namespaces;
  let [node, peer] = ['', ''];
  let server: ChildProcess | undefined;
  beforeEach(() => {
    server = undefined;
    namespaces = new Namespaces();
    node = namespaces.add('node');
    peer = namespaces.add('peer');
    namespaces.veth(node, 'v0', peer, 'v1');
    run(`ip -n ${node} addr add 10.9.0.1/24 dev v0`);
    run(`ip -n ${peer} addr add 10.9.0.2/24 dev v1`);
  });
  afterEach(() => {
    server?.kill();
    namespaces.remove();
  });

  /** What a neighbour gets from the node's kernel at port 4789 and at another one. */
  async function reached(): Promise<{ tunnel: string; other: string }> {
    if (!server) {
      server = spawn('ip', ['netns', 'exec', node, process.execPath, '-e', answer], { stdio: ['ignore', 'pipe', 'inherit'] });
      let ready = 0;
      for await (const dots of server.stdout!) {
        ready += (dots as Buffer).length;
        if (ready === 2) break;
      }
    }
    const [tunnel, other] = await Promise.all([runNode(peer, ask(4789)), runNode(peer, ask(5000))]);
    return { tunnel: tunnel!, other: other! };
  }

  test.each([
    ['', { tunnel: 'silent', other: 'silent' }],
    [',keep=4789', { tunnel: 'answered', other: 'silent' }],
    [',isolate=no', { tunnel: 'answered', other: 'answered' }],
  ])('a port opened with "%s"', async (options, expected) => {
    const spec = `v0,netns=${node},frames=256${options}`;
    const port = openPort(spec, 0, makeArena([bytesNeeded(spec)]).regions[0]!) as PacketPort;
    try {
      const isolated = isInitialUser() ? 'tcx' : hasNft ? 'nftables' : 'none';
      expect(port.isolation).toBe(options === ',isolate=no' ? 'none' : isolated);
      if (port.isolation !== 'none' || options === ',isolate=no') expect(await reached()).toEqual(expected);
      expect(port.stats.rxPackets + port.receive(65536, 1)).toBeGreaterThan(0);
    } finally {
      port.close();
    }
  });

  describe.skipIf(!hasNft)(`nftables${hasNft ? '' : ' (nft is not installed)'}`, () => {
    test.each([
      [0, { tunnel: 'silent', other: 'silent' }],
      [4789, { tunnel: 'answered', other: 'silent' }],
    ])('keeps the stack out but for port %i, and packet sockets see everything', async (keptUdpPort, expected) => {
      const options = { interface: 'v0', netns: `/run/netns/${node}`, keptUdpPort };
      expect(isolateByNft(options)).toBe(true);
      // Again: what was there is replaced.
      expect(isolateByNft(options)).toBe(true);
      const spec = `v0,netns=${node},frames=256,isolate=no`;
      const port = openPort(spec, 0, makeArena([bytesNeeded(spec)]).regions[0]!);
      expect(await reached()).toEqual(expected);
      expect(port.receive(65536, 64)).toBeGreaterThan(0);
      port.close();
      removeNftIsolation(options);
      expect(await reached()).toEqual({ tunnel: 'answered', other: 'answered' });
    });
  });
});

function canRun(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
