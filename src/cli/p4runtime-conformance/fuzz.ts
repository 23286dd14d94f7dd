/**
 * Mutated writes, judged by a plain model of the switch: a map of what is installed, and rules of a line each. What the server answers must be what the model
 * says, and at the end both must hold the same.
 */
import { type Code, type Entity, type FieldMatch, toBytes, type Update, type UpdateType } from '../../p4runtime/index.ts';
import { action, bytes, profile, table } from './notation.ts';
import type { Tester } from './tester.ts';

export interface FuzzReport {
  readonly updates: number;
  readonly seed: number;
  readonly problems: readonly string[];
}

/** A generated update with what is wrong with it, if the mutation made it so. */
interface Planned {
  readonly update: Update;
  readonly key: string;
  /** What must be answered whatever is installed. */
  readonly says?: Code;
  readonly refersTo?: string;
  readonly kind: keyof typeof capacity;
}

const capacity = { exact_one: 512, lpm_one: 64, ternary_one: 64, selected: 32, member: 32, group: 8 } as const;
const batch = 50;

/** Writes `count` updates in batches; deterministic for a seed. */
export async function fuzz(tester: Tester, count: number, seed: number): Promise<FuzzReport> {
  const random = mulberry(seed);
  const model = new Model();
  const problems: string[] = [];
  let updates = 0;
  while (updates < count && problems.length < 20) {
    const planned = Array.from({ length: Math.min(batch, count - updates) }, () => plan(random));
    const isAtomic = random(4) === 0;
    const wanted = isAtomic ? model.applyAll(planned) : planned.map((each) => model.apply(each));
    const answer = await tester.write(
      planned.map(({ update }) => update),
      isAtomic ? 'ROLLBACK_ON_ERROR' : 'CONTINUE_ON_ERROR',
    );
    const found = answer.details?.map(({ code }) => code) ?? planned.map(() => answer.code);
    planned.forEach((each, i) => {
      if (found[i] === wanted[i] || problems.length >= 20) return;
      const message = answer.details?.[i]?.message ?? answer.message;
      problems.push(
        `update ${updates + i}${isAtomic ? ' (atomic)' : ''}: ${each.update.type} ${tester.show(each.update.entity)}: expected ${wanted[i]}, found ${found[i]} (${message})`,
      );
    });
    updates += planned.length;
  }
  problems.push(...(await compare(tester, model)));
  return { updates, seed, problems };
}

class Model {
  /** Key to what it refers to. */
  readonly entries = new Map<string, { readonly kind: Planned['kind']; readonly refersTo?: string; readonly entity: Entity }>();

  apply({ update, key, says, refersTo, kind }: Planned): Code {
    if (says) return says;
    const before = this.entries.get(key);
    if (update.type === 'DELETE') {
      if (!before) return 'NOT_FOUND';
      if ([...this.entries.values()].some((e) => e.refersTo === key)) return 'FAILED_PRECONDITION';
      this.entries.delete(key);
      return 'OK';
    }
    if (update.type === 'MODIFY' && !before && kind !== 'selected') return 'NOT_FOUND';
    // A group is looked for before its members, an entry after what it refers to.
    if (kind === 'group' && update.type === 'INSERT' && before) return 'ALREADY_EXISTS';
    if (refersTo !== undefined && !this.entries.has(refersTo)) return 'NOT_FOUND';
    if (update.type === 'MODIFY' && !before) return 'NOT_FOUND';
    if (update.type === 'INSERT' && before) return 'ALREADY_EXISTS';
    if (update.type === 'INSERT' && this.count(kind) >= capacity[kind]) return 'RESOURCE_EXHAUSTED';
    this.entries.set(key, { kind, refersTo, entity: update.entity });
    return 'OK';
  }

