/** Table entries for the fuzzer: valid ones of every kind of match, and the mutations that make them wrong, each with the code that it must get. */
import {
  type Code,
  type FieldMatch,
  type TableAction,
  type TableEntry,
  toBytes,
  type UpdateType,
  type Writable,
} from '../../p4runtime/index.ts';
import type { Planned } from './fuzz-model.ts';
import { action, bytes, exact, found, lpm, optional, range, table, ternary } from './notation.ts';

export type Random = (below: number) => number;

const kinds = ['exact_one', 'exact_one', 'lpm_one', 'ternary_one', 'mixed', 'idle', 'selected'] as const;
type EntryKind = (typeof kinds)[number];

interface Draft {
  readonly type: UpdateType;
  readonly kind: EntryKind;
  readonly entry: Writable<TableEntry>;
  readonly random: Random;
}

interface Mutation {
  /** Where it makes the update wrong. */
  readonly on: (draft: Draft) => boolean;
  readonly change: (draft: Draft) => void;
  readonly says: Code;
}

const isWrite = ({ type }: Draft): boolean => type !== 'DELETE';
/** It names an action itself, and the action has a parameter. */
const hasParam = (draft: Draft): boolean => isWrite(draft) && draft.kind !== 'selected' && draft.kind !== 'idle';
const hasPriority = ({ kind }: Draft): boolean => kind === 'ternary_one' || kind === 'mixed';
const isExact = ({ kind }: Draft): boolean => kind === 'exact_one' || kind === 'idle' || kind === 'selected';
const always = (): boolean => true;
const actionOf = (kind: EntryKind): string => (kind === 'ternary_one' ? 'metered' : kind === 'idle' ? 'aged' : 'found');
const withParams = ({ kind, entry }: Draft, ...params: { paramId: number; value: Uint8Array }[]): void => {
  entry.action = { action: { actionId: action(actionOf(kind)), params } };
};

