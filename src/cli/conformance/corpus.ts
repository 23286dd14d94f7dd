/**
 * The files of a p4c checkout that are looked at. Which folder means what is p4c's own convention: `*_samples` are right, `*_errors` wrong,
 * `*_outputs` hold the references, and an STF file belongs to the program of its name.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { UserError } from '../errors.ts';
import type { Job } from './jobs.ts';
import { firstError, type ReferenceMessage } from './reference.ts';

/** Which measures a file counts for. */
export type Group = 'sample' | 'nested' | 'error' | 'other' | 'stf' | 'mutant';

export interface CorpusFile {
  /** Relative to the checkout. */
  readonly name: string;
  readonly group: Group;
  readonly job: Job;
  /** Where p4c's first error is, of a program that is to be refused: only if it lies in the program itself. */
  readonly firstError?: ReferenceMessage;
  /** Include name of the architecture of an STF's program: `v1model`, `psa`, `pna`, ..; `tc` for p4tc's PNA. */
  readonly architecture?: string;
}

/** All files, sorted; `filter` is a glob over names relative to the checkout. `mutants`: of each program. */
export function readCorpus(directory: string, filter?: string, mutants = 0): CorpusFile[] {
  const testdata = join(directory, 'testdata');
  if (!existsSync(testdata)) {
    throw new UserError('no-corpus', `'${directory}' has no folder 'testdata'`, 'name the path of a checkout of p4lang/p4c');
  }
  const names = readdirSync(testdata, { recursive: true, encoding: 'utf8' }).sort();
  const wanted = filter === undefined ? undefined : globPattern(filter);
  const files: CorpusFile[] = [];
  for (const path of names) {
    const folder = path.split('/')[0]!;
    if (folder.endsWith('_outputs')) continue;
    const name = join('testdata', path);
    if (wanted && !wanted.test(name) && !wanted.test(basename(name))) continue;
    const file = join(directory, name);
    if (!existsSync(file)) continue; // a link into a part of the checkout that is not there
    if (path.endsWith('.p4')) {
      files.push(programFile(testdata, folder, path, name, file));
      for (let i = 0; i < mutants; i++) {
        const seed = files.length;
        files.push({ name: `${name}, mutant ${seed}`, group: 'mutant', job: { kind: 'mutant', file, seed } });
      }
    } else if (path.endsWith('.stf') && !folder.startsWith('p4_14')) {
      const program = programOfStf(file);
      if (program !== undefined) {
        files.push({ name, group: 'stf', job: { kind: 'stf', file, program }, architecture: architectureOf(program) });
      }
    }
  }
  return files;
}

function programFile(testdata: string, folder: string, path: string, name: string, file: string): CorpusFile {
  const isDirect = dirname(path) === folder;
  const group = groupOf(folder, isDirect, file);
  const output = (suffix: string): string | undefined => {
    const reference = join(testdata, `${folder}_outputs`, `${relative(folder, path)}${suffix}`);
    return existsSync(reference) ? reference : undefined;
  };
  const isSample = group === 'sample';
  const stderr = group === 'error' ? output('-stderr') : undefined;
  const first = stderr === undefined ? undefined : firstError(readFileSync(stderr, 'utf8'));
  return {
    name,
    group,
    job: {
      kind: 'program',
      file,
      isSample,
      ...(isSample && { p4info: output('.p4info.txtpb'), entries: output('.entries.txtpb') }),
    },
    ...(first && first.file === basename(path) && { firstError: first }),
  };
}

/** Folders within the samples hold whole programs, such as SONiC's, and the files that these include. */
function groupOf(folder: string, isDirect: boolean, file: string): Group {
  if (folder === 'p4_16_samples') {
    if (isDirect) return 'sample';
    return /\bmain\s*;/.test(readFileSync(file, 'utf8')) ? 'nested' : 'other';
  }
  return isDirect && folder === 'p4_16_errors' ? 'error' : 'other';
}

/** `a_b_c.stf` belongs to `a_b_c.p4`, or, if there is none, to `a_b.p4` or `a.p4`. */
function programOfStf(stf: string): string | undefined {
  const stem = basename(stf, '.stf');
  for (let name = stem; ; name = name.slice(0, name.lastIndexOf('_'))) {
    const program = join(dirname(stf), `${name}.p4`);
    if (existsSync(program)) return program;
    if (!name.includes('_')) break;
  }
  return undefined;
}

/** Follows `#include "…"` of the program's own files until an architecture is included. */
function architectureOf(program: string, seen = new Set<string>()): string | undefined {
  if (seen.has(program) || !existsSync(program)) return undefined;
  seen.add(program);
  for (const [, open, path] of readFileSync(program, 'utf8').matchAll(/^\s*#\s*include\s*([<"])([^>"]+)[>"]/gm)) {
    const found = known.exec(path!)?.[1];
    if (found !== undefined) return path!.startsWith('tc/') ? 'tc' : found;
    const inner = open === '"' ? architectureOf(join(dirname(program), path!), seen) : undefined;
    if (inner !== undefined) return inner;
  }
  return undefined;
}

const known = /(?:^|\/)(v1model|psa|pna|ebpf_model|ubpf_model|xdp_model)\.p4$/;

/** `*` within a name, `**` over folders, `?` for one character. */
function globPattern(glob: string): RegExp {
  const parts = glob.split(/(\*\*|\*|\?)/).map((part) => {
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    return part === '?' ? '[^/]' : part.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`);
}
