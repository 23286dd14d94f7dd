/**
 * From names and numbers as written to objects and values of a program.
 *
 * A name may be any suffix of the control-plane name, cut at a dot, as long as it means one object only. Key names have BMv2's spellings, too:
 * `extra$0.b1` for `extra[0].b1`, `hdr.$valid$` for `hdr.isValid()`. Everything wrong is reported at the name or number that is wrong.
 */
import type { Diagnostics, Span } from '../../diag/index.ts';
import type { ActionCall, ActionId, Extern, KeyMatch, Table, TableKey } from '../../p4/ir/ir.ts';
import { fromBigint, printIpv4 } from '../../wire/index.ts';
import type { StfEntryKey, StfProgram } from './backend.ts';
import type { Call, Match, Name, Num } from './statements.ts';

/** Thrown behind a reported diagnostic, to leave the statement. */
export class NameError extends Error {}

export class Names {
  private readonly program: StfProgram;
  private readonly diagnostics: Diagnostics;

  constructor(program: StfProgram, diagnostics: Diagnostics) {
    this.program = program;
    this.diagnostics = diagnostics;
  }

  private get isBpf(): boolean {
    return this.program.architecture === 'ebpf' || this.program.architecture === 'ubpf';
  }

  table(name: Name): Table {
    return this.find('table', name, this.program.tables);
  }

  extern<K extends Extern['kind']>(name: Name, ...kinds: readonly K[]): Extract<Extern, { kind: K }> {
    type Wanted = Extract<Extern, { kind: K }>;
    const wanted = this.program.externs.filter((e): e is Wanted => (kinds as readonly string[]).includes(e.kind));
    return this.find(externWords[kinds[0]!], name, wanted);
  }

  /** An action call; `of` are the actions allowed here. */
  call(call: Call, what: string, of: readonly ActionId[]): ActionCall {
    const action = this.find(
      `action of ${what}`,
      call.action,
      of.map((id) => this.program.actions[id]!),
    );
    const byName = new Map<string, bigint>();
    for (const { name, value } of call.args) {
      const param = action.params.find((p) => p.name === name.text);
      if (param === undefined) {
        return this.fail(name.span, `action '${action.name}' has no parameter '${name.text}'`, this.list(action.params));
      }
      byName.set(param.name, this.value(value, param.width));
    }
    const args = action.params.map((param) => {
      // The BPF back ends' runner fills a C structure: what is not named is 0.
      const value = byName.get(param.name) ?? (this.isBpf ? 0n : undefined);
      return value ?? this.fail(call.action.span, `parameter '${param.name}' of action '${action.name}' is missing`);
    });
    return { action: action.id, args };
  }

  /** Matches of an entry or of a notification. With `isPartial`, exact keys may be missing, too: they stay undefined. */
  matches(
    table: Pick<Table, 'name' | 'keys'>,
    matches: readonly Match[],
    span: Span,
    isPartial = false,
  ): (KeyMatch | undefined)[] {
    const given = new Map<TableKey, KeyMatch>();
    const keys = table.keys.filter((k) => k.matchKind !== 'selector');
    for (const match of matches) {
      const key = this.find(
        `key of '${table.name}'`,
        placed(spelled(match.key), keys),
        keys.map((k) => ({ ...k, name: normalKey(k.name), key: k })),
      ).key;
      if (given.has(key)) return this.fail(match.key.span, `key '${key.name}' is given twice`);
      given.set(key, this.match(match, key));
    }
    return keys.map((key) => {
      const match = given.get(key) ?? anything(key);
      if (match === undefined && !isPartial)
        return this.fail(span, `exact key '${key.name}' of table '${table.name}' is missing`);
      return isPartial ? given.get(key) : match;
    });
  }

  entryKey(
    table: Table,
    statement: { readonly matches: readonly Match[]; readonly priority?: number; readonly span: Span },
  ): StfEntryKey {
    const matches = this.matches(table, statement.matches, statement.span) as KeyMatch[];
    return { matches, priority: statement.priority ?? 0 };
  }

  /** A number without wildcards that fits `width` bits. */
  value(number: Num, width: number): bigint {
    if (number.mask !== undefined) return this.fail(number.span, 'expected a number without wildcards');
    if (number.value >= 1n << BigInt(width)) return this.fail(number.span, `${number.value} does not fit ${width} bits`);
    return number.value;
  }

  fail(span: Span, message: string, help?: string): never {
    this.diagnostics.error('stf-name', span, message, { help });
    throw new NameError();
  }

  private match({ value, slash, high }: Match, key: TableKey): KeyMatch {
    const all = (1n << BigInt(key.width)) - 1n;
    const wildcards = value.mask === undefined ? undefined : value.mask & all;
    if (high !== undefined && key.matchKind !== 'range') this.fail(high.span, `key '${key.name}' is ${key.matchKind}, not range`);
    if (slash !== undefined && key.matchKind !== 'lpm' && key.matchKind !== 'ternary') {
      this.fail(slash.span, `key '${key.name}' is ${key.matchKind}: expected no '/'`);
    }
    if (value.value > all) this.fail(value.span, `${value.value} does not fit ${key.width} bits`);
    switch (key.matchKind) {
      case 'exact':
        return { kind: 'exact', value: this.value(value, key.width) };
      case 'optional':
        return wildcards === 0n ? { kind: 'optional' } : { kind: 'optional', value: this.value(value, key.width) };
      case 'range':
        if (wildcards !== undefined) return { kind: 'range', low: value.value, high: value.value | (all ^ wildcards) };
        return { kind: 'range', low: value.value, high: high === undefined ? value.value : this.value(high, key.width) };
      case 'lpm': {
        const prefixLength = slash ? Number(this.value(slash, 32)) : prefixOf(wildcards ?? all, key.width);
        if (prefixLength === undefined) return this.fail(value.span, `wildcards of lpm key '${key.name}' are no prefix`);
        if (prefixLength > key.width)
          return this.fail(slash!.span, `prefix length ${prefixLength}, expected at most ${key.width}`);
        const number = this.program.architecture === 'ebpf' ? reversed(value.value, key.width) : value.value;
        return { kind: 'lpm', value: number & prefixMask(prefixLength, key.width), prefixLength };
      }
      default: {
        const mask = slash === undefined ? (wildcards ?? all) : this.ternaryMask(slash, key.width);
        return { kind: 'ternary', value: value.value & mask, mask };
      }
    }
  }

