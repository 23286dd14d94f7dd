/**
 * The preprocessor: source files to one sequence of tokens (P4-16 §6.1: #include, #define, #undef, #if …, as in C, with arguments too).
 *
 * It works on tokens, not on text: each token keeps its span in the file that it was written in, so that no `#line` bookkeeping exists and
 * every caret points at what the user wrote. Files come through `readFile`, so the compiler runs where there is no file system.
 */
import { type Diagnostics, lineAndColumn, makeSource, type SourceFile, type Span } from '../../diag/index.ts';
import { evaluateCondition } from './condition.ts';
import { Lexer } from './lex.ts';
import { Expander, expandAll, type Macro, MacroState, type MacroToken, tokensToText } from './macros.ts';
import { describeToken, isWord, type Token } from './tokens.ts';

export interface PreprocessOptions {
  /** Text of a file, or undefined if there is none. Without it every `#include` fails. */
  readonly readFile?: (path: string) => string | undefined;
  /** Folders searched for includes, in order; `#include "x"` looks first in the folder of the including file. */
  readonly includeDirs?: readonly string[];
  /** Macros defined from outside: `{ LIMIT: '5' }` is `-D LIMIT=5`. */
  readonly defines?: Readonly<Record<string, string>>;
}

interface Conditional {
  /** The `#if` that opened it. */
  readonly span: Span;
  /** Text is taken from the current branch. */
  active: boolean;
  /** Some branch has been taken, or the whole stands in skipped text. */
  taken: boolean;
  hasElse: boolean;
}

interface OpenFile {
  readonly lexer: Lexer;
  readonly conditionals: Conditional[];
}

const maxIncludeDepth = 100;
const maxIncludes = 2000;

/** The program's tokens with includes and macros resolved; the last is `end`. Reports to `diag`, never throws. */
export function preprocessTokens(source: SourceFile, options: PreprocessOptions, diag: Diagnostics): Token[] {
  const preprocessor = new Preprocessor(source, options, diag);
  const tokens: Token[] = [];
  for (;;) {
    const token = preprocessor.next();
    tokens.push(token);
    if (token.kind === 'end') return tokens;
  }
}

/** The program's text after preprocessing (`-E`), with `#line` marks where lines were left out or the file changes. */
export function preprocess(source: SourceFile, options: PreprocessOptions, diag: Diagnostics): string {
  let out = '';
  let file = source;
  let line = 1;
  for (const token of preprocessTokens(source, options, diag)) {
    if (token.kind === 'end') break;
    if (token.lineStart && out !== '') {
      out += '\n';
      line++;
    }
    if (token.lineStart || out === '') {
      const wanted = lineAndColumn(token.span.file, token.span.start).line;
      if (token.span.file === file && wanted >= line && wanted - line < 8) {
        out += '\n'.repeat(wanted - line);
      } else {
        out += `#line ${wanted} ${JSON.stringify(token.span.file.path)}\n`;
      }
      file = token.span.file;
      line = wanted;
      out += ' '.repeat(lineAndColumn(file, token.span.start).column - 1);
    } else if (token.spaceBefore) {
      out += ' ';
    }
    out += token.text;
    line += token.text.split('\n').length - 1;
  }
  return out === '' ? '' : `${out}\n`;
}

class Preprocessor {
  private readonly options: PreprocessOptions;
  private readonly diag: Diagnostics;
  private readonly macros: MacroState;
  private readonly expander: Expander;
  /** The file being read is the last. */
  private readonly files: OpenFile[] = [];
  private readonly sources = new Map<string, SourceFile>();
  private readonly root: SourceFile;
  private includes = 0;
  /** Set after a mistake that makes going on pointless: only `end` follows. */
  private stopped = false;

  constructor(source: SourceFile, options: PreprocessOptions, diag: Diagnostics) {
    this.root = source;
    this.options = options;
    this.diag = diag;
    this.macros = new MacroState(diag);
    this.expander = new Expander(this.macros, () => this.nextSourceToken());
    for (const [name, value] of Object.entries(options.defines ?? {})) {
      this.defineFrom(new Lexer(makeSource('<command line>', `${name} ${value}`), diag));
    }
    this.open(source);
  }

