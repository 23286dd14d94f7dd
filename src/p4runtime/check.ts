/**
 * What an entity says against what the program has (P4Runtime specification, "Table Entry", "Bytestrings", "Action Profile"): everything that can be
 * checked without looking at what is installed. The result is in the arena's terms. Each refusal names table, field, value and what was expected.
 */
import { type EntryKey, fitsBytes, type KeyMatch, maxBurst, maxTimeoutMs, type Value } from '../arena/index.ts';
import type { ActionParam, ActionRef, MatchField } from '../p4/p4info/p4info.ts';
import type { Binding, BoundTable } from './binding.ts';
import { allOnes, fits, fromBytes, toHex } from './bytes.ts';
import type { Action, FieldMatch, MeterConfig, TableEntry } from './entities.ts';
import { StatusError } from './status.ts';
import { fromSdnString, isSdnString } from './translation.ts';
import { printValue } from './values.ts';

/** An action in the arena's terms. */
export interface CheckedAction {
  /** Place in the table's list of actions. */
  readonly index: number;
  readonly params: readonly Value[];
}

export function checkTable(binding: Binding, tableId: number): BoundTable {
  const table = binding.tables.get(tableId);
  if (!table) throw new StatusError(tableId === 0 ? 'INVALID_ARGUMENT' : 'NOT_FOUND', `no table has the id ${tableId}`);
  return table;
}

/** What a message is about: "table 'services', field 'port'". Most are never made. */
type What = () => string;

/** The number of a bytestring that must fit a width. */
export function checkValue(value: Uint8Array, width: number, what: What): bigint {
  if (value.length === 0) throw new StatusError('OUT_OF_RANGE', `${what()}: the value is empty, expected ${width} bits`);
  const number = fromBytes(value);
  if (!fits(number, width)) {
    throw new StatusError('OUT_OF_RANGE', `${what()}: 0x${toHex(value)} does not fit ${width} bits`);
  }
  return number;
}

/**
 * The number that the data plane has for a value of a field or parameter, which the controller may see in another form (`@p4runtime_translation`):
 * wider or narrower, then it is the same number, or a string.
 */
export function checkTyped(value: Uint8Array, type: Typed, dataPlaneWidth: number, what: What): bigint {
  const number = isSdnString(type) ? fromSdnString(value) : checkValue(value, type.bitwidth, what);
  if (number === undefined) throw new StatusError('INVALID_ARGUMENT', `${what()}: the string stands for no value`);
  if (!fits(number, dataPlaneWidth)) {
    throw new StatusError('OUT_OF_RANGE', `${what()}: ${number} does not fit the ${dataPlaneWidth} bits that the data plane has`);
  }
  return number;
}

/** As `checkTyped`, for what is only written down: the bytes themselves, unless the controller sees another form than the data plane. */
function checkWritten(value: Uint8Array, type: Typed, dataPlaneWidth: number, what: What): Value {
  if (value.length > 0 && !isSdnString(type) && fitsBytes(value, Math.min(type.bitwidth, dataPlaneWidth))) return value;
  return checkTyped(value, type, dataPlaneWidth, what);
}

type Typed = Pick<MatchField, 'bitwidth' | 'typeName'>;

/** Match and priority of an entry that is not the default one. */
export function checkKey({ info, label, hasPriority, keyWidths }: BoundTable, entry: TableEntry): EntryKey {
  if (info.matchFields.length === 0) {
    throw new StatusError('INVALID_ARGUMENT', `${label} has no key: it has no entries but the default one`);
  }
  const priority = entry.priority ?? 0;
  if (hasPriority && !(Number.isInteger(priority) && priority > 0 && priority < 2 ** 31)) {
    throw new StatusError('INVALID_ARGUMENT', `${label}: entries need a priority from 1 to 2147483647, found ${priority}`);
  }
  if (!hasPriority && priority !== 0) {
    throw new StatusError(
      'INVALID_ARGUMENT',
      `${label}: entries have no priority (no ternary, range or optional field), found ${priority}`,
    );
  }
  return { matches: checkMatches(info.matchFields, keyWidths, entry.match, label), priority };
}

