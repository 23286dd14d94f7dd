/** Statements and the declarations among them (P4-16 §12; grammar: statementOrDeclaration, blockStatement). */
import type {
  Annotation,
  AssignmentStatement,
  BinaryOperator,
  BlockStatement,
  CallStatement,
  Expression,
  ForInStatement,
  ForStatement,
  IfStatement,
  Statement,
  SwitchCase,
  SwitchStatement,
  VariableDeclaration,
} from './ast.ts';
import type { Cursor } from './cursor.ts';
import { parseAnnotations } from './parse-annotations.ts';
import { parseConstant, parseInstantiation } from './parse-declarations.ts';
import { parseExpression, parseMaskOrRange, parsePostfix } from './parse-expressions.ts';
import { parseArraySuffix, parseTypeRef } from './parse-types.ts';
import { skipType } from './scan.ts';
import { compoundOperators, isNameKind } from './tokens.ts';

/** Words at the start of a line behind which parsing is sane again. */
const statementStarters: ReadonlySet<string> = new Set([
  'if',
  'for',
  'switch',
  'return',
  'exit',
  'break',
  'continue',
  'const',
  'transition',
  'state',
  'action',
  'table',
  'apply',
]);

/** grammar: blockStatement without its annotations. Opens a scope. */
export function parseBlock(p: Cursor, annotations: readonly Annotation[] = [], start = p.pos): BlockStatement {
  const open = p.pos;
  p.expect('{');
  p.pushScope();
  const statements = parseStatementList(p);
  p.popScope();
  p.expectClosing('}', open);
  return { kind: 'block', annotations, statements, span: p.spanFrom(start) };
}

/** Statements up to `}`, or to `transition` in a parser state. */
export function parseStatementList(p: Cursor): Statement[] {
  const statements: Statement[] = [];
  p.enter();
  while (!p.atListEnd() && !p.at('transition') && !startsMember(p)) {
    const statement = p.recovering(() => parseStatement(p, true), statementStarters);
    if (statement) statements.push(statement);
  }
  p.leave();
  return statements;
}

/** What begins a member of a parser or control shows that a block's `}` is missing. */
function startsMember(p: Cursor): boolean {
  if (p.at('state')) return p.atName(1) && p.peek(2).kind === '{';
  return p.at('action') || p.at('table') || (p.at('apply') && p.peek(1).kind === '{');
}

/** The body of `if`, `else`, `for`: a statement, not a declaration. */
function parseBody(p: Cursor): Statement {
  p.enter();
  const statement = parseStatement(p, false);
  p.leave();
  return statement;
}

function parseStatement(p: Cursor, allowDeclaration: boolean): Statement {
  const start = p.pos;
  const annotations = parseAnnotations(p);
  switch (p.token.kind) {
    case '{':
      return parseBlock(p, annotations, start);
    case 'for':
      return parseFor(p, annotations, start);
    case 'const':
      if (allowDeclaration) return asStatement(parseConstant(p, annotations, start));
      break;
    default:
  }
  if (startsDeclaration(p)) {
    if (!allowDeclaration) p.fail('a statement', [], 'a declaration needs a block around it');
    return parseLocalDeclaration(p, annotations, start);
  }
  if (annotations.length > 0) p.fail("a declaration, a block or 'for' after the annotation");
  switch (p.token.kind) {
    case ';':
      p.advance();
      return { kind: 'empty', span: p.spanFrom(start) };
    case 'if':
      return parseIf(p);
    case 'switch':
      return parseSwitch(p);
    case 'break':
    case 'continue':
    case 'exit': {
      const kind = p.token.kind;
      p.advance();
      p.expectSemicolon();
      return { kind, span: p.spanFrom(start) };
    }
    case 'return': {
      p.advance();
      const value = p.at(';') || p.at('}') ? undefined : parseExpression(p);
      p.expectSemicolon();
      return { kind: 'return', ...(value && { value }), span: p.spanFrom(start) };
    }
    default: {
      const statement = parseAssignmentOrCall(p);
      p.expectSemicolon();
      return { ...statement, span: p.spanFrom(start) };
    }
  }
}

