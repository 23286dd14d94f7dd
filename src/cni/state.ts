/** What softipu must know of its attachments after a restart: one JSON file, written whole or not at all. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { PodLink } from './link.ts';
import type { NetworkConfig } from './request.ts';

export interface StoredAttachment {
  readonly containerId: string;
  readonly link: PodLink;
  readonly pod: { readonly namespace: string; readonly name: string };
  /** Number of its port in the P4 program. */
  readonly port: number;
  /** Of its rate limiters, unique among the node's pods. */
  readonly number: number;
  readonly bandwidth: NetworkConfig['bandwidth'];
  /** How it was asked for: the address is given back the same way. */
  readonly environment: Readonly<Record<string, string>>;
  readonly config: Readonly<Record<string, unknown>>;
}

export function keyOf(containerId: string, ifname: string): string {
  return `${containerId}/${ifname}`;
}

export class CniState {
  readonly #file: string;
  readonly #attachments: Map<string, StoredAttachment>;

  /** Reads the file; one that is not there is empty. Throws if it cannot be read. */
  constructor(file: string) {
    this.#file = file;
    let text = '[]';
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    const list = JSON.parse(text) as StoredAttachment[];
    this.#attachments = new Map(list.map((attachment) => [keyOf(attachment.containerId, attachment.link.ifname), attachment]));
  }

  get all(): readonly StoredAttachment[] {
    return [...this.#attachments.values()];
  }

  get(containerId: string, ifname: string): StoredAttachment | undefined {
    return this.#attachments.get(keyOf(containerId, ifname));
  }

  add(attachment: StoredAttachment): void {
    this.#attachments.set(keyOf(attachment.containerId, attachment.link.ifname), attachment);
    this.#write();
  }

  remove(containerId: string, ifname: string): void {
    if (this.#attachments.delete(keyOf(containerId, ifname))) this.#write();
  }

  #write(): void {
    mkdirSync(dirname(this.#file), { recursive: true });
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.all, undefined, 1), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }
}
