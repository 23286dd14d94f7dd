/** Digests, notifications and errors on the stream. */
import { big, bytes as bytesOf, explicitLong, list, type Message, num, sub } from '../../../p4runtime/wire/fields.ts';
import { build, bytes, insert, lines, remove, table } from '../notation.ts';
import type { Case } from '../tester.ts';
import { idle } from './resources-shared.ts';
import { packet, refused, values } from './sessions-shared.ts';

const learned = build.names.digests.get('learned').preamble.id;

const digest = (maxTimeoutNs: bigint, maxListSize: number, ackTimeoutNs: bigint) =>
  insert({ digestEntry: { digestId: learned, config: { maxTimeoutNs, maxListSize, ackTimeoutNs } } });

const ack = (listMessage: Message): Message => ({ digestAck: { digestId: learned, listId: listMessage.listId } });

const hour = 3_600_000_000_000n;

export const streamCases: readonly Case[] = [
  {
    name: 'Digest.OneSample',
    run: async (t) => {
      await t.write([digest(0n, 1, hour)]);
      t.primary.send(packet(3, 5, 9));
      const m = await t.primary.next('digest');
      t.expect('digest', [num(m, 'digestId'), values(m), big(m, 'timestamp') > 0n], [learned, [[5, 9]], true]);
    },
  },
  {
    name: 'Digest.Ack: the same again after the acknowledgement',
    run: async (t) => {
      await t.write([digest(0n, 1, hour)]);
      t.primary.send(packet(3, 5, 9));
      const m = await t.primary.next('digest');
      t.primary.send(packet(3, 5, 9));
      await t.primary.none('digest', 100);
      t.primary.send(ack(m));
      t.primary.send(packet(3, 5, 9));
      t.expect('again', values(await t.primary.next('digest')), [[5, 9]]);
    },
  },
  {
    name: 'DigestMgr.Cache: without acknowledgement time everything is sent',
    run: async (t) => {
      await t.write([digest(0n, 1, 0n)]);
      for (let i = 0; i < 2; i++) {
        t.primary.send(packet(3, 5, 9));
        await t.primary.next('digest');
      }
    },
  },
  {
    name: 'DigestMgr.MaxListSize',
    run: async (t) => {
      await t.write([digest(hour, 3, hour)]);
      for (const key of [1, 2, 2, 3]) t.primary.send(packet(3, key, 9));
      t.expect('list', values(await t.primary.next('digest')), [
        [1, 9],
        [2, 9],
        [3, 9],
      ]);
    },
  },
  {
    name: 'DigestMgr.MaxTimeout',
    run: async (t) => {
      await t.write([digest(100_000_000n, 100, hour)]);
      t.primary.send(packet(3, 1, 9));
      t.expect('list', values(await t.primary.next('digest')), [[1, 9]]);
    },
  },
  {
    name: 'DigestMgr.Default: nobody configured it',
    run: async (t) => {
      t.primary.send(packet(3, 1, 9));
      await t.primary.next('packet');
      await t.primary.none('digest', 100);
    },
  },
  {
    name: 'Digest.DeleteDigest',
    run: async (t) => {
      await t.write([digest(0n, 1, 0n)]);
      await t.write([remove({ digestEntry: { digestId: learned } })]);
      t.primary.send(packet(3, 1, 9));
      await t.primary.none('digest', 100);
    },
  },
  {
    name: 'lists are numbered',
    run: async (t) => {
      await t.write([digest(0n, 1, 0n)]);
      const ids: bigint[] = [];
      for (let i = 0; i < 2; i++) {
        t.primary.send(packet(3, i, 9));
        ids.push(big(await t.primary.next('digest'), 'listId'));
      }
      t.expect('ids differ', ids[0] !== ids[1], true);
    },
  },
  {
    name: 'acknowledgement of an unknown digest',
    run: (t) =>
      refused(t, { digestAck: { digestId: 0x17ff_ffff, listId: explicitLong(1n) } }, 'INVALID_ARGUMENT', 'digestListAck'),
  },
  {
    name: 'IdleTimeout.EntryExpire',
    run: async (t) => {
      await t.write([insert(idle(5, 200_000_000n, { metadata: bytes(9) }))]);
      const m = await t.primary.next('idleTimeoutNotification');
      const [e] = list(m, 'tableEntry');
      t.expect(
        'entry',
        [
          num(e!, 'tableId'),
          [...bytesOf(sub(list(e!, 'match')[0]!, 'exact')!, 'value')],
          Number(big(e!, 'idleTimeoutNs')),
          [...bytesOf(e!, 'metadata')],
          big(m, 'timestamp') > 0n,
        ],
        [table('idle'), [5], 200_000_000, [9], true],
      );
    },
  },
  {
    name: 'IdleTimeout.NotifyAgain',
    run: async (t) => {
      await t.write([insert(idle(5, 200_000_000n))]);
      for (let i = 0; i < 3; i++) await t.primary.next('idleTimeoutNotification');
    },
  },
  {
    name: 'the entry stays after its notification',
    run: async (t) => {
      await t.write([insert(idle(5, 100_000_000n))]);
      await t.primary.next('idleTimeoutNotification');
      t.expect('entries', (await t.lines([lines('idle')])).length, 1);
    },
  },
  {
    name: 'IdleTimeout.EntryAgeing: none without a timeout',
    run: async (t) => {
      await t.write([insert(idle(5, 0n))]);
      await t.primary.none('idleTimeoutNotification', 1300);
    },
  },
];
