/** A message to the person who runs a command: one line on stderr with our name in front. */
export function say(message: string): void {
  process.stderr.write(`softipu: ${message}\n`);
}
