/**
 * What is left to do when the sources are built: make the command executable, write down which compiler this is, and compile the shipped program so
 * that starting does not pay for it. Before the first build of the sources there is nothing to do.
 */
import { chmodSync, existsSync, writeFileSync } from 'node:fs';

const cli = new URL('../dist/cli/', import.meta.url);
if (existsSync(cli)) {
  chmodSync(new URL('main.js', cli), 0o755);
  const { compilerFile, hashCompiler } = await import(new URL('compiler-id.js', cli));
  writeFileSync(compilerFile, hashCompiler());
  const { loadProgram } = await import(new URL('load-program.js', cli));
  const { shippedProgram } = await import(new URL('package-root.js', cli));
  await loadProgram({ path: shippedProgram });
}
