/**
 * `softipu bench [NAME...] [--json] [--svg FILE] [--check]`: one benchmark per question (catalogue.ts), each interleaved with its baselines.
 *
 * Network benchmarks run inside namespaces of their own (inside.ts). Micro-benchmarks live in the source tree's bench/ and are
 * built there when asked for; an installed package has none and says so.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { packageRoot } from '../package-root.ts';
import { runInSandbox } from '../sandbox/unshare.ts';
import { type BenchName, catalogue } from './catalogue.ts';
import { closeAccounts, openSoftirqAccounts } from './cpu.ts';
import type { InsideOptions, Line } from './inside.ts';
import { machine } from './machine.ts';
import { type Measure, measure } from './measure.ts';
import { columns, printSvg, printTable } from './print.ts';

export interface BenchOptions {
  readonly json?: boolean;
  /** File for a chart of the ratios. */
  readonly svg?: string;
  /** All benchmarks with a bar; exit code 1 if one does not hold. */
  readonly check?: boolean;
  readonly runs?: number;
  /** `NAME=COMMAND` each. */
  readonly against: readonly string[];
}

const defaultRuns = 5;
/** Descriptors 0 to 2 are the standard ones. */
const firstAccount = 3;

export async function benchCommand(names: readonly string[], options: BenchOptions): Promise<number> {
  const chosen = choose(names, options.check ?? false);
  if (chosen.length === 0) {
    process.stdout.write(
      `${columns([['name', 'answers'], ...catalogue.map((b) => [b.name, b.question])].map(([a, b]) => [`${a!.padEnd(12)}${b}`]))}\n`,
    );
    return 0;
  }
  const note = (text: string): void => void process.stderr.write(`softipu: ${text}\n`);
  const runs = options.runs ?? defaultRuns;
  const measures: Measure[] = [];
  const add = (more: readonly Measure[]): void => {
    measures.push(...more);
    for (const m of more)
      note(
        `${m.name}: ${m.value === null ? (m.skipped ?? 'failed') : `${m.value.toPrecision(4)} ${m.unit}`}${m.ratio === null ? '' : `, ratio ${m.ratio.toFixed(2)}`}`,
      );
  };
  raisePriority();
  const inMemory = chosen.filter((b) => b.where === 'memory').map((b) => b.name);
  if (inMemory.length > 0) add(runInMemory(inMemory, runs));
  const inNetwork = chosen.filter((b) => b.where === 'network').map((b) => b.name);
  if (inNetwork.length > 0) {
    const signal = await runInNetwork(
      { names: inNetwork, runs, accounts: [], against: options.against.map(parseAgainst) },
      add,
      note,
    );
    if (signal !== undefined) return 128 + (signal === 'SIGINT' ? 2 : 15);
  }
  const on = machine();
  if (options.svg !== undefined) writeFileSync(options.svg, printSvg(on, measures));
  process.stdout.write(options.json ? `${JSON.stringify({ machine: on, measures })}\n` : printTable(on, measures));
  const unjudged = measures.filter((m) => m.ok === null);
  for (const m of unjudged) note(`not judged: ${m.name}: ${m.skipped}`);
  const hasFailed = measures.some((m) => m.value === null && m.ok !== null);
  return hasFailed || (options.check && measures.some((m) => m.ok !== true)) ? 1 : 0;
}

/**
 * All that is measured, baselines too, comes before other processes of the machine, where that is permitted: less noise, the same ratios. Among themselves
 * it is as usual: the kernel's forwarding and our data-plane threads come before processes.
 */
function raisePriority(): void {
  try {
    setPriority(-10);
  } catch {
    // Not permitted: measured like everything else.
  }
}

function choose(names: readonly string[], check: boolean): (typeof catalogue)[number][] {
  for (const name of names) {
    if (catalogue.some((b) => b.name === name)) continue;
    throw new UserError('no-such-bench', `no benchmark '${name}'`, `there are ${catalogue.map((b) => b.name).join(', ')}`);
  }
  return catalogue.filter((b) => names.includes(b.name) || (check && names.length === 0 && b.hasBar));
}

async function runInNetwork(
  options: InsideOptions,
  add: (measures: readonly Measure[]) => void,
  note: (text: string) => void,
): Promise<NodeJS.Signals | undefined> {
  const files = openSoftirqAccounts();
  const accounts = files.map((_, i) => firstAccount + i);
  const script = new URL(`./inside${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url);
  let seen = 0;
  try {
    return await runInSandbox({
      script,
      args: [JSON.stringify({ ...options, accounts })],
      files,
      onLine: (text) => {
        const line = text as Line;
        if ('note' in line) return note(line.note);
        seen++;
        add(line.measures);
      },
    });
  } finally {
    closeAccounts(files);
    // What ended before its turn has failed.
    for (const name of options.names.slice(seen)) add([measure(name, '', [])]);
  }
}

/** Runs bench/ of the source tree, built first. */
function runInMemory(names: readonly BenchName[], runs: number): Measure[] {
  const tsc = join(packageRoot, 'node_modules', '.bin', 'tsc');
  if (!existsSync(join(packageRoot, 'bench')) || !existsSync(tsc)) {
    const why = "it is in the source tree's bench/, not in the installed package";
    return names.map((name) => ({ ...measure(name, '', []), ok: null, skipped: why }));
  }
  execFileSync(tsc, ['-p', join(packageRoot, 'tsconfig.bench.json')], { stdio: ['ignore', 'inherit', 'inherit'] });
  const main = join(packageRoot, 'build', 'bench', 'bench', 'main.js');
  return names.flatMap((name) => {
    try {
      const output = execFileSync(process.execPath, [main, name, '--json', '--runs', String(runs)], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
        maxBuffer: 1 << 26,
      });
      return (JSON.parse(output) as { measures: Measure[] }).measures;
    } catch {
      return [measure(name, '', [])];
    }
  });
}

function parseAgainst(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1)
    throw new UserError('bad-against', `'${text}' is no baseline`, "write NAME=COMMAND, e.g. 'xdp=./forwarder client sink'");
  return [text.slice(0, at), text.slice(at + 1)];
}
