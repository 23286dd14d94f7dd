/**
 * Mutated writes, judged by a plain model of the switch (fuzz-model.ts). What the server answers must be what the model says, and at the end both must hold
 * the same. Some batches come in a role that may write two objects only, some with a header that is wrong: then nothing of them may be applied.
 */

import { toElectionId } from '../../p4runtime/grpc/client.ts';
import type { Code, Entity } from '../../p4runtime/index.ts';
import { explicitLong, type Message } from '../../p4runtime/wire/fields.ts';
import { planEntry, type Random } from './fuzz-entries.ts';
import { Model, type Planned } from './fuzz-model.ts';
import { planDigest, planFixed, planGroup, planMember, planRaw, planReplication } from './fuzz-objects.ts';
import { build, profile, table } from './notation.ts';
import type { Tester } from './tester.ts';

export interface FuzzReport {
  readonly updates: number;
  readonly seed: number;
  readonly problems: readonly string[];
}

const batch = 50;
const mostProblems = 20;
const role = 'softipu-fuzz';
const types = ['INSERT', 'INSERT', 'INSERT', 'MODIFY', 'DELETE', 'DELETE'] as const;

/** Writes `count` updates in batches; deterministic for a seed. */
export async function fuzz(tester: Tester, count: number, seed: number): Promise<FuzzReport> {
  const random = mulberry(seed);
  const model = new Model();
  const problems: string[] = [];
  const ofRole = [table('exact_one'), profile('next_hops')];
  const asRole = await claimRole(tester, ofRole);
  let updates = 0;
  while (updates < count && problems.length < mostProblems) {
    const all = Array.from({ length: Math.min(batch, count - updates) }, () => plan(random));
    const how = random(40);
    if (how === 0) {
      problems.push(...(await writeInVain(tester, all, random, updates)));
    } else {
      const isInRole = asRole !== undefined && how < 5;
      const planned = isInRole ? all.map((each) => restricted(each, ofRole)) : all;
      const isAtomic = random(4) === 0;
      const wanted = isAtomic ? model.applyAll(planned) : planned.map((each) => model.apply(each));
      const answer = await tester.write(
        planned.map(({ update }) => update),
        isAtomic ? 'ROLLBACK_ON_ERROR' : 'CONTINUE_ON_ERROR',
        isInRole ? asRole : tester.header(),
      );
      const found = answer.details?.map(({ code }) => code) ?? planned.map(() => answer.code);
      planned.forEach((each, i) => {
        if (found[i] === wanted[i]) return;
        const what = each.entity ? `${each.type} ${tester.show(each.entity)}` : JSON.stringify(each.update);
        const message = answer.details?.[i]?.message ?? answer.message;
        problems.push(
          `update ${updates + i}${isAtomic ? ' (atomic)' : ''}${isInRole ? ' (role)' : ''}: ${what}: expected ${wanted[i]}, found ${found[i]} (${message})`,
        );
      });
    }
    updates += all.length;
  }
  problems.push(...(await compare(tester, model)));
  return { updates, seed, problems: problems.slice(0, mostProblems) };
}

function plan(random: Random): Planned {
  const type = types[random(types.length)]!;
  const isMutated = random(5) === 0;
  const kind = random(20);
  if (kind < 12) return planEntry(random, type, isMutated);
  if (kind < 14) return planMember(random, type, isMutated);
  if (kind < 16) return planGroup(random, type, isMutated);
  if (kind < 17) return planReplication(random, type, isMutated);
  if (kind < 18) return planDigest(random, type, isMutated);
  if (random(10) === 0) return planRaw(random);
  return planFixed(random, type, isMutated);
}

/** As a role that may write some objects sees it: what is not an update is still found first. */
function restricted(planned: Planned, ids: readonly number[]): Planned {
  if (planned.isAtDoor || (planned.objectId !== undefined && ids.includes(planned.objectId))) return planned;
  return { ...planned, says: 'PERMISSION_DENIED', isAtDoor: true };
}

