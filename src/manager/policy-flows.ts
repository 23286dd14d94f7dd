/**
 * Policy for flows that exist. A flow is asked when it begins; when policies, labels or pods change, the entries of the flow cache are asked once more, here.
 * What is no longer allowed gets, in both directions, an action that drops and remembers what the entry did; what is allowed again gets it back. So a
 * connection that is allowed again in time goes on with the endpoint that it had.
 *
 * Answers are never asked by themselves: their entries follow those of the direction in which the flow began.
 */
import { type EntityBuilder, fromBytes, type TableEntry, type Update } from '../p4runtime/index.ts';
import { fromBigint } from '../wire/index.ts';
import { type Family, inFamily } from './prefixes.ts';

/** What a policy is asked about a flow: real addresses, behind DNAT and before masquerading. Addresses are bytes. */
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

interface Flow {
  readonly entry: TableEntry;
  readonly isDenied: boolean;
  readonly ends: FlowEnds;
  /** Key of the other direction's entry. */
  readonly reply: string;
}

/** Changes of the entries of one flow cache. O(entries). */
export function reviewFlows(
  build: EntityBuilder,
  family: Family,
  entries: readonly TableEntry[],
  isAllowed: (ends: FlowEnds) => boolean,
): Update[] {
  const { names } = build;
  const table = names.tables.get(inFamily('flows', family));
  const idOf = (name: string): number => names.actionOf(table, name).preamble.id;
  const opposite = new Map<number, number>();
  const kinds = new Map<number, { readonly isDenied: boolean }>();
  for (const [list, isForward] of [[forwardActions, true] as const, [replyActions, false] as const]) {
    for (const [pass, deny] of Object.entries(list)) {
      const [passId, denyId] = [idOf(pass), idOf(deny)];
      opposite.set(passId, denyId).set(denyId, passId);
      if (isForward) kinds.set(passId, { isDenied: false }).set(denyId, { isDenied: true });
    }
  }
  const replies = new Map<string, TableEntry>();
  const flows: Flow[] = [];
  for (const entry of entries) {
    const action = actionOf(entry);
    if (!action) continue;
    const [source, destination, sourcePort, destinationPort, protocol] = entry.match.map((m) =>
      'exact' in m ? fromBytes(m.exact.value) : 0n,
    ) as [bigint, bigint, bigint, bigint, bigint];
    const kind = kinds.get(action.actionId);
    if (!kind) {
      replies.set(keyOf(source, destination, sourcePort, destinationPort, protocol), entry);
      continue;
    }
    const params = action.params.map((param) => fromBytes(param.value));
    // None; destination; or source and destination
    const [newDestination, newDestinationPort] = params.length === 0 ? [destination, destinationPort] : params.slice(-2);
    const [newSource, newSourcePort] = params.length === 4 ? params : [source, sourcePort];
    const bytes = family === 4 ? 4 : 16;
    flows.push({
      entry,
      isDenied: kind.isDenied,
      ends: {
        family,
        source: fromBigint(source, bytes),
        destination: fromBigint(newDestination!, bytes),
        protocol: Number(protocol),
        destinationPort: Number(newDestinationPort),
      },
      reply: keyOf(newDestination!, newSource!, newDestinationPort!, newSourcePort!, protocol),
    });
  }
  const updates: Update[] = [];
  for (const { entry, isDenied, ends, reply } of flows) {
    if (isAllowed(ends) !== isDenied) continue;
    for (const each of [entry, replies.get(reply)]) {
      const action = each && actionOf(each);
      const actionId = action && opposite.get(action.actionId);
      if (!each || !action || actionId === undefined) continue;
      updates.push({ type: 'MODIFY', entity: { tableEntry: { ...each, action: { action: { ...action, actionId } } } } });
    }
  }
  return updates;
}

function actionOf({ action }: TableEntry) {
  return action && 'action' in action ? action.action : undefined;
}

function keyOf(source: bigint, destination: bigint, sourcePort: bigint, destinationPort: bigint, protocol: bigint): string {
  return `${source} ${destination} ${sourcePort} ${destinationPort} ${protocol}`;
}
