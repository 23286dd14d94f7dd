/** What several tables of cases with sessions build on. */
import { toElectionId } from '../../../p4runtime/grpc/client.ts';
import { type Code, codeNumbers } from '../../../p4runtime/index.ts';
import { bytes as bytesOf, explicitLong, list, type Message, num, own, sub } from '../../../p4runtime/wire/fields.ts';
import { bytes } from '../notation.ts';
import type { Session, Tester } from '../tester.ts';

export const { OK, ALREADY_EXISTS: backup, NOT_FOUND: nobody } = codeNumbers;

let roles = 0;

export const newRole = (): string => `role-${process.pid}-${++roles}`;

export async function endsWith(t: Tester, session: Session, code: Code): Promise<void> {
  t.expect('stream', (await session.ended()).code, code);
}

/** Sessions of one role with these election ids, in this order, each settled. */
export async function joined(t: Tester, role: string, ...ids: (bigint | undefined)[]): Promise<Session[]> {
  const sessions: Session[] = [];
  for (const id of ids) {
    const session = t.session();
    session.claim({ role, id });
    await session.notice();
    sessions.push(session);
  }
  return sessions;
}

export const asRole = (role: string, id: bigint): Message => ({ deviceId: explicitLong(1n), role, electionId: toElectionId(id) });

export const roleConfig = (t: Tester, config: Message, type = 'softipu.v1.RoleConfig'): Message => ({
  type_url: `type.googleapis.com/${type}`,
  value: t.protocol.encode('softipu.v1.RoleConfig', config),
});

export const packet = (kind: number, key: number, value = 7, more: Message = {}): Message => ({
  packet: {
    payload: bytes(0, value),
    metadata: [
      { metadataId: 1, value: bytes(kind) },
      { metadataId: 2, value: bytes(key) },
    ],
    ...more,
  },
});

export const foundIn = (message: Message): number =>
  bytesOf(list(message, 'metadata')[0]!, 'value').reduce((n, byte) => n * 256 + byte, 0);

export async function refused(t: Tester, message: Message, code: Code, kind: string): Promise<void> {
  t.primary.send(message);
  const error = await t.primary.next('error');
  t.expect('error', [num(error, 'canonicalCode'), own(error, kind)], [codeNumbers[code], true]);
}

/** What the data plane finds for a packet that the controller sends. */
export async function ask(t: Tester, kind: number, key: number, value = 7): Promise<number> {
  t.primary.send(packet(kind, key, value));
  return foundIn(await t.primary.next('packet'));
}

export const values = (message: Message): number[][] =>
  list(message, 'data').map((d) =>
    list(sub(d, 'struct')!, 'members').map((m) => bytesOf(m, 'bitstring').reduce((n, byte) => n * 256 + byte, 0)),
  );
