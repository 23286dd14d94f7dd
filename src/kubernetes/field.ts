/**
 * A value of a manifest with its place: readers take what they need and say what they expect; what does not fit becomes a problem with file, line and
 * path, and the reader goes on, so that one look reports every mistake.
 *
 * A value is a node of a YAML document or, from the API server, a plain value as JSON.parse gives it. As in Kubernetes' JSON, null is the same as absent.
 */
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type LineCounter, parse } from 'yaml';
import { parseAddress, parseIpv4, parseIpv6, parseMac, parsePrefix, printAddress, printMac, printPrefix } from '../wire/index.ts';
import type { Problem } from './problems.ts';

/** Where fields come from and problems go. */
export interface Source {
  readonly file: string;
  /** Of YAML. */
  readonly document?: Document;
  readonly lines?: LineCounter;
  readonly problems: Problem[];
  /** Where all of it is: of a document in a string. */
  readonly line?: number;
  /** Values that were said not to be mappings. */
  readonly reported: WeakSet<object>;
}

export class Field {
  readonly #source: Source;
  readonly #node: unknown;
  /** Place for the message if there is no node: the mapping that lacks it. */
  readonly #parent: unknown;
  /** Path of what it is in, and its place there: the path as text is for messages only. */
  readonly #outer: Field | undefined;
  readonly #place: string | number;

  constructor(source: Source, node: unknown, outer?: Field, place: string | number = '', parent?: unknown) {
    this.#source = source;
    let resolved = node;
    let isNull = node === null || node === undefined;
    if (isNode(node)) {
      resolved = isAlias(node) && source.document ? node.resolve(source.document) : node;
      isNull = resolved === null || resolved === undefined || (isScalar(resolved) && resolved.value === null);
    }
    this.#node = isNull ? undefined : resolved;
    this.#parent = resolved ?? parent;
    this.#outer = outer;
    this.#place = place;
  }

