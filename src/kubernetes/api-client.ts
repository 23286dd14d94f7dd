/**
 * Talks to an API server: lists and watches, over the address and credentials that a kubeconfig file or the pod's service account gives. Credentials are
 * asked for anew for every request, because tokens change.
 */
import { readFileSync } from 'node:fs';
import http, { type IncomingMessage } from 'node:http';
import https, { type RequestOptions } from 'node:https';
import { dirname, resolve } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';

/** What an API server said instead of doing what it was asked. */
export class ApiError extends Error {
  /** HTTP status, or 0 if there was no answer. */
  readonly status: number;
  /** It asks to be left alone for so long. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, message: string, retryAfterMs?: number) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface ApiClient {
  /** The server's address, for messages. */
  readonly server: string;
  /** GET of a JSON object. Throws ApiError. */
  get(path: string, signal: AbortSignal): Promise<unknown>;
  /** GET of a stream of JSON objects, one per line: `onLine` for each, until the stream ends. Throws ApiError; ends silently when the server ends it. */
  stream(path: string, onLine: (line: string) => void, signal: AbortSignal): Promise<void>;
}

export interface ApiClientOptions {
  /** Of one answer that is not a stream, and of the beginning of one that is. */
  readonly timeoutMs?: number;
  /** A stream that is silent for so long is taken as dead: bookmarks come about once a minute. */
  readonly silenceMs?: number;
  /** A request was answered, or was not. */
  readonly onRequest?: (request: ApiRequest) => void;
}

export interface ApiRequest {
  /** `host:port` of the server. */
  readonly host: string;
  readonly method: 'GET';
  /** HTTP status; 0 if there was no answer. */
  readonly status: number;
  /** Until the answer began. */
  readonly durationMs: number;
}

/**
 * Reads a kubeconfig file, or what every pod has: its environment, and its service account in files below `root`. Rejects with an Error that says what is
 * wrong.
 */
export async function loadKubeConfig(
  from: { readonly kubeconfig: string } | { readonly inCluster: true; readonly root?: string },
): Promise<KubeConfig> {
  // Most of a second: only those pay who ask for it.
  const config = new (await import('@kubernetes/client-node')).KubeConfig();
  if ('inCluster' in from) {
    if (!process.env.KUBERNETES_SERVICE_HOST) {
      throw new Error('not in a cluster: the environment has no KUBERNETES_SERVICE_HOST');
    }
    config.loadFromCluster(from.root);
    return config;
  }
  const { kubeconfig } = from;
  try {
    config.loadFromString(readFileSync(kubeconfig, 'utf8'));
    config.makePathsAbsolute(dirname(resolve(kubeconfig)));
  } catch (error) {
    throw new Error(`cannot use kubeconfig '${kubeconfig}': ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!config.getCurrentCluster()) throw new Error(`kubeconfig '${kubeconfig}' has no current context with a cluster`);
  return config;
}

export function createApiClient(config: KubeConfig, options: ApiClientOptions = {}): ApiClient {
  const server = config.getCurrentCluster()?.server ?? '';
  const { timeoutMs = 30_000, silenceMs = 150_000, onRequest } = options;

  const request = async (path: string, signal: AbortSignal): Promise<IncomingMessage> => {
    const url = new URL(server.replace(/\/$/, '') + path);
    const authorised: RequestOptions = { headers: { accept: 'application/json' } };
    try {
      await config.applyToHTTPSOptions(authorised);
    } catch (error) {
      throw new ApiError(0, `no credentials for '${server}': ${error instanceof Error ? error.message : String(error)}`);
    }
    // The library's agent is made for HTTPS; over plain HTTP (kubectl proxy) only headers count.
    const { agent, ...plain } = authorised;
    const isSecure = url.protocol === 'https:';
    return new Promise((done, failed) => {
      const sent = (isSecure ? https : http).get(
        url,
        { ...(isSecure ? { ...plain, agent } : { headers: plain.headers }), signal },
        done,
      );
      sent.setTimeout(timeoutMs, () => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)));
      sent.on('error', (error) => failed(new ApiError(0, `cannot reach '${server}': ${error.message}`)));
    });
  };
  const open = async (path: string, signal: AbortSignal): Promise<IncomingMessage> => {
    const startedMs = performance.now();
    const tell = (status: number): void =>
      onRequest?.({ host: new URL(server).host, method: 'GET', status, durationMs: performance.now() - startedMs });
    const response = await request(path, signal).catch((error: unknown) => {
      tell(0);
      throw error;
    });
    const status = response.statusCode ?? 0;
    tell(status);
    if (status === 200) return response;
    const text = await readAll(response).catch(() => '');
    const after = Number(response.headers['retry-after']);
    throw new ApiError(
      status,
      `${path.split('?')[0]}: ${reasonOf(text) ?? `HTTP status ${status}`}`,
      after > 0 ? after * 1000 : undefined,
    );
  };
  return {
    server,
    get: async (path, signal) => {
      const text = await readAll(await open(path, signal));
      try {
        return JSON.parse(text) as unknown;
      } catch {
        throw new ApiError(0, `${path.split('?')[0]}: the answer is no JSON`);
      }
    },
    stream: async (path, onLine, signal) => {
      const response = await open(path, signal);
      response.socket.setTimeout(silenceMs, () => response.destroy(new Error(`silent for ${silenceMs} ms`)));
      response.setEncoding('utf8');
      let rest = '';
      try {
        for await (const chunk of response) {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) if (line !== '') onLine(line);
        }
      } catch (error) {
        if (error instanceof ApiError) throw error;
        throw new ApiError(
          0,
          `${path.split('?')[0]}: the watch broke: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    },
  };
}

async function readAll(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  try {
    for await (const chunk of response) text += chunk;
  } catch (error) {
    throw new ApiError(0, `the answer broke off: ${error instanceof Error ? error.message : String(error)}`);
  }
  return text;
}

/** The message of a v1 Status. */
function reasonOf(text: string): string | undefined {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}
