/**
 * Neighbours that a manager before us learned: a restarted one must not take out routes only because it has not asked yet. They are read back from the
 * entries that need them, wherever these are: the desired state is made once more with a mark in place of each unknown MAC address, and where a mark stands,
 * the installed entry with the same key and action has the address. ARP asks all the same, and corrects what has changed.
 */
import { type Action, type Entity, type EntityBuilder, printKey, toHex } from '../p4runtime/index.ts';
import { desiredRoutes } from './desired.ts';
import type { Model, Neighbour } from './model.ts';

/** Locally administered addresses that nobody has. */
const mark = (index: number): string =>
  `06:6d:61:${[16, 8, 0].map((shift) => ((index >> shift) & 255).toString(16).padStart(2, '0')).join(':')}`;

/** O(entities). */
export function recallNeighbours(model: Model, build: EntityBuilder, installed: readonly Entity[]): Neighbour[] {
  const { unresolved } = desiredRoutes(model, build);
  if (unresolved.length === 0 || installed.length === 0) return [];
  const { names } = build;
  const marked = unresolved.map(({ address, port }, i): Neighbour => ({ address, port, mac: mark(i) }));
  const byMark = new Map(marked.map((neighbour) => [neighbour.mac.replaceAll(':', ''), neighbour]));
  const actions = new Map(installed.map((entity) => [printKey(names, entity), actionOf(entity)]));
  const found = new Map<Neighbour, Neighbour>();
  for (const entity of desiredRoutes(model, build, marked).entities) {
    const wanted = actionOf(entity);
    wanted?.params.forEach(({ value }, i) => {
      const neighbour = byMark.get(toHex(value));
      if (!neighbour) return;
      const there = actions.get(printKey(names, entity));
      const mac = there?.actionId === wanted.actionId ? there.params[i]?.value : undefined;
      if (mac) found.set(neighbour, { ...neighbour, mac: printMac(mac) });
    });
  }
  return [...found.values()];
}

function actionOf(entity: Entity): Action | undefined {
  const action = 'tableEntry' in entity ? entity.tableEntry.action : undefined;
  return action && 'action' in action ? action.action : undefined;
}

function printMac(bytes: Uint8Array): string {
  return toHex(bytes)
    .padStart(12, '0')
    .replace(/..(?!$)/g, '$&:');
}
