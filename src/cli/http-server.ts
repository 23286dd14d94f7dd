/** A small HTTP server for probes and scrapes: GET and HEAD of a few paths, nothing else. */
import { createServer, type Server } from 'node:http';
import { UserError } from './errors.ts';

export interface HttpAnswer {
  readonly code: number;
  readonly type: string;
  readonly body: string;
}

export type Page = () => HttpAnswer | Promise<HttpAnswer>;

/** `0.0.0.0:10256`, `[::]:10256`, `:10256`. */
export interface Listen {
  readonly host: string;
  readonly port: number;
}

/** undefined if it is no address with port. Port 0: any free one. */
export function parseListen(text: string): Listen | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65535) return undefined;
  return { host: match[1] ?? (match[2] === '' || match[2] === undefined ? '0.0.0.0' : match[2]), port };
}

/** Listens; throws a UserError if that cannot be. */
export async function servePages(listen: Listen, pages: Readonly<Record<string, Page>>): Promise<Server> {
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    const send = ({ code, type, body }: HttpAnswer): void => {
      response.writeHead(code, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    const path = (request.url ?? '/').split('?')[0]!;
    if (request.method !== 'GET' && request.method !== 'HEAD') send(plain(405, 'only GET and HEAD\n'));
    else if (!Object.hasOwn(pages, path)) send(plain(404, `known are ${Object.keys(pages).join(', ')}\n`));
    else {
      Promise.resolve()
        .then(pages[path]!)
        .then(send, (error: unknown) => send(plain(500, `${error instanceof Error ? error.message : String(error)}\n`)));
    }
  });
  const { host, port } = listen;
  await new Promise<void>((done, failed) => {
    server.once('error', (error) =>
      failed(
        new UserError('cannot-listen', `cannot listen on ${host}:${port}: ${error.message}`, 'is another kube-proxy running?'),
      ),
    );
    server.listen(port, host, done);
  });
  server.unref();
  return server;
}

function plain(code: number, body: string): HttpAnswer {
  return { code, type: 'text/plain; charset=utf-8', body };
}
