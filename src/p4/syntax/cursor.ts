/**
 * What all parts of the parser share: the tokens with a position in them, the names known to be types, error reports and recovery.
 *
 * P4 cannot be parsed without knowing which names are types (`(a) - b` is a cast or a difference), hence the scopes. A name that was never
 * declared is neither; the parser then takes the reading that leaves the complaint to the checker, which can say more.
 * A syntax error is reported, then thrown as `SyntaxAbort` to the nearest list of statements or declarations, which goes on behind it
 * (`recovering`); the exception never leaves this room.
 */
import type { Diagnostics, Note, Span } from '../../diag/index.ts';
import type { Identifier } from './ast.ts';
import { describeToken, isNameKind, type Token, type TokenKind } from './tokens.ts';

/** Nesting of expressions, types, statements and declarations together. Deeper programs would overflow the stack of this or a later pass. */
const maxDepth = 300;
/** Length of `a + b + …` or `a.b.c…`, which make trees as deep as they are long. */
const maxChain = 1000;
const maxErrors = 100;

/** Reserved words that only begin declarations outside of everything: inside, at the start of a line, they show that a `}` is missing. */
const outermostWords: ReadonlySet<string> = new Set([
  'extern',
  'parser',
  'control',
  'package',
  'header',
  'header_union',
  'struct',
  'enum',
  'typedef',
]);

/** Signs behind which `{` opens a value and no block. */
const bracesOfValueFollow: ReadonlySet<TokenKind> = new Set(['=', ',', '(', '{', 'return']);

/** Leaves the construct in which a syntax error was reported. */
export class SyntaxAbort extends Error {}

export class Cursor {
  readonly tokens: readonly Token[];
  readonly diag: Diagnostics;
  /** Index of the bracket that closes the one at this index; -1 where none does, or where no bracket opens. */
  readonly closers: Int32Array;
  pos = 0;
  /** Index of the `>` that ends the width being read (`bit<n>`) and so is no operator. */
  widthEnd = -1;
  /** Too much is wrong: nothing more is read. */
  stopped = false;
  private depth = 0;
  private readonly scopes: Map<string, 'type' | 'object'>[] = [new Map()];
  private lastError = -1;
  private errors = 0;

  /** `tokens` ends with a token of kind `end`. */
  constructor(tokens: readonly Token[], diag: Diagnostics) {
    this.tokens = tokens;
    this.diag = diag;
    this.closers = matchBrackets(tokens);
  }

  get token(): Token {
    return this.tokens[this.pos]!;
  }

  get previous(): Token {
    return this.tokens[Math.max(0, this.pos - 1)]!;
  }

  peek(distance: number): Token {
    return this.tokens[Math.min(this.pos + distance, this.tokens.length - 1)]!;
  }

  at(kind: TokenKind): boolean {
    return this.token.kind === kind;
  }

  /** Takes the current token, whatever it is; the `end` token stays. */
  advance(): Token {
    const { token } = this;
    if (token.kind !== 'end') this.pos++;
    return token;
  }

  /** Whether a list in braces ends here: at `}`, at the end, or at a word that cannot be part of it. */
  atListEnd(): boolean {
    const { kind, lineStart, text } = this.token;
    return kind === '}' || kind === 'end' || (lineStart && outermostWords.has(text));
  }

  accept(kind: TokenKind): boolean {
    if (!this.at(kind)) return false;
    this.advance();
    return true;
  }

  /** Takes a token of this kind or reports what stands there instead and aborts. */
  expect(kind: TokenKind): Token {
    return this.at(kind) ? this.advance() : this.fail(`'${kind}'`);
  }

  /** Takes `;`. Where it was forgotten at the end of a line, parsing goes on as if it were there. */
  expectSemicolon(): void {
    if (this.accept(';')) return;
    const { token } = this;
    const isForgotten = token.lineStart || token.kind === '}' || token.kind === 'end';
    if (!isForgotten || token.kind === 'openString' || token.kind === 'unknown') this.fail("';'");
    const { span } = this.previous;
    this.report(
      { file: span.file, start: Math.max(span.start, span.end - 1), end: span.end },
      `expected ';' after ${describeToken(this.previous)}`,
    );
  }

  /** Takes the bracket that closes the one at index `open`. */
  expectClosing(kind: ')' | ']' | '}' | '>', open: number): void {
    if (this.accept(kind)) return;
    const opener = this.tokens[open]!;
    const isFar = this.at('end') || this.token.lineStart;
    this.fail(`'${kind}'`, isFar ? [{ message: `to close this '${opener.text}'`, span: opener.span }] : []);
  }

  // ---------------------------------------------------------------- names

  /** Whether the current token can be a name (grammar: `name`). */
  atName(distance = 0): boolean {
    return isNameKind(this.peek(distance).kind);
  }

  expectName(what = 'a name'): Identifier {
    if (!this.atName()) this.fail(what);
    const { text, span } = this.advance();
    return { kind: 'identifier', name: text, span };
  }

  pushScope(): void {
    this.scopes.push(new Map());
  }

  popScope(): void {
    this.scopes.pop();
  }

  declareType(name: Identifier): void {
    this.scopes.at(-1)!.set(name.name, 'type');
  }

  /** Declares what is no type: it hides a type of the same name. */
  declareObject(name: Identifier): void {
    this.scopes.at(-1)!.set(name.name, 'object');
  }

