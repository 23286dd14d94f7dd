/** What a program does at all: tells the embedder what to provide, and the compiler what to leave out. */
import type { HeaderId, Program, Stmt } from '../ir/ir.ts';
import { bodiesOf } from '../ir/walk.ts';
import { walkProgram } from './walk.ts';

/** Mirror copies that a packet can ask for. */
export const mirrorSlotCount = 4;

export interface Features {
  readonly mirrors: boolean;
  readonly multicasts: boolean;
  readonly digests: boolean;
  readonly registers: boolean;
  readonly addsEntries: boolean;
  readonly recirculates: boolean;
  /** Whether any pipeline writes the packet back. */
  readonly deparses: boolean;
  /** Whether the packet's bytes must stay as they are until a deparser has run: nothing deparses, or a copy of the packet as it came in is made. */
  readonly keepsOriginal: boolean;
  readonly copies: boolean;
  /** Headers whose bytes the program may change. */
  readonly writtenHeaders: ReadonlySet<HeaderId>;
}

export function featuresOf(program: Program): Features {
  const kinds = new Set<string>();
  const writtenHeaders = new Set<HeaderId>();
  walkProgram(
    program,
    (s) => {
      kinds.add(s.kind);
      if ((s.kind === 'assign' || s.kind === 'assignSlice') && s.target.kind === 'field') writtenHeaders.add(s.target.header);
      if (s.kind === 'copyHeader' || s.kind === 'copyVarbit') writtenHeaders.add(s.target);
    },
    () => {},
  );
  return {
    mirrors: kinds.has('mirror'),
    multicasts: kinds.has('multicast'),
    digests: kinds.has('digest'),
    registers: kinds.has('registerRead') || kinds.has('registerWrite'),
    addsEntries: kinds.has('addEntry'),
    recirculates: kinds.has('nextPass'),
    deparses: kinds.has('deparse'),
    keepsOriginal: !kinds.has('deparse') || copiesOriginal(program),
    copies: kinds.has('copy'),
    writtenHeaders,
  };
}

/** Whether a copy that starts from bytes is made of a packet that has been parsed and not deparsed since. */
function copiesOriginal(program: Program): boolean {
  let found = false;
  for (const pipeline of program.pipelines) {
    let isParsed = false;
    const visit = (body: readonly Stmt[]): void => {
      for (const s of body) {
        if (s.kind === 'parser') isParsed = true;
        else if (s.kind === 'copy' && isParsed && program.pipelines[s.to]!.forCopies !== 'headers') found = true;
        for (const inner of bodiesOf(s)) visit(inner);
        // Inside of it the packet is still as it was.
        if (s.kind === 'deparse') isParsed = false;
      }
    };
    visit(pipeline.body);
  }
  return found;
}
