/** `softipu run` with an API server: nothing before the first lists, then the services; health says so. Runs the built command on a memory port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { askControl } from '../../src/cli/control-socket.ts';
import { ApiDouble } from '../kubernetes/api-double.ts';

const main = resolve(import.meta.dirname, '../../dist/cli/main.js');
const isBuilt = existsSync(resolve(main, '../cni-node.js'));
let directory: string;
let api: ApiDouble;
let node: ChildProcess | undefined;
let messages = '';

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'softipu-run-'));
  api = await ApiDouble.start();
  messages = '';
});

afterEach(async () => {
  if (node) {
    const ended = new Promise((done) => node!.once('close', done));
    node.kill('SIGTERM');
    await ended;
  }
  await api.stop();
  rmSync(directory, { recursive: true, force: true });
});

test.skipIf(!isBuilt)(
  'kube-proxy’s file and an API server',
  async () => {
    api.put('Service', {
      metadata: { name: 'web', namespace: 'default' },
      spec: { clusterIP: '10.96.0.10', ports: [{ port: 80 }] },
    });
    const slice = (address: string) => ({
      metadata: { name: 'web-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4',
      ports: [{ name: '', port: 8080 }],
      endpoints: [{ addresses: [address] }],
    });
    api.put('EndpointSlice', slice('10.244.1.21'));
    api.hold('EndpointSlice');
    const port = 20_000 + (process.pid % 20_000);
    writeFileSync(join(directory, 'kubeconfig'), api.kubeconfig);
    writeFileSync(
      join(directory, 'kube-proxy.yaml'),
      `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
hostnameOverride: node-a
clusterCIDR: 10.244.0.0/16
bindAddress: 0.0.0.0
clientConnection: {kubeconfig: kubeconfig}
healthzBindAddress: 127.0.0.1:${port}
metricsBindAddress: 127.0.0.1:${port + 1}
`,
    );
    writeFileSync(join(directory, 'node.yaml'), 'control: ./c.sock\nports: [{interface: memory, kind: host}]\n');
    node = spawn(process.execPath, [
      main,
      'run',
      '--kube-proxy-config',
      join(directory, 'kube-proxy.yaml'),
      join(directory, 'node.yaml'),
    ]);
    node.stderr!.on('data', (text: Buffer) => {
      messages += text.toString();
    });
    const socket = join(directory, 'c.sock');
    const services = async () => (await askControl(socket, { op: 'services' })) as { at: string }[];
    const healthz = async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).status;
    await vi.waitFor(() => expect(existsSync(socket), messages).toBe(true), { timeout: 20_000 });
    expect(messages).toContain('these fields have no effect here: bindAddress');
    expect(await services()).toEqual([]);
    expect(await healthz()).toBe(503);
    expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
    api.release('EndpointSlice');
    await vi.waitFor(async () => expect((await services()).map(({ at }) => at)).toEqual(['10.244.1.21:8080']), {
      timeout: 10_000,
    });
    expect(await healthz()).toBe(200);
    api.breakConnections();
    api.put('EndpointSlice', slice('10.244.1.22'));
    await vi.waitFor(async () => expect((await services()).map(({ at }) => at)).toEqual(['10.244.1.22:8080']), {
      timeout: 10_000,
    });
    expect(await (await fetch(`http://127.0.0.1:${port + 1}/metrics`)).text()).toMatch(/endpoint_changes_total [1-9]/);
  },
  45_000,
);