export const mutations: readonly Mutation[] = [
  // ids
  { on: always, change: ({ entry }) => (entry.tableId = 0x02ff_fff0), says: 'NOT_FOUND' },
  { on: always, change: ({ entry }) => (entry.tableId = action('found')), says: 'NOT_FOUND' },
  { on: always, change: ({ entry }) => (entry.tableId = 0), says: 'INVALID_ARGUMENT' },
  {
    on: hasParam,
    change: ({ entry }) => (entry.action = { action: { actionId: 0x01ff_fff0, params: [] } }),
    says: 'INVALID_ARGUMENT',
  },
  {
    on: (d) => isWrite(d) && d.kind !== 'selected',
    change: ({ kind, entry }) =>
      (entry.action = { action: { actionId: action(kind === 'idle' ? 'found' : 'aged'), params: [] } }),
    says: 'INVALID_ARGUMENT',
  },
  {
    on: (d) => isWrite(d) && d.kind === 'exact_one',
    change: ({ entry }) => (entry.action = { action: { actionId: action('only_default'), params: [] } }),
    says: 'PERMISSION_DENIED',
  },
  // match fields
  {
    on: always,
    change: ({ entry }) => (entry.match = [...entry.match, exact(9, 1)]),
    says: 'INVALID_ARGUMENT',
  },
  {
    on: ({ entry }) => entry.match.length > 0,
    change: ({ entry }) => (entry.match = [...entry.match, entry.match[0]!]),
    says: 'INVALID_ARGUMENT',
  },
  { on: isExact, change: ({ entry }) => (entry.match = []), says: 'INVALID_ARGUMENT' },
  { on: (d) => d.kind === 'mixed', change: ({ entry }) => (entry.match = entry.match.slice(0, -1)), says: 'INVALID_ARGUMENT' },
  { on: isExact, change: ({ entry }) => (entry.match = [exact(1, 1, 0, 0, 0, 0)]), says: 'OUT_OF_RANGE' },
  { on: isExact, change: ({ entry }) => (entry.match = [exact(1)]), says: 'OUT_OF_RANGE' },
  {
    on: isExact,
    change: ({ entry, random }) =>
      (entry.match = [
        [lpm(1, bytes(8), 32), ternary(1, bytes(8), bytes(8)), range(1, bytes(1), bytes(8)), optional(1, 8)][random(4)]!,
      ]),
    says: 'INVALID_ARGUMENT',
  },
  {
    on: (d) => !isExact(d) && d.kind !== 'mixed',
    change: ({ entry }) => (entry.match = [exact(1, 8)]),
    says: 'INVALID_ARGUMENT',
  },
  {
    on: (d) => d.kind === 'lpm_one',
    change: ({ entry, random }) => (entry.match = [lpm(1, bytes(10, 0, 0, 1), [0, 8, 33, -1][random(4)]!)]),
    says: 'INVALID_ARGUMENT',
  },
  {
    on: (d) => d.kind === 'ternary_one',
    change: ({ entry, random }) => (entry.match = [ternary(1, bytes(0x13), [bytes(0), bytes(0x10)][random(2)]!)]),
    says: 'INVALID_ARGUMENT',
  },
  {
    on: (d) => d.kind === 'mixed',
    change: ({ entry, random }) =>
      (entry.match = [[range(2, bytes(9), bytes(8)), range(2, bytes(0), bytes(0xff, 0xff))][random(2)]!, exact(4, 1)]),
    says: 'INVALID_ARGUMENT',
  },
  {
    on: (d) => d.kind === 'mixed',
    change: ({ entry }) => (entry.match = [optional(3, 1, 0), exact(4, 1)]),
    says: 'OUT_OF_RANGE',
  },
  // priorities
  { on: hasPriority, change: ({ entry, random }) => (entry.priority = [0, -1][random(2)]!), says: 'INVALID_ARGUMENT' },
  { on: (d) => !hasPriority(d), change: ({ entry }) => (entry.priority = 5), says: 'INVALID_ARGUMENT' },
  // parameters
  { on: hasParam, change: (d) => withParams(d), says: 'INVALID_ARGUMENT' },
  { on: hasParam, change: (d) => withParams(d, { paramId: 2, value: bytes(1) }), says: 'INVALID_ARGUMENT' },
  {
    on: hasParam,
    change: (d) => withParams(d, { paramId: 1, value: bytes(1) }, { paramId: 1, value: bytes(1) }),
    says: 'INVALID_ARGUMENT',
  },
  { on: hasParam, change: (d) => withParams(d, { paramId: 1, value: bytes(1, 0, 0) }), says: 'OUT_OF_RANGE' },
  { on: hasParam, change: (d) => withParams(d, { paramId: 1, value: bytes() }), says: 'OUT_OF_RANGE' },
  // kinds of action
  {
    on: (d) => isWrite(d) && d.kind === 'selected',
    change: ({ entry }) => (entry.action = found(1)),
    says: 'INVALID_ARGUMENT',
  },
  {
    on: (d) => isWrite(d) && d.kind !== 'selected',
    change: ({ entry, random }) => (entry.action = [{ actionProfileMemberId: 1 }, { actionProfileGroupId: 1 }][random(2)]!),
    says: 'INVALID_ARGUMENT',
  },
  { on: (d) => d.type === 'INSERT', change: ({ entry }) => delete entry.action, says: 'INVALID_ARGUMENT' },
  // what is only read, or what the table has not
  { on: isWrite, change: ({ entry }) => (entry.isConst = true), says: 'INVALID_ARGUMENT' },
  { on: isWrite, change: ({ entry }) => (entry.timeSinceLastHit = { elapsedNs: 5n }), says: 'INVALID_ARGUMENT' },
  {
    on: (d) => isWrite(d) && d.kind !== 'idle',
    change: ({ entry }) => (entry.idleTimeoutNs = 1_000_000_000n),
    says: 'INVALID_ARGUMENT',
  },
  {
    on: (d) => isWrite(d) && d.kind === 'idle',
    change: ({ entry, random }) => (entry.idleTimeoutNs = [-1n, 2n ** 31n * 1_000_000n][random(2)]!),
    says: 'INVALID_ARGUMENT',
  },
  { on: isWrite, change: ({ entry }) => (entry.counterData = { byteCount: 1n, packetCount: 1n }), says: 'INVALID_ARGUMENT' },
  {
    on: (d) => isWrite(d) && d.kind !== 'ternary_one',
    change: ({ entry }) => (entry.meterConfig = { cir: 1n, cburst: 1n, pir: 2n, pburst: 1n }),
    says: 'INVALID_ARGUMENT',
  },
  {
    on: (d) => isWrite(d) && d.kind === 'ternary_one',
    change: ({ entry }) => (entry.meterConfig = { cir: 3n, cburst: 1n, pir: 2n, pburst: 1n }),
    says: 'INVALID_ARGUMENT',
  },
  {
    on: isWrite,
    change: ({ entry }) => {
      entry.tableId = table('constant');
      entry.match = [exact(1, 1)];
      entry.action = found(1);
      delete entry.priority;
      delete entry.idleTimeoutNs;
    },
    says: 'PERMISSION_DENIED',
  },
  { on: (d) => d.type !== 'MODIFY', change: ({ entry }) => (entry.isDefaultAction = true), says: 'INVALID_ARGUMENT' },
];

