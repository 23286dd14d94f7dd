/**
 * What is each pass over the IR worth? k8s-lb.p4 without passes, with all, and with all but one: statements and variables of the IR, bytes of the module, and
 * nanoseconds for a packet of an established flow (minimum over the batches, interleaved).
 */
import { type Measure, measure } from '../src/cli/bench/measure.ts';
import { shippedProgram } from '../src/cli/package-root.ts';
import { compileSource } from '../src/cli/program.ts';
import type { Stmt } from '../src/p4/ir/ir.ts';
import { bodiesOf } from '../src/p4/ir/walk.ts';
import { type Pass, passes } from '../src/p4/passes/index.ts';
import { compileToWasm } from '../src/p4/wasm/index.ts';
import { Batches, batch, establish } from './established.ts';

const flowCount = 1000;
const warmUpMs = 1000;
const rounds = 300;

interface Variant {
  readonly name: string;
  readonly passes: readonly Pass[];
}

const variants: readonly Variant[] = [
  { name: 'no pass', passes: [] },
  ...passes.map((left) => ({ name: `without ${left.name}`, passes: passes.filter((p) => p !== left) })),
  { name: 'all passes', passes },
];

export function passesBench(runs: number): Measure[] {
  const machines = variants.map((variant) => new Batches(establish(flowCount, 1, variant.passes), 0, 64));
  for (const machine of machines) for (const end = performance.now() + warmUpMs; performance.now() < end; ) round(machine);
  const times = machines.map(() => [] as number[]);
  for (let run = 0; run < runs; run++) {
    for (const [i, machine] of machines.entries()) {
      times[i]!.push(Math.min(...Array.from({ length: rounds }, () => round(machine))));
    }
  }
  return variants.flatMap((variant, i) => {
    const { ir } = compileSource({ path: shippedProgram, passes: variant.passes }).result;
    const one = (name: string, unit: string, value: number): Measure => measure(`${variant.name}: ${name}`, unit, [{ value }]);
    return [
      one('statements', '', count(ir!.pipelines.flatMap((p) => p.body))),
      one('variables', '', ir!.vars.length),
      one('module', 'bytes', compileToWasm(ir!).wasm.length),
      measure(
        `${variant.name}: established flow`,
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