  /** What the name stands for here, as far as the parser knows; `.name` looks in the outermost scope only. */
  lookup(name: string, isGlobal = false): 'type' | 'object' | undefined {
    if (isGlobal) return this.scopes[0]!.get(name);
    for (let i = this.scopes.length - 1; i >= 0; i--) {
      const found = this.scopes[i]!.get(name);
      if (found) return found;
    }
    return undefined;
  }

  // ---------------------------------------------------------------- spans

  /** From the token at index `start` to the last one taken. */
  spanFrom(start: number): Span {
    return coverSpans(this.tokens[start]!.span, this.tokens[Math.max(start, this.pos - 1)]!.span);
  }

  // ---------------------------------------------------------------- limits

  /** Entered once per level of nesting, left with `leave`. Aborts where the program is nested too deep. */
  enter(): void {
    if (++this.depth > maxDepth) {
      this.report(this.token.span, `more than ${maxDepth} levels of nesting`, { code: 'nesting-limit' });
      this.stopped = true;
      throw new SyntaxAbort();
    }
  }

  leave(): void {
    this.depth--;
  }

  checkChain(length: number): void {
    if (length <= maxChain) return;
    this.report(this.token.span, `an expression of more than ${maxChain} operators in a row`, { code: 'nesting-limit' });
    this.stopped = true;
    throw new SyntaxAbort();
  }

  // ---------------------------------------------------------------- errors

  /** Reports that `expected` should stand at the current token, and aborts. */
  fail(expected: string, notes: readonly Note[] = [], help?: string): never {
    const { token } = this;
    if (token.kind === 'openString') {
      this.report(token.span, 'string has no closing quote', { code: 'unterminated-string' });
    } else if (token.kind === 'unknown') {
      this.report(token.span, `unexpected character ${describeCharacter(token.text)}`, { code: 'unexpected-character' });
    } else if (token.kind === 'end') {
      const { span } = this.previous;
      this.report({ file: span.file, start: span.end, end: span.end }, `expected ${expected}, found the end of the file`, {
        notes,
        help,
      });
    } else {
      this.report(token.span, `expected ${expected}, found ${describeToken(token)}`, { notes, help });
    }
    throw new SyntaxAbort();
  }

  /** Reports a syntax error unless one was reported at this token before. */
  report(span: Span, message: string, more: { code?: string; help?: string; notes?: readonly Note[] } = {}): void {
    if (this.lastError === this.pos || this.stopped) return;
    this.lastError = this.pos;
    const { code = 'syntax', ...rest } = more;
    this.diag.error(code, span, message, rest);
    if (++this.errors >= maxErrors) {
      this.diag.error('too-many-errors', span, `more than ${maxErrors} syntax errors, the rest of the file is not read`);
      this.stopped = true;
    }
  }

  /**
   * Runs `parse`; after a syntax error in it, goes on behind the `;` or before the `}` that ends the construct (or before one of the
   * words `starters` at the start of a line) and returns undefined. Always makes progress, except before `}` and the end.
   */
  recovering<T>(parse: () => T, starters: ReadonlySet<string>): T | undefined {
    const { pos: start, depth } = this;
    const scopes = this.scopes.length;
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof SyntaxAbort)) throw error;
      this.depth = depth;
      this.widthEnd = -1;
      this.scopes.length = scopes;
      if (this.stopped) this.pos = this.tokens.length - 1;
      else this.skip(start, starters);
      return undefined;
    }
  }

  private skip(start: number, starters: ReadonlySet<string>): void {
    // An error inside parentheses or inside the braces of a value: go on behind them.
    for (let i = start; i < this.pos; i++) {
      const kind = this.tokens[i]!.kind;
      const isValue = kind === '{' && i > start && bracesOfValueFollow.has(this.tokens[i - 1]!.kind);
      if (kind !== '(' && kind !== '[' && !isValue) continue;
      const closer = this.closers[i]!;
      if (closer >= this.pos) {
        this.pos = closer + 1;
        break;
      }
    }
    for (;;) {
      const { token } = this;
      if (token.kind === 'end' || token.kind === '}') return;
      if (this.pos > start && token.lineStart && (starters.has(token.text) || outermostWords.has(token.text))) return;
      if (token.kind === '{') {
        const closer = this.closers[this.pos]!;
        this.pos = closer >= 0 ? closer + 1 : this.pos + 1;
        if (closer < 0) continue;
        this.accept(';');
        return;
      }
      this.advance();
      if (token.kind === ';') return;
    }
  }
}

/** The smallest span over both; the first alone where they lie in different files. */
export function coverSpans(a: Span, b: Span): Span {
  return a.file === b.file ? { file: a.file, start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) } : a;
}

function matchBrackets(tokens: readonly Token[]): Int32Array {
  const closers = new Int32Array(tokens.length).fill(-1);
  const open: number[] = [];
  const partner: Partial<Record<TokenKind, TokenKind>> = { ')': '(', ']': '[', '}': '{' };
  tokens.forEach(({ kind }, i) => {
    if (kind === '(' || kind === '[' || kind === '{') open.push(i);
    const opener = partner[kind];
    if (!opener) return;
    // A brace closes whatever was left open inside it; a stray `)` or `]` closes nothing.
    while (kind === '}' && open.length > 0 && tokens[open.at(-1)!]!.kind !== opener) open.pop();
    if (open.length > 0 && tokens[open.at(-1)!]!.kind === opener) closers[open.pop()!] = i;
  });
  return closers;
}

function describeCharacter(text: string): string {
  const code = text.codePointAt(0) ?? 0;
  return /^[\p{L}\p{N}\p{P}\p{S}]$/u.test(text) ? `'${text}'` : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
