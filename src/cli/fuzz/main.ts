/** `npm run fuzz -- [--seed N] [--programs N] [--packets N]`: random programs and packets, compiled code against interpreter. See docs/fuzzing.md. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { type ArchitectureName, architectures } from './architectures.ts';
import { architectureOf, type FuzzOutcome, fuzz } from './run.ts';

interface Options {
  readonly seed: number;
  readonly programs: number;
  readonly packets: number;
  readonly architecture?: ArchitectureName;
  readonly source?: boolean;
  readonly json?: boolean;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('expected a whole number');
  return value;
}

function report({ seed, architecture, problem, source }: FuzzOutcome, showsSource: boolean): string {
  const again = `again: npm run fuzz -- --seed ${seed} --programs 1 --architecture ${architecture} --source`;
  return `seed ${seed} (${architecture}): ${problem!.trimEnd()}\n  ${again}\n${showsSource ? source : ''}`;
}

const command = new Command('fuzz')
  .description('random well-typed P4 programs on random packets: compiled code against interpreter')
  .option('--seed <N>', 'of the first program; the next one has the next seed', whole, 1)
  .option('--programs <N>', 'how many programs', whole, 100)
  .option('--packets <N>', 'packets for each program', whole, 200)
  .addOption(new Option('--architecture <NAME>', 'only this one; otherwise they take turns').choices(architectures))
  .option('--source', 'print the source of a program that differs')
  .option('--json', 'print one JSON object')
  .exitOverride()
  .action((options: Options) => {
    const differences: FuzzOutcome[] = [];
    let packets = 0;
    let forwarded = 0;
    for (let seed = options.seed; seed < options.seed + options.programs; seed++) {
      const outcome = fuzz({ seed, architecture: options.architecture ?? architectureOf(seed), packets: options.packets });
      packets += outcome.packets;
      forwarded += outcome.forwarded;
      if (outcome.problem === undefined) continue;
      differences.push(outcome);
      if (!options.json) process.stdout.write(report(outcome, options.source ?? false));
    }
    const { programs } = options;
    if (options.json) process.stdout.write(`${JSON.stringify({ programs, packets, forwarded, differences })}\n`);
    else
      process.stdout.write(
        `${programs} programs, ${packets} packets, ${forwarded} forwarded, ${differences.length} differences\n`,
      );
    process.exitCode = differences.length === 0 ? 0 : 1;
  });

try {
  await command.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
