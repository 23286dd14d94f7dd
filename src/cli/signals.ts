/** Waiting for the end of a long-running command. */

/** Resolves at SIGINT or SIGTERM; a second one ends the process at once. */
export function askForSignal(): Promise<undefined> {
  return new Promise((done) => {
    const end = (): void => {
      process.once('SIGINT', () => process.exit(130));
      process.once('SIGTERM', () => process.exit(143));
      done(undefined);
    };
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
  });
}
