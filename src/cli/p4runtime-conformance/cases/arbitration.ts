/** Arbitration: election ids, roles, primaries and their notices. */
import { toElectionId } from '../../../p4runtime/grpc/client.ts';
import { big, explicitLong, num, own, sub, text } from '../../../p4runtime/wire/fields.ts';
import type { Case } from '../tester.ts';
import { backup, endsWith, joined, newRole, nobody, OK } from './sessions-shared.ts';

export const arbitrationCases: readonly Case[] = [
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
