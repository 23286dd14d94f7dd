/**
 * `@entry_restriction` and `@action_restriction` (the language of p4-constraints): what must be true of every entry of a table, and of every call of an action.
 *
 *   constraint := implication (';' implication)* [';']      implication := or ['->' implication]       or := and ('||' and)*
 *   and := not ('&&' not)*      not := '!' not | comparison      comparison := value [('==' | '!=' | '<' | '<=' | '>' | '>=') value]
 *   value := number | ipv4('..') | mac('..') | true | false | key ['::' facet] | '::priority' | '(' constraint ')' | '-' value
 *
 * Facets are value, mask, prefix_length, low, high. A bare key is its value; where the entry matches less than one value, it equals none.
 */
import type { KeyMatch } from '../arena/index.ts';
import { allOnes, fromBytes, numberOf } from './bytes.ts';
import { parseValue } from './values.ts';

/** A number, a truth value, or a key that is not one value. */
type Value = bigint | boolean | undefined;
type Expression = (names: Lookup) => Value;

/** What a name stands for; throws ConstraintError for one that there is not. */
export type Lookup = (name: string, facet: string | undefined) => Value;

export class ConstraintError extends Error {}

export interface Constraint {
  readonly text: string;
  /** Whether it is true. Throws ConstraintError if it speaks of what there is not, or compares what cannot be compared. */
  holds(lookup: Lookup): boolean;
}

/** The texts of an annotation among those of P4Info: `@entry_restriction("...")`, strings one behind the other. */
export function restrictionsOf(annotations: readonly string[], name: string): string[] {
  return annotations.flatMap((annotation) => {
    const body = new RegExp(`^@${name}\\s*\\(([\\s\\S]*)\\)\\s*$`).exec(annotation)?.[1];
    if (body === undefined) return [];
    const strings = [...body.matchAll(/"((?:[^"\\]|\\[\s\S])*)"/g)].map(([, text]) =>
      text!.replace(/\\(["\\])/g, '$1').replace(/\\n/g, '\n'),
    );
    return [strings.join('')];
  });
}

/** Throws ConstraintError with what is wrong and where. */
export function parseConstraint(text: string): Constraint {
  const tokens = tokenize(text);
  let at = 0;
  const peek = (): string => tokens[at] ?? '';
  const accept = (token: string): boolean => {
    if (peek() !== token) return false;
    at++;
    return true;
  };
  const expect = (token: string): void => {
    if (!accept(token)) throw new ConstraintError(`expected '${token}', found '${peek() || 'the end'}'`);
  };
  const truth = (value: Value): boolean => {
    if (typeof value !== 'boolean') throw new ConstraintError('a number stands where true or false is expected');
    return value;
  };

  function sequence(): Expression {
    const parts = [implication()];
    while (accept(';')) if (peek() !== '' && peek() !== ')') parts.push(implication());
    return (names) => parts.every((part) => truth(part(names)));
  }
  function implication(): Expression {
    const left = chain(
      '||',
      () => chain('&&', not, (a, b) => a() && b()),
      (a, b) => a() || b(),
    );
    if (!accept('->')) return left;
    const right = implication();
    return (names) => !truth(left(names)) || truth(right(names));
  }
  function chain(operator: string, part: () => Expression, join: (a: () => boolean, b: () => boolean) => boolean): Expression {
    let left = part();
    while (accept(operator)) {
      const [a, b] = [left, part()];
      left = (names) =>
        join(
          () => truth(a(names)),
          () => truth(b(names)),
        );
    }
    return left;
  }
  function not(): Expression {
    if (!accept('!')) return comparison();
    const inner = not();
    return (names) => !truth(inner(names));
  }
  function comparison(): Expression {
    const left = value();
    const compare = comparisons[peek()];
    if (!compare) return left;
    at++;
    const right = value();
    return (names) => {
      const [a, b] = [left(names), right(names)];
      if (typeof a === 'boolean' || typeof b === 'boolean') {
        if (typeof a !== typeof b) throw new ConstraintError('a truth value is compared with a number');
        return compare(a ? 1n : 0n, b ? 1n : 0n);
      }
      // A key that matches many values equals none of them, and is neither above nor below.
      return a === undefined || b === undefined ? compare === comparisons['!='] : compare(a, b);
    };
  }
  function value(): Expression {
    if (accept('(')) {
      const inner = sequence();
      expect(')');
      return inner;
    }
    if (accept('-')) {
      const inner = value();
      return (names) => -(inner(names) as bigint);
    }
    const token = peek();
    at++;
    if (token === 'true' || token === 'false') return () => token === 'true';
    if (/^\d/.test(token)) return constant(BigInt(token.replace(/^0o/i, '0o')));
    if ((token === 'ipv4' || token === 'mac') && accept('(')) {
      const literal = peek();
      at++;
      expect(')');
      return constant(literalValue(token, literal));
    }
    if (token === '::') {
      const name = peek();
      at++;
      return (names) => names(`::${name}`, undefined);
    }
    if (!/^[A-Za-z_]/.test(token)) throw new ConstraintError(`expected a value, found '${token || 'the end'}'`);
    if (!accept('::')) return (names) => names(token, undefined);
    const facet = peek();
    at++;
    return (names) => names(token, facet);
  }
  const constant =
    (number: bigint): Expression =>
    () =>
      number;

  const expression = sequence();
  if (peek() !== '') throw new ConstraintError(`'${peek()}' is not expected here`);
  return { text: text.trim(), holds: (lookup) => truth(expression(lookup)) };
}

const comparisons: Readonly<Record<string, (a: bigint, b: bigint) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

function tokenize(text: string): string[] {
  const bare = text.replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, ' ');
  const pattern =
    /\s*(0[xX][\da-fA-F]+|0[bB][01]+|0[oO][0-7]+|\d+|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[\d+\])*|'[^']*'|::|->|==|!=|<=|>=|&&|\|\||[<>!;()-])/y;
  const tokens: string[] = [];
  while (pattern.lastIndex < bare.trimEnd().length) {
    const from = pattern.lastIndex;
    const match = pattern.exec(bare);
    if (!match) throw new ConstraintError(`'${bare.slice(from).trim().slice(0, 10)}' is not understood`);
    tokens.push(match[1]!);
  }
  return tokens;
}

