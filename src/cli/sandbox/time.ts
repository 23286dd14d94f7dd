/** Waiting, in the one place where the demo and the benchmarks read the clock. */

export function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Monotonic milliseconds. */
export function now(): number {
  return performance.now();
}

/** Asks every 50 ms until the answer is yes; false if it never was within the time. */
export async function until(timeoutMs: number, condition: () => boolean | Promise<boolean>): Promise<boolean> {
  const end = now() + timeoutMs;
  for (;;) {
    if (await condition()) return true;
    if (now() >= end) return false;
    await sleep(50);
  }
}
