/**
 * All or nothing: what a batch of updates has done so far, and how to take it back.
 *
 * Steps change the arena at once and say how to undo it. Members and groups are taken out of the arena last, when everything else has worked, so that
 * undoing never has to find the same place again. What must be true of the whole (nothing refers to what is gone) is checked before that.
 */
export class Transaction {
  /** The batch is one update: what it does when nothing of it can fail any more needs no way back. */
  readonly isAlone: boolean;
  /** Index of the update that is being carried out or checked. */
  step = 0;
  // Of updates that are transactions of their own most need none of these: they are made when the first one comes.
  #undo: (() => void)[] | undefined;
  #checks: { readonly step: number; readonly check: () => void }[] | undefined;
  #lastGroups: (() => void)[] | undefined;
  #lastMembers: (() => void)[] | undefined;

  constructor(isAlone = false) {
    this.isAlone = isAlone;
  }

  /** Steps are undone last one first. */
  onUndo(undo: () => void): void {
    this.#undo ??= [];
    this.#undo.push(undo);
  }

  /** Runs when all steps are done; throws a StatusError to refuse the whole. */
  atEnd(check: () => void): void {
    this.#checks ??= [];
    this.#checks.push({ step: this.step, check });
  }

  /** Runs when nothing can fail any more. Groups go before members. */
  onCommit(kind: 'group' | 'member', commit: () => void): void {
    if (kind === 'group') {
      this.#lastGroups ??= [];
      this.#lastGroups.push(commit);
    } else {
      this.#lastMembers ??= [];
      this.#lastMembers.push(commit);
    }
  }

  /** Throws what a check throws; then nothing is committed. */
  commit(): void {
    if (this.#checks) {
      for (const { step, check } of this.#checks) {
        this.step = step;
        check();
      }
    }
    if (this.#lastGroups) for (const last of this.#lastGroups) last();
    if (this.#lastMembers) for (const last of this.#lastMembers) last();
  }

  rollback(): void {
    for (const undo of this.#undo?.reverse() ?? []) undo();
  }
}
