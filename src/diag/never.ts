/** The end of a `switch` over a discriminated union: reaching it is a bug of ours, which the compiler's type check rules out. */

/** Makes a `switch` that misses a kind a type error. Throws, naming the value's kind, if it runs all the same. */
export function assertNever(value: never): never {
  const kind = typeof value === 'object' && value !== null ? (value as { kind?: unknown }).kind : value;
  throw new Error(`unreachable: unexpected ${String(kind)} (please report)`);
}
