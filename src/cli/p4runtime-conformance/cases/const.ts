/** Const entries, and entries that the program brings. */
import { defaultOf, entry, exact, insert, lines, modify, raw, remove } from '../notation.ts';
import type { Case } from '../tester.ts';
import { constants, setDefault } from './entries-shared.ts';

export const constCases: readonly Case[] = [
  { name: 'ReadConstTable.P4RuntimeEntries', steps: [{ read: lines('constant'), finds: constants.slice(0, 2) }] },
  {
    name: 'ReadConstTable.OutOfBandEntries: entries of the program that are not const',
    steps: [{ read: lines('initial'), finds: [constants[2]!] }],
  },
  {
    name: 'const table: insert',
    steps: [{ write: insert(entry({ table: 'constant', match: { small: 3 }, action: 'NoAction' })), says: 'PERMISSION_DENIED' }],
  },
  {
    name: 'const table: modify',
    steps: [{ write: modify(entry({ table: 'constant', match: { small: 1 }, action: 'NoAction' })), says: 'PERMISSION_DENIED' }],
  },
  {
    name: 'const table: modify with the same action',
    steps: [
      {
        write: modify(entry({ table: 'constant', match: { small: 1 }, action: 'found', params: { value: 11 } })),
        says: 'PERMISSION_DENIED',
      },
    ],
  },
  {
    name: 'const table: delete',
    steps: [{ write: remove(entry({ table: 'constant', match: { small: 1 }, action: 'NoAction' })), says: 'PERMISSION_DENIED' }],
  },
  {
    name: 'const table: another default action',
    steps: [
      { write: modify(setDefault('constant', 9)) },
      { read: defaultOf('constant'), finds: ['constant default: found(value=9)'] },
    ],
  },
  { name: 'const table: one entry', steps: [{ read: raw('constant', { match: [exact(1, 2)] }), finds: [constants[1]!] }] },
  {
    name: 'entries of the program: modify and back',
    steps: [
      { write: modify(entry({ table: 'initial', match: { small: 1 }, action: 'NoAction' })) },
      { read: lines('initial'), finds: ['initial small=1: NoAction()'] },
      { write: modify(entry({ table: 'initial', match: { small: 1 }, action: 'found', params: { value: 21 } })) },
    ],
  },
  {
    name: 'entries of the program: insert beside them',
    steps: [
      { write: insert(entry({ table: 'initial', match: { small: 9 }, action: 'NoAction' })) },
      { read: lines('initial'), finds: ['initial small=9: NoAction()', constants[2]!] },
    ],
  },
];
