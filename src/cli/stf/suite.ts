/** Which program an STF file belongs to, and the list of the project's own files. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export interface StfTest {
  readonly stf: string;
  readonly program: string;
  /** `NAME=VALUE` or `NAME` for the preprocessor. */
  readonly defines: readonly string[];
}

/** The STF files below a directory, sorted. */
export function findStfFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.stf'))
    .sort()
    .map((name) => join(directory, name));
}

/** Program and macros as the file's comments say them: `# program: PATH` and `# define: NAME=VALUE`; without, the .p4 of the same name. */
export function describeTest(stf: string, text: string): StfTest {
  const values = (word: string): string[] =>
    [...text.matchAll(new RegExp(`^\\s*#\\s*${word}:\\s*(\\S+)`, 'gm'))].map((m) => m[1]!);
  const named = values('program')[0];
  const program = named === undefined ? stf.replace(/\.stf$/, '.p4') : resolve(dirname(stf), named);
  return { stf, program, defines: values('define') };
}

/** Whether the program is there. */
export function hasProgram(test: StfTest): boolean {
  return existsSync(test.program);
}
