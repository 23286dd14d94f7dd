/**
 * Pieces of the address space between the boundaries that pods, the node's addresses and blocks of rules draw. They are nested, and longest-prefix match
 * finds the innermost one:
 *
 *   10.0.0.0/8            matched by block A
 *     10.1.0.0/16         except of A
 *       10.1.2.3/32       pod app=web, matched by a selector
 */
import type { ContainerPort } from './model.ts';
import type { Group, Peer, PeerClass, Profile, Side } from './policy-side.ts';
import { contains, type Family, type Prefix, printPrefix } from './prefixes.ts';

/** A pod at an address. */
export interface PodAddress {
  readonly group: Group;
  readonly isLocal: boolean;
  readonly ports: readonly ContainerPort[];
}

export interface Region {
  readonly key: string;
  readonly prefix: Prefix;
  /** The last one counts; more than one only by mistake. */
  readonly pods: Set<PodAddress>;
  isNode: boolean;
  /** Blocks that begin here, and those that leave this out; a peer may be there more than once. */
  readonly blocks: Map<Peer, number>;
  readonly exceptions: Map<Peer, number>;
  readonly classes: Map<Side, PeerClass | undefined>;
  readonly profiles: Map<Side, Profile | undefined>;
}

export class Regions {
  readonly all = new Map<string, Region>();
  /** Regions at which blocks or exceptions begin. */
  readonly #boundaries = new Map<string, Region>();
  /** How many boundaries have which length. */
  readonly #lengths: Readonly<Record<Family, Map<number, number>>> = { 4: new Map(), 6: new Map() };
  readonly dirty = new Set<Region>();

  at(prefix: Prefix): Region {
    const key = printPrefix(prefix);
    let region = this.all.get(key);
    if (!region) {
      region = {
        key,
        prefix,
        pods: new Set(),
        isNode: false,
        blocks: new Map(),
        exceptions: new Map(),
        classes: new Map(),
        profiles: new Map(),
      };
      this.all.set(key, region);
    }
    this.dirty.add(region);
    return region;
  }

  addBlock(peer: Peer): void {
    this.#changeBlock(peer, 1);
  }

  removeBlock(peer: Peer): void {
    this.#changeBlock(peer, -1);
  }

  /** Blocks that match a region, and whether it lies inside of another boundary. O(lengths of boundaries). */
  around({ prefix }: Region): { readonly blocks: Peer[]; readonly isInside: boolean } {
    const matched = new Set<Peer>();
    const excepted = new Set<Peer>();
    let isInside = false;
    for (const length of this.#lengths[prefix.family].keys()) {
      if (length > prefix.length) continue;
      const boundary = this.#boundaries.get(printPrefix(truncate(prefix, length)));
      if (!boundary) continue;
      if (length < prefix.length) isInside = true;
      for (const peer of boundary.blocks.keys()) matched.add(peer);
      for (const peer of boundary.exceptions.keys()) excepted.add(peer);
    }
    return { blocks: [...matched].filter((peer) => !excepted.has(peer)), isInside };
  }

  /** The innermost region that an address lies in; undefined: outside of all. O(lengths of boundaries). */
  find(family: Family, bytes: Uint8Array): Region | undefined {
    const address: Prefix = { family, bytes, length: 8 * bytes.length };
    const own = this.all.get(printPrefix(address));
    if (own) return own;
    let longest: Region | undefined;
    for (const length of this.#lengths[family].keys()) {
      if (longest && length < longest.prefix.length) continue;
      longest = this.#boundaries.get(printPrefix(truncate(address, length))) ?? longest;
    }
    return longest;
  }

  /** Whether anything is left that needs the region; it is forgotten otherwise. */
  keep(region: Region): boolean {
    if (region.pods.size > 0 || region.isNode || region.blocks.size > 0 || region.exceptions.size > 0) return true;
    this.all.delete(region.key);
    return false;
  }

  #changeBlock(peer: Peer, by: 1 | -1): void {
    if (peer.spec.kind !== 'block') return;
    const { cidr, except } = peer.spec;
    this.#changeBoundary(cidr, peer, 'blocks', by);
    for (const prefix of except) this.#changeBoundary(prefix, peer, 'exceptions', by);
    for (const region of this.all.values()) if (contains(cidr, region.prefix)) this.dirty.add(region);
  }

  #changeBoundary(prefix: Prefix, peer: Peer, kind: 'blocks' | 'exceptions', by: 1 | -1): void {
    const region = this.at(prefix);
    const wasBoundary = region.blocks.size + region.exceptions.size > 0;
    const uses = (region[kind].get(peer) ?? 0) + by;
    if (uses === 0) region[kind].delete(peer);
    else region[kind].set(peer, uses);
    const isBoundary = region.blocks.size + region.exceptions.size > 0;
    if (wasBoundary === isBoundary) return;
    if (isBoundary) this.#boundaries.set(region.key, region);
    else this.#boundaries.delete(region.key);
    const lengths = this.#lengths[prefix.family];
    const count = (lengths.get(prefix.length) ?? 0) + by;
    if (count === 0) lengths.delete(prefix.length);
    else lengths.set(prefix.length, count);
  }
}

function truncate({ family, bytes }: Prefix, length: number): Prefix {
  const cut = bytes.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, length - 8 * i))) & 0xff);
  return { family, bytes: cut, length };
}
