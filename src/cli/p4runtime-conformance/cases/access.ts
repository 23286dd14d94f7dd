/** Who may write and read what. */
import { toElectionId } from '../../../p4runtime/grpc/client.ts';
import { explicitLong, num, own, sub, text } from '../../../p4runtime/wire/fields.ts';
import { action, exact, insert, lines, one, raw, table } from '../notation.ts';
import { type Case, primaryId } from '../tester.ts';
import { asRole, endsWith, joined, newRole, OK, roleConfig } from './sessions-shared.ts';

export const accessCases: readonly Case[] = [
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
