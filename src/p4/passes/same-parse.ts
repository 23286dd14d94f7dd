/**
 * When is a packet that was parsed, worked on and deparsed parsed again with the same result? If
 *
 *   - the parser only extracts headers, sets variables and goes by header fields, variables that the rest leaves alone, value sets and what
 *     stays the same for a packet: not by the pass, not by bits it looks ahead at;
 *   - the deparser emits, in a row at its end, all headers that the parser extracts, in the order in which every way through the parser extracts them;
 *   - in between no header becomes valid or invalid or is copied, no field that the parser reads is written, the payload is not cut, and no parser error is set.
 *
 * Then the second parse finds every header where the first one left it. What the parser wrote into variables it would write again: the rest must not
 * have changed them, unless the parser begins with setting them to constants, which is then done in place of the parse.
 */
import type { Expr, HeaderId, Intrinsic, Program, Stmt, VarId } from '../ir/ir.ts';
import { straysOf } from '../ir/order.ts';
import { expressionsOf, forEachExpr, forEachStmt, someStmt, writtenBy } from '../ir/walk.ts';

type Kind = Stmt['kind'];
type Of<K extends Kind> = Extract<Stmt, { kind: K }>;

const ofParser: ReadonlySet<Kind> = new Set<Kind>([
  'assign',
  'if',
  'switch',
  'block',
  'break',
  'goto',
  'extract',
  'setParserError',
]);

const notBetween: ReadonlySet<Kind> = new Set<Kind>([
  'setValid',
  'copyHeader',
  'copyVarbit',
  'setParserError',
  'truncate',
  'cutPayload',
  'parser',
  'deparse',
  'nextPass',
  'output',
  'drop',
  'mirror',
  'multicast',
  'copy',
]);

const notParsedBy: ReadonlySet<Intrinsic> = new Set<Intrinsic>(['pass', 'parserError', 'payloadSum', 'payloadLength']);

/** What has to be done in place of `deparse` and parsing again behind `between`; undefined if both are needed. */
export function parsesAlike(
  program: Program,
  parser: Of<'parser'>,
  between: readonly Stmt[],
  deparse: Of<'deparse'>,
): readonly Stmt[] | undefined {
  const states = parser.states.flatMap((state) => state.body);
  if (someStmt(states, (s) => !ofParser.has(s.kind) || (s.kind === 'assign' && s.target.kind !== 'var'))) return undefined;
  if (someStmt(between, (s) => notBetween.has(s.kind))) return undefined;
  if (!emitsAsParsed(program, states, deparse)) return undefined;
  const written = writtenBy(between);
  const fields = fieldsWritten(between);
  const isSame = (e: Expr): boolean => {
    let same = true;
    forEachExpr(e, (part) => {
      if (part.kind === 'field') same &&= !fields.has(`${part.header}.${part.field}`);
      if (part.kind === 'varbitSum' || part.kind === 'varbitEqual') same = false;
      if (part.kind === 'intrinsic') same &&= !notParsedBy.has(part.name);
    });
    return same;
  };
  const ownVars = variables(writtenBy(states));
  for (const state of parser.states) {
    const set = new Set<VarId>();
    let readsOthers = false;
    const reads = (e: Expr): void =>
      forEachExpr(e, (part) => {
        // Another way through the parser may have left it, or the pass before.
        if (part.kind === 'var' && !set.has(part.id)) readsOthers ||= ownVars.has(part.id) || written.has(`v${part.id}`);
      });
    for (const s of state.body) {
      forEachStmt([s], (inner) => expressionsOf(inner).forEach(reads));
      if (s.kind === 'assign' && s.target.kind === 'var') set.add(s.target.id);
    }
    if (readsOthers) return undefined;
  }
  let readsSame = true;
  forEachStmt(states, (s) => {
    readsSame &&= expressionsOf(s).every(isSame);
  });
  if (!readsSame) return undefined;
  const first = firstAssignments(parser);
  const changed = [...ownVars].filter((id) => written.has(`v${id}`));
  if (changed.length === 0) return [];
  const rest = variables(
    writtenBy([...parser.states.filter((_, i) => i !== parser.start).flatMap((s) => s.body), ...first.behind]),
  );
  const resets = first.constants.filter((s) => changed.includes(s.target.id));
  return changed.every((id) => !rest.has(id) && resets.some((s) => s.target.id === id)) ? resets : undefined;
}

type VarAssignment = Of<'assign'> & { readonly target: { readonly kind: 'var'; readonly id: VarId } };

/** The constants that the parser gives variables before it does anything else, and what comes behind them in its first state. */
function firstAssignments(parser: Of<'parser'>): {
  readonly constants: readonly VarAssignment[];
  readonly behind: readonly Stmt[];
} {
  const { body } = parser.states[parser.start]!;
  const isFirst = (s: Stmt): s is VarAssignment => s.kind === 'assign' && s.target.kind === 'var' && s.value.kind === 'const';
  const end = body.findIndex((s) => !isFirst(s));
  const constants = body.slice(0, end < 0 ? body.length : end).filter(isFirst);
  return { constants, behind: body.slice(constants.length) };
}

/** Whether the deparser ends with emits in a row, and they put all that was extracted where it was. */
function emitsAsParsed(program: Program, states: readonly Stmt[], { body }: Of<'deparse'>): boolean {
  const first = body.findIndex((s) => s.kind === 'emit');
  const edits = first < 0 ? body : body.slice(0, first);
  if (someStmt(edits, (s) => s.kind === 'emit') || (first >= 0 && body.slice(first).some((s) => s.kind !== 'emit'))) return false;
  const strays = straysOf(program);
  const extracted: HeaderId[] = [];
  forEachStmt(states, (s) => {
    if (s.kind === 'extract') extracted.push(s.header);
  });
  return strays !== undefined && !extracted.some((header) => strays.has(header));
}

function variables(written: ReadonlySet<string>): Set<VarId> {
  return new Set([...written].filter((name) => name.startsWith('v')).map((name) => Number(name.slice(1))));
}

/** `header.field` of fields that the statements write. */
function fieldsWritten(stmts: readonly Stmt[]): Set<string> {
  const fields = new Set<string>();
  forEachStmt(stmts, (s) => {
    if ((s.kind === 'assign' || s.kind === 'assignSlice') && s.target.kind === 'field')
      fields.add(`${s.target.header}.${s.target.field}`);
  });
  return fields;
}
