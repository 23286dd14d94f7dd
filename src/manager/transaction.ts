/**
 * Transaction: what must be written to turn what is installed into what is desired, in the order that P4Runtime asks for: what is referred to comes
 * before what refers to it and leaves after it. What did not change is not in it. As text it is one line per update.
 */
import { type Entity, type P4Names, printEntity, printKey, printUpdate, type Update } from '../p4runtime/index.ts';

/** Members, groups, entries. */
type Rank = 0 | 1 | 2;

/** Updates from `installed` to `desired`. If `desired` has two entities with one key, the last counts. O(entities). */
export function diff(names: P4Names, installed: readonly Entity[], desired: readonly Entity[]): Update[] {
  const before = byKey(names, installed);
  const after = byKey(names, desired);
  const writes: Update[] = [];
  const removals: Update[] = [];
  for (const [key, entity] of after) {
    const old = before.get(key);
    if (!old) writes.push({ type: 'INSERT', entity });
    else if (printEntity(names, old) !== printEntity(names, entity)) writes.push({ type: 'MODIFY', entity });
  }
  for (const [key, entity] of before) if (!after.has(key)) removals.push({ type: 'DELETE', entity });
  const byRank = (a: Update, b: Update): number => rankOf(a.entity) - rankOf(b.entity);
  return [...writes.sort(byRank), ...removals.sort((a, b) => byRank(b, a))];
}

/** What is installed after a transaction. */
export function applied(names: P4Names, installed: readonly Entity[], transaction: readonly Update[]): Entity[] {
  const entities = byKey(names, installed);
  for (const { type, entity } of transaction) {
    if (type === 'DELETE') entities.delete(printKey(names, entity));
    else entities.set(printKey(names, entity), entity);
  }
  return [...entities.values()];
}

/** One line per update. */
export function printTransaction(names: P4Names, transaction: readonly Update[]): string {
  return transaction.map((update) => printUpdate(names, update) + '\n').join('');
}

function byKey(names: P4Names, entities: readonly Entity[]): Map<string, Entity> {
  return new Map(entities.map((entity) => [printKey(names, entity), entity]));
}

function rankOf(entity: Entity): Rank {
  if ('actionProfileMember' in entity) return 0;
  return 'actionProfileGroup' in entity ? 1 : 2;
}
