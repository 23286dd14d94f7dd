/** Parser value sets. */
import type { Entity } from '../../../p4runtime/index.ts';
import { bytes, exact, insert, modify, remove } from '../notation.ts';
import type { Case } from '../tester.ts';
import { names } from './resources-shared.ts';

const special = names.valueSets.get('special').preamble.id;

const set = (...values: number[]): Entity => ({
  valueSetEntry: { valueSetId: special, members: values.map((v) => ({ match: [exact(1, v)] })) },
});

export const valueSetCases: readonly Case[] = [
  {
    name: 'PVS.Write',
    steps: [{ write: modify(set(1, 2)) }, { read: set(), finds: ['value set special: {=1}, {=2}'] }],
  },
  {
    name: 'PVS.Read: all value sets',
    steps: [{ read: { valueSetEntry: { valueSetId: 0, members: [] } }, finds: ['value set special: empty'] }],
  },
  {
    name: 'a write replaces all members',
    steps: [{ write: modify(set(1, 2)) }, { write: modify(set(3)) }, { read: set(), finds: ['value set special: {=3}'] }],
  },
  {
    name: 'emptied',
    steps: [{ write: modify(set(1, 2)) }, { write: modify(set()) }, { read: set(), finds: ['value set special: empty'] }],
  },
  { name: 'insert', steps: [{ write: insert(set(1)), says: 'INVALID_ARGUMENT' }] },
  { name: 'delete', steps: [{ write: remove(set(1)), says: 'INVALID_ARGUMENT' }] },
  { name: 'too many members', steps: [{ write: modify(set(1, 2, 3, 4, 5)), says: 'RESOURCE_EXHAUSTED' }] },
  { name: 'a member twice', steps: [{ write: modify(set(1, 1)), says: 'ALREADY_EXISTS' }] },
  {
    name: 'unknown id',
    steps: [{ write: modify({ valueSetEntry: { valueSetId: 0x03ff_ffff, members: [] } }), says: 'NOT_FOUND' }],
  },
  {
    name: 'a match of the wrong kind',
    steps: [
      {
        write: modify({
          valueSetEntry: { valueSetId: special, members: [{ match: [{ fieldId: 1, optional: { value: bytes(1) } }] }] },
        }),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'a value too wide',
    steps: [
      {
        write: modify({ valueSetEntry: { valueSetId: special, members: [{ match: [exact(1, 1, 0, 0)] }] } }),
        says: 'OUT_OF_RANGE',
      },
    ],
  },
];