/** One match per field of a table or value set; `widths` are the data plane's. */
export function checkMatches(
  fields: readonly MatchField[],
  widths: readonly number[],
  match: readonly FieldMatch[],
  label: string,
): KeyMatch[] {
  // As most controllers write them: all fields, in order.
  const isPlain = match.length === fields.length && fields.every((field, i) => field.id === match[i]!.fieldId);
  if (!isPlain) {
    const seen = new Set<number>();
    for (const { fieldId } of match) {
      if (!fields.some((field) => field.id === fieldId)) {
        throw new StatusError('INVALID_ARGUMENT', `${label} has no match field with the id ${fieldId}`);
      }
      if (seen.has(fieldId)) throw new StatusError('INVALID_ARGUMENT', `${label}, field id ${fieldId} is matched twice`);
      seen.add(fieldId);
    }
  }
  return fields.map((field, i) =>
    checkMatch(
      field,
      isPlain ? match[i] : match.find((m) => m.fieldId === field.id),
      widths[i] ?? field.bitwidth,
      () => `${label}, field '${field.name}'`,
    ),
  );
}

function checkMatch(field: MatchField, match: FieldMatch | undefined, width: number, what: What): KeyMatch {
  if (!match) return dontCare(field, width, what);
  if ('exact' in match && field.matchType === 'EXACT') {
    return { kind: 'exact', value: checkWritten(match.exact.value, field, width, what) };
  }
  const value = (bytes: Uint8Array, part = ''): bigint => checkTyped(bytes, field, width, () => what() + part);
  const refuse = (message: string): never => {
    throw new StatusError('INVALID_ARGUMENT', `${what()}: ${message}`);
  };
  if (kindOf(match) !== field.matchType || 'exact' in match)
    return refuse(`expected ${article(field.matchType)} match, found ${kindOf(match).toLowerCase()}`);
  if ('optional' in match) return { kind: 'optional', value: value(match.optional.value) };
  if ('lpm' in match) {
    const { prefixLen } = match.lpm;
    if (!Number.isInteger(prefixLen) || prefixLen < 0 || prefixLen > width)
      refuse(`prefix length ${prefixLen}, expected 1 to ${width}`);
    if (prefixLen === 0) refuse('prefix length 0 matches anything: leave the field out');
    const number = value(match.lpm.value);
    if ((number & allOnes(width - prefixLen)) !== 0n) {
      refuse(`${printValue(match.lpm.value, field)}/${prefixLen} has bits behind the prefix`);
    }
    return { kind: 'lpm', value: number, prefixLength: prefixLen };
  }
  if ('ternary' in match) {
    const mask = value(match.ternary.mask, ' mask');
    const number = value(match.ternary.value);
    if (mask === 0n) refuse('mask 0 matches anything: leave the field out');
    if ((number & ~mask) !== 0n) refuse(`value 0x${number.toString(16)} has bits outside the mask 0x${mask.toString(16)}`);
    return { kind: 'ternary', value: number, mask };
  }
  const low = value(match.range.low, ' low');
  const high = value(match.range.high, ' high');
  if (low > high) refuse(`low ${low} is above high ${high}`);
  if (low === 0n && high === allOnes(width)) refuse('the whole range matches anything: leave the field out');
  return { kind: 'range', low, high };
}

function dontCare({ matchType, bitwidth }: MatchField, width: number, what: What): KeyMatch {
  switch (matchType) {
    case 'EXACT':
      throw new StatusError('INVALID_ARGUMENT', `${what()} is missing, expected an exact match of ${bitwidth} bits`);
    case 'LPM':
      return { kind: 'lpm', value: 0n, prefixLength: 0 };
    case 'TERNARY':
      return { kind: 'ternary', value: 0n, mask: 0n };
    case 'RANGE':
      return { kind: 'range', low: 0n, high: allOnes(width) };
    case 'OPTIONAL':
      return { kind: 'optional' };
    default:
      return assertNever(matchType);
  }
}

