/**
 * Errors that a person can mend: what is wrong, a stable code, and what to do next. Commands print them and exit 1; anything else that
 * is thrown is a bug (exit 70).
 */
export class UserError extends Error {
  readonly code: string;
  readonly help: string | undefined;

  constructor(code: string, message: string, help?: string) {
    super(message);
    this.name = 'UserError';
    this.code = code;
    this.help = help;
  }
}

/** Any error with a `code` in kebab-case came from one of our rooms and is meant for the user. */
export function isOperatorError(error: unknown): error is Error & { code: string; help?: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^[a-z]+(-[a-z0-9]+)*$/.test(error.code);
}
