/**
 * Parses STF, p4c's packet test format (grammar and our additions: docs/stf.md).
 *
 * Lines are independent: each is one statement, and a line that is wrong is reported and skipped, so that one run shows every mistake.
 * Keywords are words only at the start of a line, in any case. `#` starts a comment.
 */
import type { Diagnostics, SourceFile, Span } from '../../diag/index.ts';
import {
  parseCall,
  parseCondition,
  parseDuration,
  parseInteger,
  parseMatch,
  parseName,
  parseNamedNumbers,
  parseNumber,
} from './parts.ts';
import type { EntryResult, ExpectedData, Match, Name, Num, Rate, Statement, WeightedMember } from './statements.ts';
import { Cursor, LineError, lexLine } from './tokens.ts';

/** Everything but the span, distributed over the union. */
type Body = Statement extends infer S ? (S extends Statement ? Omit<S, 'span'> : never) : never;

/** The statements of a file in order; mistakes go to `diagnostics`. */
export function parseStf(file: SourceFile, diagnostics: Diagnostics): Statement[] {
  const statements: Statement[] = [];
  let start = 0;
  while (start < file.text.length) {
    const newline = file.text.indexOf('\n', start);
    const lineEnd = newline < 0 ? file.text.length : newline;
    try {
      const statement = parseLine(file, start, endOfContent(file.text, start, lineEnd), diagnostics);
      if (statement !== undefined) statements.push(statement);
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
    }
    start = lineEnd + 1;
  }
  return statements;
}

/** End of the line without comment and trailing white space. `#` inside quotes is text. */
function endOfContent(text: string, start: number, end: number): number {
  let isQuoted = false;
  for (let i = start; i < end; i++) {
    if (text[i] === '"') isQuoted = !isQuoted;
    if (text[i] === '#' && !isQuoted) end = i;
  }
  while (end > start && /\s/.test(text[end - 1]!)) end--;
  return end;
}

function parseLine(file: SourceFile, start: number, end: number, diagnostics: Diagnostics): Statement | undefined {
  while (start < end && /\s/.test(file.text[start]!)) start++;
  if (start === end) return undefined;
  const span = { file, start, end };
  const isData = /^(packet|expect)\s/i.test(file.text.slice(start, end));
  if (isData) return { ...parseData(span, diagnostics), span };
  const cursor = new Cursor(lexLine(file, start, end, diagnostics), diagnostics);
  const keyword = cursor.take();
  const parse = statementParsers[keyword.text.toLowerCase()];
  if (keyword.kind !== 'word' || parse === undefined) {
    return cursor.failAt(keyword.span, `unknown statement '${keyword.text}'`);
  }
  const body = parse(cursor);
  if (!cursor.isAtEnd) cursor.fail('the end of the line');
  return { ...body, span };
}

