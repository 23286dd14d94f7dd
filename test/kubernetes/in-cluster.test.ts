/**
 * From inside of a cluster: the API server by a pod's environment, its certificate authority and the token of the service account, over TLS and over either
 * family; and what is said where one of them is wrong.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type ApiSource, createApiClient, followApi, type KubernetesObject, loadKubeConfig } from '../../src/kubernetes/index.ts';
import { ApiDouble, type Tls } from './api-double.ts';

const reason = (() => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'needs openssl';
  }
})();

describe.skipIf(reason)(`in a cluster${reason ? ` (${reason})` : ''}`, () => {
  const root = mkdtempSync(join(tmpdir(), 'softipu-pod-'));
  const account = join(root, 'var/run/secrets/kubernetes.io/serviceaccount');
  let tls: Tls;
  let api: ApiDouble | undefined;
  let source: ApiSource | undefined;
  let latest: readonly KubernetesObject[];
  let errors: string[];

  /** A certificate for this machine that signs itself. */
  function certificate(name: string): Tls {
    const [key, cert] = [join(root, `${name}.key`), join(root, `${name}.crt`)];
    const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1,IP:::1'];
    const made = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      key,
      '-out',
      cert,
    ];
    execFileSync('openssl', ['req', '-x509', ...made, ...subject], { stdio: 'ignore' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  }

  beforeAll(() => {
    mkdirSync(account, { recursive: true });
    tls = certificate('kube-apiserver');
  });

  afterAll(() => rmSync(root, { recursive: true, force: true }));

  beforeEach(() => {
    writeFileSync(join(account, 'token'), 'secret');
    writeFileSync(join(account, 'ca.crt'), tls.cert);
    [latest, errors] = [[], []];
  });

  afterEach(async () => {
    source?.stop();
    await api?.stop();
    vi.unstubAllEnvs();
  });

  async function follow(address: string): Promise<void> {
    api = await ApiDouble.start({ tls, address });
    api.put('Namespace', { metadata: { name: 'default' } });
    vi.stubEnv('KUBERNETES_SERVICE_HOST', address);
    vi.stubEnv('KUBERNETES_SERVICE_PORT', String(api.port));
    source = followApi({
      client: createApiClient(await loadKubeConfig({ inCluster: true, root })),
      onObjects: (objects) => {
        latest = [...objects];
      },
      onError: (message) => errors.push(message),
      informer: { firstWaitMs: 10, lastWaitMs: 40 },
    });
  }

  test.each(['127.0.0.1', '::1'])('by %s', async (address) => {
    await follow(address);
    await vi.waitFor(
      () =>
        expect(
          latest.map(({ name }) => name),
          errors.join(),
        ).toEqual(['default']),
      { timeout: 5000 },
    );
    expect(errors).toEqual([]);
  });

  test('a server that another authority vouches for is not believed', async () => {
    writeFileSync(join(account, 'ca.crt'), certificate('somebody else').cert);
    await follow('127.0.0.1');
    await vi.waitFor(() => expect(errors[0]).toMatch(/cannot reach 'https:.*: .*certificate/), { timeout: 5000 });
    expect(latest).toEqual([]);
  });

  test('a token that the server does not take', async () => {
    writeFileSync(join(account, 'token'), 'wrong');
    await follow('127.0.0.1');
    await vi.waitFor(() => expect(errors[0]).toMatch(/Unauthorized.*nothing is programmed/), { timeout: 5000 });
  });

  test('no service account', async () => {
    rmSync(join(account, 'token'));
    await follow('127.0.0.1');
    await vi.waitFor(() => expect(errors[0]).toMatch(/no credentials for 'https:.*token/), { timeout: 5000 });
  });

  test('not in a cluster', async () => {
    vi.stubEnv('KUBERNETES_SERVICE_HOST', '');
    await expect(loadKubeConfig({ inCluster: true, root })).rejects.toThrow(/not in a cluster/);
  });
});
