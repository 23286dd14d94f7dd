/**
 * What is left to do when the sources are built: make the command executable, and compile the shipped program so that starting does not pay
 * for it. Before the first build of the sources there is nothing to do.
 */
import { chmodSync, existsSync } from 'node:fs';

const cli = new URL('../dist/cli/', import.meta.url);
if (existsSync(cli)) {
  chmodSync(new URL('main.js', cli), 0o755);
  const { loadProgram } = await import(new URL('program.js', cli));
  const { shippedProgram } = await import(new URL('package-root.js', cli));
  loadProgram({ path: shippedProgram });
}
