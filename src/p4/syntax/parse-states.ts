/** Parser states, transitions and select (P4-16 §13; grammar: parserState). */
import type { Annotation, Expression, ParserState, SelectCase, SelectExpression, Statement, Transition } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression, parseKeysets } from './parse-expressions.ts';
import { parseStatementList } from './parse-statements.ts';

/** grammar: parserState, behind its annotations */
export function parseState(p: Cursor, annotations: readonly Annotation[], start: number): ParserState {
  p.expect('state');
  const name = p.expectName('a state name');
  p.declareObject(name);
  const open = p.pos;
  p.expect('{');
  p.pushScope();
  const statements = parseStatementList(p);
  for (const statement of statements) refuseInState(p, statement);
  const transition = p.at('transition') ? p.recovering(() => parseTransition(p), new Set(['state'])) : undefined;
  p.popScope();
  p.expectClosing('}', open);
  return { kind: 'state', annotations, name, statements, ...(transition && { transition }), span: p.spanFrom(start) };
}

/** grammar: parserStatement has no `return`, `exit` and `switch`. */
function refuseInState(p: Cursor, statement: Statement): void {
  switch (statement.kind) {
    case 'return':
    case 'exit':
    case 'switch':
      p.diag.error('syntax', statement.span, `'${statement.kind}' cannot be used in a parser state`);
      return;
    case 'block':
      for (const inner of statement.statements) refuseInState(p, inner);
      return;
    case 'if':
      refuseInState(p, statement.thenBranch);
      if (statement.elseBranch) refuseInState(p, statement.elseBranch);
      return;
    default:
  }
}

/** grammar: transitionStatement */
function parseTransition(p: Cursor): Transition {
  const start = p.pos;
  p.expect('transition');
  if (p.at('select')) {
    const select = parseSelect(p);
    return { kind: 'selectTransition', select, span: p.spanFrom(start) };
  }
  const state = p.expectName("a state name or 'select'");
  p.expectSemicolon();
  return { kind: 'transition', state, span: p.spanFrom(start) };
}

/** grammar: selectExpression */
function parseSelect(p: Cursor): SelectExpression {
  const start = p.pos;
  p.expect('select');
  const open = p.pos;
  p.expect('(');
  const keys: Expression[] = [];
  if (!p.at(')')) {
    do keys.push(parseExpression(p));
    while (p.accept(','));
  }
  p.expectClosing(')', open);
  const brace = p.pos;
  p.expect('{');
  const cases: SelectCase[] = [];
  while (!p.atListEnd()) {
    const before = p.pos;
    const found = p.recovering(() => parseSelectCase(p), new Set(['state', 'default']));
    if (found) cases.push(found);
    else if (p.pos === before || p.at('state')) break;
  }
  p.expectClosing('}', brace);
  return { kind: 'select', keys, cases, span: p.spanFrom(start) };
}

/** grammar: selectCase */
function parseSelectCase(p: Cursor): SelectCase {
  const start = p.pos;
  const keysets = parseKeysets(p);
  p.expect(':');
  const state = p.expectName('a state name');
  p.expectSemicolon();
  return { kind: 'selectCase', keysets, state, span: p.spanFrom(start) };
}
