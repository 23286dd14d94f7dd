/** Status codes as P4Runtime has them from gRPC (google/rpc/code.proto), each with the sentence that says what is wrong. */

export type Code = keyof typeof codeNumbers;

export const codeNumbers = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

export interface Status {
  readonly code: Code;
  /** '' if OK. */
  readonly message: string;
}

export const ok: Status = { code: 'OK', message: '' };

/** What the checks of this room throw, and nobody outside it sees: `statusOf` turns it into a value. */
export class StatusError extends Error {
  readonly code: Code;

  constructor(code: Code, message: string) {
    super(message);
    this.code = code;
  }
}

/** Runs a check: OK, or what it threw. Other errors are bugs and pass through. */
export function statusOf(check: () => void): Status {
  try {
    check();
    return ok;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return { code: error.code, message: error.message };
  }
}
