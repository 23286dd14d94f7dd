/** Parser value sets (P4Runtime specification, "ValueSetEntry"): MODIFY replaces all members. They are answered as they were written. */
import type { Binding } from './binding.ts';
import { numberOf } from './bytes.ts';
import { checkMatches } from './check.ts';
import type { UpdateType, ValueSetEntry } from './entities.ts';
import { readMatch } from './read.ts';
import { StatusError } from './status.ts';
import type { Step } from './tables.ts';

export function prepareValueSet({ valueSets, names }: Binding, type: UpdateType, entry: ValueSetEntry): Step {
  const label = `value set '${names.valueSets.label(entry.valueSetId)}'`;
  const bound = valueSets.get(entry.valueSetId);
  if (!bound) throw new StatusError('NOT_FOUND', `the program has no ${label}`);
  if (type !== 'MODIFY') throw new StatusError('INVALID_ARGUMENT', `${label} can only be modified, found ${type}`);
  const { info, set, keyWidths } = bound;
  if (entry.members.length > info.size) {
    throw new StatusError('RESOURCE_EXHAUSTED', `${label}: ${entry.members.length} members, it takes ${info.size}`);
  }
  const members = entry.members.map(({ match }) => checkMatches(info.match, keyWidths, match, label));
  const seen = new Set<string>();
  for (const member of members) {
    const text = JSON.stringify(member, (_, value: unknown) =>
      typeof value === 'bigint' || value instanceof Uint8Array ? numberOf(value).toString() : value,
    );
    if (seen.has(text)) throw new StatusError('ALREADY_EXISTS', `${label}: a member is given twice`);
    seen.add(text);
    if (member.some((match) => match.kind === 'range' && match.low !== match.high)) {
      throw new StatusError('UNIMPLEMENTED', `${label}: ranges are not supported in value sets`);
    }
  }
  return (transaction) => {
    const before = set.read();
    set.write(members);
    transaction.onUndo(() => set.write(before));
  };
}

export function readValueSets({ valueSets, names }: Binding, { valueSetId }: ValueSetEntry): ValueSetEntry[] {
  if (valueSetId !== 0 && !valueSets.has(valueSetId)) {
    throw new StatusError('NOT_FOUND', `the program has no value set '${names.valueSets.label(valueSetId)}'`);
  }
  return [...valueSets].flatMap(([id, { info, set }]) => {
    if (valueSetId !== 0 && valueSetId !== id) return [];
    const members = set.read().map((member) => ({
      match: info.match.flatMap((field, i) => {
        const { value, mask } = member[i] as { readonly value: bigint; readonly mask: bigint };
        return readMatch(field, toKind(field.matchType, value, mask)) ?? [];
      }),
    }));
    return [{ valueSetId: id, members }];
  });
}

/** The arena has value and mask for every kind. */
function toKind(kind: string, value: bigint, mask: bigint): Parameters<typeof readMatch>[1] {
  switch (kind) {
    case 'EXACT':
      return { kind: 'exact', value };
    case 'LPM':
      return { kind: 'lpm', value, prefixLength: mask.toString(2).replaceAll('0', '').length };
    case 'OPTIONAL':
      return mask === 0n ? { kind: 'optional' } : { kind: 'optional', value };
    case 'RANGE':
      return mask === 0n ? { kind: 'ternary', value, mask } : { kind: 'range', low: value, high: value };
    default:
      return { kind: 'ternary', value, mask };
  }
}
