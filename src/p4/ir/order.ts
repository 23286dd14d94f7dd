/**
 * Whether a packet whose headers were parsed and not added, removed or moved since is already as the deparser would write it: the case of nearly all
 * packets. It is if every deparser emits the headers in the order in which every way through the parsers extracts them. Then one flag that is set by
 * whatever changes the order (`Pipe.relaid`) tells whether there is anything to do.
 */
import type { HeaderId, Program, Stmt } from './ir.ts';
import { bodiesOf, forEachStmt } from './walk.ts';

/**
 * Headers whose extraction alone makes deparsing necessary, since some deparser leaves them out or some way through the parsers may extract them out of
 * order (as far as the states tell: elements of a stack that a loop extracts are among them); undefined if a deparser emits a header twice.
 */
export function straysOf(program: Program): ReadonlySet<HeaderId> | undefined {
  const emitted: HeaderId[][] = [];
  const parsers: Extract<Stmt, { kind: 'parser' }>[] = [];
  for (const pipeline of program.pipelines) {
    forEachStmt(pipeline.body, (s) => {
      if (s.kind === 'parser') parsers.push(s);
      if (s.kind === 'deparse') {
        const headers: HeaderId[] = [];
        forEachStmt(s.body, (inner) => {
          if (inner.kind === 'emit') headers.push(inner.header);
        });
        emitted.push(headers);
      }
    });
  }
  const strays = new Set(program.headers.map((h) => h.id).filter((id) => emitted.some((headers) => !headers.includes(id))));
  if (emitted.some((headers) => new Set(headers).size !== headers.length)) return undefined;
  for (const headers of emitted) for (const parser of parsers) addDisordered(parser, headers, strays);
  return strays;
}

/** Adds the headers that some way through the parser extracts behind one that is emitted later, or twice; those in `strays` do not count. */
function addDisordered(parser: Extract<Stmt, { kind: 'parser' }>, emitted: readonly HeaderId[], strays: Set<HeaderId>): void {
  // Headers that may have been extracted when a state begins; grows until nothing changes. A loop finds the header itself among them.
  const before = parser.states.map(() => new Set<HeaderId>());
  for (let hasChanged = true; hasChanged; ) {
    hasChanged = false;
    parser.states.forEach((state, i) => {
      const seen = new Set(before[i]!);
      const visit = (list: readonly Stmt[]): void => {
        for (const s of list) {
          if (s.kind === 'extract' && emitted.includes(s.header)) {
            const place = emitted.indexOf(s.header);
            if ([...seen].some((earlier) => !strays.has(earlier) && emitted.indexOf(earlier) >= place)) strays.add(s.header);
            seen.add(s.header);
          } else if (s.kind === 'goto' && typeof s.state === 'number') {
            const next = before[s.state]!;
            const size = next.size;
            for (const header of seen) next.add(header);
            hasChanged ||= next.size !== size;
          }
          for (const body of bodiesOf(s)) visit(body);
        }
      };
      visit(state.body);
    });
  }
}
