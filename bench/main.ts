/**
 * `npm run bench -- NAME [--json]`: one benchmark of this folder. Without a name: the list.
 */
import { maglevBench } from './maglev.ts';
import { pipelineBench } from './pipeline.ts';

const benches: Readonly<Record<string, (options: { json: boolean }) => Promise<void>>> = {
  pipeline: pipelineBench,
  maglev: maglevBench,
};

const [name, ...rest] = process.argv.slice(2);
if (name === undefined || !Object.hasOwn(benches, name)) {
  process.stderr.write(`usage: npm run bench -- NAME [--json], NAME one of ${Object.keys(benches).join(', ')}\n`);
  process.exitCode = 2;
} else {
  await benches[name]!({ json: rest.includes('--json') });
}
