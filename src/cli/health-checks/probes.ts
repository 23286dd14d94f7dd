/** One question to an endpoint: resolves to why it failed, or to undefined if it did not. None of them rejects. */
import { get } from 'node:http';
import { connect } from 'node:net';
import type { HealthCheck } from '../../manager/index.ts';

export type Probe = (address: string, check: HealthCheck) => Promise<string | undefined>;

/** A TCP connection opens. */
export const probeTcp: Probe = (host, { port, timeoutMs }) =>
  new Promise((done) => {
    const socket = connect({ host, port: port! });
    const end = (problem?: string): void => {
      clearTimeout(timer);
      socket.destroy();
      done(problem);
    };
    const timer = setTimeout(() => end(`no connection within ${timeoutMs} ms`), timeoutMs);
    socket.once('connect', () => end());
    socket.once('error', (error) => end(error.message));
  });

/** A status from 200 to 399, as Kubernetes takes it. */
export const probeHttp: Probe = (host, { port, path, timeoutMs }) =>
  new Promise((done) => {
    // A connection of its own: one that was kept would not notice that the server takes no new ones.
    const request = get({ host, port, path, agent: false, headers: { 'user-agent': 'softipu' } }, (response) => {
      const status = response.statusCode ?? 0;
      end(status >= 200 && status < 400 ? undefined : `HTTP status ${status}`);
    });
    const end = (problem: string | undefined): void => {
      clearTimeout(timer);
      request.destroy();
      done(problem);
    };
    const timer = setTimeout(() => end(`no answer within ${timeoutMs} ms`), timeoutMs);
    request.on('error', (error) => end(error.message));
  });
