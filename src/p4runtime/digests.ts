/**
 * Digests (P4Runtime specification, "DigestEntry"): what programs tell the controller, gathered into lists.
 *
 * A list goes out when it is full or its oldest message has waited long enough. What was sent is not sent again until it is acknowledged or the time for
 * that is over. Who is not configured is thrown away.
 */
import type { DigestRing } from '../arena/index.ts';
import type { Binding } from './binding.ts';
import type { DigestEntry, UpdateType } from './entities.ts';
import { type P4Data, toData } from './p4data.ts';
import { StatusError } from './status.ts';
import type { Step } from './tables.ts';

export interface DigestList {
  readonly digestId: number;
  readonly listId: bigint;
  readonly data: readonly P4Data[];
}

type Config = NonNullable<DigestEntry['config']>;

interface Digest {
  readonly config: Config;
  /** Waiting, by text. */
  readonly buffer: Map<string, readonly bigint[]>;
  firstMs: number;
  /** Sent and not acknowledged: list, when, what. */
  readonly sent: Map<bigint, { readonly atMs: number; readonly texts: readonly string[] }>;
  readonly cache: Set<string>;
}

/** Lists are cut here even if the controller sets no limit. */
const longestList = 1024;

export class Digests {
  readonly #binding: Binding;
  readonly #digests = new Map<number, Digest>();
  #nextListId = 1n;

  constructor(binding: Binding) {
    this.#binding = binding;
  }

  prepare(type: UpdateType, { digestId, config }: DigestEntry): Step {
    const what = `digest '${this.#binding.names.digests.label(digestId)}'`;
    if (!this.#binding.digests.has(digestId)) throw new StatusError('NOT_FOUND', `the program has no ${what}`);
    if (type !== 'DELETE') {
      if (!config) throw new StatusError('INVALID_ARGUMENT', `${what}: no configuration given`);
      if (config.maxTimeoutNs < 0n || config.ackTimeoutNs < 0n || config.maxListSize < 0) {
        throw new StatusError('INVALID_ARGUMENT', `${what}: a time or size is negative`);
      }
    }
    return (transaction) => {
      const before = this.#digests.get(digestId);
      if (type === 'INSERT' && before) throw new StatusError('ALREADY_EXISTS', `${what} is configured already`);
      if (type !== 'INSERT' && !before) throw new StatusError('NOT_FOUND', `${what} is not configured`);
      if (type === 'DELETE') this.#digests.delete(digestId);
      else this.#digests.set(digestId, before ? { ...before, config: config! } : fresh(config!));
      transaction.onUndo(() => {
        if (before) this.#digests.set(digestId, before);
        else this.#digests.delete(digestId);
      });
    };
  }

  read({ digestId }: DigestEntry): DigestEntry[] {
    if (digestId === 0) return [...this.#digests].map(([id, { config }]) => ({ digestId: id, config }));
    if (!this.#binding.digests.has(digestId))
      throw new StatusError('NOT_FOUND', `the program has no digest with the id ${digestId}`);
    const digest = this.#digests.get(digestId);
    return digest ? [{ digestId, config: digest.config }] : [];
  }

  /** Takes what the data plane has said and returns the lists that are due. Call it every few milliseconds. */
  poll(nowMs: number): DigestList[] {
    return [...this.#binding.digests].flatMap(([id, ring]) => this.#pollOne(id, ring, nowMs));
  }

  /** False if the list is not known: acknowledged before, timed out, or of no digest. */
  ack(digestId: number, listId: bigint): boolean {
    const digest = this.#digests.get(digestId);
    const list = digest?.sent.get(listId);
    if (!digest || !list) return false;
    forget(digest, listId);
    return true;
  }

  /** Another primary: it gets everything anew. */
  reset(): void {
    for (const digest of this.#digests.values()) {
      digest.sent.clear();
      digest.cache.clear();
    }
  }

  #pollOne(id: number, ring: DigestRing, nowMs: number): DigestList[] {
    const digest = this.#digests.get(id);
    const records = ring.waiting === 0 ? [] : ring.drain();
    if (!digest) return [];
    const { config, buffer, sent, cache } = digest;
    const ackMs = Number(config.ackTimeoutNs) / 1e6;
    for (const [listId, list] of sent) if (nowMs - list.atMs >= ackMs) forget(digest, listId);
    const lists: DigestList[] = [];
    const limit = Math.min(config.maxListSize || longestList, longestList);
    const send = (): void => {
      const listId = this.#nextListId++;
      const { typeSpec } = this.#binding.names.digests.byId(id)!;
      const data = [...buffer.values()].map((fields) => toData(typeSpec, this.#binding.names.info.typeInfo, fields));
      if (ackMs > 0) {
        sent.set(listId, { atMs: nowMs, texts: [...buffer.keys()] });
        for (const text of buffer.keys()) cache.add(text);
      }
      buffer.clear();
      lists.push({ digestId: id, listId, data });
    };
    for (const fields of records) {
      const text = fields.join(' ');
      if (cache.has(text) || buffer.has(text)) continue;
      if (buffer.size === 0) digest.firstMs = nowMs;
      buffer.set(text, fields);
      if (buffer.size >= limit || config.maxTimeoutNs === 0n) send();
    }
    if (buffer.size > 0 && (nowMs - digest.firstMs) * 1e6 >= Number(config.maxTimeoutNs)) send();
    return lists;
  }
}

function fresh(config: Config): Digest {
  return { config, buffer: new Map(), firstMs: 0, sent: new Map(), cache: new Set() };
}

function forget({ sent, cache }: Digest, listId: bigint): void {
  for (const text of sent.get(listId)?.texts ?? []) cache.delete(text);
  sent.delete(listId);
}
