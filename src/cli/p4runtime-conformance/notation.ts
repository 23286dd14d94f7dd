/** Short forms for cases: entities of the suite's program by name. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Entity,
  EntityBuilder,
  type FieldMatch,
  type TableEntry,
  type TableEntryLike,
  type Update,
} from '../../p4runtime/index.ts';
import type { Message } from '../../p4runtime/wire/fields.ts';
import { readDeviceConfig } from '../p4rt-program.ts';
import { packageRoot } from '../package-root.ts';

export const programFile = join(packageRoot, 'p4', 'p4runtime-conformance.p4');
export const programText = readFileSync(programFile);

const compiled = readDeviceConfig(programText);
if (typeof compiled === 'string') throw new Error(compiled);
export const program = compiled;
export const build = new EntityBuilder(program.p4info);
const { names } = build;

export const insert = (entity: Entity): Update => ({ type: 'INSERT', entity });
export const modify = (entity: Entity): Update => ({ type: 'MODIFY', entity });
export const remove = (entity: Entity): Update => ({ type: 'DELETE', entity });

export const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
export const entry = (like: TableEntryLike): Entity => ({ tableEntry: build.tableEntry(like) });
export const table = (name: string): number => names.tables.get(name).preamble.id;
export const action = (name: string): number => names.actions.get(name).preamble.id;
export const profile = (name: string): number => names.actionProfiles.get(name).preamble.id;

/** A table entry whose parts are as given, whatever they are. */
export const raw = (name: string, more: Partial<TableEntry>): Entity => ({
  tableEntry: { tableId: table(name), match: [], ...more },
});
export const exact = (fieldId: number, ...value: number[]): FieldMatch => ({ fieldId, exact: { value: bytes(...value) } });
export const ternary = (fieldId: number, value: Uint8Array, mask: Uint8Array): FieldMatch => ({
  fieldId,
  ternary: { value, mask },
});
export const lpm = (fieldId: number, value: Uint8Array, prefixLen: number): FieldMatch => ({
  fieldId,
  lpm: { value, prefixLen },
});
export const range = (fieldId: number, low: Uint8Array, high: Uint8Array): FieldMatch => ({ fieldId, range: { low, high } });
export const optional = (fieldId: number, ...value: number[]): FieldMatch => ({ fieldId, optional: { value: bytes(...value) } });

/** `found(value)` as an action of an entry. */
export const found = (...value: number[]) => ({
  action: { actionId: action('found'), params: [{ paramId: 1, value: bytes(...value) }] },
});
export const one = (key: number, value: number): Entity =>
  entry({ table: 'exact_one', match: { key }, action: 'found', params: { value } });
export const lines = (name: string): Entity => ({ tableEntry: { tableId: table(name), match: [] } });
export const everything: Entity = { tableEntry: { tableId: 0, match: [] } };
export const defaultOf = (name: string): Entity => raw(name, { isDefaultAction: true });

export const member = (id: number, value: number, name = 'next_hops'): Entity => ({
  actionProfileMember: build.member({ profile: name, id, action: 'found', params: { value } }),
});
export const group = (
  id: number,
  members: readonly (number | { member: number; weight: number })[],
  name = 'next_hops',
): Entity => ({
  actionProfileGroup: build.group({ profile: name, id, members }),
});
/** A one-shot action set: values of `found`, with weights. */
export const oneShot = (
  name: string,
  key: number,
  set: readonly (readonly [value: number, weight: number])[],
  more: object = {},
): Entity =>
  raw(name, {
    match: [exact(1, key)],
    action: {
      actionProfileActionSet: {
        actionProfileActions: set.map(([value, weight]) => ({ action: found(value).action, weight, ...more })),
      },
    },
  });
export const groupMessage = (change: Message): Entity => ({
  actionProfileGroup: { actionProfileId: profile('next_hops'), groupId: 1, members: [], ...change },
});
