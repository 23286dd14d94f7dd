/** Bytestrings: canonical, padded, too long, empty. */
import type { Entity } from '../../../p4runtime/index.ts';
import { action, bytes, exact, found, insert, lines, one, raw, remove } from '../notation.ts';
import type { Case } from '../tester.ts';
import { two } from './entries-shared.ts';

export const bytestringCases: readonly Case[] = [
  {
    name: 'MatchKeyFormat.Good1',
    steps: [
      { write: insert(raw('exact_one', { match: [exact(1, 0, 0, 0, 5)], action: found(1) })) },
      { read: raw('exact_one', { match: [exact(1, 5)] }), finds: ['exact_one key=5: found(value=1)'] },
    ],
  },
  {
    name: 'MatchKeyFormat.Good2',
    steps: [
      { write: insert(raw('exact_one', { match: [exact(1, 0xff, 0xff, 0xff, 0xff)], action: found(1) })) },
      { read: lines('exact_one'), finds: ['exact_one key=255.255.255.255: found(value=1)'] },
    ],
  },
  {
    name: 'MatchKeyFormat.BadLeadingZeros: more bytes than the width, zeros in front',
    steps: [
      { write: insert(raw('exact_one', { match: [exact(1, 0, 0, 0, 0, 0, 5)], action: found(1) })) },
      { read: lines('exact_one'), finds: ['exact_one key=5: found(value=1)'] },
    ],
  },
  {
    name: 'the same key in two forms is one entry',
    steps: [
      { write: insert(one(5, 1)) },
      { write: insert(raw('exact_one', { match: [exact(1, 0, 5)], action: found(1) })), says: 'ALREADY_EXISTS' },
    ],
  },
  {
    name: 'a padded key finds its entry',
    steps: [{ write: insert(one(5, 1)) }, { write: remove(raw('exact_one', { match: [exact(1, 0, 0, 5)] })) }],
  },
  {
    name: 'zero is one zero byte',
    steps: [
      { write: insert(raw('exact_one', { match: [exact(1, 0)], action: found(0) })) },
      { read: lines('exact_one'), finds: ['exact_one key=0: found(value=0)'] },
    ],
  },
  {
    name: 'MatchKeyFormat.FieldTooShort: empty value',
    steps: [{ write: insert(raw('exact_one', { match: [exact(1)], action: found(1) })), says: 'OUT_OF_RANGE' }],
  },
  {
    name: 'MatchKeyFormat.FieldTooLong',
    steps: [{ write: insert(raw('exact_one', { match: [exact(1, 1, 0, 0, 0, 0)], action: found(1) })), says: 'OUT_OF_RANGE' }],
  },
  {
    name: 'MatchKeyFormat.MkTooLong: a field of 8 bits',
    steps: [{ write: insert(two(1, { match: [exact(1, 5), exact(2, 1, 0)] })), says: 'OUT_OF_RANGE' }],
  },
  {
    name: 'parameter too wide',
    steps: [{ write: insert(raw('exact_one', { match: [exact(1, 5)], action: found(1, 0, 0) })), says: 'OUT_OF_RANGE' }],
  },
  {
    name: 'empty parameter',
    steps: [{ write: insert(raw('exact_one', { match: [exact(1, 5)], action: found() })), says: 'OUT_OF_RANGE' }],
  },
  { name: 'a parameter of one bit takes no 2', steps: [{ write: insert(entryOfWide(2)), says: 'OUT_OF_RANGE' }] },
  {
    name: 'a padded parameter is answered canonical',
    steps: [
      { write: insert(raw('exact_one', { match: [exact(1, 5)], action: found(0, 0, 0, 7) })) },
      { read: lines('exact_one'), finds: ['exact_one key=5: found(value=7)'] },
    ],
  },
  {
    name: 'answers are canonical on the wire',
    run: async (t) => {
      await t.write([insert(raw('exact_one', { match: [exact(1, 0, 0, 5)], action: found(0, 9) }))]);
      const { response } = await t.read([lines('exact_one')]);
      t.expect('bytes', JSON.stringify(response), JSON.stringify(response).replaceAll('[0,', '['));
    },
  },
];

function entryOfWide(flag: number): Entity {
  const params = [
    { paramId: 1, value: bytes(1) },
    { paramId: 2, value: bytes(flag) },
    { paramId: 3, value: bytes(1) },
  ];
  return raw('exact_one', { match: [exact(1, 5)], action: { action: { actionId: action('wide'), params } } });
}