/** An action of a table's list, where its scope allows it. `owner`: whose it is, for messages; the table's unless given. */
export function checkAction(
  { names, restrictions }: Binding,
  bound: BoundTable,
  action: Action,
  use: 'entry' | 'default',
  owner: What = () => bound.label,
): CheckedAction {
  const { actionPlaces, actionInfos, actionScopes } = bound;
  const { actionId } = action;
  const scope = actionScopes.get(actionId);
  const index = actionPlaces.get(actionId);
  const info = actionInfos.get(actionId);
  if (!scope || index === undefined || !info) {
    const name = info ? `action '${names.actionLabel(actionId)}'` : `action with the id ${actionId}`;
    throw new StatusError('INVALID_ARGUMENT', `${owner()} has no ${name}`);
  }
  const what = (): string => `${owner()}, action '${names.actionLabel(actionId)}'`;
  checkScope(scope, use, what);
  const isPlain =
    action.params.length === info.params.length && info.params.every((param, i) => param.id === action.params[i]!.paramId);
  if (!isPlain) checkParams(info.params, action, what);
  const widths = bound.table.layout.spec.actions[index]!.paramWidths;
  const params = info.params.map((param, i) => {
    const { value } = isPlain ? action.params[i]! : action.params.find((p) => p.paramId === param.id)!;
    return checkWritten(value, param, widths[i] ?? param.bitwidth, () => `${what()}, parameter '${param.name}'`);
  });
  restrictions?.checkAction(info, what, params);
  return { index, params };
}

/** Each parameter once, and no others. */
function checkParams(params: readonly ActionParam[], action: Action, what: What): void {
  for (const { paramId } of action.params) {
    if (!params.some((param) => param.id === paramId)) {
      throw new StatusError('INVALID_ARGUMENT', `${what()} has no parameter with the id ${paramId}`);
    }
  }
  for (const param of params) {
    const count = action.params.filter((p) => p.paramId === param.id).length;
    if (count === 1) continue;
    const problem = count === 0 ? 'is missing' : 'is given twice';
    throw new StatusError('INVALID_ARGUMENT', `${what()}: parameter '${param.name}' ${problem}, expected ${param.bitwidth} bits`);
  }
}

function checkScope(scope: ActionRef['scope'], use: 'entry' | 'default', what: What): void {
  if (use === 'entry' && scope === 'DEFAULT_ONLY') {
    throw new StatusError('PERMISSION_DENIED', `${what()} is for the default entry only`);
  }
  if (use === 'default' && scope === 'TABLE_ONLY') {
    throw new StatusError('PERMISSION_DENIED', `${what()} is not for the default entry`);
  }
}

/** Milliseconds, rounded up. */
export function checkIdleTimeout({ table, label }: BoundTable, entry: TableEntry): number {
  const ns = entry.idleTimeoutNs ?? 0n;
  if (ns < 0n) throw new StatusError('INVALID_ARGUMENT', `${label}: idle timeout ${ns} ns is negative`);
  if (ns !== 0n && table.layout.spec.ageing === 'none') {
    throw new StatusError('INVALID_ARGUMENT', `${label} has no idle timeouts, found ${ns} ns`);
  }
  const ms = Number((ns + 999_999n) / 1_000_000n);
  if (ms > maxTimeoutMs) {
    throw new StatusError('INVALID_ARGUMENT', `${label}: idle timeout ${ns} ns is above ${BigInt(maxTimeoutMs) * 1_000_000n} ns`);
  }
  return ms;
}

export function checkMeterConfig(config: MeterConfig, what: string): void {
  const { cir, cburst, pir, pburst } = config;
  if (config.eburst) throw new StatusError('INVALID_ARGUMENT', `${what}: an excess burst is for single-rate three-color meters`);
  if ([cir, cburst, pir, pburst].some((n) => n < 0n))
    throw new StatusError('INVALID_ARGUMENT', `${what}: a rate or burst is negative`);
  if (cir > pir) throw new StatusError('INVALID_ARGUMENT', `${what}: committed rate ${cir} is above peak rate ${pir}`);
  if (pir === 0n) throw new StatusError('UNIMPLEMENTED', `${what}: a peak rate of 0 would mark everything red`);
  if (cburst > maxBurst || pburst > maxBurst) throw new StatusError('INVALID_ARGUMENT', `${what}: a burst is above ${maxBurst}`);
}

function kindOf(match: FieldMatch): MatchField['matchType'] {
  if ('exact' in match) return 'EXACT';
  if ('lpm' in match) return 'LPM';
  if ('ternary' in match) return 'TERNARY';
  return 'range' in match ? 'RANGE' : 'OPTIONAL';
}

function article(type: MatchField['matchType']): string {
  return `${type === 'TERNARY' || type === 'RANGE' ? 'a' : 'an'} ${type.toLowerCase()}`;
}

function assertNever(value: never): never {
  throw new Error(`not reached: ${String(value)}`);
}
