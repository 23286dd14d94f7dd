#!/usr/bin/env node
/**
 * `npm run p4runtime-conformance [-- --target HOST:PORT] [--only TEXT] [--fuzz N] [--seed N] [--coverage]`: our cases against any P4Runtime server.
 *
 * Without `--target` it starts our own switch on a unix socket. With it, the server gets the suite's program as P4 source, and must have ports 0 and 1. One line
 * per case that fails; the last line is `N passed, N failed`. `--fuzz` then writes that many mutated updates, with a plain model as judge.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Protocol } from '../../p4runtime/grpc/proto.ts';
import { protoDir } from '../package-root.ts';
import { allCases } from './cases/index.ts';
import { coverage, reasons } from './coverage.ts';
import { fuzz } from './fuzz.ts';
import { program, programText } from './notation.ts';
import { type Case, Tester } from './tester.ts';

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    only: { type: 'string' },
    fuzz: { type: 'string' },
    seed: { type: 'string' },
    verbose: { type: 'boolean' },
    coverage: { type: 'boolean' },
  },
});

const cases: readonly Case[] = allCases.filter(({ name }) => name.includes(values.only ?? ''));

if (values.coverage) {
  const { covered, excused, missing } = coverage(cases.map(({ name }) => name));
  for (const [name, reason] of excused) console.log(`no case  ${name}: ${reasons[reason]}`);
  for (const name of missing) console.log(`MISSING  ${name}`);
  console.log(
    `${covered} names of public tests covered by ${cases.length} cases, ${excused.size} do not apply, ${missing.length} missing`,
  );
  process.exit(missing.length > 0 ? 1 : 0);
}

const own = values.target === undefined ? await startOwn() : undefined;
let failed = 0;
try {
  const tester = new Tester(Protocol.load(protoDir), values.target ?? own!.address, program.p4info, programText);
  await tester.start();
  for (const each of cases) {
    try {
      await tester.clean();
      await tester.run(each);
      if (values.verbose) console.log(`ok    ${each.name}`);
    } catch (error) {
      failed++;
      console.log(`FAIL  ${each.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  console.log(`${cases.length - failed} passed, ${failed} failed`);
  if (values.fuzz !== undefined) {
    await tester.clean();
    const report = await fuzz(tester, Number(values.fuzz), Number(values.seed ?? Date.now() % 1_000_000));
    for (const line of report.problems) console.log(line);
    console.log(`fuzz: ${report.updates} updates, seed ${report.seed}, ${report.problems.length} wrong`);
    failed += report.problems.length;
  }
} finally {
  own?.stop();
}
process.exit(failed > 0 ? 1 : 0);

async function startOwn(): Promise<{ address: string; stop: () => void }> {
  const directory = mkdtempSync(join(tmpdir(), 'softipu-p4runtime-'));
  const address = `unix:${join(directory, 'p4runtime.sock')}`;
  const main = new URL('../main.js', import.meta.url).pathname;
  const arguments_ = [
    'switch',
    '-i',
    '0@memory',
    '-i',
    '1@memory',
    '--p4runtime',
    address,
    '-s',
    join(directory, 'control.sock'),
  ];
  const child: ChildProcess = spawn(process.execPath, [main, ...arguments_], { stdio: ['ignore', 'ignore', 'pipe'] });
  const stop = (): void => {
    child.kill('SIGTERM');
    rmSync(directory, { recursive: true, force: true });
  };
  await new Promise<void>((done, fail) => {
    let text = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('P4Runtime at')) done();
    });
    child.once('exit', () => fail(new Error(`the switch ended: ${text}`)));
  });
  child.stderr!.pipe(process.stderr);
  return { address, stop };
}