  /** All or nothing: mistakes that can be seen beforehand are all reported, of the others the first. */
  applyAll(planned: readonly Planned[]): Code[] {
    if (planned.some(({ says }) => says)) return planned.map(({ says }) => says ?? 'ABORTED');
    const before = new Map(this.entries);
    const removed = new Set<string>();
    const codes: Code[] = planned.map(() => 'ABORTED');
    const undo = (at: number, code: Code): Code[] => {
      this.entries.clear();
      for (const [key, value] of before) this.entries.set(key, value);
      codes[at] = code;
      return codes;
    };
    for (const [i, each] of planned.entries()) {
      const isLate = each.update.type === 'DELETE' && (each.kind === 'member' || each.kind === 'group');
      if (isLate) {
        // What still refers to it is looked at when all is done; its place is free only then.
        if (!this.entries.delete(each.key)) return undo(i, 'NOT_FOUND');
        removed.add(`${i} ${each.key}`);
        continue;
      }
      const late = [...removed].filter((text) => text.includes(` ${each.kind} `)).length;
      if (each.update.type === 'INSERT' && !this.entries.has(each.key) && this.count(each.kind) + late >= capacity[each.kind]) {
        const code = each.refersTo !== undefined && !this.entries.has(each.refersTo) ? 'NOT_FOUND' : 'RESOURCE_EXHAUSTED';
        return undo(i, code);
      }
      const code = this.apply(each);
      if (code !== 'OK') return undo(i, code);
    }
    for (const text of removed) {
      const [i, ...key] = text.split(' ');
      if ([...this.entries.values()].some((e) => e.refersTo === key.join(' '))) return undo(Number(i), 'FAILED_PRECONDITION');
    }
    return planned.map(() => 'OK');
  }

  count(kind: Planned['kind']): number {
    let count = 0;
    for (const entry of this.entries.values()) if (entry.kind === kind) count++;
    return count;
  }
}

type Random = (below: number) => number;

const types: readonly UpdateType[] = ['INSERT', 'INSERT', 'INSERT', 'MODIFY', 'DELETE', 'DELETE'];

function plan(random: Random): Planned {
  const type = types[random(types.length)]!;
  const kind = (['exact_one', 'exact_one', 'lpm_one', 'ternary_one', 'selected', 'member', 'group'] as const)[random(7)]!;
  const mutation = random(5) === 0 ? random(8) : -1;
  if (kind === 'member') return planMember(random, type, mutation);
  if (kind === 'group') return planGroup(random, type, mutation);
  return planEntry(random, type, kind, mutation);
}

function planEntry(
  random: Random,
  type: UpdateType,
  kind: 'exact_one' | 'lpm_one' | 'ternary_one' | 'selected',
  mutation: number,
): Planned {
  const value = random(kind === 'exact_one' ? 700 : 40);
  const priority = kind === 'ternary_one' ? 1 + random(3) : 0;
  const length = 24 + random(9);
  const prefix = ((value * 256) & ~(2 ** (32 - length) - 1)) >>> 0;
  let match: FieldMatch[] =
    kind === 'lpm_one'
      ? [{ fieldId: 1, lpm: { value: toBytes(prefix), prefixLen: length } }]
      : kind === 'ternary_one'
        ? [{ fieldId: 1, ternary: { value: toBytes(value), mask: bytes(0xff) } }]
        : [{ fieldId: 1, exact: { value: toBytes(value) } }];
  const key = `${kind} ${kind === 'lpm_one' ? `${prefix}/${length}` : value} ${priority}`;
  const params = [{ paramId: 1, value: toBytes(random(65536)) }];
  const member = 1 + random(40);
  let tableId = table(kind);
  let actionOf: object =
    kind === 'selected'
      ? { actionProfileMemberId: member }
      : { action: { actionId: action(kind === 'ternary_one' ? 'metered' : 'found'), params } };
  let refersTo = kind === 'selected' ? `member ${member}` : undefined;
  let given = priority;
  let says: Code | undefined;
  const isWrite = type !== 'DELETE';
  switch (mutation) {
    case 0:
      tableId = 0x02ff_fff0;
      says = 'NOT_FOUND';
      break;
    case 1:
      match = [...match, { fieldId: 9, exact: { value: bytes(1) } }];
      says = 'INVALID_ARGUMENT';
      break;
    case 2:
      given = kind === 'ternary_one' ? 0 : 5;
      says = 'INVALID_ARGUMENT';
      break;
    case 3:
      if (!isWrite || kind === 'selected') break;
      actionOf = { action: { actionId: 0x01ff_fff0, params } };
      says = 'INVALID_ARGUMENT';
      break;
    case 4:
      if (!isWrite || kind === 'selected') break;
      actionOf = { action: { actionId: action(kind === 'ternary_one' ? 'metered' : 'found'), params: [] } };
      says = 'INVALID_ARGUMENT';
      break;
    case 5:
      if (!isWrite || kind === 'selected') break;
      actionOf = {
        action: {
          actionId: action(kind === 'ternary_one' ? 'metered' : 'found'),
          params: [{ paramId: 1, value: bytes(1, 0, 0) }],
        },
      };
      says = 'OUT_OF_RANGE';
      break;
    case 6:
      match = [...match, ...match];
      says = 'INVALID_ARGUMENT';
      break;
    case 7:
      if (!isWrite) break;
      actionOf = kind === 'selected' ? { action: { actionId: action('found'), params } } : { actionProfileMemberId: 1 };
      refersTo = undefined;
      says = 'INVALID_ARGUMENT';
      break;
  }
  const entity: Entity = { tableEntry: { tableId, match, action: actionOf as never, ...(given !== 0 && { priority: given }) } };
  return { update: { type, entity }, key, kind, ...(says && { says }), ...(isWrite && refersTo !== undefined && { refersTo }) };
}

