/** Everything but table entries, for the fuzzer: members, groups, replication, digests, cells, default entries, value sets, and updates that are none. */
import type { Code, Entity, Update, UpdateType } from '../../p4runtime/index.ts';
import { toBytes } from '../../p4runtime/index.ts';
import { encodeUpdate } from '../../p4runtime/wire/encode.ts';
import type { Random } from './fuzz-entries.ts';
import type { Kind, Planned } from './fuzz-model.ts';
import { action, build, bytes, exact, found, one, profile, table } from './notation.ts';

const { info } = build.names;
const unknownProfile = 0x11ff_fff0;

export function planMember(random: Random, type: UpdateType, isMutated: boolean): Planned {
  const isWrite = type !== 'DELETE';
  const good = {
    actionProfileId: profile('next_hops'),
    memberId: 1 + random(40),
    action: found(random(256), random(256)).action,
  };
  const wrong: readonly (readonly [object, Code, boolean?])[] = [
    [{ memberId: 0 }, 'INVALID_ARGUMENT'],
    [{ actionProfileId: unknownProfile }, 'NOT_FOUND'],
    [{ actionProfileId: 0 }, 'NOT_FOUND'],
    [{ action: undefined }, 'INVALID_ARGUMENT', true],
    [{ action: { actionId: action('aged'), params: [] } }, 'INVALID_ARGUMENT', true],
    [{ action: { actionId: action('found'), params: [] } }, 'INVALID_ARGUMENT', true],
    [{ action: found(1, 0, 0).action }, 'OUT_OF_RANGE', true],
  ];
  const [change, says] = pick(random, isMutated, wrong, isWrite);
  const member = { ...good, ...change };
  return planned(type, { actionProfileMember: member } as Entity, 'member', `member ${member.memberId}`, says, {
    objectId: member.actionProfileId,
  });
}

/** Groups of one member, so that what refers to what stays a single arrow. */
export function planGroup(random: Random, type: UpdateType, isMutated: boolean): Planned {
  const isWrite = type !== 'DELETE';
  const memberId = 1 + random(40);
  const members = [{ memberId, weight: 1 + random(4) }];
  const good = { actionProfileId: profile('next_hops'), groupId: 1 + random(10), members };
  const wrong: readonly (readonly [object, Code, boolean?])[] = [
    [{ groupId: 0 }, 'INVALID_ARGUMENT'],
    [{ actionProfileId: unknownProfile }, 'NOT_FOUND'],
    [{ members: [{ memberId, weight: 0 }] }, 'INVALID_ARGUMENT', true],
    [{ members: [{ memberId, weight: -3 }] }, 'INVALID_ARGUMENT', true],
    [{ members: [...members, { memberId, weight: 1 }] }, 'INVALID_ARGUMENT', true],
    [{ members: [{ ...members[0], watchPort: toBytes(77) }] }, 'INVALID_ARGUMENT', true],
    [{ maxSize: -1 }, 'INVALID_ARGUMENT', true],
  ];
  const [change, says] = pick(random, isMutated, wrong, isWrite);
  const group = { ...good, ...change };
  return planned(type, { actionProfileGroup: group } as Entity, 'group', `group ${group.groupId}`, says, {
    objectId: group.actionProfileId,
    ...(isWrite && !says && { refersTo: `member ${memberId}` }),
  });
}

export function planReplication(random: Random, type: UpdateType, isMutated: boolean): Planned {
  const isGroup = random(2) === 0;
  const id = 1 + random(20);
  const replicas = [0, 1].filter(() => random(3) > 0).map((port) => ({ port: toBytes(port), instance: random(3) }));
  const wrong: readonly (readonly [object, Code, boolean?])[] = [
    [isGroup ? { multicastGroupId: 0 } : { sessionId: 0 }, 'INVALID_ARGUMENT'],
    [{ replicas: [{ port: toBytes(77), instance: 0 }] }, 'INVALID_ARGUMENT', true],
    [{ replicas: [1, 1].map((port) => ({ port: toBytes(port), instance: 4 })) }, 'INVALID_ARGUMENT', true],
    [{ replicas: [{ port: toBytes(1), instance: 0x1_0000 }] }, 'INVALID_ARGUMENT', true],
    [{ replicas: [{ port: bytes(), instance: 0 }] }, 'INVALID_ARGUMENT', true],
    ...(isGroup ? [] : ([[{ packetLengthBytes: -1 }, 'INVALID_ARGUMENT', true]] as const)),
  ];
  const [change, says] = pick(random, isMutated, wrong, type !== 'DELETE');
  const entity = isGroup
    ? { multicastGroupEntry: { multicastGroupId: id, replicas, ...change } }
    : { cloneSessionEntry: { sessionId: id, replicas, ...change } };
  const kind = isGroup ? 'multicast' : 'clone';
  return planned(type, { packetReplicationEngineEntry: entity } as Entity, kind, `${kind} ${id}`, says);
}

export function planDigest(random: Random, type: UpdateType, isMutated: boolean): Planned {
  const config = { maxTimeoutNs: BigInt(random(1000)) * 1000n, maxListSize: 1 + random(100), ackTimeoutNs: BigInt(random(1000)) };
  const digestId = info.digests[0]!.preamble.id;
  const wrong: readonly (readonly [object, Code, boolean?])[] = [
    [{ digestId: 0x17ff_fff0 }, 'NOT_FOUND'],
    [{ config: undefined }, 'INVALID_ARGUMENT', true],
    [{ config: { ...config, maxListSize: -1 } }, 'INVALID_ARGUMENT', true],
  ];
  const [change, says] = pick(random, isMutated, wrong, type !== 'DELETE');
  const digestEntry = { digestId, config, ...change };
  return planned(type, { digestEntry } as Entity, 'digest', 'digest', says, { objectId: digestEntry.digestId });
}

