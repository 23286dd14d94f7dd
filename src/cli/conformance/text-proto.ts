/**
 * Protobuf's text format, as far as comparing two messages needs it: a message becomes one line of text per content, the same for all ways to write it.
 *
 * Schema-less: a field's values keep their order only where order has a meaning (`orderedFields`); elsewhere they are sorted. A scalar
 * that is 0, false or empty says nothing and is left out, as protobuf does when it prints.
 */

export interface Message {
  /** Field name -> values in the order of the text. */
  readonly fields: ReadonlyMap<string, readonly Value[]>;
}

export type Value = string | Message;

/** Repeated fields whose order is part of their meaning. */
const orderedFields = new Set(['members', 'match_fields', 'params', 'metadata', 'arguments', 'annotations']);

/** Messages that say nothing when they are empty (others choose a case by being there). */
const saysNothing = new Set(['type_info']);

const tokenPattern = /\s+|#[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[{}<>:;,[\]]|[^\s{}<>:;,[\]#"']+/y;

/** Reads one message; throws a SyntaxError that names the offset. */
export function parseTextProto(text: string): Message {
  const tokens: { text: string; at: number }[] = [];
  tokenPattern.lastIndex = 0;
  for (let at = 0; at < text.length; at = tokenPattern.lastIndex) {
    const found = tokenPattern.exec(text)?.[0];
    if (found === undefined) throw new SyntaxError(`unexpected character at offset ${at}`);
    if (!/^[\s#]/.test(found)) tokens.push({ text: found, at });
  }
  let next = 0;
  const peek = (): string | undefined => tokens[next]?.text;
  const fail = (expected: string): never => {
    throw new SyntaxError(`expected ${expected} at offset ${tokens[next]?.at ?? text.length}`);
  };
  const scalar = (): string => {
    const token = tokens[next++]?.text;
    if (token === undefined || /^[{}<>:;,[\]]$/.test(token)) {
      next--;
      return fail('a value');
    }
    if (!/^["']/.test(token)) return normalised(token);
    let all = unquote(token);
    while (/^["']/.test(peek() ?? '')) all += unquote(tokens[next++]!.text);
    return JSON.stringify(all);
  };
  const body = (end: string | undefined): Message => {
    const fields = new Map<string, Value[]>();
    while (peek() !== end) {
      const name = tokens[next++]?.text;
      if (name === undefined || !/^[\w.]+$/.test(name)) return fail('a field name');
      const values = fields.get(name) ?? [];
      fields.set(name, values);
      if (peek() === ':') next++;
      if (peek() === '{' || peek() === '<') {
        const close = tokens[next++]!.text === '{' ? '}' : '>';
        values.push(body(close));
      } else if (peek() === '[') {
        do {
          next++;
          if (peek() !== ']') values.push(scalar());
        } while (peek() === ',');
        if (peek() !== ']') return fail("']'");
        next++;
      } else {
        values.push(scalar());
      }
      if (peek() === ',' || peek() === ';') next++;
    }
    next++;
    return { fields };
  };
  return body(undefined);
}

/** Paths and values that only one of two texts has, at most `limit` of them; empty if they say the same. */
export function differences(expected: string, found: string, limit = 4): string[] {
  const lines = [expected, found].map((text) => canonical(parseTextProto(text)));
  const [a, b] = lines.map(countLines) as [Map<string, number>, Map<string, number>];
  const missing = [...a].filter(([line, n]) => (b.get(line) ?? 0) < n).map(([line]) => `missing ${line}`);
  const extra = [...b].filter(([line, n]) => (a.get(line) ?? 0) < n).map(([line]) => `unexpected ${line}`);
  return [...missing, ...extra].slice(0, limit);
}

/** One line per scalar and per empty message: the path to it, and what it is. Elements of a list are named by what is in them that names them. */
function canonical(message: Message, path = ''): string[] {
  return [...message.fields].flatMap(([name, values]) =>
    values.flatMap((value, i) => {
      if (typeof value === 'string') {
        const at = orderedFields.has(name) ? `${path}${name}[${i}]` : `${path}${name}`;
        return isDefault(value) ? [] : [`${at}: ${value}`];
      }
      const label = orderedFields.has(name) ? String(i) : labelOf(value, values.length > 1);
      const at = label === '' ? `${path}${name}` : `${path}${name}[${label}]`;
      const inside = canonical(value, `${at}.`);
      return inside.length > 0 || saysNothing.has(name) ? inside : [`${at} {}`];
    }),
  );
}

/** What tells an element of a repeated message from its siblings: its name, its key, or its whole content. */
function labelOf(message: Message, isRepeated: boolean): string {
  const preamble = message.fields.get('preamble')?.[0];
  const name = (typeof preamble === 'object' ? preamble : message).fields.get(typeof preamble === 'object' ? 'name' : 'key')?.[0];
  if (typeof name === 'string') return name;
  return isRepeated ? canonical(message).sort().join('; ') : '';
}

function countLines(lines: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}

function isDefault(value: string): boolean {
  return value === '0' || value === 'false' || value === '""';
}

function normalised(token: string): string {
  return /^-?(0x[0-9a-fA-F]+|\d+)$/.test(token) && !token.startsWith('-') ? BigInt(token).toString() : token;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b', f: '\f', v: '\v' };

/** The bytes of a quoted string, one character each. */
function unquote(quoted: string): string {
  const bytes = Buffer.from(quoted.slice(1, -1), 'utf8').toString('latin1');
  return bytes.replace(/\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)/g, (_, code: string) => {
    if (code.startsWith('x') && code.length > 1) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8) & 0xff);
    return escapes[code] ?? code;
  });
}
