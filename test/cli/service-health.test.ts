/** Health check node ports, over HTTP: what is counted, which ports are open, and what a load balancer is told. */
import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { noLocalEndpoints } from '../../src/cli/observe.ts';
import { ServiceHealth } from '../../src/cli/service-health.ts';
import type { Endpoint, Model } from '../../src/manager/index.ts';
import { emptyModel, service, slice } from '../manager/models.ts';

const host = '127.0.0.1';
const here = emptyModel.node.name;
const endpoint = (address: string, nodeName: string, state: 'ready' | 'terminating' | 'not ready' = 'ready'): Endpoint => ({
  addresses: [address],
  nodeName,
  ready: state === 'ready',
  serving: state !== 'not ready',
  terminating: state === 'terminating',
});

let model: Model = emptyModel;
let isLive = true;
let messages: string[] = [];
let ports: ServiceHealth | undefined;

function modelOf(healthCheckNodePort: number, endpoints: readonly Endpoint[]): Model {
  const web = service('web', '10.96.0.1', 80, { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort });
  return { ...emptyModel, services: [web], endpointSlices: [{ ...slice('web', []), endpoints }] };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, host, done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

const start = async (given: Model): Promise<ServiceHealth> => {
  [model, isLive, messages] = [given, true, []];
  ports = new ServiceHealth({ model: () => model, isLive: () => isLive, say: (text) => messages.push(text), host });
  await ports.update();
  return ports;
};

afterEach(() => ports?.close());

test('what it says', async () => {
  const port = await freePort();
  await start(modelOf(port, [endpoint('10.1.0.1', here), endpoint('10.1.0.1', here), endpoint('10.2.0.1', 'far')]));
  const ask = async () => {
    const response = await fetch(`http://${host}:${port}/any/path`);
    return [response.status, response.headers.get('x-load-balancing-endpoint-weight'), await response.json()];
  };
  const says = (localEndpoints: number, serviceProxyHealthy = true) => ({
    service: { namespace: 'default', name: 'web' },
    localEndpoints,
    serviceProxyHealthy,
  });
  expect(await ask()).toEqual([200, '1', says(1)]);
  model = modelOf(port, [endpoint('10.1.0.1', here, 'terminating'), endpoint('10.1.0.2', here, 'not ready')]);
  expect(await ask()).toEqual([503, '0', says(0)]);
  model = modelOf(port, [endpoint('10.1.0.1', here), endpoint('10.1.0.2', here)]);
  isLive = false;
  expect(await ask()).toEqual([503, '2', says(2, false)]);
});

test('ports come and go with their services; one that is taken is told once, and had later', async () => {
  const [first, second] = [await freePort(), await freePort()];
  const isOpen = async (port: number): Promise<boolean> =>
    fetch(`http://${host}:${port}/`).then(
      () => true,
      () => false,
    );
  const health = await start(modelOf(first, []));
  expect([await isOpen(first), await isOpen(second)]).toEqual([true, false]);
  const other = createServer();
  await new Promise<void>((done) => other.listen(second, host, done));
  model = modelOf(second, []);
  await health.update();
  await health.update();
  expect(messages).toEqual([expect.stringContaining(`cannot listen for health checks of service 'default/web'`)]);
  expect(await isOpen(first)).toBe(false);
  await new Promise((done) => other.close(done));
  await health.update();
  expect(await isOpen(second)).toBe(true);
  model = emptyModel;
  await health.update();
  expect(await isOpen(second)).toBe(false);
});

test('service ports that lack a local endpoint', () => {
  const local = { internalTrafficPolicy: 'Local' } as const;
  const services = [service('web', '10.96.0.1', 80, local), service('db', '10.96.0.2', 80, { externalTrafficPolicy: 'Local' })];
  const slices = (nodeName: string) =>
    services.map(({ name }) => ({ ...slice(name, []), endpoints: [endpoint('10.1.0.1', nodeName)] }));
  expect(noLocalEndpoints({ ...emptyModel, services, endpointSlices: slices('far') })).toEqual({ internal: 1, external: 1 });
  expect(noLocalEndpoints({ ...emptyModel, services, endpointSlices: slices(here) })).toEqual({ internal: 0, external: 0 });
  expect(noLocalEndpoints({ ...emptyModel, services })).toEqual({ internal: 0, external: 0 });
});
