/**
 * What is each pass over the IR worth, and each step that the back end takes for speed alone? k8s-lb.p4 and a program of two passes, without any, with all, and
 * with all but one: statements and variables of the IR, bytes of the module, and nanoseconds for a packet of an established flow (minimum over the batches,
 * interleaved). The likely path does without select tables and deparsing, so these are measured where it is left out. `--program FILE`: any program instead.
 */
import { type Measure, measure } from '../src/cli/bench/measure.ts';
import { shippedProgram } from '../src/cli/package-root.ts';
import { compileSource } from '../src/cli/program.ts';
import type { Stmt } from '../src/p4/ir/ir.ts';
import { bodiesOf } from '../src/p4/ir/walk.ts';
import { type Pass, passes } from '../src/p4/passes/index.ts';
import { type BackEndStep, compileToWasm } from '../src/p4/wasm/index.ts';
import { Batches, batch, establish } from './established.ts';
import { startFlows, twoPasses } from './two-passes.ts';

const flowCount = 1000;
const warmUpMs = 500;
const rounds = 200;

interface Variant {
  readonly name: string;
  readonly passes: readonly Pass[];
  readonly without: readonly BackEndStep[];
}

const lessOne: readonly Variant[] = [
  { name: 'no pass', passes: [], without: [] },
  ...passes.map((left) => ({ name: `without ${left.name}`, passes: passes.filter((p) => p !== left), without: [] })),
  ...(['likely-path', 'select-tables', 'deparse-in-place'] as const).map((step) => ({
    name: step === 'likely-path' ? `without ${step}` : `without likely-path and ${step}`,
    passes,
    without: step === 'likely-path' ? [step] : (['likely-path', step] as const),
  })),
  { name: 'all', passes, without: [] },
];

export function passesBench(runs: number, program?: string): Measure[] {
  const paths = program === undefined ? [shippedProgram, twoPasses] : [program];
  return paths.flatMap((path) => measureProgram(path, runs));
}

function measureProgram(path: string, runs: number): Measure[] {
  const start = (v: Variant) =>
    path === shippedProgram ? establish(flowCount, 1, v.passes, v.without) : startFlows(path, flowCount, v.passes, v.without);
  const machines = lessOne.map((variant) => new Batches(start(variant), 0, 64));
  for (const machine of machines) for (const end = performance.now() + warmUpMs; performance.now() < end; ) round(machine);
  const times = machines.map(() => [] as number[]);
  for (let run = 0; run < runs; run++) {
    for (const [i, machine] of machines.entries()) {
      times[i]!.push(Math.min(...Array.from({ length: rounds }, () => round(machine))));
    }
  }
  const file = path.slice(path.lastIndexOf('/') + 1);
  return lessOne.flatMap((variant, i) => {
    const { ir } = compileSource({ path, passes: variant.passes }).result;
    const name = (what: string): string => `${file}, ${variant.name}: ${what}`;
    const one = (what: string, unit: string, value: number): Measure => measure(name(what), unit, [{ value }]);
    return [
      one('statements', '', count(ir!.pipelines.flatMap((p) => p.body))),
      one('variables', '', ir!.vars.length),
      one('module', 'bytes', compileToWasm(ir!, { without: variant.without }).wasm.length),
      measure(
        name('packet'),
        'ns/packet',
        times[i]!.map((value) => ({ value })),
      ),
    ];
  });
}

/** Nanoseconds per packet of one batch. */
function round(machine: Batches): number {
  machine.write();
  const start = process.hrtime.bigint();
  machine.process();
  return Number(process.hrtime.bigint() - start) / batch;
}

function count(list: readonly Stmt[]): number {
  return list.reduce((sum, s) => sum + 1 + bodiesOf(s).reduce((inner, body) => inner + count(body), 0), 0);
}
