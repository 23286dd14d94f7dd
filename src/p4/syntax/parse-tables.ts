/** Tables: keys, actions, entries and other properties (P4-16 §14.2; grammar: tableDeclaration). */
import type {
  ActionRef,
  Annotation,
  Expression,
  KeyElement,
  PathExpression,
  TableDeclaration,
  TableEntry,
  TableProperty,
} from './ast.ts';
import type { Cursor } from './cursor.ts';
import { parseAnnotations } from './parse-annotations.ts';
import { parseArguments, parseExpression, parseInteger, parseKeysets } from './parse-expressions.ts';

const propertyStarters: ReadonlySet<string> = new Set([
  'key',
  'actions',
  'entries',
  'const',
  'default_action',
  'size',
  'table',
  'apply',
  'action',
]);
const noStarters: ReadonlySet<string> = new Set();

/** grammar: tableDeclaration, behind its annotations */
export function parseTable(p: Cursor, annotations: readonly Annotation[], start: number): TableDeclaration {
  p.expect('table');
  const name = p.expectName('a table name');
  p.declareObject(name);
  const open = p.pos;
  p.expect('{');
  const properties = parseList(p, () => parseProperty(p), propertyStarters);
  p.expectClosing('}', open);
  return { kind: 'table', annotations, name, properties, span: p.spanFrom(start) };
}

/** Elements up to `}`, each recovering on its own. */
function parseList<T>(p: Cursor, parse: () => T, starters: ReadonlySet<string>): T[] {
  const found: T[] = [];
  while (!p.atListEnd()) {
    const before = p.pos;
    const element = p.recovering(parse, starters);
    if (element !== undefined) found.push(element);
    else if (p.pos === before || p.at('table') || p.at('action')) break;
  }
  return found;
}

/** grammar: tableProperty */
function parseProperty(p: Cursor): TableProperty {
  const start = p.pos;
  const annotations = parseAnnotations(p);
  const isConst = p.accept('const');
  if (p.at('key') && !isConst) {
    const elements = parseBraced(p, () => parseKeyElement(p));
    return { kind: 'keyProperty', elements, span: p.spanFrom(start) };
  }
  if (p.at('actions') && !isConst) {
    const actions = parseBraced(p, () => parseListedAction(p));
    return { kind: 'actionsProperty', actions, span: p.spanFrom(start) };
  }
  if (p.at('entries')) {
    const entries = parseBraced(p, () => parseEntry(p));
    return { kind: 'entriesProperty', annotations, isConst, entries, span: p.spanFrom(start) };
  }
  const name = p.expectName('a table property');
  p.expect('=');
  const value = parseExpression(p);
  p.expectSemicolon();
  return { kind: 'expressionProperty', annotations, isConst, name, value, span: p.spanFrom(start) };
}

/** `word = { elements }` */
function parseBraced<T>(p: Cursor, parse: () => T): T[] {
  p.advance();
  p.expect('=');
  const open = p.pos;
  p.expect('{');
  const elements = parseList(p, parse, noStarters);
  p.expectClosing('}', open);
  return elements;
}

/** grammar: keyElement */
function parseKeyElement(p: Cursor): KeyElement {
  const start = p.pos;
  const expression = parseExpression(p);
  p.expect(':');
  const matchKind = p.expectName('a match kind');
  const annotations = parseAnnotations(p);
  p.expectSemicolon();
  return { kind: 'keyElement', expression, matchKind, annotations, span: p.spanFrom(start) };
}

function parseListedAction(p: Cursor): ActionRef {
  const start = p.pos;
  const annotations = parseAnnotations(p);
  const action = parseActionRef(p, annotations, start);
  p.expectSemicolon();
  return action;
}

/** grammar: actionRef */
function parseActionRef(p: Cursor, annotations: readonly Annotation[], start: number): ActionRef {
  const pathStart = p.pos;
  const isGlobal = p.accept('.');
  const name = p.expectName('an action name');
  const path: PathExpression = { kind: 'path', name, isGlobal, span: p.spanFrom(pathStart) };
  const args = p.at('(') ? parseArguments(p) : undefined;
  return { kind: 'actionRef', annotations, path, ...(args && { args }), span: p.spanFrom(start) };
}

/** grammar: entry. `const priority = 10: (0x1, _) : a(1) @annotation;` */
function parseEntry(p: Cursor): TableEntry {
  const start = p.pos;
  const isConst = p.accept('const');
  let priority: Expression | undefined;
  if (p.at('priority') && p.peek(1).kind === '=') {
    p.advance();
    p.expect('=');
    priority = p.at('integer') ? parseInteger(p) : parsePriority(p);
    p.expect(':');
  }
  const keysets = parseKeysets(p);
  p.expect(':');
  const action = parseActionRef(p, [], p.pos);
  const annotations = parseAnnotations(p);
  p.expectSemicolon();
  return { kind: 'tableEntry', isConst, ...(priority && { priority }), keysets, action, annotations, span: p.spanFrom(start) };
}

function parsePriority(p: Cursor): Expression {
  const open = p.pos;
  if (!p.accept('(')) p.fail("a number or '(' as priority");
  const inner = parseExpression(p);
  p.expectClosing(')', open);
  return inner;
}
