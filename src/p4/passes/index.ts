/** The passes over the IR, in order. Each is one file with one function `Program -> Program`. */
import type { Program } from '../ir/ir.ts';

export interface Pass {
  readonly name: string;
  readonly run: (program: Program) => Program;
}

export const passes: readonly Pass[] = [];

/** Runs all passes; `after` sees the program behind each (for `--dump-after`). */
export function runPasses(program: Program, after: (pass: Pass, program: Program) => void = () => {}): Program {
  return passes.reduce((p, pass) => {
    const result = pass.run(p);
    after(pass, result);
    return result;
  }, program);
}
