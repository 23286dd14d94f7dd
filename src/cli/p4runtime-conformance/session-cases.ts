/** Arbitration, roles, packets, digests, notifications, pipelines: what has a course in time. Every case has a role of its own where it can. */
import { toElectionId } from '../../p4runtime/grpc/client.ts';
import { type Code, codeNumbers } from '../../p4runtime/index.ts';
import { big, bytes as bytesOf, explicitLong, list, type Message, num, own, sub, text } from '../../p4runtime/wire/fields.ts';
import { packProgram } from '../p4rt-program.ts';
import { action, build, bytes, exact, insert, lines, modify, one, programText, raw, remove, table } from './notation.ts';
import { idle } from './resource-cases.ts';
import { type Case, primaryId, type Session, type Tester } from './tester.ts';

const { OK, ALREADY_EXISTS: backup, NOT_FOUND: nobody } = codeNumbers;
let roles = 0;
const newRole = (): string => `role-${process.pid}-${++roles}`;

async function endsWith(t: Tester, session: Session, code: Code): Promise<void> {
  t.expect('stream', (await session.ended()).code, code);
}

/** Sessions of one role with these election ids, in this order, each settled. */
async function joined(t: Tester, role: string, ...ids: (bigint | undefined)[]): Promise<Session[]> {
  const sessions: Session[] = [];
  for (const id of ids) {
    const session = t.session();
    session.claim({ role, id });
    await session.notice();
    sessions.push(session);
  }
  return sessions;
}

const asRole = (role: string, id: bigint): Message => ({ deviceId: explicitLong(1n), role, electionId: toElectionId(id) });
const roleConfig = (t: Tester, config: Message, type = 'softipu.v1.RoleConfig'): Message => ({
  type_url: `type.googleapis.com/${type}`,
  value: t.protocol.encode('softipu.v1.RoleConfig', config),
});

