/** Health checks with real sockets on loopback: who leaves, who comes back, and after how many answers. */
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { HealthChecks, type HealthChecksOptions } from '../../src/cli/health-checks/checker.ts';
import { openEcho } from '../../src/cli/health-checks/icmp.ts';
import { probeHttp, probeTcp } from '../../src/cli/health-checks/probes.ts';
import { readManifest } from '../../src/kubernetes/index.ts';
import { type EndpointSlice, eligibleEndpoints, type HealthCheck, type Model } from '../../src/manager/index.ts';
import { emptyModel, service, slice } from '../manager/models.ts';

const fast = { intervalMs: 20, timeoutMs: 20, rise: 2, fall: 3 } as const;
const servers: Server[] = [];
let checks: HealthChecks | undefined;

const listen = async (server: Server, host = '127.0.0.1', port = 0): Promise<number> => {
  servers.push(server);
  await new Promise<void>((done) => server.listen(port, host, done));
  return (server.address() as AddressInfo).port;
};
const close = (server: Server): Promise<void> =>
  new Promise((done) => {
    server.close(() => done());
  });

afterEach(async () => {
  checks?.close();
  await Promise.all(servers.splice(0).map((server) => server.listening && close(server)));
});

function modelOf(check: HealthCheck, addresses: readonly string[]): Model {
  return {
    ...emptyModel,
    services: [service('db', '10.96.0.1')],
    endpointSlices: [{ ...slice('db', addresses), healthCheck: check }],
  };
}

/** What is said, and which endpoints count. */
function start(model: Model, more: Partial<HealthChecksOptions> = {}) {
  const said: string[] = [];
  const targets = (): string[] => {
    const adjusted = checks!.adjust(model);
    return eligibleEndpoints(adjusted, model.services[0]!, model.services[0]!.ports[0]!, 4).cluster.map((t) => t.address);
  };
  const seen: string[][] = [];
  checks = new HealthChecks({ say: (text) => said.push(text), onChange: () => seen.push(targets()), random: () => 0, ...more });
  targets();
  return { said, seen, targets };
}

test('TCP: a server that ends leaves after three failures, and comes back after two successes', async () => {
  const [one, two] = [createServer(), createServer()];
  const port = await listen(one);
  await listen(two, '127.0.0.2', port);
  const { said, seen, targets } = start(modelOf({ type: 'tcp', port, ...fast }, ['127.0.0.1', '127.0.0.2']));
  await new Promise((done) => setTimeout(done, 100));
  expect([seen, targets()]).toEqual([[], ['127.0.0.1', '127.0.0.2']]);
  await close(two);
  await vi.waitFor(() => expect(targets()).toEqual(['127.0.0.1']), { timeout: 5000 });
  await listen(two, '127.0.0.2', port);
  await vi.waitFor(() => expect(targets()).toEqual(['127.0.0.1', '127.0.0.2']), { timeout: 5000 });
  expect(seen).toEqual([['127.0.0.1'], ['127.0.0.1', '127.0.0.2']]);
  expect(said).toEqual([
    `endpoint 127.0.0.2 of service 'default/db' fails its health check: connect ECONNREFUSED 127.0.0.2:${port}`,
    "endpoint 127.0.0.2 of service 'default/db' passes its health check again",
  ]);
});

test('one failure among successes, and one success among failures, change nothing', async () => {
  let count = 0;
  const pattern = [200, 500, 500, 200, 500, 500, 200, 200];
  const port = await listen(
    createHttpServer((request, response) => {
      expect(request.url).toBe('/ready');
      response.statusCode = pattern[count++ % pattern.length]!;
      response.end();
    }),
  );
  const { seen } = start(modelOf({ type: 'http', port, path: '/ready', ...fast, timeoutMs: 1000 }, ['127.0.0.1']));
  await vi.waitFor(() => expect(count).toBeGreaterThan(24), { timeout: 10_000 });
  expect(seen).toEqual([]);
});

test('all fail: there is no endpoint; the slice without checks is the object that it was', async () => {
  const port = await listen(createServer());
  await close(servers[0]!);
  const model = modelOf({ type: 'tcp', port, ...fast }, ['127.0.0.1']);
  const other: EndpointSlice = slice('web', ['10.0.0.1']);
  const both = { ...model, endpointSlices: [...model.endpointSlices, other] };
  const { targets } = start(both);
  await vi.waitFor(() => expect(targets()).toEqual([]), { timeout: 5000 });
  const [first, second] = [checks!.adjust(both), checks!.adjust(both)].map((m) => m.endpointSlices);
  expect([first![0], first![1]]).toEqual([second![0], other]);
  expect(first![0]).toBe(second![0]);
  // A slice that asks for nothing is not asked.
  expect(checks!.adjust({ ...both, endpointSlices: [other] }).endpointSlices).toEqual([other]);
});

test('one endpoint of many slices fails: every other slice is the object that it was', async () => {
  const port = await listen(createServer());
  const model = modelOf({ type: 'tcp', port, ...fast }, ['127.0.0.1']);
  const good = model.endpointSlices[0]!;
  const bad: EndpointSlice = { ...good, endpoints: slice('db', ['127.0.0.2']).endpoints };
  const both = { ...model, endpointSlices: [good, bad] };
  const { targets } = start(both);
  await vi.waitFor(() => expect(targets()).toEqual(['127.0.0.1']), { timeout: 5000 });
  const before = checks!.adjust(both).endpointSlices;
  expect([before[0] === good, before[1] === bad]).toEqual([true, false]);
  // The other one changes: the one that fails goes on failing, as the same object.
  const next = { ...both, endpointSlices: [{ ...good }, bad] };
  const after = checks!.adjust(next).endpointSlices;
  expect([after[0] === next.endpointSlices[0], after[1] === before[1]]).toEqual([true, true]);
});

