/**
 * Reads YAML configuration with the place of every mistake: `file:line: field: what is wrong`. All mistakes of a file are collected;
 * a field that nobody asks for is one too.
 */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { UserError } from './errors.ts';

/** One value of the document with its path (`ports[1].kind`) for messages. */
export class YamlValue {
  readonly #reader: YamlReader;
  readonly #node: Node | null | undefined;
  readonly path: string;

  constructor(reader: YamlReader, node: Node | null | undefined, path: string) {
    this.#reader = reader;
    this.#node = node;
    this.path = path;
  }

  get exists(): boolean {
    return this.#node !== undefined && this.#node !== null && !(isScalar(this.#node) && this.#node.value === null);
  }

  /** A word, and no list or mapping. */
  get isText(): boolean {
    return isScalar(this.#node) && typeof this.#node.value === 'string';
  }

  fail(message: string): void {
    this.#reader.fail(this.#node, `${this.path === '' ? '' : `${this.path}: `}${message}`);
  }

  /** Fields of a mapping; reports the ones not in `known`. */
  fields<K extends string>(known: readonly K[]): Record<K, YamlValue> {
    const result = {} as Record<K, YamlValue>;
    for (const name of known) result[name] = new YamlValue(this.#reader, undefined, this.#child(name));
    if (!this.exists) return result;
    if (!isMap(this.#node)) {
      this.fail(`expected a mapping with ${known.map((k) => `'${k}'`).join(', ')}`);
      return result;
    }
    for (const pair of this.#node.items) {
      const name = String(isScalar(pair.key) ? pair.key.value : pair.key);
      if ((known as readonly string[]).includes(name)) {
        result[name as K] = new YamlValue(this.#reader, pair.value as Node | null, this.#child(name));
      } else {
        const near = known.find((k) => distance(k, name) <= 2);
        const hint = near ? `did you mean '${near}'?` : `known are ${known.map((k) => `'${k}'`).join(', ')}`;
        this.#reader.fail(pair.key as Node, `unknown field '${this.#child(name)}'; ${hint}`);
      }
    }
    return result;
  }

  /** Name and value of each pair of a mapping with free names. */
  entries(): [string, YamlValue][] {
    if (!this.exists) return [];
    if (!isMap(this.#node)) {
      this.fail('expected a mapping');
      return [];
    }
    return this.#node.items.map((pair) => {
      const name = String(isScalar(pair.key) ? pair.key.value : pair.key);
      return [name, new YamlValue(this.#reader, pair.value as Node | null, this.#child(name))];
    });
  }

  get isList(): boolean {
    return isSeq(this.#node);
  }

  items(): YamlValue[] {
    if (!this.exists) return [];
    if (!isSeq(this.#node)) {
      this.fail('expected a list');
      return [];
    }
    return this.#node.items.map((item, i) => new YamlValue(this.#reader, item as Node, `${this.path}[${i}]`));
  }

  /** A string (numbers are taken as written); undefined when absent or reported. */
  string(what = 'a string'): string | undefined {
    if (!this.exists) return undefined;
    if (isScalar(this.#node) && (typeof this.#node.value === 'string' || typeof this.#node.value === 'number')) {
      return typeof this.#node.value === 'string' ? this.#node.value : (this.#node.source ?? String(this.#node.value));
    }
    this.fail(`expected ${what}`);
    return undefined;
  }

  integer(low: number, high: number): number | undefined {
    if (!this.exists) return undefined;
    const value = isScalar(this.#node) ? this.#node.value : undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high) return value;
    this.fail(`expected a whole number from ${low} to ${high}${isScalar(this.#node) ? `, found '${String(value)}'` : ''}`);
    return undefined;
  }

  boolean(): boolean | undefined {
    if (!this.exists) return undefined;
    const value = isScalar(this.#node) ? this.#node.value : undefined;
    if (typeof value === 'boolean') return value;
    this.fail('expected true or false');
    return undefined;
  }

  oneOf<T extends string>(values: readonly T[]): T | undefined {
    const text = this.string(`one of ${values.join(', ')}`);
    if (text === undefined) return undefined;
    if ((values as readonly string[]).includes(text)) return text as T;
    this.fail(`expected one of ${values.map((v) => `'${v}'`).join(', ')}, found '${text}'`);
    return undefined;
  }

  /** `30s`, `500ms`, `2h`, `1d`, or a number of seconds; milliseconds. */
  durationMs(): number | undefined {
    const text = this.string("a duration such as '30s'");
    if (text === undefined) return undefined;
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text);
    const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match?.[2] ?? 's'];
    const value = match && unit ? Math.round(Number(match[1]) * unit) : 0;
    if (value >= 1 && value < 2 ** 31) return value;
    this.fail(`expected a duration from '1ms' to '24d', found '${text}'`);
    return undefined;
  }

  /** Reports a missing value; returns whether it is there. */
  required(): boolean {
    if (this.exists) return true;
    this.fail('is missing');
    return false;
  }

  #child(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }
}

export class YamlReader {
  readonly #file: string;
  readonly #lines = new LineCounter();
  readonly root: YamlValue;
  readonly problems: string[] = [];

  constructor(file: string, text: string) {
    this.#file = file;
    const document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    for (const error of document.errors)
      this.problems.push(`${file}:${this.#lines.linePos(error.pos[0]).line}: ${error.message}`);
    this.root = new YamlValue(this, document.contents as Node | null, '');
  }

  fail(node: Node | null | undefined, message: string): void {
    const at = node?.range ? `:${this.#lines.linePos(node.range[0]).line}` : '';
    this.problems.push(`${this.#file}${at}: ${message}`);
  }

  /** Throws one UserError with all problems, if there are any. */
  throwProblems(): void {
    if (this.problems.length > 0) throw new UserError('invalid-config', this.problems.join('\n'));
  }
}

/** Edit distance, for "did you mean". */
function distance(a: string, b: string): number {
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