/** A session in a role with those objects; its header, or undefined if the server does not know our roles' configuration. */
async function claimRole(tester: Tester, ids: readonly number[]): Promise<Message | undefined> {
  const session = tester.session();
  const value = tester.protocol.encode('softipu.v1.RoleConfig', { sharedP4Ids: ids });
  session.claim({ role, id: 1n, config: { type_url: 'type.googleapis.com/softipu.v1.RoleConfig', value } });
  try {
    if ((await session.notice()) !== 0) return undefined;
  } catch {
    return undefined;
  }
  return { deviceId: explicitLong(1n), role, electionId: toElectionId(1n) };
}

/** A call that must be refused as a whole. */
async function writeInVain(tester: Tester, all: readonly Planned[], random: Random, at: number): Promise<string[]> {
  const headers: readonly (readonly [Message, Code])[] = [
    [{ deviceId: explicitLong(9n) }, 'NOT_FOUND'],
    [{ deviceId: explicitLong(0n) }, 'NOT_FOUND'],
    [{ electionId: toElectionId(1n << 90n) }, 'PERMISSION_DENIED'],
    [{ electionId: toElectionId(0n) }, 'PERMISSION_DENIED'],
    [{ electionId: undefined }, 'PERMISSION_DENIED'],
    [{ role: 'nobody' }, 'NOT_FOUND'],
  ];
  const [change, wanted] = headers[random(headers.length)]!;
  const answer = await tester.write(
    all.map(({ update }) => update),
    'CONTINUE_ON_ERROR',
    { ...tester.header(), ...change },
  );
  if (answer.code === wanted && !answer.details?.length) return [];
  return [`updates from ${at}: expected ${wanted} for the whole call, found ${answer.code} (${answer.message})`];
}

/** What the server holds at the end against the model. */
async function compare(tester: Tester, model: Model): Promise<string[]> {
  const { info } = build.names;
  const filters: Entity[] = [
    ...(['exact_one', 'lpm_one', 'ternary_one', 'mixed', 'idle', 'selected'] as const).map(
      (name): Entity => ({
        tableEntry: { tableId: table(name), match: [], meterConfig: { cir: 0n, cburst: 0n, pir: 0n, pburst: 0n } },
      }),
    ),
    { actionProfileMember: { actionProfileId: profile('next_hops'), memberId: 0 } },
    { actionProfileGroup: { actionProfileId: profile('next_hops'), groupId: 0, members: [] } },
    { packetReplicationEngineEntry: { multicastGroupEntry: { multicastGroupId: 0, replicas: [] } } },
    { packetReplicationEngineEntry: { cloneSessionEntry: { sessionId: 0, replicas: [] } } },
    { digestEntry: { digestId: info.digests[0]!.preamble.id } },
  ];
  const fixed = [...model.installed].filter(({ kind }) => kind === 'fixed').map(({ entity }) => filterOf(entity));
  const found = new Set(await tester.lines([...filters, ...fixed]));
  const wanted = new Set([...model.installed].map(({ entity }) => tester.show(entity)));
  return [
    ...[...wanted].filter((line) => !found.has(line)).map((line) => `in the model, not in the switch: ${line}`),
    ...[...found].filter((line) => !wanted.has(line)).map((line) => `in the switch, not in the model: ${line}`),
  ];
}

/** Of what is always there, the one thing that was written. */
function filterOf(entity: Entity): Entity {
  if ('counterEntry' in entity) return { counterEntry: { ...entity.counterEntry, data: undefined } as never };
  if ('registerEntry' in entity) return { registerEntry: { ...entity.registerEntry, data: undefined } as never };
  if ('valueSetEntry' in entity) return { valueSetEntry: { ...entity.valueSetEntry, members: [] } };
  if ('tableEntry' in entity) return { tableEntry: { tableId: entity.tableEntry.tableId, match: [], isDefaultAction: true } };
  return entity;
}

function mulberry(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}