function asStatement(declaration: Extract<Statement, { kind: 'declarationStatement' }>['declaration']): Statement {
  return { kind: 'declarationStatement', declaration, span: declaration.span };
}

/** Whether the current token begins `T name` or `T(args) name`, as opposed to an assignment or a call. */
function startsDeclaration(p: Cursor): boolean {
  const first = p.token;
  const end = skipType(p, p.pos);
  if (end < 0) return false;
  const isName = isNameKind(first.kind) || first.kind === '.';
  const known = isName ? p.lookup(first.kind === '.' ? p.peek(1).text : first.text, first.kind === '.') : 'type';
  const next = p.tokens[end]!;
  if (isNameKind(next.kind)) return known === 'type' || !next.lineStart;
  if (next.kind !== '(' || p.closers[end]! < 0) return !isName && next.kind !== '.';
  // `T(args) name;`, not a call whose semicolon was forgotten.
  const behind = p.closers[end]! + 1;
  const name = p.tokens[behind]!;
  if (known === 'object' || !isNameKind(name.kind)) return false;
  const follows = p.tokens[behind + 1]?.kind;
  return known === 'type' || (!name.lineStart && (follows === ';' || follows === '=' || follows === '['));
}

/** grammar: variableDeclaration, instantiation */
function parseLocalDeclaration(p: Cursor, annotations: readonly Annotation[], start: number): Statement {
  const type = parseTypeRef(p);
  if (p.at('(')) return asStatement(parseInstantiation(p, type, annotations, start));
  const declaration = parseVariable(p, type, annotations, start);
  p.expectSemicolon();
  return asStatement({ ...declaration, span: p.spanFrom(start) });
}

/** grammar: variableDeclarationWithoutSemicolon, behind its type */
export function parseVariable(
  p: Cursor,
  elementType: VariableDeclaration['type'],
  annotations: readonly Annotation[],
  start: number,
): VariableDeclaration {
  const name = p.expectName('a variable name');
  const type = parseArraySuffix(p, elementType, start);
  const initializer = p.accept('=') ? parseExpression(p) : undefined;
  p.declareObject(name);
  return { kind: 'variable', annotations, type, name, ...(initializer && { initializer }), span: p.spanFrom(start) };
}

/** grammar: assignmentOrMethodCallStatementWithoutSemicolon */
function parseAssignmentOrCall(p: Cursor): AssignmentStatement | CallStatement {
  const start = p.pos;
  if (!p.atName() && !p.at('.') && !p.at('this') && !p.at('(')) p.fail('a statement');
  const left = parsePostfix(p, true);
  const operator = acceptAssignment(p);
  if (operator !== undefined) {
    const right = parseExpression(p);
    const span = p.spanFrom(start);
    return operator === '=' ? { kind: 'assignment', left, right, span } : { kind: 'assignment', left, operator, right, span };
  }
  if (left.kind !== 'call') p.fail("'=' or '('");
  return { kind: 'callStatement', call: left, span: p.spanFrom(start) };
}

/** Takes `=` or `op=`; undefined if neither stands here. `>>=` is spelt `>` `>=`. */
function acceptAssignment(p: Cursor): '=' | BinaryOperator | undefined {
  if (p.accept('=')) return '=';
  const after = p.peek(1);
  if (p.at('>') && after.kind === '>=' && !after.spaceBefore) {
    p.pos += 2;
    return '>>';
  }
  const operator = compoundOperators.find((op) => p.token.kind === `${op}=`);
  if (operator) p.advance();
  return operator;
}

/** grammar: conditionalStatement */
function parseIf(p: Cursor): IfStatement {
  const start = p.pos;
  p.expect('if');
  const condition = parseParenthesised(p);
  const thenBranch = parseBody(p);
  const elseBranch = p.accept('else') ? parseBody(p) : undefined;
  return { kind: 'if', condition, thenBranch, ...(elseBranch && { elseBranch }), span: p.spanFrom(start) };
}

