/**
 * Parsers (P4-16, section 13): a cursor over the packet, states, and errors that lead to reject. Nothing is consumed by an extract that fails.
 * Checks of extract come in the order of section 13.8.2: argument, packet, header. A parse begins with all headers invalid.
 *
 * A parse that jumps back for the 257th time (a program whose loop consumes nothing) ends in ParserTimeout. Which jumps go back is decided as the
 * compiler decides it: states in reverse postorder of a depth-first walk, gotos in the order of the text; back is to the state itself or one before.
 */
import type { ParserStmt, Stmt } from '../p4/ir/ir.ts';
import { readBits } from './bits.ts';
import { evaluate } from './evaluate.ts';
import { type Completion, execute } from './execute.ts';
import { errorCode, fillHeader, type State, setHeaderValid } from './state.ts';

const maxBackJumps = 256;

export function runParser(parser: ParserStmt, state: State): Completion {
  state.cursorBits = 0;
  state.parserError = 0;
  for (const header of state.headers.values()) setHeaderValid(header, false);
  const rank = ranks(parser);
  let backJumps = 0;
  let at: number | 'accept' | 'reject' = parser.start;
  while (typeof at === 'number') {
    const { name, body, span } = parser.states[at]!;
    state.trace?.({ kind: 'state', parser: parser.name, state: name, span });
    const end = execute(body, state);
    // A state without transition rejects (P4-16, section 13.5).
    const next: Completion = end ?? { kind: 'goto', state: 'reject' };
    if (next.kind !== 'goto') return next;
    if (typeof next.state === 'number' && rank.get(next.state)! <= rank.get(at)! && ++backJumps > maxBackJumps) {
      at = fail('ParserTimeout', state).state;
    } else at = next.state;
  }
  state.trace?.({
    kind: 'parserEnd',
    parser: parser.name,
    result: at,
    error: state.program.errors[state.parserError] ?? 'NoError',
  });
  return undefined;
}

export function runExtract(s: Extract<Stmt, { kind: 'extract' }>, state: State): Completion {
  const header = state.headers.get(s.header)!;
  const varbitBits = s.varbitBits ? evaluate(s.varbitBits, state) : 0n;
  if (varbitBits % 8n !== 0n) return fail('ParserInvalidArgument', state);
  const { fixedBits, varbitField, fields } = header.type;
  if (remainingBits(state) < BigInt(fixedBits) + varbitBits) return fail('PacketTooShort', state);
  const max = varbitField === undefined ? 0 : fields[varbitField]!.width;
  if (varbitBits > BigInt(max)) return fail('HeaderTooShort', state);
  fillHeader(header, state.bytes, state.cursorBits, Number(varbitBits));
  state.cursorBits += fixedBits + Number(varbitBits);
  state.trace?.({
    kind: 'extract',
    header: header.name,
    fields: fields.map((field, i) => ({
      name: field.name,
      width: i === varbitField ? header.varbitBits : field.width,
      value: header.values[i]!,
    })),
    span: s.span,
  });
  return undefined;
}

export function runLookahead(s: Extract<Stmt, { kind: 'lookahead' }>, state: State): Completion {
  if (remainingBits(state) < BigInt(s.offsetBits + s.width)) return fail('PacketTooShort', state);
  state.vars.set(s.target, readBits(state.bytes, state.cursorBits + s.offsetBits, s.width));
  return undefined;
}

export function runAdvance(s: Extract<Stmt, { kind: 'advance' }>, state: State): Completion {
  const bits = evaluate(s.bits, state);
  if (bits % 8n !== 0n) return fail('ParserInvalidArgument', state);
  if (remainingBits(state) < bits) return fail('PacketTooShort', state);
  state.cursorBits += Number(bits);
  return undefined;
}

/** Place of each state that can be reached in reverse postorder. */
function ranks(parser: ParserStmt): Map<number, number> {
  const seen = new Set<number>();
  const finished: number[] = [];
  const visit = (at: number): void => {
    if (seen.has(at)) return;
    seen.add(at);
    for (const next of targets(parser.states[at]!.body)) visit(next);
    finished.push(at);
  };
  visit(parser.start);
  return new Map(finished.reverse().map((at, rank) => [at, rank]));
}

/** States that gotos in these statements name, in the order of the text. */
function targets(body: readonly Stmt[]): number[] {
  return body.flatMap((s) => {
    switch (s.kind) {
      case 'goto':
        return typeof s.state === 'number' ? [s.state] : [];
      case 'if':
        return [...targets(s.then), ...targets(s.else)];
      case 'switch':
        return [...s.cases.flatMap((c) => targets(c.body)), ...targets(s.default)];
      case 'block':
      case 'loop':
        return targets(s.body);
      default:
        return [];
    }
  });
}

function remainingBits(state: State): bigint {
  return BigInt(state.bytes.length * 8 - state.cursorBits);
}

function fail(error: string, state: State): { readonly kind: 'goto'; readonly state: 'reject' } {
  state.parserError = errorCode(state.program, error);
  return { kind: 'goto', state: 'reject' };
}
