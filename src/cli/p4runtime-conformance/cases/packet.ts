/** Packets out and in, with their metadata. */
import { codeNumbers } from '../../../p4runtime/index.ts';
import { bytes as bytesOf, list, num, sub } from '../../../p4runtime/wire/fields.ts';
import { action, build, bytes, exact, insert, modify, one, raw, remove } from '../notation.ts';
import type { Case } from '../tester.ts';
import { ask, foundIn, joined, newRole, packet, refused, roleConfig } from './sessions-shared.ts';

export const packetCases: readonly Case[] = [
  {
    name: 'PacketIO.SendAndReceiveCPUPacket',
    run: async (t) => {
      t.primary.send(packet(0, 1));
      const m = await t.primary.next('packet');
      t.expect('payload', [...bytesOf(m, 'payload')], [0, 7]);
    },
  },
  {
    name: 'PacketIOMetadata.PacketIn: one field each, canonical',
    run: async (t) => {
      t.primary.send(packet(1, 1));
      const m = await t.primary.next('packet');
      t.expect(
        'metadata',
        list(m, 'metadata').map((x) => [num(x, 'metadataId'), ...bytesOf(x, 'value')]),
        [
          [1, 0],
          [2, 1],
          [3, 0],
        ],
      );
    },
  },
  {
    name: 'an entry is hit',
    run: async (t) => {
      await t.write([insert(one(5, 42))]);
      t.expect('found', await ask(t, 1, 5), 42);
    },
  },
  {
    name: 'a changed entry is hit as it is now',
    run: async (t) => {
      await t.write([insert(one(5, 42))]);
      await t.write([modify(one(5, 43))]);
      t.expect('found', await ask(t, 1, 5), 43);
      await t.write([remove(one(5, 0))]);
      t.expect('miss', await ask(t, 1, 5), 0);
    },
  },
  {
    name: 'PacketIOMetadata.PacketOutMetadataOutOfOrder',
    run: async (t) => {
      await t.write([insert(one(5, 42))]);
      t.primary.send(
        packet(1, 5, 7, {
          metadata: [
            { metadataId: 2, value: bytes(5) },
            { metadataId: 1, value: bytes(1) },
          ],
        }),
      );
      t.expect('found', foundIn(await t.primary.next('packet')), 42);
    },
  },
  {
    name: 'PacketIOMetadata.PacketOutCanonicalMetadata: padded',
    run: async (t) => {
      await t.write([insert(one(5, 42))]);
      t.primary.send(
        packet(1, 5, 7, {
          metadata: [
            { metadataId: 1, value: bytes(0, 1) },
            { metadataId: 2, value: bytes(0, 0, 0, 0, 5) },
          ],
        }),
      );
      t.expect('found', foundIn(await t.primary.next('packet')), 42);
    },
  },
  {
    name: 'PacketIOMetadata.PacketOutUnknownMetadata',
    run: (t) =>
      refused(
        t,
        packet(1, 5, 7, {
          metadata: [
            { metadataId: 1, value: bytes(1) },
            { metadataId: 2, value: bytes(1) },
            { metadataId: 9, value: bytes(1) },
          ],
        }),
        'INVALID_ARGUMENT',
        'packetOut',
      ),
  },
  {
    name: 'PacketIOMetadata.PacketOutMissingMetadata',
    run: (t) => refused(t, packet(1, 5, 7, { metadata: [{ metadataId: 1, value: bytes(1) }] }), 'INVALID_ARGUMENT', 'packetOut'),
  },
  {
    name: 'packet out: metadata twice',
    run: (t) =>
      refused(
        t,
        packet(1, 5, 7, {
          metadata: [
            { metadataId: 1, value: bytes(1) },
            { metadataId: 1, value: bytes(1) },
            { metadataId: 2, value: bytes(1) },
          ],
        }),
        'INVALID_ARGUMENT',
        'packetOut',
      ),
  },
  {
    name: 'PacketIOStreamError.PacketOutUnexpectedMetadata: too wide',
    run: (t) =>
      refused(
        t,
        packet(1, 5, 7, {
          metadata: [
            { metadataId: 1, value: bytes(1, 0) },
            { metadataId: 2, value: bytes(1) },
          ],
        }),
        'OUT_OF_RANGE',
        'packetOut',
      ),
  },
  {
    name: 'StreamError.StreamErrorEnabled: the packet is in the error',
    run: async (t) => {
      t.primary.send(packet(1, 5, 77, { metadata: [] }));
      const error = await t.primary.next('error');
      t.expect('payload', [...bytesOf(sub(sub(error, 'packetOut')!, 'packetOut')!, 'payload')], [0, 77]);
    },
  },
  {
    name: 'SendingAnInvalidPacketWillNotCloseTheStream',
    run: async (t) => {
      t.primary.send(packet(1, 5, 7, { metadata: [] }));
      await t.primary.next('error');
      t.expect('found', await ask(t, 1, 5), 0);
    },
  },
  {
    name: 'PacketOutFailForSecondary',
    run: async (t) => {
      const [, b] = await joined(t, newRole(), 5n, 4n);
      b!.send(packet(1, 5));
      t.expect('error', num(await b!.next('error'), 'canonicalCode'), codeNumbers.PERMISSION_DENIED);
    },
  },
  {
    name: 'packet out before arbitration',
    run: async (t) => {
      const s = t.session();
      s.send(packet(1, 5));
      t.expect('error', num(await s.next('error'), 'canonicalCode'), codeNumbers.PERMISSION_DENIED);
    },
  },
  {
    name: 'PacketInCanBeSentToMultiplePrimaries',
    run: async (t) => {
      const [a] = await joined(t, newRole(), 5n);
      t.primary.send(packet(0, 1));
      await t.primary.next('packet');
      await a!.next('packet');
    },
  },
  {
    name: 'packets in do not go to backups',
    run: async (t) => {
      const [a, b] = await joined(t, newRole(), 5n, 4n);
      t.primary.send(packet(0, 1));
      await a!.next('packet');
      await b!.none('packet', 100);
    },
  },
  {
    name: 'PacketInMessageFailsWhenPrimaryHasNonAuthorizeRole',
    run: async (t) => {
      const s = t.session();
      s.claim({ role: newRole(), id: 5n, config: roleConfig(t, { receivesPacketIns: false }) });
      await s.notice();
      t.primary.send(packet(0, 1));
      await t.primary.next('packet');
      await s.none('packet', 100);
    },
  },
  {
    name: 'a role’s filter of packets in',
    run: async (t) => {
      const s = t.session();
      s.claim({
        role: newRole(),
        id: 5n,
        config: roleConfig(t, { receivesPacketIns: true, packetInFilter: { metadataId: 2, value: bytes(1) } }),
      });
      await s.notice();
      t.primary.send(packet(0, 1));
      t.primary.send(packet(1, 1));
      t.expect('kind', [...bytesOf(list(await s.next('packet'), 'metadata')[1]!, 'value')], [1]);
    },
  },
  {
    name: 'another message of somebody’s own',
    run: (t) => refused(t, { other: { type_url: 'x', value: bytes(1) } }, 'UNIMPLEMENTED', 'other'),
  },
  { name: 'an empty stream message', run: (t) => refused(t, {}, 'INVALID_ARGUMENT', 'other') },
  {
    name: 'Counter.CounterHit',
    run: async (t) => {
      await ask(t, 5, 3);
      t.expect(
        'counter',
        await t
          .lines([{ counterEntry: { counterId: build.names.counters.get('seen').preamble.id, index: 3n } }])
          .then(([l]) => l?.startsWith('counter seen[3] (1 packets')),
        true,
      );
    },
  },
  {
    name: 'direct counter hit',
    run: async (t) => {
      const e = raw('exact_two', {
        match: [exact(1, 5), exact(2, 0)],
        action: { action: { actionId: action('counted'), params: [{ paramId: 1, value: bytes(3) }] } },
      });
      await t.write([insert(e)]);
      t.expect('found', await ask(t, 8, 5), 3);
      const [l] = await t.lines([
        raw('exact_two', { match: [exact(1, 5), exact(2, 0)], counterData: { packetCount: 0n, byteCount: 0n } }),
      ]);
      t.expect('count', l?.includes('(1 packets'), true, l);
    },
  },
  {
    name: 'register written by the data plane',
    run: async (t) => {
      await ask(t, 5, 2, 99);
      t.expect(
        'register',
        await t.lines([{ registerEntry: { registerId: build.names.registers.get('words').preamble.id, index: 2n } }]),
        ['register words[2]: 0x63'],
      );
    },
  },
  {
    name: 'register read by the data plane',
    run: async (t) => {
      await t.write([
        modify({
          registerEntry: {
            registerId: build.names.registers.get('cells').preamble.id,
            index: 1n,
            data: [bytes(0x12, 0x34), bytes(1)],
          },
        }),
      ]);
      t.expect('found', await ask(t, 5, 1), 0x1234);
    },
  },
  {
    name: 'value set seen by the parser',
    run: async (t) => {
      const set = (...values: number[]) =>
        modify({
          valueSetEntry: {
            valueSetId: build.names.valueSets.get('special').preamble.id,
            members: values.map((v) => ({ match: [exact(1, v)] })),
          },
        });
      t.expect('before', await ask(t, 9, 0, 33), 0);
      await t.write([set(33)]);
      t.expect('after', await ask(t, 9, 0, 33), 1);
    },
  },
  {
    name: 'a group chooses one of its members',
    run: async (t) => {
      const m = (id: number, value: number) =>
        insert({ actionProfileMember: build.member({ profile: 'next_hops', id, action: 'found', params: { value } }) });
      await t.write([m(1, 11), m(2, 12)]);
      await t.write([insert({ actionProfileGroup: build.group({ profile: 'next_hops', id: 1, members: [1, 2] }) })]);
      await t.write([insert({ tableEntry: build.tableEntry({ table: 'selected', match: { key: 5 }, group: 1 }) })]);
      const seen = new Set<number>();
      for (let i = 0; i < 32; i++) seen.add(await ask(t, 4, 5, i));
      t.expect('seen', [...seen].sort(), [11, 12]);
    },
  },
  {
    name: 'one-shot: chooses one of its actions',
    run: async (t) => {
      const found = (value: number) => ({
        action: { actionId: action('found'), params: [{ paramId: 1, value: bytes(value) }] },
        weight: 1,
      });
      await t.write([
        insert(
          raw('selected', {
            match: [exact(1, 6)],
            action: { actionProfileActionSet: { actionProfileActions: [found(21), found(22)] } },
          }),
        ),
      ]);
      const seen = new Set<number>();
      for (let i = 0; i < 32; i++) seen.add(await ask(t, 4, 6, i));
      t.expect('seen', [...seen].sort(), [21, 22]);
    },
  },
];
