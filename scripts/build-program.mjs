/** Compiles the shipped program at install, so that starting does not pay for it. Before the first build of the sources there is nothing to do. */
import { existsSync } from 'node:fs';

const dist = new URL('../dist/cli/', import.meta.url);
if (existsSync(dist)) {
  const { loadProgram } = await import(new URL('program.js', dist));
  const { shippedProgram } = await import(new URL('package-root.js', dist));
  loadProgram({ path: shippedProgram });
}
