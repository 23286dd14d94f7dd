/**
 * Looking ahead without building: where would a type end that began here? Decides between the readings of P4's ambiguous beginnings
 * (declaration or statement, generic call or comparison, cast or parentheses).
 */
import type { Cursor } from './cursor.ts';
import { isNameKind } from './tokens.ts';

const maxDepth = 100;

/** Index behind the type that begins at index `at`, or -1 if none does. */
export function skipType(p: Cursor, at: number, depth = 0): number {
  const kind = p.tokens[at]?.kind;
  if (kind === undefined || depth > maxDepth) return -1;
  let end = -1;
  if (kind === 'bool' || kind === 'error' || kind === 'match_kind' || kind === 'string' || kind === 'void') {
    end = at + 1;
  } else if (kind === 'bit' || kind === 'int' || kind === 'varbit') {
    end = skipWidth(p, at + 1);
  } else if (kind === 'tuple' || (kind === 'list' && p.tokens[at + 1]?.kind === '<')) {
    end = skipTypeArguments(p, at + 1, depth);
  } else {
    const name = kind === '.' ? at + 1 : at;
    if (!isNameKind(p.tokens[name]?.kind ?? 'end')) return -1;
    end = p.tokens[name + 1]?.kind === '<' ? skipTypeArguments(p, name + 1, depth) : name + 1;
  }
  while (end > 0 && p.tokens[end]?.kind === '[' && p.closers[end]! > end + 1) end = p.closers[end]! + 1;
  return end;
}

/** Index behind `< types >` that begins at index `at`, or -1. */
export function skipTypeArguments(p: Cursor, at: number, depth = 0): number {
  if (p.tokens[at]?.kind !== '<') return -1;
  let next = at + 1;
  if (p.tokens[next]?.kind === '>') return next + 1;
  for (;;) {
    next = p.tokens[next]?.kind === '_' ? next + 1 : skipType(p, next, depth + 1);
    if (next < 0) return -1;
    if (p.tokens[next]?.kind === '>') return next + 1;
    if (p.tokens[next]?.kind !== ',') return -1;
    next++;
  }
}

/** Behind an optional `<width>`. */
function skipWidth(p: Cursor, at: number): number {
  return p.tokens[at]?.kind === '<' ? findWidthEnd(p, at) + 1 || -1 : at;
}

/** Index of the `>` that closes the width's `<` at index `at`, or -1: the first outside of brackets (`bit<(a > b ? 1 : 2)>` needs them). */
export function findWidthEnd(p: Cursor, at: number): number {
  for (let i = at + 1; i < p.tokens.length; i++) {
    const kind = p.tokens[i]!.kind;
    if (kind === '>') return i > at + 1 ? i : -1;
    if (kind === '(' || kind === '[') i = p.closers[i]!;
    if (i < 0 || kind === ';' || kind === '{' || kind === '}' || kind === '=') return -1;
  }
  return -1;
}

/** Whether the type at index `at` cannot be an expression: it begins with a keyword, a known type or an unknown name. */
export function isLikelyType(p: Cursor, at: number): boolean {
  const token = p.tokens[at]!;
  if (token.kind === '.') return p.lookup(p.tokens[at + 1]?.text ?? '', true) !== 'object';
  return !isNameKind(token.kind) || p.lookup(token.text) !== 'object';
}
