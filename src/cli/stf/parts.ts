/** The parts that STF statements are made of: names, numbers with wildcards, matches, action calls, conditions, durations. */
import type { Call, Comparison, Condition, Match, Name, Num } from './statements.ts';
import type { Cursor } from './tokens.ts';

/** `ID | ID[INT] | qname.ID | "quoted"`. */
export function parseName(c: Cursor): Name {
  const first = c.token;
  if (first.kind === 'string') return { text: c.take().text, span: first.span };
  if (first.kind !== 'word') return c.fail('a name');
  c.take();
  let text = first.text;
  let end = first.span.end;
  for (;;) {
    if (c.isMark('.') && (c.next.kind === 'word' || c.next.kind === 'number')) {
      c.take();
      const part = c.take();
      text += `.${part.text}`;
      end = part.span.end;
    } else if (c.isMark('[') && c.next.kind === 'number') {
      c.take();
      text += `[${c.take().text}]`;
      end = c.expect(']').span.end;
    } else {
      return { text, span: { ...first.span, end } };
    }
  }
}

/** Decimal, `0x` with `*` nibbles or `0b` with `*` bits; `_` may separate digits. */
export function parseNumber(c: Cursor): Num {
  const { kind, text, span } = c.token;
  if (kind !== 'number' || text.includes('.')) return c.fail('a number');
  c.take();
  const plain = text.replaceAll('_', '');
  const base = plain.slice(0, 2).toLowerCase();
  const isHex = base === '0x' || base === '0b';
  const value = BigInt(plain.replaceAll('*', '0'));
  if (!plain.includes('*')) return { value, isHex, span };
  const one = base === '0x' ? 'f' : '1';
  const mask = BigInt(base + [...plain.slice(2)].map((d) => (d === '*' ? '0' : one)).join(''));
  return { value, mask, isHex, span };
}

/** A number without wildcards that is small enough for a port, an index or an id. */
export function parseInteger(c: Cursor): number {
  const { value, mask, span } = parseNumber(c);
  if (mask !== undefined) return c.failAt(span, 'expected a number without wildcards');
  if (value > 0xffff_ffffn) return c.failAt(span, `number ${value} is too large, expected at most ${0xffff_ffff}`);
  return Number(value);
}

/** Behind the key's name: `: number [/ number | .. number | -> number]`. */
export function parseMatch(c: Cursor, key: Name): Match {
  c.expect(':');
  const value = parseNumber(c);
  if (c.accept('/')) return { key, value, slash: parseNumber(c) };
  if (c.accept('..') || c.accept('->')) return { key, value, high: parseNumber(c) };
  return { key, value };
}

/** `name:number`. */
export function parseNamedNumbers(c: Cursor): { name: Name; value: Num } {
  const name = parseName(c);
  c.expect(':');
  return { name, value: parseNumber(c) };
}

/** `action(name:number, ..)`; `action` when its name has been read already. */
export function parseCall(c: Cursor, action: Name = parseName(c)): Call {
  c.expect('(');
  const args: { name: Name; value: Num }[] = [];
  while (!c.isMark(')')) {
    // p4c's own tests leave commas out.
    if (args.length > 0 && c.token.kind !== 'word') c.expect(',');
    args.push(parseNamedNumbers(c));
  }
  c.expect(')');
  return { action, args };
}

const comparisons: readonly string[] = ['==', '!=', '<', '<=', '>', '>='];

/** `== 3`. */
export function parseCondition(c: Cursor): Condition {
  if (c.token.kind !== 'mark' || !comparisons.includes(c.token.text)) return c.fail('a comparison (== != < <= > >=)');
  const comparison = c.take().text as Comparison;
  return { comparison, value: parseNumber(c) };
}

/** `30s`, `500ms`, `2m`, or plain milliseconds; fractions allowed. */
export function parseDuration(c: Cursor): number {
  if (c.token.kind !== 'number') return c.fail("a duration such as '30s' or '500ms'");
  const number = Number(c.take().text);
  const unit = c.takeWord();
  const factor = { ms: 1, s: 1000, m: 60_000 }[unit?.text ?? 'ms'];
  if (factor === undefined) return c.failAt(unit!.span, `unknown unit '${unit!.text}', expected ms, s or m`);
  return Math.round(number * factor);
}