  /** `spec.ports[0].name` */
  get path(): string {
    const outer = this.#outer?.path ?? '';
    if (typeof this.#place === 'number') return `${outer}[${this.#place}]`;
    if (this.#place === '') return outer;
    if (/[./]/.test(this.#place)) return `${outer}[${this.#place}]`;
    return outer === '' ? this.#place : `${outer}.${this.#place}`;
  }

  get exists(): boolean {
    return this.#node !== undefined;
  }

  get line(): number {
    const { lines, line } = this.#source;
    if (line !== undefined) return line;
    if (!lines) return 0;
    const at = this.#node ?? this.#parent;
    const start = isNode(at) ? at.range?.[0] : undefined;
    return start === undefined ? 1 : lines.linePos(start).line;
  }

  get file(): string {
    return this.#source.file;
  }

  /** Reports a problem here; silent about what is missing in a place that was reported itself. */
  fail(message: string): void {
    if (this.#node === undefined && isObject(this.#parent) && this.#source.reported.has(this.#parent)) return;
    this.#source.problems.push({ file: this.file, line: this.line, field: this.path, message });
  }

  /** Reports a missing value; returns whether it is there. */
  required(): boolean {
    if (!this.exists) this.fail('is missing');
    return this.exists;
  }

  /** A field of a mapping. Of anything else an absent one; that it is no mapping is reported. */
  get(name: string): Field {
    this.#isMapping();
    const value = isPlainMap(this.#node)
      ? Object.hasOwn(this.#node, name)
        ? this.#node[name]
        : undefined
      : isMap(this.#node)
        ? this.#node.get(name, true)
        : undefined;
    return new Field(this.#source, value, this, name, this.#node ?? this.#parent);
  }

  /** Reports if this is no mapping, or has fields that are not in `known`; for places where an overlooked field would change the meaning. */
  only(known: readonly string[]): void {
    if (isPlainMap(this.#node) && Object.keys(this.#node).every((name) => known.includes(name))) return;
    for (const [name, field] of this.entries()) {
      if (known.includes(name)) continue;
      const near = known.find((k) => k.toLowerCase() === name.toLowerCase() || distance(k, name) <= 2);
      field.fail(`unknown field; ${near ? `did you mean '${near}'?` : `known are ${quoted(known)}`}`);
    }
  }

  entries(): [string, Field][] {
    if (!this.#isMapping()) return [];
    if (isPlainMap(this.#node)) {
      const node = this.#node;
      const names = Object.keys(node).filter((name) => node[name] !== undefined);
      return names.map((name) => [name, new Field(this.#source, node[name], this, name, node)]);
    }
    if (!isMap(this.#node)) return [];
    return this.#node.items.map((pair) => {
      const name = String(isScalar(pair.key) ? pair.key.value : pair.key);
      return [name, new Field(this.#source, pair.value, this, name, pair.key)];
    });
  }

  items(): Field[] {
    if (!this.exists) return [];
    const items = Array.isArray(this.#node) ? (this.#node as unknown[]) : isSeq(this.#node) ? this.#node.items : undefined;
    if (!items) {
      this.fail(`expected a list, found ${this.#describe()}`);
      return [];
    }
    return items.map((item, i) => new Field(this.#source, item, this, i, this.#node));
  }

  /** undefined if absent or reported. */
  string(): string | undefined {
    if (!this.exists) return undefined;
    const value = this.#scalar();
    if (typeof value === 'string') return value;
    const hint = typeof value === 'number' || typeof value === 'boolean' ? '; put it in quotes' : '';
    this.fail(`expected a string, found ${this.#describe()}${hint}`);
    return undefined;
  }

  boolean(): boolean | undefined {
    if (!this.exists) return undefined;
    const value = this.#scalar();
    if (typeof value === 'boolean') return value;
    this.fail(`expected true or false, found ${this.#describe()}`);
    return undefined;
  }

  integer(low: number, high: number): number | undefined {
    if (!this.exists) return undefined;
    const value = this.#scalar();
    if (typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high) return value;
    this.fail(`expected a whole number from ${low} to ${high}, found ${this.#describe()}`);
    return undefined;
  }

  port(): number | undefined {
    return this.integer(1, 65535);
  }

  get isNumber(): boolean {
    return typeof this.#scalar() === 'number';
  }

  oneOf<T extends string>(values: readonly T[]): T | undefined {
    const text = this.string();
    if (text === undefined || values.includes(text as T)) return text as T | undefined;
    this.fail(`expected one of ${quoted(values)}, found '${text}'`);
    return undefined;
  }

  /** Canonical text of an IPv4 or IPv6 address. */
  address(): string | undefined {
    const text = this.string();
    if (text === undefined) return undefined;
    const bytes = parseAddress(text);
    if (!bytes) this.fail(`expected an IP address, found '${text}'`);
    return bytes && printAddress(bytes);
  }

  ipv4(): string | undefined {
    const text = this.string();
    if (text !== undefined && !parseIpv4(text)) {
      this.fail(`expected an IPv4 address, found '${text}'`);
      return undefined;
    }
    return text;
  }

  /** Canonical text. */
  ipv6(): string | undefined {
    const text = this.string();
    if (text === undefined) return undefined;
    const bytes = parseIpv6(text);
    if (!bytes) this.fail(`expected an IPv6 address, found '${text}'`);
    return bytes && printAddress(bytes);
  }

  /** Canonical text of a prefix; bits behind its length are cleared, as Kubernetes reads them. */
  prefix(): string | undefined {
    const text = this.string();
    if (text === undefined) return undefined;
    const prefix = text.includes('/') ? parsePrefix(text) : undefined;
    if (!prefix) this.fail(`expected a prefix such as '10.0.0.0/8', found '${text}'`);
    return prefix && printPrefix(prefix);
  }

  mac(): string | undefined {
    const text = this.string();
    if (text === undefined) return undefined;
    const bytes = parseMac(text);
    if (!bytes) this.fail(`expected a MAC address such as '02:00:00:00:00:01', found '${text}'`);
    return bytes && printMac(bytes);
  }

  /** The YAML or JSON that a string holds; an absent field if it holds none, which is reported. */
  embedded(): Field {
    const text = this.string();
    const source = { ...this.#source, line: this.line };
    if (text === undefined) return new Field(source, undefined, this, '', this.#parent);
    try {
      return new Field(source, parse(text) as unknown, this, '', this.#node);
    } catch (error) {
      this.fail(`expected YAML: ${(error as Error).message.split('\n')[0]}`);
      return new Field(source, undefined, this, '', this.#parent);
    }
  }

  /** Milliseconds of `500ms`, `5s`, `1m`. */
  durationMs(): number | undefined {
    const text = this.string();
    if (text === undefined) return undefined;
    const match = /^(\d{1,6})(ms|s|m)$/.exec(text);
    const value = match ? Number(match[1]) * { ms: 1, s: 1000, m: 60_000 }[match[2] as 'ms' | 's' | 'm'] : 0;
    if (value > 0) return value;
    this.fail(`expected a duration such as '500ms' or '5s', found '${text}'`);
    return undefined;
  }

  /** Text by name. */
  strings(): Record<string, string> {
    const result: Record<string, string> = {};
    for (const [name, field] of this.entries()) {
      const value = field.string();
      if (value !== undefined) result[name] = value;
    }
    return result;
  }

  /** Reports another thing than a mapping, once. */
  #isMapping(): boolean {
    const node = this.#node;
    if (node === undefined || isPlainMap(node) || isMap(node)) return node !== undefined;
    if (!isObject(node) || !this.#source.reported.has(node)) this.fail(`expected a mapping, found ${this.#describe()}`);
    if (isObject(node)) this.#source.reported.add(node);
    return false;
  }

  /** Text, number, truth value. */
  #scalar(): unknown {
    if (isScalar(this.#node)) return this.#node.value;
    return isObject(this.#node) ? undefined : this.#node;
  }

  #describe(): string {
    if (isMap(this.#node) || isPlainMap(this.#node)) return 'a mapping';
    if (isSeq(this.#node) || Array.isArray(this.#node)) return 'a list';
    const value = this.#scalar();
    return value === undefined ? 'something else' : `'${String(value)}'`;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** A mapping that is no node of a document. */
function isPlainMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value) && !Array.isArray(value) && !isNode(value);
}

function quoted(values: readonly string[]): string {
  return values.map((v) => `'${v}'`).join(', ');
}

/** Edit distance, for "did you mean". */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
