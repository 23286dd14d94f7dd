/**
 * Policy for flows that exist. A flow is asked when it begins; when policies, labels or pods change, the entries of the flow cache are asked once more, here.
 * What is no longer allowed gets, in both directions, an action that drops and remembers what the entry did; what is allowed again gets it back. So a
 * connection that is allowed again in time goes on with the endpoint that it had.
 *
 * Answers are never asked by themselves: their entries follow those of the direction in which the flow began.
 */
import type { Entity, EntityBuilder, ScannedEntry, Update } from '../p4runtime/index.ts';
import { type Family, inFamily } from './prefixes.ts';
import { numberAt, type Scan } from './scan.ts';

/** What a policy is asked about a flow: real addresses, behind DNAT and before masquerading. Addresses are bytes, which are others at the next question. */
export interface FlowEnds {
  readonly family: Family;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly protocol: number;
  readonly destinationPort: number;
}

/** Actions of the direction in which flows begin, and of their answers; each has its counterpart that drops. */
const forwardActions = {
  pass_unchanged: 'deny_unchanged',
  translate_destination: 'deny_destination',
  translate_both: 'deny_both',
};
const replyActions = { pass_reply: 'deny_reply', translate_source: 'deny_source', translate_both_reply: 'deny_both_reply' };

/** An action of the forward direction. Parameters are none; destination; or source and destination: addresses with their ports. */
interface Kind {
  readonly isDenied: boolean;
  readonly isTranslated: boolean;
  readonly isMasqueraded: boolean;
}

/** Changes of the entries of one flow cache. `read`: entries by filters; those that are gone are left out. O(entries). */
export function reviewFlows(
  build: EntityBuilder,
  family: Family,
  scan: Scan,
  read: (filters: readonly Entity[]) => readonly Entity[],
  isAllowed: (ends: FlowEnds) => boolean,
): Update[] {
  const table = inFamily('flows', family);
  const info = build.names.tables.get(table);
  const idOf = (name: string): number => build.names.actionOf(info, name).preamble.id;
  const opposite = new Map<number, number>();
  const kinds = new Map<number, Kind>();
  for (const [list, isForward] of [[forwardActions, true] as const, [replyActions, false] as const]) {
    for (const [pass, deny] of Object.entries(list)) {
      const [passId, denyId] = [idOf(pass), idOf(deny)];
      opposite.set(passId, denyId).set(denyId, passId);
      if (!isForward) continue;
      const kind = { isTranslated: pass !== 'pass_unchanged', isMasqueraded: pass === 'translate_both' };
      kinds.set(passId, { ...kind, isDenied: false }).set(denyId, { ...kind, isDenied: true });
    }
  }
  const filters: Entity[] = [];
  const filter = (match: FlowKey): void => {
    filters.push({ tableEntry: build.tableEntry({ table, match: { ...match } }) });
  };
  const n = family === 4 ? 4 : 16;
  let view: FlowView | undefined;
  scan((entry) => {
    const kind = kinds.get(entry.actionId);
    if (!kind) return;
    view ??= new FlowView(entry, n);
    if (isAllowed(view.ends(family, kind)) !== kind.isDenied) return;
    filter(view.key());
    filter(view.replyKey(kind));
  });
  const updates: Update[] = [];
  for (const entity of filters.length > 0 ? read(filters) : []) {
    const action = 'tableEntry' in entity && entity.tableEntry.action;
    if (!action || !('action' in action)) continue;
    const actionId = opposite.get(action.action.actionId);
    if (actionId === undefined) continue;
    updates.push({
      type: 'MODIFY',
      entity: { tableEntry: { ...entity.tableEntry, action: { action: { ...action.action, actionId } } } },
    });
  }
  return updates;
}

interface FlowKey {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly source_port: number;
  readonly destination_port: number;
  readonly protocol: number;
}

/**
 * What a scanned entry of a flow cache says: key and parameters of `flows` as they lie there, addresses of `n` bytes.
 *
 *   key      source n, destination n, source port 2, destination port 2, protocol 1
 *   params   [source n, port 2,] destination n, port 2
 */
class FlowView {
  readonly #key: Uint8Array;
  readonly #params: Uint8Array;
  readonly #n: number;
  readonly #source: Uint8Array;
  /** Where the key, a translated destination and a masqueraded flow have it. */
  readonly #destination: Uint8Array;
  readonly #translated: Uint8Array;
  readonly #behindSource: Uint8Array;

  constructor({ key, params }: ScannedEntry, n: number) {
    this.#key = key;
    this.#params = params;
    this.#n = n;
    this.#source = key.subarray(0, n);
    this.#destination = key.subarray(n, 2 * n);
    this.#translated = params.subarray(0, n);
    this.#behindSource = params.subarray(n + 2, 2 * n + 2);
  }

  ends(family: Family, kind: Kind): FlowEnds {
    return {
      family,
      source: this.#source,
      destination: this.#newDestination(kind),
      protocol: this.#key[2 * this.#n + 4]!,
      destinationPort: this.#newDestinationPort(kind),
    };
  }

  /** A copy. */
  key(): FlowKey {
    const n = this.#n;
    return {
      source: this.#source.slice(),
      destination: this.#destination.slice(),
      source_port: numberAt(this.#key, 2 * n, 2),
      destination_port: numberAt(this.#key, 2 * n + 2, 2),
      protocol: this.#key[2 * n + 4]!,
    };
  }

  /** Of the other direction's entry. A copy. */
  replyKey(kind: Kind): FlowKey {
    const n = this.#n;
    return {
      source: this.#newDestination(kind).slice(),
      destination: kind.isMasqueraded ? this.#translated.slice() : this.#source.slice(),
      source_port: this.#newDestinationPort(kind),
      destination_port: kind.isMasqueraded ? numberAt(this.#params, n, 2) : numberAt(this.#key, 2 * n, 2),
      protocol: this.#key[2 * n + 4]!,
    };
  }

  #newDestination({ isTranslated, isMasqueraded }: Kind): Uint8Array {
    if (isMasqueraded) return this.#behindSource;
    return isTranslated ? this.#translated : this.#destination;
  }

  #newDestinationPort({ isTranslated, isMasqueraded }: Kind): number {
    const n = this.#n;
    if (isMasqueraded) return numberAt(this.#params, 2 * n + 2, 2);
    return isTranslated ? numberAt(this.#params, n, 2) : numberAt(this.#key, 2 * n + 2, 2);
  }
}
