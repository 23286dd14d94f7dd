/** Entry of `npm run conformance`: reads the command line. */
import { Command, CommanderError } from 'commander';
import { isOperatorError } from '../errors.ts';
import { conformance } from './index.ts';

const command = new Command('conformance')
  .description("measures softipu on p4c's own test programs")
  .argument('<DIR>', 'a checkout of p4lang/p4c')
  .option('--json', 'print one JSON object instead of text')
  .option('--measure <NAME>', 'only this measure; may be repeated', (name: string, all: string[]) => [...all, name], [])
  .option('--mutants <N>', 'of each program, for mutants-no-crash', Number, 1)
  .option('--filter <GLOB>', 'only files whose name, or path from DIR, matches')
  .exitOverride()
  .action(async (directory: string, options: { json?: boolean; measure: string[]; filter?: string; mutants?: number }) => {
    process.exitCode = await conformance(directory, options);
  });

try {
  await command.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (isOperatorError(error)) {
    process.stderr.write(`conformance: ${error.message}\n${error.help ? `  ${error.help}\n` : ''}`);
    process.exitCode = 1;
  } else throw error;
}