const arbitration: Case[] = [
  {
    name: 'DeviceIdMustBeSet',
    run: async (t) => {
      const s = t.session();
      s.claim({ device: 0n, id: 1n });
      await endsWith(t, s, 'NOT_FOUND');
    },
  },
  {
    name: 'DeviceIdMustMatch',
    run: async (t) => {
      const s = t.session();
      s.claim({ device: 99n, id: 1n });
      await endsWith(t, s, 'NOT_FOUND');
    },
  },
  {
    name: 'DeviceIdCannotChangeAtController',
    run: async (t) => {
      const [s] = await joined(t, newRole(), 5n);
      s!.claim({ device: 2n, id: 5n });
      await endsWith(t, s!, 'FAILED_PRECONDITION');
    },
  },
  {
    name: 'PrimaryConnectionWithElectionId',
    run: async (t) => {
      const s = t.session();
      s.claim({ role: newRole(), id: 5n });
      t.expect('notice', await s.notice(), OK);
      s.close();
    },
  },
  {
    name: 'PrimaryConnectionWithElectionIdZero',
    run: async (t) => {
      const s = t.session();
      s.claim({ role: newRole(), id: 0n });
      t.expect('notice', await s.notice(), OK);
      s.close();
    },
  },
  {
    name: 'NoElectionIdIsAlwaysBackupConnection',
    run: async (t) => {
      const s = t.session();
      s.claim({ role: newRole() });
      t.expect('notice', await s.notice(), nobody);
      s.close();
    },
  },
  {
    name: 'no election id beside a primary',
    run: async (t) => {
      const role = newRole();
      const [p] = await joined(t, role, 5n);
      const s = t.session();
      s.claim({ role });
      t.expect('notice', await s.notice(), backup);
      s.close();
      p!.close();
    },
  },
  {
    name: 'election ids of 128 bits',
    run: async (t) => {
      const role = newRole();
      await joined(t, role, 5n);
      const s = t.session();
      s.claim({ role, id: 1n << 100n });
      t.expect('notice', await s.notice(), OK);
      const low = t.session();
      low.claim({ role, id: 0xffff_ffff_ffff_ffffn });
      t.expect('low', await low.notice(), backup);
      s.close();
      low.close();
    },
  },
  {
    name: 'PrimaryAndBackupConnections',
    run: async (t) => {
      const role = newRole();
      const [p] = await joined(t, role, 5n);
      const s = t.session();
      s.claim({ role, id: 4n });
      t.expect('notice', await s.notice(), backup);
      await p!.none('arbitration', 50);
      s.close();
      p!.close();
    },
  },
  {
    name: 'NotifyAllConnectionsForNewPrimary',
    run: async (t) => {
      const [a, b] = await joined(t, newRole2(), 5n, 4n);
      const role = lastRole;
      const c = t.session();
      c.claim({ role, id: 6n });
      t.expect('new', await c.notice(), OK);
      t.expect('old', [await a!.notice(), await b!.notice()], [backup, backup]);
    },
  },
  {
    name: 'NotifyAllConnectionsWhenPrimaryDisconnects',
    run: async (t) => {
      const [a, b] = await joined(t, newRole(), 5n, 4n);
      a!.close();
      t.expect('backup', await b!.notice(), nobody);
    },
  },
  {
    name: 'NofityAllConnectionsIfPrimaryIncreasesItsElectionId',
    run: async (t) => {
      const role = newRole();
      const [a, b] = await joined(t, role, 5n, 4n);
      a!.claim({ role, id: 7n });
      t.expect('primary', await a!.notice(), OK);
      const notice = await b!.next('arbitration');
      t.expect('backup', [num(sub(notice, 'status')!, 'code'), Number(big(sub(notice, 'electionId')!, 'low'))], [backup, 7]);
    },
  },
  {
    name: 'DoNotNofityIfBackupIncreasesItsElectionId',
    run: async (t) => {
      const role = newRole();
      const [a, b] = await joined(t, role, 5n, 3n);
      b!.claim({ role, id: 4n });
      t.expect('backup', await b!.notice(), backup);
      await a!.none('arbitration', 50);
    },
  },
  {
    name: 'NotifyAllConnectionsWhenPrimaryBecomesBackup',
    run: async (t) => {
      const role = newRole();
      const [a, b] = await joined(t, role, 5n, 3n);
      a!.claim({ role, id: 4n });
      t.expect('all', [await a!.notice(), await b!.notice()], [nobody, nobody]);
    },
  },
  {
    name: 'a primary gives up its election id',
    run: async (t) => {
      const role = newRole();
      const [a, b] = await joined(t, role, 5n, 3n);
      a!.claim({ role });
      t.expect('all', [await a!.notice(), await b!.notice()], [nobody, nobody]);
    },
  },
  {
    name: 'PrimaryConnectionCanReestablishAfterGoingDown',
    run: async (t) => {
      const role = newRole();
      const [a, b] = await joined(t, role, 5n, 3n);
      a!.close();
      await b!.notice();
      const again = t.session();
      again.claim({ role, id: 5n });
      t.expect('again', await again.notice(), OK);
    },
  },
  {
    name: 'PrimaryConnectionCanReestablishAfterBecomingBackup',
    run: async (t) => {
      const role = newRole();
      const [a] = await joined(t, role, 5n);
      a!.claim({ role, id: 4n });
      await a!.notice();
      a!.claim({ role, id: 5n });
      t.expect('again', await a!.notice(), OK);
    },
  },
  {
    name: 'a backup with a lower id does not take over from one that left',
    run: async (t) => {
      const role = newRole();
      const [a] = await joined(t, role, 5n, 3n);
      a!.close();
      const s = t.session();
      s.claim({ role, id: 4n });
      t.expect('notice', await s.notice(), nobody);
    },
  },
  {
    name: 'BackupCanReuseElectionIdWhenPrimaryDisconnects',
    run: async (t) => {
      const role = newRole();
      const [a, b] = await joined(t, role, 5n, 3n);
      a!.close();
      await b!.notice();
      b!.claim({ role, id: 5n });
      t.expect('notice', await b!.notice(), OK);
    },
  },
  {
    name: 'ConnectionCannotBecomePrimaryWithLowerElectionId',
    run: async (t) => {
      const role = newRole();
      const [, b] = await joined(t, role, 5n, 3n);
      b!.claim({ role, id: 4n });
      t.expect('notice', await b!.notice(), backup);
    },
  },
  {
    name: 'PrimaryCanSendDuplicateArbitationRequests',
    run: async (t) => {
      const role = newRole();
      const [a, b] = await joined(t, role, 5n, 3n);
      a!.claim({ role, id: 5n });
      t.expect('notice', await a!.notice(), OK);
      await b!.none('arbitration', 50);
    },
  },
  {
    name: 'TwoConnectionsCannotReuseElectionId',
    run: async (t) => {
      const role = newRole();
      await joined(t, role, 5n);
      const s = t.session();
      s.claim({ role, id: 5n });
      await endsWith(t, s, 'INVALID_ARGUMENT');
    },
  },
  {
    name: 'DuplicateElectionId of a live backup',
    run: async (t) => {
      const role = newRole();
      const [, b] = await joined(t, role, 5n, 4n);
      b!.claim({ role, id: 5n });
      await endsWith(t, b!, 'INVALID_ARGUMENT');
    },
  },
  {
    name: 'two streams without election ids',
    run: async (t) => {
      await joined(t, newRole2(), undefined, undefined);
    },
  },
  {
    name: 'ConnectionCannotChangeItsRoleId',
    run: async (t) => {
      const [a] = await joined(t, newRole(), 5n);
      a!.claim({ role: newRole(), id: 5n });
      await endsWith(t, a!, 'FAILED_PRECONDITION');
    },
  },
  {
    name: 'EachRoleCanHaveItsOwnPrimaryConnection',
    run: async (t) => {
      for (const role of [newRole(), newRole()]) {
        const s = t.session();
        s.claim({ role, id: 5n });
        t.expect('notice', await s.notice(), OK);
      }
    },
  },
  {
    name: 'EachRoleCanHaveAPrimaryAndBackupConnection',
    run: async (t) => {
      for (const role of [newRole(), newRole()]) {
        const [a] = await joined(t, role, 5n);
        const s = t.session();
        s.claim({ role, id: 4n });
        t.expect('notice', await s.notice(), backup);
        a!.close();
      }
    },
  },
  {
    name: 'a notice names device, role and the highest election id',
    run: async (t) => {
      const role = newRole();
      await joined(t, role, 5n);
      const s = t.session();
      s.claim({ role, id: 4n });
      const n = await s.next('arbitration');
      t.expect(
        'notice',
        [Number(big(n, 'deviceId')), text(sub(n, 'role')!, 'name'), Number(big(sub(n, 'electionId')!, 'low'))],
        [1, role, 5],
      );
    },
  },
  {
    name: 'no election id in the notice before there was a primary',
    run: async (t) => {
      const s = t.session();
      s.claim({ role: newRole() });
      t.expect('has id', own(await s.next('arbitration'), 'electionId'), false);
    },
  },
  {
    name: 'the older number of a role',
    run: async (t) => {
      const s = t.session();
      s.send({
        arbitration: {
          deviceId: explicitLong(1n),
          role: { id: explicitLong(4711n) },
          electionId: toElectionId(BigInt(Date.now())),
        },
      });
      t.expect('role', Number(big(sub(await s.next('arbitration'), 'role')!, 'id')), 4711);
      s.close();
    },
  },
  {
    name: 'a hundred streams of one role',
    run: async (t) => {
      const role = newRole();
      const all = await joined(t, role, ...Array.from({ length: 100 }, (_, i) => BigInt(i)));
      for (const s of all) s.close();
    },
  },
];

