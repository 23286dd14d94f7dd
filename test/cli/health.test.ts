/** /healthz and /livez: when they say yes, and over HTTP. */
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { Health } from '../../src/cli/health.ts';
import { parseListen, servePages } from '../../src/cli/http-server.ts';

const at = 1_000_000;
const healthy = { queuedMs: undefined, lastSyncMs: at - 5, isNodeEligible: true };

test.each([
  { name: 'up to date', source: healthy, healthz: 200, livez: 200 },
  { name: 'not programmed yet', source: { ...healthy, lastSyncMs: undefined, queuedMs: at - 10 }, healthz: 503, livez: 200 },
  { name: 'a change waits', source: { ...healthy, queuedMs: at - 59_000 }, healthz: 200, livez: 200 },
  { name: 'a change is stuck', source: { ...healthy, queuedMs: at - 61_000 }, healthz: 503, livez: 503 },
  { name: 'the node is leaving', source: { ...healthy, isNodeEligible: false }, healthz: 503, livez: 200 },
])('$name: healthz $healthz, livez $livez', ({ source, healthz, livez }) => {
  const counted: string[] = [];
  const health = new Health({ source, wallMs: () => at, count: (probe, code) => counted.push(`${probe} ${code}`) });
  expect(health.answer('healthz').code).toBe(healthz);
  expect(health.answer('livez').code).toBe(livez);
  expect(counted).toEqual([`healthz ${healthz}`, `livez ${livez}`]);
  expect(JSON.parse(health.answer('healthz').body)).toMatchObject({
    currentTime: new Date(at).toISOString(),
    nodeEligible: source.isNodeEligible,
  });
});

test.each([
  ['0.0.0.0:10256', { host: '0.0.0.0', port: 10256 }],
  [':10249', { host: '0.0.0.0', port: 10249 }],
  ['[::1]:80', { host: '::1', port: 80 }],
  ['10256', undefined],
  ['a:b', undefined],
  ['1.2.3.4:70000', undefined],
])('%s', (text, expected) => expect(parseListen(text)).toEqual(expected));

test('over HTTP: pages, what is not there, what is not allowed, a port in use', async () => {
  const server = await servePages(
    { host: '127.0.0.1', port: 0 },
    {
      '/ok': () => ({ code: 200, type: 'text/plain', body: 'yes' }),
      '/bad': () => {
        throw new Error('no');
      },
    },
  );
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  expect(await (await fetch(`${url}/ok?x=1`)).text()).toBe('yes');
  expect((await fetch(`${url}/nothing`)).status).toBe(404);
  expect((await fetch(`${url}/bad`)).status).toBe(500);
  expect((await fetch(`${url}/ok`, { method: 'POST' })).status).toBe(405);
  await expect(servePages({ host: '127.0.0.1', port }, {})).rejects.toThrow(/cannot listen on 127.0.0.1/);
  server.close();
});
