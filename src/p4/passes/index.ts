/** The passes over the IR, in order. Each is one file with one function `Program -> Program`. */
import type { Program } from '../ir/ir.ts';
import { commonExpressions } from './common-expressions.ts';
import { mergeChecksums } from './merge-checksums.ts';
import { mergePasses } from './merge-passes.ts';
import { propagateValues } from './propagate-values.ts';
import { removeDeadVariables } from './remove-dead-variables.ts';

export interface Pass {
  readonly name: string;
  readonly run: (program: Program) => Program;
}

export const passes: readonly Pass[] = [
  { name: 'merge-checksums', run: mergeChecksums },
  { name: 'propagate-values', run: propagateValues },
  { name: 'merge-passes', run: mergePasses },
  { name: 'common-expressions', run: commonExpressions },
  { name: 'remove-dead-variables', run: removeDeadVariables },
];

/** Runs passes, all by default; `after` sees the program behind each (for `--dump-after`). */
export function runPasses(
  program: Program,
  chosen: readonly Pass[] = passes,
  after: (pass: Pass, program: Program) => void = () => {},
): Program {
  return chosen.reduce((p, pass) => {
    const result = pass.run(p);
    after(pass, result);
    return result;
  }, program);
}