let lastRole = '';
function newRole2(): string {
  lastRole = newRole();
  return lastRole;
}

const access: Case[] = [
  {
    name: 'WriteNoPrimary: another election id',
    run: async (t) =>
      t.expect(
        'write',
        (await t.write([insert(one(1, 1))], 'CONTINUE_ON_ERROR', { ...t.header(), electionId: toElectionId(1n) })).code,
        'PERMISSION_DENIED',
      ),
  },
  {
    name: 'a write without election id',
    run: async (t) =>
      t.expect(
        'write',
        (await t.write([insert(one(1, 1))], 'CONTINUE_ON_ERROR', { deviceId: explicitLong(1n) })).code,
        'PERMISSION_DENIED',
      ),
  },
  {
    name: 'a write to an unknown device',
    run: async (t) =>
      t.expect(
        'write',
        (await t.write([], 'CONTINUE_ON_ERROR', { ...t.header(), deviceId: explicitLong(9n) })).code,
        'NOT_FOUND',
      ),
  },
  {
    name: 'a write to device 0',
    run: async (t) =>
      t.expect('write', (await t.write([], 'CONTINUE_ON_ERROR', { electionId: toElectionId(primaryId) })).code, 'NOT_FOUND'),
  },
  {
    name: 'a write of a role that nobody has',
    run: async (t) =>
      t.expect('write', (await t.write([], 'CONTINUE_ON_ERROR', { ...t.header(), role: newRole() })).code, 'NOT_FOUND'),
  },
  {
    name: 'BackupConnectionCannotSendWriteRequest',
    run: async (t) => {
      const role = newRole();
      await joined(t, role, 5n, 4n);
      t.expect('write', (await t.write([], 'CONTINUE_ON_ERROR', asRole(role, 4n))).code, 'PERMISSION_DENIED');
    },
  },
  {
    name: 'CannotSendRequestsAfterDisconnecting',
    run: async (t) => {
      const role = newRole();
      const [a, b] = await joined(t, role, 5n, 4n);
      a!.close();
      await b!.notice();
      t.expect('write', (await t.write([], 'CONTINUE_ON_ERROR', asRole(role, 5n))).code, 'PERMISSION_DENIED');
    },
  },
  {
    name: 'the new primary writes, the old one no more',
    run: async (t) => {
      const role = newRole();
      await joined(t, role, 5n, 6n);
      t.expect(
        'writes',
        [
          (await t.write([], 'CONTINUE_ON_ERROR', asRole(role, 5n))).code,
          (await t.write([], 'CONTINUE_ON_ERROR', asRole(role, 6n))).code,
        ],
        ['PERMISSION_DENIED', 'OK'],
      );
    },
  },
  {
    name: 'a role without configuration writes everything',
    run: async (t) => {
      const role = newRole();
      await joined(t, role, 5n);
      t.expect('write', (await t.write([insert(one(1, 1))], 'CONTINUE_ON_ERROR', asRole(role, 5n))).code, 'OK');
    },
  },
  {
    name: 'DefaultRoleCanWriteAndReadAnyTable',
    steps: [{ write: insert(one(1, 1)) }, { read: lines('exact_one'), finds: ['exact_one key=1: found(value=1)'] }],
  },
  {
    name: 'RolesEnforceReadWriteOnTables',
    run: async (t) => {
      const role = newRole();
      const s = t.session();
      s.claim({ role, id: 5n, config: roleConfig(t, { exclusiveP4Ids: [table('exact_one')] }) });
      await s.notice();
      const other = insert(raw('idle', { match: [exact(1, 1)], action: { action: { actionId: action('aged'), params: [] } } }));
      const { details } = await t.write([insert(one(1, 1)), other], 'CONTINUE_ON_ERROR', asRole(role, 5n));
      t.expect(
        'write',
        details?.map((d) => d.code),
        ['OK', 'PERMISSION_DENIED'],
      );
      await t.write([other]);
      const read = await t.read([{ tableEntry: { tableId: 0, match: [] } }], { deviceId: explicitLong(1n), role });
      t.expect(
        'read',
        read.response?.map((e) => num(sub(e, 'tableEntry')!, 'tableId')),
        [table('exact_one')],
      );
      s.close();
    },
  },
  {
    name: 'another role’s exclusive table',
    run: async (t) => {
      const [mine, others] = [newRole(), newRole()];
      const a = t.session();
      a.claim({ role: others, id: 5n, config: roleConfig(t, { exclusiveP4Ids: [table('exact_one')] }) });
      await a.notice();
      const b = t.session();
      b.claim({ role: mine, id: 5n, config: roleConfig(t, { canPushPipeline: true }) });
      await b.notice();
      const { details } = await t.write([insert(one(1, 1))], 'CONTINUE_ON_ERROR', asRole(mine, 5n));
      t.expect(
        'write',
        details?.map((d) => d.code),
        ['PERMISSION_DENIED'],
      );
      a.claim({ role: others, id: 5n });
      await a.notice();
    },
  },
  {
    name: 'a role’s configuration is told to all',
    run: async (t) => {
      const role = newRole();
      const [a] = await joined(t, role, 4n);
      const s = t.session();
      s.claim({ role, id: 5n, config: roleConfig(t, { receivesPacketIns: true }) });
      await s.notice();
      t.expect('config', own(sub(await a!.next('arbitration'), 'role')!, 'config'), true);
    },
  },
  {
    name: 'a role configuration of another kind',
    run: async (t) => {
      const s = t.session();
      s.claim({ role: newRole(), id: 5n, config: roleConfig(t, {}, 'google.rpc.Status') });
      await endsWith(t, s, 'INVALID_ARGUMENT');
    },
  },
  {
    name: 'the role configuration of Stratum’s clients',
    run: async (t) => {
      const s = t.session();
      s.claim({ role: newRole(), id: 5n, config: roleConfig(t, { receivesPacketIns: true }, 'stratum.P4RoleConfig') });
      t.expect('notice', await s.notice(), OK);
      s.close();
    },
  },
  { name: 'a read needs no session', run: async (t) => t.expect('read', (await t.read([lines('exact_one')])).code, 'OK') },
  {
    name: 'a read from an unknown device',
    run: async (t) => t.expect('read', (await t.read([lines('exact_one')], { deviceId: explicitLong(9n) })).code, 'NOT_FOUND'),
  },
  {
    name: 'a read of a role that nobody has',
    run: async (t) =>
      t.expect('read', (await t.read([lines('exact_one')], { deviceId: explicitLong(1n), role: newRole() })).code, 'NOT_FOUND'),
  },
  {
    name: 'capabilities',
    run: async (t) => t.expect('version', text((await t.client.capabilities({})).response!, 'p4runtimeApiVersion'), '1.5.0'),
  },
  {
    name: 'capabilities of the device',
    run: async (t) => t.expect('code', (await t.client.capabilities({ deviceId: explicitLong(1n) })).code, 'OK'),
  },
  {
    name: 'capabilities of an unknown device',
    run: async (t) => t.expect('code', (await t.client.capabilities({ deviceId: explicitLong(9n) })).code, 'NOT_FOUND'),
  },
];