  /** Behind `/` of a ternary key: a mask in hex, a prefix length in decimal. */
  private ternaryMask(slash: Num, width: number): bigint {
    if (slash.isHex) return this.value(slash, width);
    const length = Number(this.value(slash, 32));
    return length > width
      ? this.fail(slash.span, `prefix length ${length}, expected at most ${width}`)
      : prefixMask(length, width);
  }

  private find<T extends { readonly name: string }>(what: string, name: Name, all: readonly T[]): T {
    const exact = all.filter((o) => o.name === name.text || o.name === `.${name.text}`);
    const suffix = exact.length > 0 ? exact : all.filter((o) => o.name.endsWith(`.${name.text}`));
    const found = suffix.length > 0 ? suffix : all.filter((o) => mangled(o.name) === mangled(name.text));
    if (found.length === 1) return found[0]!;
    if (found.length === 0) return this.fail(name.span, `no ${what} is called '${name.text}'`, this.list(all));
    return this.fail(name.span, `'${name.text}' may be ${found.map((o) => `'${o.name}'`).join(' or ')}`);
  }

  private list(all: readonly { readonly name: string }[]): string {
    const shown = all.slice(0, 8).map((o) => o.name);
    return all.length === 0 ? 'there is none' : `there are ${shown.join(', ')}${all.length > 8 ? ', ..' : ''}`;
  }
}

const externWords: Readonly<Record<Extern['kind'], string>> = {
  counter: 'counter',
  directCounter: 'counter',
  meter: 'meter',
  directMeter: 'meter',
  register: 'register',
  actionProfile: 'action profile',
  actionSelector: 'action profile',
  digest: 'digest',
  valueSet: 'value set',
};

/** `ipv4.dst:10.0.0.1` in messages: keys of 32 bits are likely addresses, and are shown as both. */
export function printMatch(key: TableKey, match: KeyMatch): string {
  const number = (v: bigint): string =>
    key.width === 32 ? `0x${v.toString(16)} (${printIpv4(fromBigint(v, 4))})` : `0x${v.toString(16)}`;
  switch (match.kind) {
    case 'exact':
      return `${key.name}:${number(match.value)}`;
    case 'lpm':
      return `${key.name}:${number(match.value)}/${match.prefixLength}`;
    case 'ternary':
      return `${key.name}:0x${match.value.toString(16)}/0x${match.mask.toString(16)}`;
    case 'range':
      return `${key.name}:${match.low}..${match.high}`;
    case 'optional':
      return `${key.name}:${match.value === undefined ? '*' : number(match.value)}`;
  }
}

/** The match that a missing key stands for; exact keys have none. */
function anything(key: TableKey): KeyMatch | undefined {
  switch (key.matchKind) {
    case 'lpm':
      return { kind: 'lpm', value: 0n, prefixLength: 0 };
    case 'ternary':
      return { kind: 'ternary', value: 0n, mask: 0n };
    case 'range':
      return { kind: 'range', low: 0n, high: (1n << BigInt(key.width)) - 1n };
    case 'optional':
      return { kind: 'optional' };
    default:
      return undefined;
  }
}

function spelled(name: Name): Name {
  return { ...name, text: normalKey(name.text) };
}

function normalKey(name: string): string {
  return name.replace(/\.isValid\(\)$/, '.$valid$').replace(/\$(\d+)(?=\.|$)/g, '[$1]');
}

/** `key.field0` as p4c's BPF back ends call the first key; other names as they are, without the `key.` that they put before them. */
function placed(name: Name, keys: readonly TableKey[]): Name {
  const place = /^key\.field(\d+)$/.exec(name.text);
  const key = place ? keys[Number(place[1])] : undefined;
  return { ...name, text: key ? normalKey(key.name) : name.text.replace(/^key\.(?=\w+$)/, '') };
}

/** A name as it stands in the C code of p4c's BPF back ends. */
function mangled(name: string): string {
  return name.replace(/^_/, '').replace(/[^\w]/g, '_');
}

/** The bytes of a number in the other order: prefixes are written as the kernel's memory has them. */
function reversed(value: bigint, width: number): bigint {
  let result = 0n;
  for (let left = Math.ceil(width / 8), rest = value; left > 0; left--, rest >>= 8n) result = (result << 8n) | (rest & 0xffn);
  return result;
}

function prefixMask(length: number, width: number): bigint {
  return ((1n << BigInt(length)) - 1n) << BigInt(width - length);
}

/** Length of the prefix that a mask is, undefined if it is none. */
function prefixOf(mask: bigint, width: number): number | undefined {
  for (let length = 0; length <= width; length++) if (mask === prefixMask(length, width)) return length;
  return undefined;
}