/** Counters, registers, default entries and value sets are there; they can only be modified. */
export function planFixed(random: Random, given: UpdateType, isMutated: boolean): Planned {
  const isWrongType = isMutated && random(3) === 0;
  const type = isWrongType && given !== 'MODIFY' ? given : 'MODIFY';
  const mistake: Code | undefined = type === 'MODIFY' ? undefined : 'INVALID_ARGUMENT';
  const isWrong = isMutated && !mistake;
  switch (random(4)) {
    case 0: {
      const { id } = info.counters[0]!.preamble;
      const data = { byteCount: BigInt(random(1e6)), packetCount: BigInt(random(1e6)) };
      return planCell(random, type, mistake, isWrong, 16, id, (index) => ({ counterEntry: { counterId: id, index, data } }));
    }
    case 1: {
      const { id } = info.registers.find(({ preamble }) => preamble.name.endsWith('words'))!.preamble;
      const data = [toBytes(random(2 ** 31))];
      return planCell(random, type, mistake, isWrong, 8, id, (index) => ({ registerEntry: { registerId: id, index, data } }));
    }
    case 2: {
      const wrong: readonly (readonly [object, Code])[] = [
        [{ action: { action: { actionId: action('only_in_table'), params: found(1).action.params } } }, 'PERMISSION_DENIED'],
        [{ tableId: table('lpm_one') }, 'PERMISSION_DENIED'],
        [{ match: [exact(1, 1)] }, 'INVALID_ARGUMENT'],
        [{ priority: 1 }, 'INVALID_ARGUMENT'],
        [{ action: { actionProfileMemberId: 1 } }, 'INVALID_ARGUMENT'],
        [{ action: found(1, 0, 0) }, 'OUT_OF_RANGE'],
      ];
      const good =
        random(2) === 0
          ? found(random(256), random(256))
          : { action: { actionId: action('only_default'), params: [] as { paramId: number; value: Uint8Array }[] } };
      const [change, says] = pick(random, isWrong, wrong, true);
      const tableEntry = { tableId: table('exact_one'), match: [], isDefaultAction: true, action: good, ...change };
      return planned(type, { tableEntry } as Entity, 'fixed', 'default', mistake ?? says, { objectId: tableEntry.tableId });
    }
    default: {
      const valueSetId = info.valueSets[0]!.preamble.id;
      const member = (value: number) => ({ match: [exact(1, 1, value)] });
      const many = (count: number) => Array.from({ length: count }, (_, i) => member(i + random(20) * 10));
      const wrong: readonly (readonly [object, Code])[] = [
        [{ valueSetId: 0x03ff_fff0 }, 'NOT_FOUND'],
        [{ members: many(5) }, 'RESOURCE_EXHAUSTED'],
        [{ members: [member(1), member(1)] }, 'ALREADY_EXISTS'],
        [{ members: [{ match: [] }] }, 'INVALID_ARGUMENT'],
        [{ members: [{ match: [exact(1, 1, 0, 0)] }] }, 'OUT_OF_RANGE'],
      ];
      const [change, says] = pick(random, isWrong, wrong, true);
      const members = [1, 2, 3].filter(() => random(2) === 0).map((n) => member(n));
      const valueSetEntry = { valueSetId, members, ...change };
      return planned(type, { valueSetEntry } as Entity, 'fixed', 'value set', mistake ?? says, {
        objectId: valueSetEntry.valueSetId,
      });
    }
  }
}

function planCell(
  random: Random,
  type: UpdateType,
  mistake: Code | undefined,
  isWrong: boolean,
  size: number,
  objectId: number,
  make: (index: bigint) => Entity,
): Planned {
  const [index, says] = (
    isWrong
      ? (
          [
            [BigInt(size), 'OUT_OF_RANGE'],
            [-1n, 'INVALID_ARGUMENT'],
          ] as const
        )[random(2)]!
      : [BigInt(random(size)), undefined]
  ) as readonly [bigint, Code | undefined];
  return planned(type, make(index), 'fixed', `cell ${objectId} ${index}`, mistake ?? says, { objectId });
}

/** What is no update at all, or names no entity; it is refused before anybody looks at roles. */
export function planRaw(random: Random): Planned {
  const encoded = encodeUpdate(build.names, { type: 'INSERT', entity: one(random(700), 1) });
  const entry = { tableId: table('exact_one'), match: [{ fieldId: 1 }] };
  const raw = [
    {},
    { ...encoded, type: 0 },
    { ...encoded, type: 7 },
    { type: 1 },
    { type: 1, entity: {} },
    { type: 3, entity: { tableEntry: entry } },
    { type: 1, entity: { tableEntry: { ...entry, match: [], action: {} } } },
    { type: 2, entity: { directCounterEntry: {} } },
  ][random(8)]!;
  return { update: { raw }, type: 'INSERT', key: '', kind: 'fixed', says: 'INVALID_ARGUMENT', isAtDoor: true };
}

/** A mistake of the list, if one is wanted; those with `true` only where a deletion would not look. */
function pick(
  random: Random,
  isMutated: boolean,
  wrong: readonly (readonly [object, Code, boolean?])[],
  isWrite: boolean,
): readonly [object, Code | undefined] {
  const possible = isMutated ? wrong.filter(([, , isOnWrite]) => isWrite || !isOnWrite) : [];
  const [change, says] = possible[random(Math.max(1, possible.length))] ?? [{}, undefined];
  return [change, says];
}

function planned(
  type: UpdateType,
  entity: Entity,
  kind: Kind,
  key: string,
  says: Code | undefined,
  more: Partial<Planned> = {},
): Planned {
  const update: Update = { type, entity };
  return { update, type, entity, kind, key, ...(says && { says }), ...more };
}
