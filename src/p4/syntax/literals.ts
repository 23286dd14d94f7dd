/** The values of number and string tokens (P4-16 §6.4.3). */
import type { IntegerLiteral } from './ast.ts';

type Value = Pick<IntegerLiteral, 'value' | 'width' | 'signed' | 'base'>;

const bases: Readonly<Record<string, IntegerLiteral['base']>> = { '0x': 16, '0b': 2, '0o': 8, '0d': 10 };
const digitsOf: Readonly<Record<number, RegExp>> = {
  2: /^[01]+$/,
  8: /^[0-7]+$/,
  10: /^[0-9]+$/,
  16: /^[0-9a-fA-F]+$/,
};
const literalPattern = /^(?:([0-9]+)([wWsS]))?(0[xXbBoOdD])?([0-9a-zA-Z_]*)$/;
/** Larger widths are no use and would only cost memory. */
const maxWidth = 1 << 20;

/** The value of a number as written (`255`, `8w0xFF`, `4s7`, `0b1010_1010`), or what is wrong with it. */
export function integerValue(text: string): Value | { readonly wrong: string } {
  const match = literalPattern.exec(text);
  if (!match) return { wrong: `'${text}' is not a number` };
  const [, widthText, sign, prefix, digits = ''] = match;
  const base = prefix ? bases[prefix.toLowerCase()]! : 10;
  const plain = digits.replaceAll('_', '');
  if (plain === '' || (prefix === undefined && digits.startsWith('_'))) return { wrong: `'${text}' has no digits` };
  if (!digitsOf[base]!.test(plain)) return { wrong: `'${text}' is not a number of base ${base}` };
  const value = BigInt(base === 16 ? `0x${plain}` : base === 8 ? `0o${plain}` : base === 2 ? `0b${plain}` : plain);
  if (widthText === undefined) return { value, signed: false, base };
  const width = Number(widthText);
  if (width > maxWidth) return { wrong: `width ${widthText} is more than ${maxWidth}` };
  return { value, width, signed: sign!.toLowerCase() === 's', base };
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\', '"': '"' };

/** The text of a string token without its quotes, escapes resolved; an unknown escape stays as written. */
export function stringValue(text: string): string {
  return text.slice(1, -1).replace(/\\([\s\S])/g, (whole, c: string) => escapes[c] ?? (c === '\n' ? '' : whole));
}
