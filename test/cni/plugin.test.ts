/** The plugin over a node that says no: what a runtime is answered, and that nothing was begun. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CniNode, CniPlugin, codes } from '../../src/cni/index.ts';
import { readRequest } from '../../src/cni/request.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'softipu-plugin-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const unexpected = (): never => {
  throw new Error('the node was asked for something');
};

/** ADD of pod `default/web` on a node with these answers. */
function add(answers: Partial<CniNode>): Promise<object | undefined> {
  const node: CniNode = {
    gateways: ['169.254.1.1'],
    fault: () => undefined,
    addPort: unexpected,
    removePort: unexpected,
    program: unexpected,
    waitForPod: async () => true,
    interfaceOf: unexpected,
    ...answers,
  };
  const environment = {
    CNI_COMMAND: 'ADD',
    CNI_CONTAINERID: 'c1',
    CNI_NETNS: '/proc/self/ns/net',
    CNI_IFNAME: 'eth0',
    CNI_PATH: join(directory, 'no-plugins'),
    CNI_ARGS: 'IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web',
  };
  const config = { cniVersion: '1.1.0', name: 'pods', type: 'softipu-cni', ipam: { type: 'fake-ipam' } };
  const plugin = new CniPlugin({ node, stateFile: join(directory, 'cni.json'), say: () => {} });
  return plugin.call(readRequest(environment, JSON.stringify(config)));
}

test('a pod that the cluster does not know yet: try again later, and no address is taken', async () => {
  await expect(add({ waitForPod: async () => false })).rejects.toMatchObject({
    code: codes.tryAgainLater,
    message: "pod 'default/web' is not known yet",
  });
  expect(existsSync(join(directory, 'cni.json'))).toBe(false);
});

test('a node that is not ready: try again later, with its reason', async () => {
  await expect(add({ fault: () => 'no API server' })).rejects.toMatchObject({
    code: codes.tryAgainLater,
    details: 'no API server',
  });
  expect(existsSync(join(directory, 'cni.json'))).toBe(false);
});
