/**
 * The gate between control and data plane: one control thread changes tables only while every data-plane thread stands at a batch boundary.
 *
 * That is quiescent-state reclamation in its plainest form: nothing is half applied, nothing freed is still in use, and a transaction of any
 * size is seen whole or not at all. While the gate is closed packets wait in the kernel's rings. Five 32-bit words in shared memory, by Atomics:
 *
 *   0  closed    control thread: 1 asks the data plane to stand still
 *   4  parked    data plane: number of threads that stand
 *   8  stopping  control thread: 1 ends the data-plane loops
 *   12 batches   data plane: a heartbeat, one more per round
 *   16 calls     control thread: one more for each order that the data plane should look for
 */
const closed = 0;
const parked = 1;
const stopping = 2;
const batches = 3;
const calls = 4;

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
    if (Atomics.load(this.#words, closed) === 0) return;
    Atomics.add(this.#words, parked, 1);
    Atomics.notify(this.#words, parked);
    while (Atomics.load(this.#words, closed) !== 0) Atomics.wait(this.#words, closed, 1);
    Atomics.sub(this.#words, parked, 1);
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
   * Control thread: runs `change` while `threads` data-plane threads stand at a batch boundary. `wake` brings out those that sleep in the kernel.
   * Throws if they do not come to a stand within `timeoutMs`: a data plane that hangs must not hang its control plane.
   */
  atomically<T>(threads: number, wake: () => void, change: () => T, timeoutMs = 5000): T {
    Atomics.store(this.#words, closed, 1);
    try {
      wake();
      for (;;) {
        const standing = Atomics.load(this.#words, parked);
        if (standing >= threads) break;
        if (Atomics.wait(this.#words, parked, standing, timeoutMs) === 'timed-out') {
          throw new Error(`the data plane did not come to a stand within ${timeoutMs} ms`);
        }
      }
      return change();
    } finally {
      Atomics.store(this.#words, closed, 0);
      Atomics.notify(this.#words, closed);
      // A thread that has not left yet must not be counted as parked for the next change.
      while (threads > 0 && Atomics.load(this.#words, parked) > 0)
        Atomics.wait(this.#words, parked, Atomics.load(this.#words, parked), 1);
    }
  }
}