  next(): Token {
    return this.expander.next();
  }

  private open(source: SourceFile): void {
    this.files.push({ lexer: new Lexer(source, this.diag), conditionals: [] });
  }

  /** The next token of the source files before macro expansion; directives are carried out on the way. */
  private nextSourceToken(): MacroToken {
    for (;;) {
      const current = this.files.at(-1);
      if (!current || this.stopped || this.macros.exhausted) return endToken(this.root);
      const skipping = isSkipping(current);
      const token = current.lexer.next(skipping);
      if (token.kind === 'end') {
        for (const open of current.conditionals) this.diag.error('unterminated-if', open.span, "'#if' has no matching '#endif'");
        this.files.pop();
      } else if (token.kind === '#' && token.lineStart) {
        this.directive(current, token);
      } else if (!skipping) {
        return token;
      }
    }
  }

  private directive(current: OpenFile, hash: Token): void {
    const { lexer } = current;
    const word = lexer.nextInLine();
    if (!word) return;
    const span = { file: hash.span.file, start: hash.span.start, end: word.span.end };
    const skipping = isSkipping(current);
    switch (word.text) {
      case 'if':
      case 'ifdef':
      case 'ifndef': {
        const active = !skipping && this.test(word.text, lexer, span);
        current.conditionals.push({ span, active, taken: active || skipping, hasElse: false });
        break;
      }
      case 'elif':
      case 'else':
        this.otherBranch(current, word, span);
        break;
      case 'endif':
        if (!current.conditionals.pop()) this.diag.error('unmatched-endif', span, "'#endif' has no matching '#if'");
        break;
      default:
        if (!skipping) this.activeDirective(lexer, word, span);
    }
    while (lexer.nextInLine());
  }

  private otherBranch(current: OpenFile, word: Token, span: Span): void {
    const open = current.conditionals.at(-1);
    if (!open) {
      this.diag.error('unmatched-else', span, `'#${word.text}' has no matching '#if'`);
      return;
    }
    if (open.hasElse) {
      const notes = [{ message: "the '#if' is here", span: open.span }];
      this.diag.error('unmatched-else', span, `'#${word.text}' after '#else'`, { notes });
      open.active = false;
      return;
    }
    open.active = !open.taken && (word.text === 'else' || this.test('if', current.lexer, span));
    open.taken ||= open.active;
    open.hasElse = word.text === 'else';
  }

  private activeDirective(lexer: Lexer, word: Token, span: Span): void {
    switch (word.text) {
      case 'include':
        this.include(lexer, span);
        break;
      case 'define':
        this.defineFrom(lexer, span);
        break;
      case 'undef': {
        const name = this.macroName(lexer, span);
        if (name) this.macros.table.delete(name.text);
        break;
      }
      case 'error':
      case 'warning': {
        const rest = restOfLine(lexer);
        const message = rest.length > 0 ? sourceText(rest) : `'#${word.text}'`;
        const code = word.text === 'error' ? 'error-directive' : 'warning-directive';
        this.diag[word.text](code, span, message);
        break;
      }
      case 'line':
      case 'pragma':
        break;
      default:
        // `# 12 "file.p4"` is what a C preprocessor leaves behind.
        if (word.kind !== 'integer') {
          this.diag.error('unknown-directive', span, `unknown preprocessor directive '#${word.text}'`);
        }
    }
  }

