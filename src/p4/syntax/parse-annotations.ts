/** Annotations (P4-16 §20; grammar: annotation): `@name`, `@name(any tokens)`, `@name[expressions or k = v]`, `@pragma name tokens`. */
import { Diagnostics } from '../../diag/index.ts';
import type { Annotation, Argument } from './ast.ts';
import { Cursor } from './cursor.ts';
import { parseArgument } from './parse-expressions.ts';
import { isWord, type Token } from './tokens.ts';

/** grammar: optAnnotations */
export function parseAnnotations(p: Cursor): Annotation[] {
  const annotations: Annotation[] = [];
  while (p.at('@')) annotations.push(parseAnnotation(p));
  return annotations;
}

function parseAnnotation(p: Cursor): Annotation {
  const start = p.pos;
  p.expect('@');
  if (p.token.text === 'pragma' && isWord(p.peek(1)) && !p.peek(1).lineStart) return parsePragma(p, start);
  if (!isWord(p.token)) p.fail('an annotation name');
  const name = p.advance().text;
  if (p.at('(')) return { kind: 'annotation', name, form: 'unstructured', ...parseTokens(p), span: p.spanFrom(start) };
  if (p.at('[')) return { kind: 'annotation', name, form: 'structured', ...parseStructured(p), span: p.spanFrom(start) };
  return { kind: 'annotation', name, form: 'none', args: [], tokens: [], span: p.spanFrom(start) };
}

/** `@pragma name tokens` to the end of the line: the old way to write `@name(tokens)`. */
function parsePragma(p: Cursor, start: number): Annotation {
  p.advance();
  const name = p.advance().text;
  const body: Token[] = [];
  while (!p.at('end') && !p.token.lineStart) body.push(p.advance());
  const form = body.length > 0 ? 'unstructured' : 'none';
  return { kind: 'annotation', name, form, ...interpret(body), span: p.spanFrom(start) };
}

function parseTokens(p: Cursor): Pick<Annotation, 'args' | 'tokens'> {
  const open = p.pos;
  p.expect('(');
  const body: Token[] = [];
  for (let nesting = 0; nesting > 0 || !p.at(')'); ) {
    if (p.at('end') || p.at('openString')) p.expectClosing(')', open);
    if (p.at('(')) nesting++;
    if (p.at(')')) nesting--;
    body.push(p.advance());
  }
  p.expectClosing(')', open);
  return interpret(body);
}

/** Reads the tokens as arguments where they are some; else only the tokens count. */
function interpret(body: readonly Token[]): Pick<Annotation, 'args' | 'tokens'> {
  const tokens = body.map((t) => t.text);
  const last = body.at(-1);
  if (!last) return { args: [], tokens };
  const span = { file: last.span.file, start: last.span.end, end: last.span.end };
  const end: Token = { kind: 'end', text: '', span, spaceBefore: true, lineStart: true };
  const inner = new Cursor([...body, end], new Diagnostics());
  const args = inner.recovering(() => parseArgumentsUntil(inner, 'end'), new Set());
  return { args: args && inner.at('end') && !inner.diag.hasErrors ? args : [], tokens };
}

function parseStructured(p: Cursor): Pick<Annotation, 'args' | 'tokens'> {
  const open = p.pos;
  p.expect('[');
  const args = parseArgumentsUntil(p, ']');
  const odd = args.find((arg) => (arg.name === undefined) !== (args[0]?.name === undefined));
  if (odd) {
    const expected = odd.name
      ? "an expression like the others, found 'key = value'"
      : "'key = value' like the others, found an expression";
    p.diag.error('syntax', odd.span, `expected ${expected}`);
  }
  p.expectClosing(']', open);
  const tokens = p.tokens.slice(open + 1, p.pos - 1).map((t) => t.text);
  return { args, tokens };
}

function parseArgumentsUntil(p: Cursor, end: 'end' | ']'): Argument[] {
  const args: Argument[] = [];
  while (!p.at(end)) {
    args.push(parseArgument(p));
    if (!p.accept(',')) break;
  }
  return args;
}