const statementParsers: Readonly<Record<string, (c: Cursor) => Body>> = {
  add: parseAdd,
  setdefault: (c) => ({ kind: 'setDefault', table: parseName(c), call: parseCall(c) }),
  remove: parseRemove,
  no_packet: () => ({ kind: 'noPacket' }),
  wait: () => ({ kind: 'wait' }),
  packet: (c) => c.fail('a port and the data in hex'),
  expect: (c) => c.fail('a port'),
  check_counter: parseCheckCounter,
  mirroring_add: (c) => ({ kind: 'mirrorAdd', session: parseInteger(c), port: parseInteger(c) }),
  mirroring_add_mc: (c) => ({ kind: 'mirrorAddGroup', session: parseInteger(c), group: parseInteger(c) }),
  mirroring_delete: (c) => ({ kind: 'mirrorDelete', session: parseInteger(c) }),
  mirroring_get: (c) => ({ kind: 'mirrorGet', session: parseInteger(c) }),
  mc_mgrp_create: (c) => ({ kind: 'groupCreate', group: parseInteger(c) }),
  mc_node_create: (c) => ({ kind: 'nodeCreate', instance: parseInteger(c), ports: parsePorts(c) }),
  mc_node_update: (c) => ({ kind: 'nodeUpdate', node: parseInteger(c), ports: parsePorts(c) }),
  mc_node_associate: (c) => ({ kind: 'nodeAssociate', group: parseInteger(c), node: parseInteger(c) }),
  counter_read: (c) => ({ kind: 'counterRead', name: parseName(c), index: parseInteger(c) }),
  counter_write: (c) => ({
    kind: 'counterWrite',
    name: parseName(c),
    index: parseInteger(c),
    packets: parseNumber(c).value,
    bytes: parseNumber(c).value,
  }),
  register_read: (c) => ({ kind: 'registerRead', name: parseName(c), index: parseInteger(c) }),
  register_write: (c) => ({ kind: 'registerWrite', name: parseName(c), index: parseInteger(c), value: parseNumber(c).value }),
  register_reset: (c) => ({ kind: 'registerReset', name: parseName(c) }),
  meter_get_rates: (c) => ({ kind: 'meterGetRates', name: parseName(c), index: parseInteger(c) }),
  meter_set_rates: (c) => ({ kind: 'meterSetRates', name: parseName(c), index: parseInteger(c), rates: parseRates(c) }),
  meter_array_set_rates: (c) => ({ kind: 'meterSetRates', name: parseName(c), rates: parseRates(c) }),
  // softipu's own
  time: (c) => {
    c.expect('+');
    return { kind: 'time', advanceMs: parseDuration(c) };
  },
  profile: (c) => ({ kind: 'profile', id: parseInteger(c), timeoutMs: parseDuration(c) }),
  port: (c) => ({ kind: 'portSide', port: parseInteger(c), side: parseSide(c) }),
  add_member: (c) => ({ kind: 'addMember', profile: parseName(c), id: parseInteger(c), call: parseCall(c) }),
  set_member: (c) => ({ kind: 'setMember', profile: parseName(c), id: parseInteger(c), call: parseCall(c) }),
  remove_member: (c) => ({ kind: 'removeMember', profile: parseName(c), id: parseInteger(c) }),
  add_group: (c) => ({ kind: 'addGroup', profile: parseName(c), id: parseInteger(c), members: parseMembers(c) }),
  set_group: (c) => ({ kind: 'setGroup', profile: parseName(c), id: parseInteger(c), members: parseMembers(c) }),
  remove_group: (c) => ({ kind: 'removeGroup', profile: parseName(c), id: parseInteger(c) }),
  add_value: (c) => ({ kind: 'addValue', set: parseName(c), matches: parseMatches(c) }),
  expect_drop: (c) => ({ kind: 'expectDrop', reason: parseName(c) }),
  expect_notification: (c) => ({ kind: 'expectNotification', table: parseName(c), matches: parseMatches(c) }),
  no_notification: () => ({ kind: 'noNotification' }),
  expect_digest: (c) => {
    const digest = parseName(c);
    const fields = [];
    while (!c.isAtEnd) fields.push(parseNamedNumbers(c));
    return { kind: 'expectDigest', digest, fields };
  },
  check_entries: (c) => ({ kind: 'checkEntries', table: parseName(c), condition: parseCondition(c) }),
  check_register: (c) => {
    const name = parseName(c);
    c.expect('(');
    const index = parseInteger(c);
    c.expect(')');
    return { kind: 'checkRegister', name, index, condition: parseCondition(c) };
  },
};

// ---------------------------------------------------------------- entries

function parseAdd(c: Cursor): Body {
  const { table, priority, matches } = parseEntryKey(c);
  const result = parseResult(c);
  let timeoutMs: number | undefined;
  if (c.token.kind === 'word' && c.token.text.toLowerCase() === 'timeout') {
    c.take();
    timeoutMs = parseDuration(c);
  }
  const label = c.accept('=') ? parseName(c).text.replace(/^\$/, '') : undefined;
  return { kind: 'add', table, priority, matches, result, label, timeoutMs };
}

function parseRemove(c: Cursor): Body {
  if (c.token.kind === 'word' && c.token.text.toLowerCase() === 'all' && c.next.kind === 'end') {
    c.take();
    return { kind: 'removeAll' };
  }
  return { kind: 'remove', ...parseEntryKey(c) };
}

function parseEntryKey(c: Cursor): { table: Name; priority?: number; matches: Match[] } {
  const table = parseName(c);
  const priority = c.token.kind === 'number' ? parseInteger(c) : undefined;
  return { table, priority, matches: parseMatches(c) };
}

/** Matches up to the first name that no colon follows: that one is the action's. */
function parseMatches(c: Cursor): Match[] {
  const matches: Match[] = [];
  while (!c.isAtEnd) {
    const start = c.position;
    const key = parseName(c);
    if (!c.isMark(':')) {
      c.rewind(start);
      break;
    }
    matches.push(parseMatch(c, key));
  }
  return matches;
}