  /** The condition of `#if`, `#ifdef`, `#ifndef`. */
  private test(directive: string, lexer: Lexer, span: Span): boolean {
    if (directive !== 'if') {
      const name = this.macroName(lexer, span);
      return name !== undefined && this.macros.table.has(name.text) === (directive === 'ifdef');
    }
    const tokens = restOfLine(lexer);
    const resolved: MacroToken[] = [];
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i]!;
      if (token.text !== 'defined') {
        resolved.push(token);
        continue;
      }
      const hasParenthesis = tokens[i + 1]?.kind === '(';
      const name = tokens[i + (hasParenthesis ? 2 : 1)];
      if (!name || !isWord(name) || (hasParenthesis && tokens[i + 3]?.kind !== ')')) {
        this.diag.error('preprocessor-expression', token.span, "expected a macro name after 'defined'");
        return false;
      }
      resolved.push({ ...token, kind: 'integer', text: this.macros.table.has(name.text) ? '1' : '0' });
      i += hasParenthesis ? 3 : 1;
    }
    return evaluateCondition(expandAll(this.macros, resolved, span), span, this.diag);
  }

  private macroName(lexer: Lexer, directive: Span): Token | undefined {
    const token = lexer.nextInLine();
    if (token && isWord(token) && token.text !== 'defined') return token;
    const found = token ? describeToken(token) : 'the end of the line';
    this.diag.error('macro-name', token?.span ?? directive, `expected a macro name, found ${found}`);
    return undefined;
  }

  private defineFrom(lexer: Lexer, directive?: Span): void {
    const name = this.macroName(lexer, directive ?? { file: lexer.file, start: 0, end: 1 });
    if (!name) return;
    let first = lexer.nextInLine();
    let parameters: readonly string[] | undefined;
    let isVariadic = false;
    if (first?.kind === '(' && !first.spaceBefore) {
      const read = this.macroParameters(lexer, name);
      if (!read) return;
      ({ parameters, isVariadic } = read);
      first = lexer.nextInLine();
    }
    const body = first ? [first, ...restOfLine(lexer)] : [];
    const last = body.at(-1);
    if (body[0]?.kind === '##' || last?.kind === '##') {
      this.diag.error('macro-paste', (last?.kind === '##' ? last : body[0]!).span, "'##' stands between two words or signs");
      return;
    }
    const macro: Macro = { name: name.text, parameters, isVariadic, body, span: name.span };
    const before = this.macros.table.get(name.text);
    if (before && !sameMacro(before, macro)) {
      const notes = before.span.file.text === '' ? [] : [{ message: 'the earlier definition is here', span: before.span }];
      this.diag.warning('macro-redefined', name.span, `macro '${name.text}' is defined again, differently`, { notes });
    }
    this.macros.table.set(name.text, macro);
  }

  private macroParameters(lexer: Lexer, name: Token): { parameters: string[]; isVariadic: boolean } | undefined {
    const parameters: string[] = [];
    for (;;) {
      const token = lexer.nextInLine();
      if (token?.kind === ')' && parameters.length === 0) return { parameters, isVariadic: false };
      let isVariadic = token?.kind === '...';
      if (token && isVariadic) parameters.push('__VA_ARGS__');
      else if (token && isWord(token)) parameters.push(token.text);
      else return this.badParameters(token, name, 'a parameter name');
      let after = lexer.nextInLine();
      if (after?.kind === '...' && !isVariadic) {
        isVariadic = true;
        after = lexer.nextInLine();
      }
      if (after?.kind === ')') return { parameters, isVariadic };
      if (after?.kind !== ',' || isVariadic) return this.badParameters(after, name, isVariadic ? "')'" : "',' or ')'");
    }
  }

  private badParameters(found: Token | undefined, name: Token, wanted: string): undefined {
    const what = found ? describeToken(found) : 'the end of the line';
    this.diag.error('macro-parameters', found?.span ?? name.span, `expected ${wanted} of macro '${name.text}', found ${what}`);
    return undefined;
  }

  private include(lexer: Lexer, span: Span): void {
    const tokens = restOfLine(lexer);
    const name = headerName(tokens) ?? headerName(expandAll(this.macros, tokens, span));
    if (!name) {
      this.diag.error('include-syntax', span, "expected '#include \"file\"' or '#include <file>'");
      return;
    }
    const at = tokens.length > 0 ? cover(tokens) : span;
    if (this.files.length >= maxIncludeDepth || ++this.includes > maxIncludes) {
      const message =
        this.files.length >= maxIncludeDepth
          ? `files include each other more than ${maxIncludeDepth} levels deep`
          : `more than ${maxIncludes} files are included`;
      this.diag.error('include-depth', at, message, { help: "guard the file with '#ifndef' … '#endif'" });
      this.stopped = true;
      return;
    }
    const found = this.findInclude(name, lexer.file);
    if (found) this.open(found);
    else this.reportMissing(name, at, lexer.file);
  }

  private includeFolders(name: HeaderName, from: SourceFile): string[] {
    if (name.path.startsWith('/')) return [''];
    const folder = from.path.slice(0, from.path.lastIndexOf('/') + 1);
    return [...(name.isQuoted ? [folder] : []), ...(this.options.includeDirs ?? [])];
  }

  private findInclude(name: HeaderName, from: SourceFile): SourceFile | undefined {
    for (const folder of this.includeFolders(name, from)) {
      const path = joinPath(folder, name.path);
      const known = this.sources.get(path);
      if (known) return known;
      const text = this.options.readFile?.(path);
      if (text !== undefined) {
        const source = makeSource(path, text);
        this.sources.set(path, source);
        return source;
      }
    }
    return undefined;
  }

  private reportMissing(name: HeaderName, span: Span, from: SourceFile): void {
    const folders = this.includeFolders(name, from).map((f) => `'${f === '' ? '.' : f}'`);
    const message = folders.length > 0 ? `searched in ${folders.join(', ')}` : 'no include folders are given';
    this.diag.error('include-not-found', span, `cannot find the file '${name.path}'`, { notes: [{ message }] });
  }
}

