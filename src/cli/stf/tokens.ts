/** The words of one STF line, and a cursor over them that complains where something else is needed. */
import type { Diagnostics, SourceFile, Span } from '../../diag/index.ts';

export interface Token {
  readonly kind: 'word' | 'number' | 'string' | 'mark' | 'end';
  readonly text: string;
  readonly span: Span;
}

/** Thrown to leave a line whose diagnostic has been reported; caught by the parser of the file, and nowhere else. */
export class LineError extends Error {}

const patterns: readonly [Token['kind'], RegExp][] = [
  ['number', /0[xX][0-9a-fA-F_*]+|0[bB][01_*]+|[0-9]+(\.[0-9]+)?/y],
  ['word', /[A-Za-z_$][A-Za-z0-9_$-]*/y],
  ['string', /"[^"]*"/y],
  ['mark', /==|!=|<=|>=|\.\.|->|[:/,()[\]=.<>+*]/y],
];

/** Tokens of file.text[start, end), which is one line without its comment; the last is `end`. */
export function lexLine(file: SourceFile, start: number, end: number, diagnostics: Diagnostics): Token[] {
  const tokens: Token[] = [];
  let at = start;
  while (at < end) {
    if (/\s/.test(file.text[at]!)) {
      at++;
      continue;
    }
    const token = lexToken(file, at, end);
    if (token === undefined) {
      diagnostics.error('stf-character', { file, start: at, end: at + 1 }, `unexpected character '${file.text[at]}'`);
      throw new LineError();
    }
    tokens.push(token);
    at = token.span.end;
  }
  tokens.push({ kind: 'end', text: '', span: { file, start: end, end } });
  return tokens;
}

function lexToken(file: SourceFile, at: number, end: number): Token | undefined {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const found = pattern.exec(file.text)?.[0];
    if (found !== undefined && at + found.length <= end) {
      const text = kind === 'string' ? found.slice(1, -1) : found;
      return { kind, text, span: { file, start: at, end: at + found.length } };
    }
  }
  return undefined;
}

/** Reads tokens from left to right. */
export class Cursor {
  private readonly tokens: readonly Token[];
  private readonly diagnostics: Diagnostics;
  private at = 0;

  constructor(tokens: readonly Token[], diagnostics: Diagnostics) {
    this.tokens = tokens;
    this.diagnostics = diagnostics;
  }

  get token(): Token {
    return this.tokens[this.at]!;
  }

  /** The token behind the current one. */
  get next(): Token {
    return this.tokens[Math.min(this.at + 1, this.tokens.length - 1)]!;
  }

  get isAtEnd(): boolean {
    return this.token.kind === 'end';
  }

  /** Where the cursor is, for `rewind`. */
  get position(): number {
    return this.at;
  }

  rewind(position: number): void {
    this.at = position;
  }

  take(): Token {
    const token = this.token;
    if (!this.isAtEnd) this.at++;
    return token;
  }

  /** Takes the token if it is a word. */
  takeWord(): Token | undefined {
    return this.token.kind === 'word' ? this.take() : undefined;
  }

  isMark(text: string): boolean {
    return this.token.kind === 'mark' && this.token.text === text;
  }

  /** Takes the mark if it is there. */
  accept(text: string): boolean {
    if (!this.isMark(text)) return false;
    this.at++;
    return true;
  }

  expect(text: string): Token {
    if (!this.isMark(text)) this.fail(`'${text}'`);
    return this.take();
  }

  /** Reports what was expected where the cursor is, and leaves the line. */
  fail(expected: string): never {
    const found = this.isAtEnd ? 'the end of the line' : `'${this.token.text}'`;
    return this.failAt(this.token.span, `expected ${expected}, found ${found}`);
  }

  failAt(span: Span, message: string): never {
    this.diagnostics.error('stf-syntax', span, message);
    throw new LineError();
  }
}
