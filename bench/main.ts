/**
 * `npm run bench -- NAME [--json] [--runs N]`: one benchmark of this folder (`--program FILE`: of this program, where it may be any). Without a name: the list. `softipu bench NAME` calls this.
 */
import { machine } from '../src/cli/bench/machine.ts';
import type { Measure } from '../src/cli/bench/measure.ts';
import { printTable } from '../src/cli/bench/print.ts';
import { allocationBench, enduranceBench } from './allocation.ts';
import { cniBench } from './cni.ts';
import { compileBench } from './compile.ts';
import { maglevBench } from './maglev.ts';
import { p4runtimeBench } from './p4runtime.ts';
import { passesBench } from './passes.ts';
import { pipelineBench } from './pipeline.ts';
import { policyBench } from './policy.ts';
import { servicesBench } from './services.ts';
import { tablesBench } from './tables.ts';
import { workersBench } from './workers.ts';

const benches: Readonly<Record<string, (runs: number, program?: string) => Promise<Measure[]> | Measure[]>> = {
  pipeline: pipelineBench,
  policy: policyBench,
  workers: workersBench,
  allocation: allocationBench,
  endurance: enduranceBench,
  p4runtime: p4runtimeBench,
  maglev: maglevBench,
  services: servicesBench,
  compile: compileBench,
  passes: passesBench,
  cni: cniBench,
  tables: tablesBench,
};

const [name, ...rest] = process.argv.slice(2);
const program = rest.includes('--program') ? rest[rest.indexOf('--program') + 1] : undefined;
const runs = rest.includes('--runs') ? Number(rest[rest.indexOf('--runs') + 1]) : 5;
if (name === undefined || !Object.hasOwn(benches, name) || !Number.isInteger(runs) || runs < 1) {
  process.stderr.write(
    `usage: npm run bench -- NAME [--json] [--runs N] [--program FILE], NAME one of ${Object.keys(benches).join(', ')}\n`,
  );
  process.exitCode = 2;
} else {
  const measures = await benches[name]!(runs, program);
  const on = machine();
  process.stdout.write(rest.includes('--json') ? `${JSON.stringify({ machine: on, measures })}\n` : printTable(on, measures));
}
