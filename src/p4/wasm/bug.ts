/** What must not happen: a compiler bug, never a user's mistake. The command line prints it with a request to report it. */

export class Bug extends Error {
  override readonly name = 'Bug';
}

/** A right program whose tables do not fit in a memory. */
export class ProgramTooBig extends Error {
  override readonly name = 'ProgramTooBig';
}

/** End of a `switch` over a union that has covered every member. */
export function assertNever(value: never): never {
  throw new Bug(`unexpected ${JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v))}`);
}