function planMember(random: Random, type: UpdateType, mutation: number): Planned {
  const memberId = mutation === 0 ? 0 : 1 + random(40);
  const isWrite = type !== 'DELETE';
  const hasAction = !(isWrite && mutation === 1);
  const actionId = isWrite && mutation === 2 ? action('aged') : action('found');
  const says: Code | undefined = mutation === 0 || !hasAction || actionId !== action('found') ? 'INVALID_ARGUMENT' : undefined;
  const entity: Entity = {
    actionProfileMember: {
      actionProfileId: profile('next_hops'),
      memberId,
      ...(hasAction && {
        action: { actionId, params: actionId === action('found') ? [{ paramId: 1, value: toBytes(random(65536)) }] : [] },
      }),
    },
  };
  return { update: { type, entity }, key: `member ${memberId}`, kind: 'member', ...(says && { says }) };
}

/** Groups of one member, so that what refers to what stays a single arrow. */
function planGroup(random: Random, type: UpdateType, mutation: number): Planned {
  const groupId = mutation === 0 ? 0 : 1 + random(10);
  const member = 1 + random(40);
  const isWrite = type !== 'DELETE';
  const weight = isWrite && mutation === 1 ? 0 : isWrite && mutation === 2 ? -3 : 1 + random(4);
  const isTwice = isWrite && mutation === 3;
  const says: Code | undefined = groupId === 0 || weight < 1 || isTwice ? 'INVALID_ARGUMENT' : undefined;
  const members = [{ memberId: member, weight }, ...(isTwice ? [{ memberId: member, weight: 1 }] : [])];
  const entity: Entity = { actionProfileGroup: { actionProfileId: profile('next_hops'), groupId, members } };
  return {
    update: { type, entity },
    key: `group ${groupId}`,
    kind: 'group',
    ...(says && { says }),
    ...(isWrite && { refersTo: `member ${member}` }),
  };
}

/** What the server holds at the end against the model. */
async function compare(tester: Tester, model: Model): Promise<string[]> {
  const filters: Entity[] = [
    ...(['exact_one', 'lpm_one', 'ternary_one', 'selected'] as const).map(
      (name): Entity => ({ tableEntry: { tableId: table(name), match: [] } }),
    ),
    { actionProfileMember: { actionProfileId: profile('next_hops'), memberId: 0 } },
    { actionProfileGroup: { actionProfileId: profile('next_hops'), groupId: 0, members: [] } },
  ];
  const found = new Set(await tester.lines(filters));
  const wanted = new Set([...model.entries.values()].map(({ entity }) => tester.show(entity)));
  return [
    ...[...wanted].filter((line) => !found.has(line)).map((line) => `in the model, not in the switch: ${line}`),
    ...[...found].filter((line) => !wanted.has(line)).map((line) => `in the switch, not in the model: ${line}`),
  ].slice(0, 20);
}

function mulberry(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}
