/**
 * The value of an `#if` line (C11 §6.10.1): integers of 64 bits, C's operators, words that no macro replaces count as 0 (`true` as 1).
 * `defined` has been replaced by 0 and 1 before.
 */
import type { Diagnostics, Span } from '../../diag/index.ts';
import { describeToken, isWord, type Token } from './tokens.ts';

type Operation = (a: bigint, b: bigint) => bigint;

const truth = (b: boolean): bigint => (b ? 1n : 0n);
const shiftLimit = 64n;

/** Weakest first. Division is checked for zero by the caller. */
const levels: readonly Readonly<Record<string, Operation>>[] = [
  { '||': (a, b) => truth(a !== 0n || b !== 0n) },
  { '&&': (a, b) => truth(a !== 0n && b !== 0n) },
  { '|': (a, b) => a | b },
  { '^': (a, b) => a ^ b },
  { '&': (a, b) => a & b },
  { '==': (a, b) => truth(a === b), '!=': (a, b) => truth(a !== b) },
  { '<': (a, b) => truth(a < b), '>': (a, b) => truth(a > b), '<=': (a, b) => truth(a <= b), '>=': (a, b) => truth(a >= b) },
  { '<<': (a, b) => (b < 0n || b >= shiftLimit ? 0n : a << b), '>>': (a, b) => a >> (b < 0n || b > shiftLimit ? shiftLimit : b) },
  { '+': (a, b) => a + b, '-': (a, b) => a - b },
  { '*': (a, b) => a * b, '/': (a, b) => a / b, '%': (a, b) => a % b },
];
const maxNesting = 200;

/** Evaluates the (expanded) tokens of an `#if` line; reports `preprocessor-expression` and returns false where they make no expression. */
export function evaluateCondition(tokens: readonly Token[], directive: Span, diag: Diagnostics): boolean {
  let at = 0;
  let failed = false;
  let nesting = 0;
  /** Above 0: the operand's value is not needed (`0 && 1/0`), so division by zero is none. */
  let unneeded = 0;

  const fail = (span: Span, message: string): bigint => {
    if (!failed) diag.error('preprocessor-expression', span, message);
    failed = true;
    at = tokens.length;
    return 0n;
  };
  const unexpected = (wanted: string): bigint => {
    const token = tokens[at];
    return token
      ? fail(token.span, `expected ${wanted}, found ${describeToken(token)}`)
      : fail(directive, `expected ${wanted}, found the end of the line`);
  };

  function operatorAt(level: number): { text: string; length: number } | undefined {
    const token = tokens[at];
    const after = tokens[at + 1];
    if (!token) return undefined;
    const shift = token.kind === '>' && after?.kind === '>' && !after.spaceBefore;
    const text = shift ? '>>' : token.text;
    return Object.hasOwn(levels[level]!, text) ? { text, length: shift ? 2 : 1 } : undefined;
  }

  function binary(level: number): bigint {
    if (level === levels.length) return unary();
    let left = binary(level + 1);
    for (let op = operatorAt(level); op; op = operatorAt(level)) {
      const sign = tokens[at]!;
      at += op.length;
      const skip = (op.text === '&&' && left === 0n) || (op.text === '||' && left !== 0n);
      if (skip) unneeded++;
      let right = binary(level + 1);
      if (skip) unneeded--;
      if ((op.text === '/' || op.text === '%') && right === 0n) {
        if (unneeded === 0) return fail(sign.span, 'division by zero');
        right = 1n;
      }
      left = BigInt.asIntN(64, levels[level]![op.text]!(left, right));
    }
    return left;
  }

  function conditional(): bigint {
    if (++nesting > maxNesting) return fail(directive, `expression is nested more than ${maxNesting} levels deep`);
    const condition = binary(0);
    let value = condition;
    if (tokens[at]?.kind === '?') {
      at++;
      if (condition === 0n) unneeded++;
      const whenTrue = conditional();
      if (condition === 0n) unneeded--;
      if (tokens[at]?.kind !== ':') return unexpected("':'");
      at++;
      if (condition !== 0n) unneeded++;
      const whenFalse = conditional();
      if (condition !== 0n) unneeded--;
      value = condition !== 0n ? whenTrue : whenFalse;
    }
    nesting--;
    return value;
  }

  function unary(): bigint {
    const token = tokens[at];
    if (!token) return unexpected('a number');
    if (token.kind === '!' || token.kind === '~' || token.kind === '-' || token.kind === '+') {
      if (++nesting > maxNesting) return fail(directive, `expression is nested more than ${maxNesting} levels deep`);
      at++;
      const value = unary();
      nesting--;
      if (token.kind === '!') return truth(value === 0n);
      return token.kind === '~' ? ~value : token.kind === '-' ? -value : value;
    }
    if (token.kind === '(') {
      at++;
      const value = conditional();
      if (failed) return 0n;
      if (tokens[at]?.kind !== ')') return unexpected("')'");
      at++;
      return value;
    }
    if (token.kind === 'integer') {
      at++;
      const digits = /^(0[xX][0-9a-fA-F]+|0[bB][01]+|[0-9]+)[uUlL]*$/.exec(token.text)?.[1];
      return digits ? BigInt.asIntN(64, BigInt(digits)) : fail(token.span, `'${token.text}' is not an integer`);
    }
    if (isWord(token)) {
      at++;
      return truth(token.text === 'true');
    }
    return unexpected('a number');
  }

  const value = conditional();
  if (!failed && at < tokens.length) unexpected('an operator');
  return !failed && value !== 0n;
}
