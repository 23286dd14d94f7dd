/** Registers. */
import type { Entity } from '../../../p4runtime/index.ts';
import { bytes, insert, modify, remove } from '../notation.ts';
import type { Case } from '../tester.ts';
import { names } from './resources-shared.ts';

const words = names.registers.get('words').preamble.id;

const cells = names.registers.get('cells').preamble.id;

const word = (index: bigint | undefined, ...value: number[]): Entity => ({
  registerEntry: { registerId: words, index, ...(value.length > 0 && { data: [bytes(...value)] }) },
});

export const registerCases: readonly Case[] = [
  {
    name: 'Register.Write',
    steps: [{ write: modify(word(2n, 1, 2, 3)) }, { read: word(2n), finds: ['register words[2]: 0x10203'] }],
  },
  { name: 'Register.Read: all cells', run: async (t) => t.expect('cells', (await t.lines([word(undefined)])).length, 8) },
  {
    name: 'register: all registers',
    run: async (t) => t.expect('cells', (await t.lines([{ registerEntry: { registerId: 0 } }])).length, 12),
  },
  {
    name: 'register: all cells written at once',
    steps: [
      { write: modify(word(undefined, 7)) },
      { read: [word(0n), word(7n)], finds: ['register words[0]: 0x7', 'register words[7]: 0x7'] },
    ],
  },
  {
    name: 'register: a struct',
    steps: [
      { write: modify({ registerEntry: { registerId: cells, index: 1n, data: [bytes(0x12, 0x34), bytes(5)] } }) },
      { read: { registerEntry: { registerId: cells, index: 1n } }, finds: ['register cells[1]: 0x1234, 0x5'] },
    ],
  },
  {
    name: 'register: a number where a struct is',
    steps: [
      {
        write: { raw: { type: 2, entity: { registerEntry: { registerId: cells, index: {}, data: { bitstring: bytes(1) } } } } },
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'register: a struct with too few members',
    steps: [
      {
        write: {
          raw: {
            type: 2,
            entity: { registerEntry: { registerId: cells, index: {}, data: { struct: { members: [{ bitstring: bytes(1) }] } } } },
          },
        },
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'register: too wide a value',
    steps: [
      {
        write: {
          raw: {
            type: 2,
            entity: { registerEntry: { registerId: words, index: {}, data: { bitstring: bytes(1, 0, 0, 0, 0) } } },
          },
        },
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  { name: 'register: insert', steps: [{ write: insert(word(2n, 1)), says: 'INVALID_ARGUMENT' }] },
  { name: 'register: delete', steps: [{ write: remove(word(2n)), says: 'INVALID_ARGUMENT' }] },
  { name: 'register: negative index', steps: [{ write: modify(word(-1n, 1)), says: 'INVALID_ARGUMENT' }] },
  { name: 'register: index behind the end', steps: [{ write: modify(word(8n, 1)), says: 'OUT_OF_RANGE' }] },
  { name: 'register: unknown id', steps: [{ read: { registerEntry: { registerId: 0x16ff_ffff } }, finds: 'NOT_FOUND' }] },
];