function parseResult(c: Cursor): EntryResult {
  if (c.isAtEnd) return c.fail('an action');
  const name = parseName(c);
  const lower = name.text.toLowerCase();
  if ((lower === 'member' || lower === 'group') && c.isMark('(') && c.next.kind === 'number') {
    c.expect('(');
    const id = parseNumber(c);
    c.expect(')');
    return { kind: lower, id };
  }
  return { kind: 'action', call: parseCall(c, name) };
}

function parseMembers(c: Cursor): WeightedMember[] {
  const members: WeightedMember[] = [];
  while (!c.isAtEnd) {
    const id = parseNumber(c);
    members.push({ id, weight: c.accept('*') ? parseInteger(c) : 1 });
  }
  return members;
}

// ---------------------------------------------------------------- the rest

function parseCheckCounter(c: Cursor): Body {
  const name = parseName(c);
  c.expect('(');
  const index: Num | { label: string } =
    c.token.kind === 'number' ? parseNumber(c) : { label: parseName(c).text.replace(/^\$/, '') };
  c.expect(')');
  if (c.isAtEnd) return { kind: 'checkCounter', name, index };
  const word = c.takeWord();
  const unit = word?.text.toLowerCase();
  if (word !== undefined && unit !== 'bytes' && unit !== 'packets') {
    return c.failAt(word.span, `expected 'bytes' or 'packets', found '${word.text}'`);
  }
  return { kind: 'checkCounter', name, index, unit: unit as 'bytes' | 'packets' | undefined, condition: parseCondition(c) };
}

function parsePorts(c: Cursor): number[] {
  const ports: number[] = [];
  while (!c.isAtEnd) ports.push(parseInteger(c));
  return ports;
}

function parseRates(c: Cursor): Rate[] {
  const rates: Rate[] = [];
  do {
    if (c.token.kind !== 'number') return c.fail("a rate as 'units-per-microsecond:burst'");
    const perMicrosecond = Number(c.take().text);
    c.expect(':');
    rates.push({ perMicrosecond, burst: parseNumber(c).value });
  } while (!c.isAtEnd);
  return rates;
}

function parseSide(c: Cursor): 'net' | 'host' {
  const side = c.token.text.toLowerCase();
  if (side !== 'net' && side !== 'host') return c.fail("'net' or 'host'");
  c.take();
  return side;
}

/** `packet PORT hex..` and `expect PORT [hex, * and $]`: the data is not made of tokens. */
function parseData(span: Span, diagnostics: Diagnostics): Body {
  const fail = (at: number, length: number, message: string): never => {
    diagnostics.error('stf-syntax', { file: span.file, start: at, end: at + length }, message);
    throw new LineError();
  };
  const text = span.file.text.slice(span.start, span.end);
  const [, keyword, gap, port, rest] = /^(\w+)(\s+)(\S+)(.*)$/s.exec(text)!;
  const portAt = span.start + keyword!.length + gap!.length;
  if (!/^(0x[0-9a-f]+|[0-9]+)$/i.test(port!)) fail(portAt, port!.length, `expected a port number, found '${port}'`);
  const isPacket = keyword!.toLowerCase() === 'packet';
  const bad = /[^0-9a-fA-F\s]/.exec(isPacket ? rest! : rest!.replace(/[*]/g, '0').replace(/\$$/, ' '));
  if (bad) fail(portAt + port!.length + bad.index, 1, `expected hex digits, found '${bad[0]}'`);
  const data = rest!.replace(/\s+/g, '');
  const digits = data.replace('$', '');
  if (isPacket && digits === '') fail(span.end, 0, 'expected the data in hex, found the end of the line');
  if (digits.length % 2 !== 0) fail(portAt + port!.length, rest!.length, `${digits.length} hex digits, expected an even number`);
  const bytes = nibbles(digits.replaceAll('*', '0'));
  if (isPacket) return { kind: 'packet', port: Number(port), bytes };
  if (data === '') return { kind: 'expect', port: Number(port) };
  const mask = nibbles([...digits].map((d) => (d === '*' ? '0' : 'f')).join(''));
  const expected: ExpectedData = { bytes, mask, isExact: data.endsWith('$') };
  return { kind: 'expect', port: Number(port), data: expected };
}

function nibbles(digits: string): Uint8Array {
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}
