/**
 * Macros: their table and their expansion on token level, as the C preprocessor does it (C11 §6.10.3).
 *
 * An expanded token carries the span of the macro's use, so that a caret shows what the user wrote; an argument's tokens keep their own.
 * Recursion stops as in C: a token that came out of macro M is never again expanded as M (`hidden`). A budget bounds the growth that remains.
 */
import type { Diagnostics, SourceFile, Span } from '../../diag/index.ts';
import { Lexer } from './lex.ts';
import { isWord, type Token } from './tokens.ts';

export interface Macro {
  readonly name: string;
  /** Absent for an object-like macro. */
  readonly parameters?: readonly string[];
  /** The last parameter takes the rest of the arguments (`...` or `rest...`). */
  readonly isVariadic: boolean;
  readonly body: readonly Token[];
  readonly span: Span;
}

/** A token on its way through expansion. */
export interface MacroToken extends Token {
  /** Names that are not expanded in this token any more. */
  readonly hidden?: ReadonlySet<string>;
}

const maxExpandedTokens = 250_000;
const maxArgumentDepth = 100;

/** What all expansions of one program share. */
export class MacroState {
  readonly table = new Map<string, Macro>();
  readonly diag: Diagnostics;
  /** Set when expansion ran away: nothing is expanded after that. */
  exhausted = false;
  private expandedTokens = 0;
  /** Hidden names with one more, made once each: `#define A B B` chains ask for the same ones over and over. */
  private readonly wider = new Map<ReadonlySet<string> | undefined, Map<string, ReadonlySet<string>>>();

  constructor(diag: Diagnostics) {
    this.diag = diag;
  }

  /** The names `hidden` and `name`. */
  hide(hidden: ReadonlySet<string> | undefined, name: string): ReadonlySet<string> {
    let byName = this.wider.get(hidden);
    if (!byName) {
      byName = new Map();
      this.wider.set(hidden, byName);
    }
    const wider = byName.get(name) ?? new Set(hidden).add(name);
    byName.set(name, wider);
    return wider;
  }

  /** Counts `count` more tokens; false, with a diagnostic, once the budget is spent. */
  spend(count: number, span: Span): boolean {
    this.expandedTokens += count;
    if (this.expandedTokens > maxExpandedTokens && !this.exhausted) {
      this.exhausted = true;
      this.diag.error('macro-expansion-limit', span, `macros expand to more than ${maxExpandedTokens} tokens`);
    }
    return !this.exhausted;
  }
}

/** Pulls tokens from `source` (which ends with `end`) and hands them on with macros replaced. */
export class Expander {
  private readonly state: MacroState;
  private readonly source: () => MacroToken;
  private readonly depth: number;
  /** Tokens to be read before the source's next one; the next is last. */
  private readonly pending: MacroToken[] = [];

  constructor(state: MacroState, source: () => MacroToken, depth = 0) {
    this.state = state;
    this.source = source;
    this.depth = depth;
  }

  /** The next token after expansion. */
  next(): MacroToken {
    for (;;) {
      const token = this.read();
      if (!isWord(token) || token.hidden?.has(token.text) || this.state.exhausted) return token;
      const builtIn = builtInMacro(token);
      if (builtIn) return builtIn;
      const macro = this.state.table.get(token.text);
      if (!macro || !this.expand(macro, token)) return token;
    }
  }

  private read(): MacroToken {
    return this.pending.pop() ?? this.source();
  }

  /** Replaces the use `token` of `macro` by pushing its expansion; false if this is no use (no parenthesis follows). */
  private expand(macro: Macro, token: MacroToken): boolean {
    const hidden = this.state.hide(token.hidden, macro.name);
    let args: MacroToken[][] = [];
    if (macro.parameters) {
      const open = this.read();
      if (open.kind !== '(') {
        this.pending.push(open);
        return false;
      }
      const read = this.readArguments(macro, token);
      if (!read) return true;
      args = read;
    }
    const replaced = this.substitute(macro, args, token, hidden);
    if (!this.state.spend(replaced.length, token.span)) return true;
    const first = replaced[0];
    if (first) replaced[0] = { ...first, spaceBefore: token.spaceBefore, lineStart: token.lineStart };
    for (let i = replaced.length - 1; i >= 0; i--) this.pending.push(replaced[i]!);
    return true;
  }

  /** Reads the arguments after the opening parenthesis; undefined after a diagnostic. */
  private readArguments(macro: Macro, use: Token): MacroToken[][] | undefined {
    const wanted = macro.parameters!.length;
    const args: MacroToken[][] = [[]];
    let nesting = 0;
    for (;;) {
      const token = this.read();
      if (token.kind === 'end') {
        this.pending.push(token);
        this.state.diag.error('macro-arguments', use.span, `the arguments of macro '${macro.name}' have no closing ')'`);
        return undefined;
      }
      if (token.kind === ')' && nesting === 0) break;
      const restIsOne = macro.isVariadic && args.length === wanted;
      if (token.kind === ',' && nesting === 0 && !restIsOne) {
        args.push([]);
        continue;
      }
      if (token.kind === '(') nesting++;
      if (token.kind === ')') nesting--;
      args[args.length - 1]!.push(token);
    }
    if (wanted === 0 && args.length === 1 && args[0]!.length === 0) return [];
    if (macro.isVariadic && args.length === wanted - 1) args.push([]);
    if (args.length === wanted) return args;
    const message = `macro '${macro.name}' takes ${count(wanted)}, found ${args.length}`;
    const notes = macro.span.file.text === '' ? [] : [{ message: `'${macro.name}' is defined here`, span: macro.span }];
    this.state.diag.error('macro-arguments', use.span, message, { notes });
    return undefined;
  }