function parseParenthesised(p: Cursor): Expression {
  const open = p.pos;
  p.expect('(');
  const inner = parseExpression(p);
  p.expectClosing(')', open);
  return inner;
}

/** grammar: switchStatement */
function parseSwitch(p: Cursor): SwitchStatement {
  const start = p.pos;
  p.expect('switch');
  const expression = parseParenthesised(p);
  const open = p.pos;
  p.expect('{');
  const cases: SwitchCase[] = [];
  while (!p.atListEnd()) {
    const found = p.recovering(() => parseSwitchCase(p), new Set(['default']));
    if (found) cases.push(found);
  }
  p.expectClosing('}', open);
  return { kind: 'switch', expression, cases, span: p.spanFrom(start) };
}

function parseSwitchCase(p: Cursor): SwitchCase {
  const start = p.pos;
  const { span } = p.token;
  const label: SwitchCase['label'] = p.accept('default') ? { kind: 'default', span } : parseExpression(p);
  p.expect(':');
  const bodyStart = p.pos;
  const annotations = parseAnnotations(p);
  const body = p.at('{') || annotations.length > 0 ? parseBlock(p, annotations, bodyStart) : undefined;
  return { kind: 'switchCase', label, ...(body && { body }), span: p.spanFrom(start) };
}

/** grammar: forStatement, both forms */
function parseFor(p: Cursor, annotations: readonly Annotation[], start: number): ForStatement | ForInStatement {
  p.expect('for');
  const open = p.pos;
  p.expect('(');
  p.pushScope();
  const first = p.at(';') ? undefined : parseForInit(p);
  if (first && p.accept('in')) {
    const variable = first.kind === 'declarationStatement' ? (first.declaration as VariableDeclaration) : first;
    if (variable.kind === 'assignment' || variable.kind === 'callStatement') return p.fail("';'");
    if (variable.kind !== 'variable') {
      p.diag.error('syntax', variable.span, 'expected a type before the loop variable', { help: "write 'for (T name in …)'" });
    }
    const collection = parseMaskOrRange(p);
    p.expectClosing(')', open);
    const body = parseBody(p);
    p.popScope();
    return { kind: 'forIn', annotations, variable, collection, body, span: p.spanFrom(start) };
  }
  const init = first ? [asForStatement(p, first)] : [];
  while (first && p.accept(',')) init.push(asForStatement(p, parseForInit(p)));
  p.expect(';');
  const condition = parseExpression(p);
  p.expect(';');
  const update: Statement[] = [];
  if (!p.at(')')) {
    do update.push(parseAssignmentOrCall(p));
    while (p.accept(','));
  }
  p.expectClosing(')', open);
  const body = parseBody(p);
  p.popScope();
  return { kind: 'for', annotations, init, condition, update, body, span: p.spanFrom(start) };
}

type ForInit = Extract<Statement, { kind: 'declarationStatement' | 'assignment' | 'callStatement' }>;

/** A declaration, an assignment or a call; a bare lvalue where `in` follows. */
function parseForInit(p: Cursor): ForInit | Expression {
  const start = p.pos;
  const annotations = parseAnnotations(p);
  if (annotations.length > 0 || startsDeclaration(p)) {
    const type = parseTypeRef(p);
    const declaration = parseVariable(p, type, annotations, start);
    return { kind: 'declarationStatement', declaration, span: declaration.span };
  }
  if (p.atName() && p.peek(1).kind === 'in') return parsePostfix(p);
  return parseAssignmentOrCall(p);
}

function asForStatement(p: Cursor, init: ForInit | Expression): Statement {
  if (init.kind === 'declarationStatement' || init.kind === 'assignment' || init.kind === 'callStatement') return init;
  return p.fail("'in'");
}
