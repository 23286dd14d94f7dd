/**
 * Keeps all objects of one kind as an API server has them: lists, then watches from the list's resource version, and goes on from the last event or bookmark
 * when the watch ends, which is normal. After 410 Gone (the server has forgotten that version) it lists again.
 *
 * After a failure it waits: half a second, doubling to half a minute, each time by chance between half and all of it, so that the nodes of a cluster do not
 * come back all at once after an outage. Waiting starts anew only after a watch that lasted: one that breaks at once, over and over, is a failure too.
 * What is known stays meanwhile.
 */
import { type ApiClient, ApiError } from './api-client.ts';

export interface ApiObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion: string;
  };
}

export interface InformerOptions {
  readonly client: ApiClient;
  /** `/api/v1/services` */
  readonly path: string;
  /** Parameters of list and watch: selectors. */
  readonly query?: Readonly<Record<string, string>>;
  /** The server may not know the kind (404), or not tell us (403, which is said): it counts as listed and empty, and is asked again now and then. */
  readonly isOptional?: boolean;
  /** An object is new or other than before. */
  readonly onObject: (key: string, object: ApiObject) => void;
  readonly onGone: (key: string) => void;
  /** Everything that the server has was told; after each list. */
  readonly onListed: () => void;
  /** Once per cause. */
  readonly onError: (message: string) => void;
  readonly random?: () => number;
  /** Resolves early, without error, when the signal is aborted. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly nowMs?: () => number;
  /** Objects per page of a list. */
  readonly pageSize?: number;
  readonly firstWaitMs?: number;
  readonly lastWaitMs?: number;
}

interface ListAnswer {
  readonly items?: readonly ApiObject[];
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
}

interface WatchEvent {
  readonly type: string;
  readonly object: ApiObject & { readonly code?: number; readonly message?: string };
}

const gone = 410;
const notFound = 404;
const forbidden = 403;
/** How often a server is asked for a kind that it does not have. */
const absentWaitMs = 60_000;
/** A watch that lived so long was a good one. */
const goodWatchMs = 5000;
/** The server ends a watch after a time of ours, by chance between 5 and 10 minutes: not all nodes at once. */
const watchSeconds = 300;

/** Runs until the signal is aborted. Never throws for what the server does. */
export async function inform(options: InformerOptions, signal: AbortSignal): Promise<void> {
  const { onError, onListed, random = Math.random, sleep = sleepFor, nowMs = () => performance.now() } = options;
  const { firstWaitMs = 500, lastWaitMs = 30_000 } = options;
  const known = new Map<string, string>();
  let version: string | undefined;
  let waitMs = firstWaitMs;
  let lastError = '';
  while (!signal.aborted) {
    let startedMs = nowMs();
    try {
      if (version === undefined) {
        version = await list(options, known, signal);
        onListed();
        lastError = '';
        startedMs = nowMs();
      }
      await watch(options, known, version, signal, (next) => {
        version = next;
      });
      if (nowMs() - startedMs >= goodWatchMs) {
        waitMs = firstWaitMs;
        continue;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      const isAbsent = options.isOptional === true && (error.status === notFound || error.status === forbidden);
      if (isAbsent) {
        version = undefined;
        for (const key of known.keys()) options.onGone(key);
        known.clear();
        onListed();
        waitMs = absentWaitMs;
      }
      if (error.status === gone) version = undefined;
      else if (isAbsent && error.status === notFound) lastError = error.message;
      else if (error.message !== lastError) onError(error.message);
      if (error.status !== gone) lastError = error.message;
      if (nowMs() - startedMs >= goodWatchMs) waitMs = firstWaitMs;
      if (error.retryAfterMs !== undefined) waitMs = Math.max(waitMs, error.retryAfterMs);
    }
    await sleep(waitMs * (0.5 + random() / 2), signal);
    waitMs = Math.min(2 * waitMs, Math.max(lastWaitMs, firstWaitMs));
  }
}

/**
 * Tells what is new, other or gone since `known`; returns the version to watch from: the first page's. All pages have the same one, but where a server could not
 * keep what it had when the first was asked for, and then later pages' would miss what happened in between.
 */
async function list(options: InformerOptions, known: Map<string, string>, signal: AbortSignal): Promise<string> {
  const { client, path, onObject, onGone, pageSize = 500 } = options;
  const seen = new Set<string>();
  const items: ApiObject[] = [];
  let version: string | undefined;
  let next: string | undefined;
  do {
    const query = { ...options.query, limit: String(pageSize), ...(next !== undefined && { continue: next }) };
    const answer = (await client.get(withQuery(path, query), signal)) as ListAnswer;
    if (!Array.isArray(answer.items)) throw new ApiError(0, `${path}: the answer is no list`);
    items.push(...answer.items);
    version ??= answer.metadata?.resourceVersion ?? '';
    next = answer.metadata?.continue || undefined;
  } while (next !== undefined);
  // Only a whole list is told: one that breaks off changes nothing.
  for (const object of items) {
    const key = keyOf(object);
    seen.add(key);
    tell(known, key, object, onObject);
  }
  for (const key of known.keys()) {
    if (seen.has(key)) continue;
    known.delete(key);
    onGone(key);
  }
  return version;
}

async function watch(
  options: InformerOptions,
  known: Map<string, string>,
  version: string,
  signal: AbortSignal,
  onVersion: (version: string) => void,
): Promise<void> {
  const { client, path, onObject, onGone, random = Math.random } = options;
  const query = {
    ...options.query,
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: version,
    timeoutSeconds: String(Math.round(watchSeconds * (1 + random()))),
  };
  await client.stream(
    withQuery(path, query),
    (line) => {
      const event = parse(line, path);
      switch (event.type) {
        case 'ADDED':
        case 'MODIFIED':
          tell(known, keyOf(event.object), event.object, onObject);
          break;
        case 'DELETED':
          if (known.delete(keyOf(event.object))) onGone(keyOf(event.object));
          break;
        case 'BOOKMARK':
          break;
        case 'ERROR':
          throw new ApiError(event.object.code ?? 0, `${path}: ${event.object.message ?? 'the watch ended with an error'}`);
        default:
          return;
      }
      onVersion(event.object.metadata.resourceVersion);
    },
    signal,
  );
}

/** An object that is as it was is not told again. */
function tell(known: Map<string, string>, key: string, object: ApiObject, onObject: InformerOptions['onObject']): void {
  const state = `${object.metadata.uid ?? ''} ${object.metadata.resourceVersion}`;
  if (known.get(key) === state) return;
  known.set(key, state);
  onObject(key, object);
}

function parse(line: string, path: string): WatchEvent {
  try {
    const event = JSON.parse(line) as WatchEvent;
    if (typeof event.type === 'string' && typeof event.object === 'object' && event.object !== null) {
      if (event.type === 'ERROR' || typeof event.object.metadata?.resourceVersion === 'string') return event;
    }
  } catch {
    // Said below.
  }
  throw new ApiError(0, `${path}: the watch sent what is no event`);
}

function keyOf({ metadata }: ApiObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function withQuery(path: string, query: Readonly<Record<string, string>>): string {
  return `${path}?${new URLSearchParams(query)}`;
}

function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      done();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}
