/**
 * The gate between control and data plane: one control thread changes tables only while every data-plane thread stands at a batch boundary.
 *
 * That is quiescent-state reclamation in its plainest form: nothing is half applied, nothing freed is still in use, and a transaction of any
 * size is seen whole or not at all. While the gate is closed packets wait in the kernel's rings. Four 32-bit words in shared memory, by Atomics:
 *
 *   0  state     bit 31: the gate is closed. Bits 0-7: threads that stand. Bits 8-15: those of them that would go on and may not
 *   4  stopping  control thread: 1 ends the data-plane loops
 *   8  batches   data plane: a heartbeat, one more per round
 *   12 calls     control thread: one more for each order that the data plane should look for
 *
 * A thread that sleeps for want of packets stands too, so that a change need not wake it. A thread goes on only by taking itself out of an open state in one
 * step: whoever is counted as standing does stand until the gate is open. The gate does not close again before those whom it kept have gone on: changes
 * that follow each other leave every thread a round between two of them.
 */
const state = 0;
const stopping = 1;
const batches = 2;
const calls = 3;

const closed = 0x8000_0000 | 0;
const standing = 1;
const kept = 1 << 8;
const countMask = 0xff;

/** Looks before a thread asks the kernel to wake it: a batch or a small change is over before the kernel would have put it to sleep. */
const spins = 2000;

export const gateBytes = 32;

export class Gate {
  readonly #words: Int32Array<SharedArrayBuffer>;
  #seenCalls = 0;

  /** `offset`: 4-aligned byte offset of the gate's bytes. */
  constructor(memory: WebAssembly.Memory, offset: number) {
    this.#words = new Int32Array(memory.buffer as SharedArrayBuffer, offset, gateBytes / 4);
  }

  /** Data plane, once per round: stands still while the gate is closed. Costs one atomic load when it is open. */
  pass(): void {
    Atomics.add(this.#words, batches, 1);
    if (Atomics.load(this.#words, state) >= 0) return;
    this.stand();
    this.goOn();
  }

  /** Data plane: from here on the tables may change, as while this thread sleeps. Until `goOn`. */
  stand(): void {
    if (Atomics.add(this.#words, state, standing) < 0) Atomics.notify(this.#words, state);
  }

  /** Data plane, after `stand`: waits until the gate is open. */
  goOn(): void {
    const words = this.#words;
    let mine = standing;
    for (let looks = 0; ; looks++) {
      const seen = Atomics.load(words, state);
      if (seen >= 0) {
        if (Atomics.compareExchange(words, state, seen, seen - mine) !== seen) continue;
        if (mine !== standing) Atomics.notify(words, state);
        return;
      }
      if (mine === standing) {
        Atomics.add(words, state, kept);
        mine = standing + kept;
      } else if (looks > spins) Atomics.wait(words, state, seen);
    }
  }

  /** Control thread: there is an order to look for. */
  call(): void {
    Atomics.add(this.#words, calls, 1);
  }

  /** Data plane: whether `call` was called since the last time that this was true. */
  isCalled(): boolean {
    const now = Atomics.load(this.#words, calls);
    if (now === this.#seenCalls) return false;
    this.#seenCalls = now;
    return true;
  }

  get isStopping(): boolean {
    return Atomics.load(this.#words, stopping) !== 0;
  }

  /** Control thread: from now on the data-plane loops end. */
  stop(): void {
    Atomics.store(this.#words, stopping, 1);
  }

  /** Rounds that the data plane has made; does it move? */
  get rounds(): number {
    return Atomics.load(this.#words, batches) >>> 0;
  }

  /**
   * Control thread: runs `change` while `threads` data-plane threads stand at a batch boundary. `wake` brings out those that wait for packets in the kernel
   * without standing. Throws if they do not come to a stand within `timeoutMs`: a data plane that hangs must not hang its control plane.
   */
  atomically<T>(threads: number, wake: () => void, change: () => T, timeoutMs = 5000): T {
    const words = this.#words;
    const late = (): never => {
      throw new Error(`the data plane did not come to a stand within ${timeoutMs} ms`);
    };
    if (threads > 0 && !this.#until((seen) => seen >> 8 === 0, timeoutMs)) late();
    Atomics.or(words, state, closed);
    try {
      if (threads > 0 && (Atomics.load(words, state) & countMask) < threads) {
        wake();
        if (!this.#until((seen) => (seen & countMask) >= threads, timeoutMs)) late();
      }
      return change();
    } finally {
      Atomics.and(words, state, ~closed);
      Atomics.notify(words, state);
    }
  }

  /** Waits until the state is as wanted; false if it is not in time. */
  #until(isWanted: (state: number) => boolean, timeoutMs: number): boolean {
    const words = this.#words;
    for (let looks = 0; ; looks++) {
      const seen = Atomics.load(words, state);
      if (isWanted(seen)) return true;
      if (looks > spins && Atomics.wait(words, state, seen, timeoutMs) === 'timed-out') return false;
    }
  }
}