function literalValue(kind: 'ipv4' | 'mac', literal: string): bigint {
  const text = /^'(.*)'$/.exec(literal)?.[1] ?? '';
  const isRight = kind === 'ipv4' ? /^(\d{1,3}\.){3}\d{1,3}$/ : /^([\da-f]{2}:){5}[\da-f]{2}$/i;
  if (!isRight.test(text)) throw new ConstraintError(`${literal} is no ${kind} address`);
  return fromBytes(parseValue(text, kind === 'ipv4' ? 32 : 48, () => kind));
}

/** A facet of a key as an entry matches it. Throws ConstraintError for a facet that this kind of match has not. */
export function facetOf(match: KeyMatch, width: number, facet: string | undefined, name: string): bigint | undefined {
  const all = allOnes(width);
  const facets = ((): Record<string, bigint | undefined> => {
    switch (match.kind) {
      case 'exact':
        return { value: numberOf(match.value), mask: all, '': numberOf(match.value) };
      case 'optional': {
        const value = match.value === undefined ? undefined : numberOf(match.value);
        return { value: value ?? 0n, mask: value === undefined ? 0n : all, '': value };
      }
      case 'ternary': {
        const [value, mask] = [numberOf(match.value), numberOf(match.mask)];
        return { value, mask, '': mask === all ? value : undefined };
      }
      case 'lpm': {
        const value = numberOf(match.value);
        return { value, prefix_length: BigInt(match.prefixLength), '': match.prefixLength === width ? value : undefined };
      }
      default: {
        const [low, high] = [numberOf(match.low), numberOf(match.high)];
        return { low, high, '': low === high ? low : undefined };
      }
    }
  })();
  if (!Object.hasOwn(facets, facet ?? '')) throw new ConstraintError(`'${name}' is matched ${match.kind}: it has no ${facet}`);
  return facets[facet ?? ''];
}
