/** `softipu switch` runs a v1model program on veth ports with nothing configured: UDP, TCP and pings between two networks go through it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Namespaces, run, runIn, runNode, whyNotPrivileged } from '../ports/netns.ts';
import { tcpClient, tcpEcho, udpClient, udpEcho } from '../ports/talk.ts';

const main = join(import.meta.dirname, '../../dist/cli/main.js');
const reason = whyNotPrivileged() ?? (existsSync(main) ? undefined : 'needs a build: npm run build');

// A 10.1.0.1  a0 <-veth-> r0 [port 0, router.p4, port 1] r1 <-veth-> b0  10.2.0.1 B
describe.skipIf(reason)(`a v1model router on veth ports${reason ? ` (${reason})` : ''}`, () => {
  const namespaces = new Namespaces();
  const directory = mkdtempSync(join(tmpdir(), 'softipu-switch-'));
  const socket = join(directory, 'control');
  let [a, b, router] = ['', '', ''];
  let child: ChildProcess | undefined;
  let said = '';

  beforeAll(async () => {
    [a, b, router] = [namespaces.add('a'), namespaces.add('b'), namespaces.add('sw')];
    namespaces.veth(a, 'a0', router, 'r0');
    namespaces.veth(b, 'b0', router, 'r1');
    const hosts = [
      [a, 'a0', '10.1.0.1', '02:00:00:00:00:01', '10.2.0.0/16', '10.1.0.254'],
      [b, 'b0', '10.2.0.1', '02:00:00:00:00:02', '10.1.0.0/16', '10.2.0.254'],
    ] as const;
    for (const [netns, device, address, mac, other, gateway] of hosts) {
      run(`ip -n ${netns} link set ${device} address ${mac}`);
      run(`ip -n ${netns} addr add ${address}/16 dev ${device}`);
      run(`ip -n ${netns} neigh add ${gateway} lladdr 02:00:00:00:00:fe dev ${device}`);
      run(`ip -n ${netns} route add ${other} via ${gateway}`);
    }
    const program = join(import.meta.dirname, 'router.p4');
    const args = ['switch', program, '-i', '0@r0', '-i', '1@r1', '--socket', socket];
    child = spawn('ip', ['netns', 'exec', router, process.execPath, main, ...args], { stdio: ['ignore', 'inherit', 'pipe'] });
    await new Promise<void>((resolve, reject) => {
      child!.once('exit', (code) => reject(new Error(`the switch ended with ${code}\n${said}`)));
      child!.stderr!.on('data', (data: Buffer) => {
        said += data.toString();
        if (said.includes('runs on')) resolve();
      });
    });
  }, 60_000);

  afterAll(async () => {
    if (child && child.exitCode === null) {
      const ended = new Promise((resolve) => child!.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    }
    namespaces.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  // The kernels verify the IP header's checksum, which the program computed anew for the lower TTL.
  test('UDP, also in fragments', async () => {
    const sizes = [10, 1000, 4000];
    const [, done] = await Promise.all([runNode(b, udpEcho), runNode(a, udpClient('10.2.0.1', sizes))]);
    expect(done).toBe(sizes.join());
  });

  test('TCP', async () => {
    const [, done] = await Promise.all([runNode(b, tcpEcho), runNode(a, tcpClient('10.2.0.1', 1))]);
    expect(done).toBe('same');
  });

  const noPing = runsPing() ? undefined : 'needs ping';
  test.skipIf(noPing)(`ping with a lower TTL${noPing ? ` (${noPing})` : ''}`, async () => {
    const out = await runIn(a, ['ping', '-c', '5', '-i', '0.2', '-W', '3', '10.2.0.1']);
    expect(out).toMatch(/5 packets transmitted, 5 received/);
    expect(out).toMatch(/ttl=63/);
  });

  test('its tables are read where it runs', async () => {
    const tables = JSON.parse(await runIn(router, [process.execPath, main, 'tables', '--socket', socket, '--json'])) as readonly {
      name: string;
    }[];
    expect(JSON.stringify(tables)).toContain('ipv4_lpm');
  });
});

function runsPing(): boolean {
  try {
    run('ping -V');
    return true;
  } catch {
    return false;
  }
}