test('why a probe fails', async () => {
  const silent = createServer((socket) => void socket.resume());
  const port = await listen(silent);
  const check = { ...fast, port, path: '/', timeoutMs: 50 };
  expect(await probeTcp('127.0.0.1', { ...check, type: 'tcp' })).toBeUndefined();
  expect(await probeHttp('127.0.0.1', { ...check, type: 'http' })).toBe('no answer within 50 ms');
  const bad = await listen(createHttpServer((_, response) => void response.writeHead(404).end()));
  expect(await probeHttp('127.0.0.1', { ...check, type: 'http', port: bad })).toBe('HTTP status 404');
});

test('without raw-socket: said once, and such endpoints are what their slice says', async () => {
  const open = () => openEcho(() => Promise.reject(new Error("Cannot find package 'raw-socket'\nmore")));
  const { said, seen, targets } = start(modelOf({ type: 'icmp', ...fast }, ['127.0.0.1', '127.0.0.2']), { openEcho: open });
  await vi.waitFor(() => expect(said.length).toBe(1), { timeout: 5000 });
  await new Promise((done) => setTimeout(done, 100));
  expect(said).toEqual([
    "no ICMP health checks, such endpoints count as their slices say: the optional package 'raw-socket' is not there: Cannot find package 'raw-socket'",
  ]);
  expect([seen, targets()]).toEqual([[], ['127.0.0.1', '127.0.0.2']]);
});

const echo = await openEcho().catch((error: Error) => error.message);
test.skipIf(typeof echo === 'string')(
  `ICMP and ICMPv6 echo on loopback${typeof echo === 'string' ? ` (skipped: ${echo})` : ''}`,
  async () => {
    if (typeof echo === 'string') return;
    const check = { type: 'icmp', ...fast, timeoutMs: 2000 } as const;
    expect(await echo.probe('127.0.0.1', check)).toBeUndefined();
    expect(await Promise.all(Array.from({ length: 20 }, () => echo.probe('127.0.0.1', check)))).toEqual(
      new Array(20).fill(undefined),
    );
    expect(await echo.probe('::1', check)).toBeUndefined();
    // Class E: nobody has such an address.
    expect(await echo.probe('240.0.0.1', { ...check, timeoutMs: 50 })).toBeTypeOf('string');
    echo.close();
  },
);

const annotated = (check: string, ports = '[{port: 5432}]'): string => `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: db
  labels: {kubernetes.io/service-name: db}
  annotations:
    softipu.io/health-check: '${check}'
addressType: IPv4
ports: ${ports}
`;

test.each([
  ['{type: tcp}', { type: 'tcp', port: 5432, intervalMs: 5000, timeoutMs: 1000, rise: 2, fall: 3 }],
  ['{type: icmp, interval: 500ms}', { type: 'icmp', intervalMs: 500, timeoutMs: 500, rise: 2, fall: 3 }],
  [
    '{"type": "http", "path": "/x", "port": 80, "interval": "1m", "timeout": "2s", "rise": 1, "fall": 1}',
    { type: 'http', port: 80, path: '/x', intervalMs: 60_000, timeoutMs: 2000, rise: 1, fall: 1 },
  ],
])('annotation %s', (text, healthCheck) => {
  const { objects, problems } = readManifest({ path: 'x.yaml', text: annotated(text) });
  expect(problems).toEqual([]);
  expect(objects[0]!.content).toMatchObject({ healthCheck });
});

test.each([
  ['{type: tcp, prot: 1}', ".prot: unknown field; did you mean 'port'?"],
  ['{}', '.type: is missing'],
  ['{type: ping}', ".type: expected one of 'tcp', 'http', 'icmp', found 'ping'"],
  ['{type: icmp, port: 1}', ".port: an 'icmp' check has no port"],
  ['{type: tcp, path: /}', ".path: a 'tcp' check has no path"],
  ['{type: http, path: x}', ".path: expected a path from '/' on, found 'x'"],
  ['{type: tcp, interval: 1s, timeout: 2s}', '.timeout: is longer than the interval'],
  ['{type: tcp, interval: soon}', ".interval: expected a duration such as '500ms' or '5s', found 'soon'"],
  ['{type: tcp', ': expected YAML: Flow map must end with a }'],
])('mistake in %s', (text, message) => {
  const { problems } = readManifest({ path: 'x.yaml', text: annotated(text) });
  expect(problems.map(({ line, field, message: m }) => `${line} ${field}: ${m}`)).toEqual([
    expect.stringContaining(`7 metadata.annotations[softipu.io/health-check]${message}`.slice(0, 70)),
  ]);
});

test('no port to ask', () => {
  const { problems } = readManifest({ path: 'x.yaml', text: annotated('{type: tcp}', '[{port: 53, protocol: UDP}]') });
  expect(problems.map(({ message }) => message)).toEqual(['is missing; the slice has no TCP port']);
});