  private substitute(macro: Macro, args: MacroToken[][], use: MacroToken, hidden: ReadonlySet<string>): MacroToken[] {
    const out: MacroToken[] = [];
    const expanded = new Map<number, MacroToken[]>();
    const { body } = macro;
    const own = (t: Token): MacroToken => ({ ...t, span: use.span, lineStart: false, hidden });
    const argumentOf = (t: Token | undefined): number => (t && macro.parameters ? macro.parameters.indexOf(t.text) : -1);
    for (let i = 0; i < body.length; i++) {
      const token = body[i]!;
      const next = body[i + 1];
      if (token.kind === '#' && macro.parameters && argumentOf(next) >= 0) {
        out.push({ ...own(token), kind: 'string', text: stringify(args[argumentOf(next)]!) });
        i++;
      } else if (token.kind === '##' && i > 0 && next) {
        const index = argumentOf(next);
        const right = index >= 0 ? args[index]!.map((t) => withHidden(t, hidden)) : [own(next)];
        this.paste(out, right, use);
        i++;
      } else {
        const index = argumentOf(token);
        if (index < 0) {
          out.push(own(token));
          continue;
        }
        let replacement = args[index]!;
        if (next?.kind !== '##') {
          replacement = expanded.get(index) ?? this.expandAlone(replacement, use);
          expanded.set(index, replacement);
        }
        replacement.forEach((t, k) => {
          const spaceBefore = k === 0 ? token.spaceBefore : t.spaceBefore;
          out.push({ ...withHidden(t, hidden), spaceBefore, lineStart: false });
        });
      }
    }
    return out;
  }

  /** Joins the last token of `out` with the first of `right`: `A ## 1` is `A1`. */
  private paste(out: MacroToken[], right: readonly MacroToken[], use: Token): void {
    const left = out.pop();
    const first = right[0];
    if (!left || !first) {
      if (left) out.push(left);
      out.push(...right);
      return;
    }
    const text = left.text + first.text;
    const scanned = scanAlone(text);
    if (!scanned) {
      this.state.diag.error('macro-paste', use.span, `'${left.text}' and '${first.text}' do not join to one word or sign`);
      out.push(left, first);
    } else {
      out.push({ ...left, kind: scanned.kind, text });
    }
    out.push(...right.slice(1));
  }

  private expandAlone(tokens: readonly MacroToken[], use: Token): MacroToken[] {
    if (this.depth >= maxArgumentDepth) {
      this.state.spend(maxExpandedTokens, use.span);
      return [...tokens];
    }
    return expandAll(this.state, tokens, use.span, this.depth + 1);
  }
}

/** Expands a finished list of tokens on its own (arguments, `#if` and `#include` lines). */
export function expandAll(state: MacroState, tokens: readonly MacroToken[], span: Span, depth = 0): MacroToken[] {
  const end: MacroToken = { kind: 'end', text: '', span, spaceBefore: true, lineStart: false };
  let at = 0;
  const expander = new Expander(state, () => tokens[at++] ?? end, depth);
  const out: MacroToken[] = [];
  for (let token = expander.next(); token.kind !== 'end'; token = expander.next()) out.push(token);
  return out;
}

/** The text of tokens with the spaces between them reduced to one. */
export function tokensToText(tokens: readonly Token[]): string {
  return tokens.map((t, i) => (i > 0 && t.spaceBefore ? ' ' : '') + t.text).join('');
}

function stringify(tokens: readonly Token[]): string {
  const parts = tokens.map((t, i) => {
    const text = t.kind === 'string' ? t.text.replace(/[\\"]/g, '\\$&') : t.text;
    return (i > 0 && t.spaceBefore ? ' ' : '') + text;
  });
  return `"${parts.join('')}"`;
}

function withHidden(token: MacroToken, hidden: ReadonlySet<string>): MacroToken {
  return { ...token, hidden: token.hidden ? new Set([...token.hidden, ...hidden]) : hidden };
}

/** The one token that `text` makes, or undefined if it makes several or none. */
function scanAlone(text: string): Token | undefined {
  // A comment sign (`/` ## `/`) makes no token; its diagnostics are of no interest here.
  if (text.startsWith('//') || text.startsWith('/*')) return undefined;
  const file: SourceFile = { path: '', text };
  const ignored = { error() {}, warning() {} } as unknown as Diagnostics;
  const lexer = new Lexer(file, ignored);
  const token = lexer.next();
  return token.kind !== 'unknown' && token.kind !== 'openString' && lexer.next().kind === 'end' ? token : undefined;
}

function builtInMacro(token: MacroToken): MacroToken | undefined {
  if (token.text === '__FILE__') return { ...token, kind: 'string', text: JSON.stringify(token.span.file.path) };
  if (token.text !== '__LINE__') return undefined;
  const line = token.span.file.text.slice(0, token.span.start).split('\n').length;
  return { ...token, kind: 'integer', text: String(line) };
}

function count(n: number): string {
  return n === 0 ? 'no argument' : n === 1 ? '1 argument' : `${n} arguments`;
}
