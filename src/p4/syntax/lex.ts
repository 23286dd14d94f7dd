/**
 * The lexer: source text to tokens, on demand (P4-16 §6.4).
 *
 * It is pulled by the preprocessor, line by line where a directive stands, and knows nothing of macros or grammar. Odd characters and open
 * strings become tokens (`unknown`, `openString`): only when they reach the parser they are a mistake, since text between `#if 0` and
 * `#endif` may hold anything.
 */
import type { Diagnostics, SourceFile } from '../../diag/index.ts';
import { punctuation, type Token, type TokenKind, wordKind } from './tokens.ts';

const wordPattern = /[A-Za-z_][A-Za-z0-9_]*/y;
/** Takes in every letter and digit that follows: `8w255`, `0x1F`, and mistakes such as `12ab`, told by the parser. */
const numberPattern = /[0-9][0-9A-Za-z_]*/y;
const punctuationPattern = new RegExp(punctuation.map((p) => p.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'y');
const continuationPattern = /\\[ \t]*\r?\n/y;

export class Lexer {
  readonly file: SourceFile;
  private readonly diag: Diagnostics;
  private offset = 0;
  private atLineStart = true;

  constructor(file: SourceFile, diag: Diagnostics) {
    this.file = file;
    this.diag = diag;
    if (file.text.charCodeAt(0) === 0xfeff) this.offset = 1;
  }

  /** The next token; `end` for ever after the last. With `stringsInLine` a string does not reach past its line (text that is skipped). */
  next(stringsInLine = false): Token {
    const { spaceBefore } = this.skipSpace(false);
    return this.scan(spaceBefore, stringsInLine);
  }

  /** The next token of the current line, or undefined at its end (which is not consumed). Strings end with the line. */
  nextInLine(): Token | undefined {
    const { spaceBefore, stopped } = this.skipSpace(true);
    return stopped ? undefined : this.scan(spaceBefore, true);
  }

  /** Consumes white space and comments; `stopped`: a line end (if `stopAtLineEnd`) or the end of the text came first. */
  private skipSpace(stopAtLineEnd: boolean): { spaceBefore: boolean; stopped: boolean } {
    const { text } = this.file;
    const begin = this.offset;
    for (;;) {
      const c = text[this.offset];
      if (c === undefined) return { spaceBefore: this.offset > begin, stopped: true };
      if (c === '\n') {
        if (stopAtLineEnd) return { spaceBefore: true, stopped: true };
        this.offset++;
        this.atLineStart = true;
      } else if (c === ' ' || c === '\t' || c === '\r' || c === '\f' || c === '\v') {
        this.offset++;
      } else if (c === '\\' && matchAt(continuationPattern, text, this.offset)) {
        this.offset = continuationPattern.lastIndex;
      } else if (c === '/' && text[this.offset + 1] === '/') {
        this.offset = endOfLine(text, this.offset);
      } else if (c === '/' && text[this.offset + 1] === '*') {
        this.skipBlockComment();
      } else {
        return { spaceBefore: this.offset > begin, stopped: false };
      }
    }
  }

  private skipBlockComment(): void {
    const end = this.file.text.indexOf('*/', this.offset + 2);
    if (end < 0) {
      const span = { file: this.file, start: this.offset, end: this.offset + 2 };
      this.diag.error('unterminated-comment', span, "comment has no closing '*/'");
      this.offset = this.file.text.length;
    } else {
      this.offset = end + 2;
    }
  }

  private scan(spaceBefore: boolean, stringsInLine: boolean): Token {
    const { text } = this.file;
    const start = this.offset;
    const kind = this.scanKind(stringsInLine);
    const token: Token = {
      kind,
      text: text.slice(start, this.offset),
      span: { file: this.file, start, end: this.offset },
      spaceBefore: spaceBefore || this.atLineStart,
      lineStart: this.atLineStart,
    };
    this.atLineStart = false;
    return token;
  }

  private scanKind(stringsInLine: boolean): TokenKind {
    const { text } = this.file;
    const start = this.offset;
    if (start >= text.length) return 'end';
    if (matchAt(wordPattern, text, start)) {
      this.offset = wordPattern.lastIndex;
      return wordKind(text.slice(start, this.offset));
    }
    if (matchAt(numberPattern, text, start)) {
      this.offset = numberPattern.lastIndex;
      return 'integer';
    }
    if (text[start] === '"') return this.scanString(stringsInLine);
    if (matchAt(punctuationPattern, text, start)) {
      this.offset = punctuationPattern.lastIndex;
      return text.slice(start, this.offset) as TokenKind;
    }
    this.offset += (text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1;
    return 'unknown';
  }

  /** A string reaches to the next quote without a backslash before it, over line ends too; without one, to the end of its line. */
  private scanString(inLine: boolean): TokenKind {
    const { text } = this.file;
    const start = this.offset;
    for (let i = start + 1; i < text.length; i++) {
      if (text[i] === '\\') i++;
      else if (text[i] === '"') {
        this.offset = i + 1;
        return 'string';
      } else if (text[i] === '\n' && inLine) break;
    }
    const newline = text.indexOf('\n', start);
    this.offset = newline < 0 ? text.length : newline;
    return 'openString';
  }
}

function matchAt(pattern: RegExp, text: string, offset: number): boolean {
  pattern.lastIndex = offset;
  return pattern.test(text);
}

/** Offset of the line end after `offset`; a backslash before the line end continues the line, as in C. */
function endOfLine(text: string, offset: number): number {
  let from = offset;
  for (;;) {
    const newline = text.indexOf('\n', from);
    if (newline < 0) return text.length;
    if (!/\\\r?$/.test(text.slice(Math.max(offset, newline - 2), newline))) return newline;
    from = newline + 1;
  }
}