interface HeaderName {
  readonly path: string;
  readonly isQuoted: boolean;
}

/** `"path"` or `<path>`; the latter is taken from the source text, where it is no sequence of tokens. */
function headerName(tokens: readonly Token[]): HeaderName | undefined {
  const first = tokens[0];
  const last = tokens.at(-1);
  if (!first || !last) return undefined;
  if (first.kind === 'string' && tokens.length === 1 && first.text.length > 2)
    return { path: first.text.slice(1, -1), isQuoted: true };
  if (first.kind !== '<' || last.kind !== '>' || tokens.length < 3) return undefined;
  const isAsWritten = first.span.file === last.span.file && first.span.end < last.span.start;
  const path = isAsWritten ? first.span.file.text.slice(first.span.end, last.span.start) : tokensToText(tokens.slice(1, -1));
  return { path: path.trim(), isQuoted: false };
}

function isSkipping(file: OpenFile): boolean {
  const innermost = file.conditionals.at(-1);
  return innermost !== undefined && !innermost.active;
}

function restOfLine(lexer: Lexer): Token[] {
  const tokens: Token[] = [];
  for (let token = lexer.nextInLine(); token && token.kind !== 'end'; token = lexer.nextInLine()) tokens.push(token);
  return tokens;
}

function cover(tokens: readonly Token[]): Span {
  const first = tokens[0]!.span;
  return { file: first.file, start: first.start, end: tokens.at(-1)!.span.end };
}

/** What the user wrote from the first to the last token. */
function sourceText(tokens: readonly Token[]): string {
  const { file, start, end } = cover(tokens);
  const text = file.text.slice(start, end);
  return tokens.length === 1 && tokens[0]!.kind === 'string' ? text.slice(1, -1) : text;
}

function sameMacro(a: Macro, b: Macro): boolean {
  return a.parameters?.join() === b.parameters?.join() && tokensToText(a.body) === tokensToText(b.body);
}

function joinPath(folder: string, path: string): string {
  return folder === '' || folder.endsWith('/') ? folder + path : `${folder}/${path}`;
}

function endToken(file: SourceFile): MacroToken {
  const at = file.text.length;
  return { kind: 'end', text: '', span: { file, start: at, end: at }, spaceBefore: true, lineStart: true };
}
