/**
 * Parsers (P4-16, section 13): a cursor over the packet, states, and errors that lead to reject. Nothing is consumed by an extract that fails.
 * Checks of extract come in the order of section 13.8.2: argument, packet, header. A state that is entered for the 257th time in one parse
 * (a program whose loop consumes nothing) ends in ParserTimeout.
 */
import type { ParserStmt, Stmt } from '../p4/ir/ir.ts';
import { readBits } from './bits.ts';
import { evaluate } from './evaluate.ts';
import { type Completion, execute } from './execute.ts';
import { errorCode, fillHeader, type State } from './state.ts';

const maxVisits = 256;

export function runParser(parser: ParserStmt, state: State): Completion {
  state.cursorBits = 0;
  state.parserError = 0;
  const visits = parser.states.map(() => 0);
  let at: number | 'accept' | 'reject' = parser.start;
  while (typeof at === 'number') {
    visits[at]!++;
    if (visits[at]! > maxVisits) {
      at = fail('ParserTimeout', state).state;
      break;
    }
    const { name, body, span } = parser.states[at]!;
    state.trace?.({ kind: 'state', parser: parser.name, state: name, span });
    const end = execute(body, state);
    // A state without transition rejects (P4-16, section 13.5).
    if (end === undefined) at = 'reject';
    else if (end.kind === 'goto') at = end.state;
    else return end;
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

function remainingBits(state: State): bigint {
  return BigInt(state.bytes.length * 8 - state.cursorBits);
}

function fail(error: string, state: State): { readonly kind: 'goto'; readonly state: 'reject' } {
  state.parserError = errorCode(state.program, error);
  return { kind: 'goto', state: 'reject' };
}
