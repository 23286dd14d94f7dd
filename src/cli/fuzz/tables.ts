/** Random tables. Entries of the control plane are made from the compiled program (traffic.ts); here are only those that the program has itself. */
import type { ActionDeclaration, Statements, TableDeclaration } from './statements.ts';
import type { Scalar } from './types.ts';
import { bit } from './types.ts';

export interface TableFeatures {
  /** Property that names an action profile or selector, and how one is made. */
  readonly profile?: () => string;
  readonly selector?: () => string;
  /** Declares what a property needs in front of the table; properties of ordinary tables. */
  readonly extra?: (table: string) => { readonly declarations: readonly string[]; readonly properties: readonly string[] };
}

const kinds = ['exact', 'exact', 'exact', 'lpm', 'ternary', 'range', 'optional'] as const;

export function tableText(
  make: Statements,
  name: string,
  actions: readonly ActionDeclaration[],
  features: TableFeatures,
): { lines: string[]; declaration: TableDeclaration } {
  const { random, expr } = make;
  const style = random.weighted<'plain' | 'profile' | 'selector'>([
    [6, () => 'plain'],
    [features.profile ? 1 : 0, () => 'profile'],
    [features.selector ? 1 : 0, () => 'selector'],
  ]);
  let hasLpm = false;
  const exactOnly = random.oneIn(3);
  const keys = random.many(style === 'plain' && random.oneIn(8) ? 0 : 1, 4, (i) => {
    let kind: string = exactOnly ? 'exact' : random.pick(kinds);
    if (kind === 'lpm' && hasLpm) kind = 'ternary';
    hasLpm ||= kind === 'lpm';
    const places = make.scope.scalars().filter((p) => p.type.kind === 'bit');
    const width = random.pick([1, 4, 8, 8, 9, 16, 16, 32, 33, 48, 64, 128]);
    const chosen = places.length > 0 && !random.oneIn(4) ? random.pick(places) : undefined;
    const type: Scalar = chosen?.type ?? bit(width);
    return {
      text: `${chosen?.path ?? expr.bits(width, 2)}: ${kind} @name("k${i}");`,
      kind,
      width: type.kind === 'bit' ? type.width : 1,
    };
  });
  const chosen = actions.filter(() => random.oneIn(2));
  if (chosen.length === 0) chosen.push(random.pick(actions));
  const used = new Set(chosen.map((a) => a.name));
  // Arguments for parameters with a direction belong to the table.
  const calls = chosen.flatMap((a) => {
    const args = expr.args(a.parameters, 1);
    if (args === undefined) {
      used.delete(a.name);
      return [];
    }
    return [{ action: a, args }];
  });
  const list = [...calls.map(({ action, args }) => (args === '' ? action.name : `${action.name}(${args})`)), 'NoAction'];
  const lines = [`table ${name} {`];
  if (keys.length > 0 || style === 'selector') {
    const selectors =
      style === 'selector'
        ? random.many(1, 3, (i) => `${expr.bits(random.pick([8, 16, 32, 33]), 1)}: selector @name("s${i}");`)
        : [];
    lines.push('key = {', ...keys.map((k) => k.text), ...selectors, '}');
  }
  lines.push('actions = {', ...list.map((a) => `${a};`), '}');
  const call = (withArgs: boolean): string => {
    if (calls.length === 0 || random.oneIn(4)) return 'NoAction()';
    const { action, args } = random.pick(calls);
    const data = action.data.map((d) => expr.literal(d.type));
    return `${action.name}(${[...(withArgs && args !== '' ? [args] : []), ...data].join(', ')})`;
  };
  const declarations: string[] = [];
  if (style === 'plain') {
    if (random.oneIn(2)) lines.push(`${random.oneIn(4) ? 'const ' : ''}default_action = ${call(true)};`);
    const canHaveEntries = keys.length > 0 && random.oneIn(3) && calls.every((c) => c.args === '');
    if (canHaveEntries) lines.push(...entries(make, keys, () => call(false)));
    const extra = features.extra?.(name);
    if (extra && !canHaveEntries) {
      declarations.push(...extra.declarations);
      lines.push(...extra.properties);
    }
    if (!canHaveEntries) lines.push(`size = ${random.pick([2, 16, 64])};`);
  } else {
    lines.push(style === 'profile' ? features.profile!() : features.selector!(), 'size = 16;');
  }
  lines.push('}');
  return {
    lines: [...declarations, ...lines],
    declaration: { name, actions: [...used], hasRun: true },
  };
}

function entries(make: Statements, keys: readonly { kind: string; width: number }[], call: () => string): string[] {
  const { random } = make;
  const seen = new Set<string>();
  const lines = random.many(1, 5, () => {
    const sets = keys.map(({ kind, width }) => {
      const value = (): bigint => BigInt.asUintN(width, random.oneIn(2) ? BigInt(random.below(4)) : random.bits(width));
      switch (kind) {
        case 'exact':
          return `${value()}`;
        case 'lpm': {
          const length = random.below(width + 1);
          const mask = ((1n << BigInt(length)) - 1n) << BigInt(width - length);
          return length === 0 ? '_' : `${width}w${value() & mask} &&& ${width}w${mask}`;
        }
        case 'ternary': {
          const mask = value();
          return random.oneIn(3) ? '_' : `${width}w${value() & mask} &&& ${width}w${mask}`;
        }
        case 'range': {
          const ends = [value(), value()].sort((a, b) => (a < b ? -1 : 1));
          return `${width}w${ends[0]}..${width}w${ends[1]}`;
        }
        default:
          return random.oneIn(3) ? '_' : `${value()}`;
      }
    });
    const set = sets.length === 1 ? sets[0]! : `(${sets.join(', ')})`;
    if (seen.has(set)) return '';
    seen.add(set);
    return `${set}: ${call()};`;
  });
  return ['const entries = {', ...lines.filter((l) => l !== ''), '}'];
}
