/** Pipelines: verify, save, commit, reconcile, read back. */
import { toElectionId } from '../../../p4runtime/grpc/client.ts';
import type { Code } from '../../../p4runtime/index.ts';
import { big, bytes as bytesOf, explicitLong, type Message, own, sub } from '../../../p4runtime/wire/fields.ts';
import { packProgram } from '../../p4rt-program.ts';
import { build, bytes, insert, lines, one, programText } from '../notation.ts';
import type { Case, Tester } from '../tester.ts';
import { idle } from './resources-shared.ts';
import { ask, asRole, newRole, roleConfig } from './sessions-shared.ts';

const codeOfPush = async (t: Tester, ...args: Parameters<Tester['setPipeline']>): Promise<Code> =>
  (await t.setPipeline(...args)).code;

const getConfig = async (t: Tester, responseType: number): Promise<Message> =>
  sub((await t.client.getPipeline({ deviceId: explicitLong(1n), responseType })).response!, 'config') ?? {};

const fields = (config: Message): string[] => ['p4info', 'p4DeviceConfig', 'cookie'].filter((f) => own(config, f));

/** A program that is the suite's but for a change of its text. */
const changed = (from: string | RegExp, to: string): { text: Uint8Array } => ({
  text: new TextEncoder().encode(new TextDecoder().decode(programText).replace(from, to)),
});

export const pipelineCases: readonly Case[] = [
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
      const { compileToIr } = await import('../../../p4/compile.ts');
      const { includeDir } = await import('../../package-root.ts');
      const { readSource } = await import('../../read-source.ts');
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