const packet = (kind: number, key: number, value = 7, more: Message = {}): Message => ({
  packet: {
    payload: bytes(0, value),
    metadata: [
      { metadataId: 1, value: bytes(kind) },
      { metadataId: 2, value: bytes(key) },
    ],
    ...more,
  },
});
const foundIn = (message: Message): number =>
  bytesOf(list(message, 'metadata')[0]!, 'value').reduce((n, byte) => n * 256 + byte, 0);

async function refused(t: Tester, message: Message, code: Code, kind: string): Promise<void> {
  t.primary.send(message);
  const error = await t.primary.next('error');
  t.expect('error', [num(error, 'canonicalCode'), own(error, kind)], [codeNumbers[code], true]);
}

/** What the data plane finds for a packet that the controller sends. */
async function ask(t: Tester, kind: number, key: number, value = 7): Promise<number> {
  t.primary.send(packet(kind, key, value));
  return foundIn(await t.primary.next('packet'));
}

const packets: Case[] = [
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

const learned = build.names.digests.get('learned').preamble.id;
const digest = (maxTimeoutNs: bigint, maxListSize: number, ackTimeoutNs: bigint) =>
  insert({ digestEntry: { digestId: learned, config: { maxTimeoutNs, maxListSize, ackTimeoutNs } } });
const ack = (listMessage: Message): Message => ({ digestAck: { digestId: learned, listId: listMessage.listId } });
const hour = 3_600_000_000_000n;
const values = (message: Message): number[][] =>
  list(message, 'data').map((d) =>
    list(sub(d, 'struct')!, 'members').map((m) => bytesOf(m, 'bitstring').reduce((n, byte) => n * 256 + byte, 0)),
  );

const streams: Case[] = [
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

const codeOfPush = async (t: Tester, ...args: Parameters<Tester['setPipeline']>): Promise<Code> =>
  (await t.setPipeline(...args)).code;
const getConfig = async (t: Tester, responseType: number): Promise<Message> =>
  sub((await t.client.getPipeline({ deviceId: explicitLong(1n), responseType })).response!, 'config') ?? {};
const fields = (config: Message): string[] => ['p4info', 'p4DeviceConfig', 'cookie'].filter((f) => own(config, f));

/** A program that is the suite's but for a change of its text. */
const changed = (from: string | RegExp, to: string): { text: Uint8Array } => ({
  text: new TextEncoder().encode(new TextDecoder().decode(programText).replace(from, to)),
});

const pipelines: Case[] = [
  {
    name: 'VerifySucceeds',
    run: async (t) => {
      await t.write([insert(one(5, 9))]);
      t.expect('verify', await codeOfPush(t, 1), 'OK');
      t.expect('entries', await t.lines([lines('exact_one')]), ['exact_one key=5: found(value=9)']);
    },
  },
  { name: 'no action', run: async (t) => t.expect('code', await codeOfPush(t, 0), 'INVALID_ARGUMENT') },
  {
    name: 'VERIFY without config',
    run: async (t) => t.expect('code', await codeOfPush(t, 1, { request: { config: undefined } }), 'INVALID_ARGUMENT'),
  },
  {
    name: 'FailsWhenNoConfigIsSet: COMMIT before a save',
    run: async (t) => t.expect('code', await codeOfPush(t, 4, { request: { config: undefined } }), 'NOT_FOUND'),
  },
  { name: 'COMMIT with a config', run: async (t) => t.expect('code', await codeOfPush(t, 4), 'INVALID_ARGUMENT') },
  {
    name: 'config without P4Info',
    run: async (t) =>
      t.expect(
        'code',
        (await t.client.setPipeline({ ...t.header(), action: 3, config: { p4DeviceConfig: programText } })).code,
        'INVALID_ARGUMENT',
      ),
  },
  {
    name: 'config without device config',
    run: async (t) => t.expect('code', await codeOfPush(t, 3, { deviceConfig: new Uint8Array() }), 'INVALID_ARGUMENT'),
  },
  {
    name: 'FailsWhenConfigIsInvalid: a program that does not compile',
    run: async (t) => {
      const { code, message } = await t.setPipeline(3, { deviceConfig: new TextEncoder().encode('control X( {') });
      t.expect('code', [code, message.includes('pushed.p4:1')], ['INVALID_ARGUMENT', true], message);
    },
  },
  {
    name: 'device config of garbage',
    run: async (t) => t.expect('code', await codeOfPush(t, 3, { deviceConfig: bytes(0xff, 0xfe, 1, 2) }), 'INVALID_ARGUMENT'),
  },
  {
    name: 'a WebAssembly module that is no program',
    run: async (t) =>
      t.expect('code', await codeOfPush(t, 3, { deviceConfig: bytes(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0) }), 'INVALID_ARGUMENT'),
  },
  {
    name: 'a program does not read files of the switch',
    run: async (t) =>
      t.expect(
        'code',
        await codeOfPush(t, 1, { deviceConfig: new TextEncoder().encode('#include "/etc/passwd"\n') }),
        'INVALID_ARGUMENT',
      ),
  },
  {
    name: 'P4Info of another program: refused with the difference',
    run: async (t) => {
      const { code, message } = await t.setPipeline(3, {
        p4info: t.protocol.p4infoMessage({ ...t.info, tables: t.info.tables.slice(1) }),
      });
      t.expect('answer', [code, message.includes("table 'MainControl.exact_one'")], ['INVALID_ARGUMENT', true], message);
    },
  },
  {
    name: 'P4Info with another width: refused',
    run: async (t) => {
      const tables = t.info.tables.map((x, i) =>
        i === 0 ? { ...x, matchFields: x.matchFields.map((f) => ({ ...f, bitwidth: 31 })) } : x,
      );
      t.expect('code', await codeOfPush(t, 3, { p4info: t.protocol.p4infoMessage({ ...t.info, tables }) }), 'INVALID_ARGUMENT');
    },
  },
  {
    name: 'P4Info in another order, with documentation: taken',
    run: async (t) => {
      const tables = [...t.info.tables].reverse();
      t.expect('code', await codeOfPush(t, 1, { p4info: t.protocol.p4infoMessage({ ...t.info, tables }) }), 'OK');
    },
  },
  {
    name: 'BackupConnectionCannotUpdateForwardingPipeline',
    run: async (t) =>
      t.expect('code', await codeOfPush(t, 3, { request: { electionId: toElectionId(1n) } }), 'PERMISSION_DENIED'),
  },
  {
    name: 'pipeline of an unknown device',
    run: async (t) => t.expect('code', await codeOfPush(t, 3, { request: { deviceId: explicitLong(9n) } }), 'NOT_FOUND'),
  },
  {
    name: 'a role that may not push',
    run: async (t) => {
      const role = newRole();
      const s = t.session();
      s.claim({ role, id: 5n, config: roleConfig(t, { canPushPipeline: false }) });
      await s.notice();
      t.expect('code', await codeOfPush(t, 3, { request: asRole(role, 5n) }), 'PERMISSION_DENIED');
    },
  },
  {
    name: 'DoesNotUpdateConfigTimeOnFailure: a refused config changes nothing',
    run: async (t) => {
      await t.write([insert(one(5, 9))]);
      await t.setPipeline(3, { deviceConfig: bytes(0xff), cookie: 666n });
      t.expect('entries', await t.lines([lines('exact_one')]), ['exact_one key=5: found(value=9)']);
      t.expect(
        'cookie',
        own(await getConfig(t, 1), 'cookie') && big(sub(await getConfig(t, 1), 'cookie')!, 'cookie') === 666n,
        false,
      );
    },
  },
  {
    name: 'VerifyAndCommitSucceeds: the state is cleared',
    run: async (t) => {
      await t.write([insert(one(5, 9))]);
      t.expect('code', await codeOfPush(t, 3, { cookie: 42n }), 'OK');
      t.expect('entries', await t.lines([lines('exact_one')]), []);
    },
  },
  {
    name: 'CanReadBackAllTheConfig',
    run: async (t) => {
      await t.setPipeline(3, { cookie: 42n });
      const config = await getConfig(t, 0);
      t.expect('fields', fields(config), ['p4info', 'p4DeviceConfig', 'cookie']);
      t.expect('device config', Buffer.compare(bytesOf(config, 'p4DeviceConfig'), programText), 0);
      t.expect('cookie', Number(big(sub(config, 'cookie')!, 'cookie')), 42);
    },
  },
  {
    name: 'CanReadBackCookieOnly',
    run: async (t) => {
      await t.setPipeline(3, { cookie: 42n });
      t.expect('fields', fields(await getConfig(t, 1)), ['cookie']);
    },
  },
  {
    name: 'CanReadBackP4InfoAndCookie',
    run: async (t) => {
      await t.setPipeline(3, { cookie: 42n });
      t.expect('fields', fields(await getConfig(t, 2)), ['p4info', 'cookie']);
    },
  },
  {
    name: 'CanReadBackDeviceConfigAndCookie',
    run: async (t) => {
      await t.setPipeline(3, { cookie: 42n });
      t.expect('fields', fields(await getConfig(t, 3)), ['p4DeviceConfig', 'cookie']);
    },
  },
  {
    name: 'no cookie given, none answered',
    run: async (t) => {
      await t.push();
      t.expect('fields', fields(await getConfig(t, 1)), []);
    },
  },
  {
    name: 'get from an unknown device',
    run: async (t) => t.expect('code', (await t.client.getPipeline({ deviceId: explicitLong(9n) })).code, 'NOT_FOUND'),
  },
  {
    name: 'LoadsLastSavedConfig: save, write, commit',
    run: async (t) => {
      await t.write([insert(one(4, 4))]);
      t.expect('save', await codeOfPush(t, 2), 'OK');
      t.expect('running', await ask(t, 1, 4), 4);
      await t.write([insert(one(5, 9))]);
      t.expect('saved', await t.lines([lines('exact_one')]), ['exact_one key=5: found(value=9)']);
      t.expect('not yet', await ask(t, 1, 5), 0);
      t.expect('commit', await codeOfPush(t, 4, { request: { config: undefined } }), 'OK');
      t.expect('now', [await ask(t, 1, 5), await ask(t, 1, 4)], [9, 0]);
    },
  },
  {
    name: 'ReconcileAndCommitSucceeds: entries stay',
    run: async (t) => {
      await t.write([insert(one(5, 9)), insert(idle(6, 60_000_000_007n, { metadata: bytes(3) }))]);
      t.expect('code', await codeOfPush(t, 5), 'OK');
      t.expect(
        'entries',
        [...(await t.lines([lines('exact_one')])), ...(await t.lines([lines('idle')]))],
        ['exact_one key=5: found(value=9)', 'idle key=6: aged() [idle timeout 60000 ms] {60000000007 ns} {metadata 03}'],
      );
      t.expect('hit', await ask(t, 1, 5), 9);
    },
  },
  {
    name: 'SetPipelineConfig.Reconcile: members, groups and action sets stay',
    run: async (t) => {
      await t.write([
        insert({ actionProfileMember: build.member({ profile: 'next_hops', id: 1, action: 'found', params: { value: 3 } }) }),
      ]);
      await t.write([insert({ actionProfileGroup: build.group({ profile: 'next_hops', id: 2, members: [1] }) })]);
      await t.write([insert({ tableEntry: build.tableEntry({ table: 'selected', match: { key: 5 }, group: 2 }) })]);
      t.expect('code', await codeOfPush(t, 5), 'OK');
      t.expect('hit', await ask(t, 4, 5), 3);
      t.expect('group', await t.lines([{ actionProfileGroup: { actionProfileId: 0, groupId: 0, members: [] } }]), [
        'group next_hops 2: 1',
      ]);
    },
  },
  {
    name: 'reconcile with a table that has grown: its entries are written again',
    run: async (t) => {
      await t.write([insert(one(5, 9))]);
      const { text } = changed('size = 512;', 'size = 1024;');
      const info = {
        ...t.info,
        tables: t.info.tables.map((x) => (x.preamble.alias === 'exact_one' ? { ...x, size: 1024n } : x)),
      };
      const { code, message } = await t.setPipeline(5, { deviceConfig: text, p4info: t.protocol.p4infoMessage(info) });
      t.expect('code', code, 'OK', message);
      t.expect('hit', await ask(t, 1, 5), 9);
      await t.push();
    },
  },
  {
    name: 'ReconcileFailsIfNewConfigDoesNotSupportCurrentFlows',
    run: async (t) => {
      const keys = [1, 2, 3];
      await t.write(
        keys.map((key) => insert({ tableEntry: build.tableEntry({ table: 'tiny', match: { key }, action: 'NoAction' }) })),
      );
      const { text } = changed('size = 4;', 'size = 2;');
      const info = { ...t.info, tables: t.info.tables.map((x) => (x.preamble.alias === 'tiny' ? { ...x, size: 2n } : x)) };
      t.expect(
        'code',
        await codeOfPush(t, 5, { deviceConfig: text, p4info: t.protocol.p4infoMessage(info) }),
        'INVALID_ARGUMENT',
      );
      t.expect('entries', (await t.lines([lines('tiny')])).length, 3);
    },
  },
  {
    name: 'a program compiled by softipu',
    run: async (t) => {
      const { compileToIr } = await import('../../p4/compile.ts');
      const { includeDir } = await import('../package-root.ts');
      const { readSource } = await import('../read-source.ts');
      const { ir, p4info } = compileToIr({
        path: 'x.p4',
        readFile: (p) => (p === 'x.p4' ? new TextDecoder().decode(programText) : readSource(p)),
        includeDirs: [includeDir],
        defines: {},
      });
      await t.write([insert(one(5, 9))]);
      const { code, message } = await t.setPipeline(5, { deviceConfig: packProgram(ir!, p4info!) });
      t.expect('code', code, 'OK', message);
      t.expect('hit', await ask(t, 1, 5), 9);
      await t.push();
    },
  },
  {
    name: 'NotifyAgain: streams live through a new pipeline',
    run: async (t) => {
      await t.push();
      t.expect('packet', await ask(t, 1, 5), 0);
    },
  },
];

const sections: readonly (readonly [string, readonly Case[]])[] = [
  ['arbitration', arbitration],
  ['access', access],
  ['packet', packets],
  ['stream', streams],
  ['pipeline', pipelines],
];
export const sessionCases: Case[] = sections.flatMap(([name, cases]) => cases.map((c) => ({ ...c, name: `${name}: ${c.name}` })));
