/** Numbers for a generator: the same seed gives the same sequence, everywhere (xorshift32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    // Neighbouring seeds shall not begin alike.
    this.#state = Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) | 1;
    for (let i = 0; i < 8; i++) this.next();
  }

  /** Whole number of 32 bits. */
  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }

  /** 0 .. n - 1. */
  below(n: number): number {
    return this.next() % n;
  }

  /** low .. high, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** One of the makers, each as often as its weight says. */
  weighted<T>(choices: readonly (readonly [number, () => T])[]): T {
    let at = this.below(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, make] of choices) {
      if (at < weight) return make();
      at -= weight;
    }
    return choices[0]![1]();
  }

  many<T>(low: number, high: number, make: (index: number) => T): T[] {
    return Array.from({ length: this.between(low, high) }, (_, i) => make(i));
  }

  /** A value of `width` bits; the ends of the range more often than others. */
  bits(width: number): bigint {
    const all = (1n << BigInt(width)) - 1n;
    if (this.oneIn(2)) return this.pick([0n, 1n, 2n, all, all >> 1n, (all >> 1n) + 1n, BigInt(this.below(16))]) & all;
    let value = 0n;
    for (let i = 0; i < width; i += 32) value = (value << 32n) | BigInt(this.next());
    return value & all;
  }
}