export function planEntry(random: Random, type: UpdateType, isMutated: boolean): Planned {
  const kind = kinds[random(kinds.length)]!;
  const { match, key } = matchOf(random, kind);
  const member = 1 + random(40);
  const entry: Writable<TableEntry> = { tableId: table(kind), match, action: actionFor(random, kind, member) };
  if (kind === 'ternary_one' || kind === 'mixed') entry.priority = 1 + random(3);
  if (kind === 'idle') {
    if (random(2) === 0) entry.idleTimeoutNs = BigInt(1 + random(500)) * 3_600_000_000_001n;
    if (random(3) === 0) entry.metadata = bytes(1 + random(255), random(256));
    if (random(3) === 0) entry.controllerMetadata = BigInt(1 + random(1000));
  }
  const draft: Draft = { type, kind, entry, random };
  const key1 = `${kind} ${key} ${entry.priority ?? 0}`;
  const keepsAction = type === 'MODIFY' && kind === 'exact_one' && random(6) === 0;
  const possible = isMutated ? mutations.filter(({ on }) => on(draft)) : [];
  const mutation = possible[random(Math.max(1, possible.length))];
  mutation?.change(draft);
  if (keepsAction && !mutation) delete entry.action;
  return {
    update: { type, entity: { tableEntry: entry } },
    type,
    entity: { tableEntry: entry },
    key: key1,
    kind,
    objectId: entry.tableId,
    ...(mutation && { says: mutation.says }),
    ...(keepsAction && !mutation && { keepsAction }),
    ...(kind === 'selected' && type !== 'DELETE' && !mutation && { refersTo: `member ${member}` }),
  };
}

function matchOf(random: Random, kind: EntryKind): { readonly match: FieldMatch[]; readonly key: string } {
  const value = random(kind === 'exact_one' ? 700 : 40);
  switch (kind) {
    case 'lpm_one': {
      const length = 24 + random(9);
      const prefix = ((value * 256) & ~(2 ** (32 - length) - 1)) >>> 0;
      return { match: [lpm(1, padded(random, prefix, 4), length)], key: `${prefix}/${length}` };
    }
    case 'ternary_one':
      return { match: [ternary(1, padded(random, value, 4), bytes(0xff))], key: `${value}` };
    case 'mixed': {
      const [any, low, small, which] = [random(3) === 0, random(5), random(4), random(4)];
      const key = random(8);
      const [isRange, isOptional] = [random(3) > 0, random(2) === 0];
      return {
        match: [
          ...(any ? [] : [ternary(1, padded(random, key, 4), bytes(0x0f))]),
          ...(isRange ? [range(2, padded(random, low, 2), padded(random, low + 7, 2))] : []),
          ...(isOptional ? [optional(3, small)] : []),
          exact(4, which),
        ],
        key: `${any ? '*' : key} ${isRange ? low : '*'} ${isOptional ? small : '*'} ${which}`,
      };
    }
    default:
      return { match: [{ fieldId: 1, exact: { value: padded(random, value, 4) } }], key: `${value}` };
  }
}

function actionFor(random: Random, kind: EntryKind, member: number): TableAction {
  if (kind === 'selected') return { actionProfileMemberId: member };
  const params = kind === 'idle' ? [] : [{ paramId: 1, value: padded(random, random(65536), 2) }];
  return { action: { actionId: action(actionOf(kind)), params } };
}

/** A number's bytestring, now and then with zeros in front, which a server must take. */
function padded(random: Random, value: number, width: number): Uint8Array {
  const canonical = toBytes(value);
  return random(8) === 0 ? Uint8Array.from([...new Array(width - canonical.length).fill(0), ...canonical]) : canonical;
}
