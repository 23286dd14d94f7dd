/** Extern entries of ours. */
import { expireProfileCount } from '../../../arena/index.ts';
import type { Entity } from '../../../p4runtime/index.ts';
import { bytes, insert, modify, remove } from '../notation.ts';
import type { Case } from '../tester.ts';

const extern = (type: number, id: number, message: string, ...value: number[]): Entity => ({
  externEntry: {
    externTypeId: type,
    externId: id,
    entry: { typeUrl: `type.googleapis.com/softipu.v1.${message}`, value: bytes(...value) },
  },
});

const shownExtern = (id: number, message: string, hex: string): string =>
  `extern 0x${id.toString(16)}: softipu.v1.${message} 0x${hex}`;

export const externCases: readonly Case[] = [
  {
    name: 'expire-time profile',
    steps: [
      { write: modify(extern(0x81, 0x8100_0001, 'ExpireTimeProfile', 8, 100)) },
      {
        read: { externEntry: { externTypeId: 0x81, externId: 0x8100_0001 } },
        finds: [shownExtern(0x8100_0001, 'ExpireTimeProfile', '0864')],
      },
    ],
  },
  {
    name: 'all expire-time profiles',
    run: async (t) =>
      t.expect('profiles', (await t.lines([{ externEntry: { externTypeId: 0x81, externId: 0 } }])).length, expireProfileCount),
  },
  {
    name: 'an expire-time profile cannot be inserted',
    steps: [{ write: insert(extern(0x81, 0x8100_0001, 'ExpireTimeProfile', 8, 100)), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'an expire-time profile that there is not',
    steps: [{ write: modify(extern(0x81, 0x8100_0000 + expireProfileCount, 'ExpireTimeProfile', 8, 100)), says: 'NOT_FOUND' }],
  },
  {
    name: 'the seed of hashes',
    steps: [
      { write: modify(extern(0x84, 0x8400_0000, 'HashSeed', 8, 77)) },
      { read: { externEntry: { externTypeId: 0x84, externId: 0 } }, finds: [shownExtern(0x8400_0000, 'HashSeed', '084d')] },
      { write: insert(extern(0x84, 0x8400_0000, 'HashSeed', 8, 77)), says: 'INVALID_ARGUMENT' },
      { write: modify(extern(0x84, 0x8400_0001, 'HashSeed', 8, 77)), says: 'NOT_FOUND' },
      { write: modify(extern(0x84, 0x8400_0000, 'HashSeed')) },
    ],
  },
  {
    name: 'port role',
    steps: [
      { write: modify(extern(0x82, 0x8200_0001, 'PortRole', 8, 1)) },
      {
        read: { externEntry: { externTypeId: 0x82, externId: 0x8200_0001 } },
        finds: [shownExtern(0x8200_0001, 'PortRole', '0801')],
      },
      { write: modify(extern(0x82, 0x8200_0001, 'PortRole')) },
    ],
  },
  {
    name: 'role of a port that there is not',
    steps: [{ write: modify(extern(0x82, 0x8200_004d, 'PortRole', 8, 1)), says: 'NOT_FOUND' }],
  },
  {
    name: 'mirror session',
    steps: [
      { write: insert(extern(0x83, 0x8300_0001, 'MirrorSession', 8, 1, 16, 64)) },
      {
        read: { externEntry: { externTypeId: 0x83, externId: 0 } },
        finds: [shownExtern(0x8300_0001, 'MirrorSession', '08011040')],
      },
      { write: remove(extern(0x83, 0x8300_0001, 'MirrorSession')) },
      { write: remove(extern(0x83, 0x8300_0001, 'MirrorSession')), says: 'NOT_FOUND' },
    ],
  },
  {
    name: 'the wrong message',
    steps: [{ write: modify(extern(0x82, 0x8200_0001, 'MirrorSession', 8, 1)), says: 'INVALID_ARGUMENT' }],
  },
  {
    name: 'bytes that are no message',
    steps: [{ write: modify(extern(0x82, 0x8200_0001, 'PortRole', 0xff)), says: 'INVALID_ARGUMENT' }],
  },
  { name: 'an unknown type', steps: [{ write: modify(extern(0x90, 0x9000_0001, 'PortRole', 8, 1)), says: 'NOT_FOUND' }] },
  {
    name: 'all externs',
    run: async (t) =>
      t.expect('at least', (await t.lines([{ externEntry: { externTypeId: 0, externId: 0 } }])).length >= 8, true),
  },
];
