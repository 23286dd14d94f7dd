/** A transaction as text, one line per update: what people and tests read. */
import { type P4Names, printUpdate, type Update } from '../p4runtime/index.ts';

export function printTransaction(names: P4Names, transaction: readonly Update[]): string {
  return transaction.map((update) => printUpdate(names, update) + '\n').join('');
}
