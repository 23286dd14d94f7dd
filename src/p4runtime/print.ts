/**
 * Entities as text, one line each: what a transaction looks like to people and to tests. The form is a function of the entity alone, so two
 * entities are the same exactly if their lines are.
 *
 *   routes destination=10.244.1.7/32: to_port(port=3, source_mac=02:00:00:00:00:01, destination_mac=02:00:00:00:01:07)
 *   member endpoints 7: to_endpoint(address=10.244.1.5, port=8080)
 *   group endpoints 1: 3, 7, 8 weight 2
 */
import type { MatchField } from '../p4/p4info/p4info.ts';
import { allOnes, fromBytes, toHex } from './bytes.ts';
import type { Action, CounterData, Entity, FieldMatch, MeterConfig, TableAction, TableEntry, Update } from './entities.ts';
import type { P4Names } from './names.ts';
import { printValue } from './values.ts';

/** `insert member endpoints 7: ...` */
export function printUpdate(names: P4Names, update: Update): string {
  return `${update.type.toLowerCase()} ${printEntity(names, update.entity)}`;
}

export function printEntity(names: P4Names, entity: Entity): string {
  if ('tableEntry' in entity) return printTableEntry(names, entity.tableEntry);
  if ('actionProfileMember' in entity) {
    const { action } = entity.actionProfileMember;
    return `${printKey(names, entity)}${action ? `: ${printAction(names, action)}` : ''}`;
  }
  if ('actionProfileGroup' in entity) {
    const { members, maxSize } = entity.actionProfileGroup;
    const list = members.map(({ memberId, weight }) => `${memberId}${weight === 1 ? '' : ` weight ${weight}`}`);
    return `${printKey(names, entity)}: ${list.join(', ') || 'empty'}${maxSize ? ` at most ${maxSize}` : ''}`;
  }
  if ('counterEntry' in entity) return printKey(names, entity) + counterText(entity.counterEntry.data);
  if ('directCounterEntry' in entity) return printKey(names, entity) + counterText(entity.directCounterEntry.data);
  if ('meterEntry' in entity) return printKey(names, entity) + meterText(entity.meterEntry.config);
  if ('directMeterEntry' in entity) return printKey(names, entity) + meterText(entity.directMeterEntry.config);
  if ('registerEntry' in entity) {
    const { data } = entity.registerEntry;
    return `${printKey(names, entity)}${data ? `: ${data.map((d) => `0x${fromBytes(d).toString(16)}`).join(', ')}` : ''}`;
  }
  if ('valueSetEntry' in entity) {
    const info = names.valueSets.byId(entity.valueSetEntry.valueSetId);
    const members = entity.valueSetEntry.members.map(({ match }) => `{${printMatches(info?.match ?? [], match).join(' ')}}`);
    return `${printKey(names, entity)}: ${members.join(', ') || 'empty'}`;
  }
  if ('packetReplicationEngineEntry' in entity) {
    const pre = entity.packetReplicationEngineEntry;
    const { replicas } = 'multicastGroupEntry' in pre ? pre.multicastGroupEntry : pre.cloneSessionEntry;
    const copies = replicas.map(({ port, egressPort, instance }) => {
      return `${port ? fromBytes(port) : (egressPort ?? 0)}${instance ? ` instance ${instance}` : ''}`;
    });
    const length = 'cloneSessionEntry' in pre ? pre.cloneSessionEntry.packetLengthBytes : undefined;
    return `${printKey(names, entity)}: ${copies.join(', ') || 'nowhere'}${length ? ` at most ${length} bytes` : ''}`;
  }
  if ('externEntry' in entity) {
    const { entry } = entity.externEntry;
    return `${printKey(names, entity)}${entry ? `: ${entry.typeUrl.split('/').at(-1)} 0x${toHex(entry.value)}` : ''}`;
  }
  const { config } = entity.digestEntry;
  return `${printKey(names, entity)}${config ? `: at most ${config.maxListSize} in ${config.maxTimeoutNs} ns` : ''}`;
}

/** What makes an entity this one, as text: two entities with the same key cannot be installed together. */
export function printKey(names: P4Names, entity: Entity): string {
  if ('tableEntry' in entity) return printMatch(names, entity.tableEntry);
  if ('actionProfileMember' in entity) {
    const { actionProfileId, memberId } = entity.actionProfileMember;
    return `member ${names.actionProfiles.label(actionProfileId)} ${memberId}`;
  }
  if ('actionProfileGroup' in entity) {
    const { actionProfileId, groupId } = entity.actionProfileGroup;
    return `group ${names.actionProfiles.label(actionProfileId)} ${groupId}`;
  }
  if ('counterEntry' in entity) {
    return `counter ${names.counters.label(entity.counterEntry.counterId)}${index(entity.counterEntry.index)}`;
  }
  if ('directCounterEntry' in entity) return `direct counter of ${printMatch(names, entity.directCounterEntry.tableEntry)}`;
  if ('meterEntry' in entity) {
    return `meter ${names.meters.label(entity.meterEntry.meterId)}${index(entity.meterEntry.index)}`;
  }
  if ('directMeterEntry' in entity) return `direct meter of ${printMatch(names, entity.directMeterEntry.tableEntry)}`;
  if ('registerEntry' in entity) {
    return `register ${names.registers.label(entity.registerEntry.registerId)}${index(entity.registerEntry.index)}`;
  }
  if ('valueSetEntry' in entity) return `value set ${names.valueSets.label(entity.valueSetEntry.valueSetId)}`;
  if ('packetReplicationEngineEntry' in entity) {
    const pre = entity.packetReplicationEngineEntry;
    return 'multicastGroupEntry' in pre
      ? `multicast group ${pre.multicastGroupEntry.multicastGroupId}`
      : `clone session ${pre.cloneSessionEntry.sessionId}`;
  }
  if ('externEntry' in entity) return `extern 0x${entity.externEntry.externId.toString(16)}`;
  return `digest ${names.digests.label(entity.digestEntry.digestId)}`;
}

/** `to_endpoint(address=10.244.1.5, port=8080)` */
export function printAction(names: P4Names, action: Action): string {
  const info = names.actions.byId(action.actionId);
  const isSorted = action.params.every(({ paramId }, i) => i === 0 || action.params[i - 1]!.paramId <= paramId);
  const params = isSorted ? action.params : [...action.params].sort((a, b) => a.paramId - b.paramId);
  let text = `${names.actionLabel(action.actionId)}(`;
  for (let i = 0; i < params.length; i++) {
    const { paramId, value } = params[i]!;
    const there = info?.params[i];
    const param = there?.id === paramId ? there : info?.params.find((p) => p.id === paramId);
    text += `${i === 0 ? '' : ', '}${param?.name ?? `#${paramId}`}=${printValue(value, param ?? { bitwidth: 8 * value.length })}`;
  }
  return `${text})`;
}

function printTableEntry(names: P4Names, entry: TableEntry): string {
  const rest: string[] = [];
  if (entry.isConst) rest.push('const');
  if (entry.idleTimeoutNs) rest.push(`idle timeout ${entry.idleTimeoutNs / 1_000_000n} ms`);
  if (entry.timeSinceLastHit) rest.push(`last hit ${entry.timeSinceLastHit.elapsedNs / 1_000_000n} ms ago`);
  const tail = rest.length > 0 ? ` [${rest.join(', ')}]` : '';
  const action = entry.action ? `: ${printTableAction(names, entry.action)}` : '';
  return printMatch(names, entry) + action + meterText(entry.meterConfig) + counterText(entry.counterData) + tail;
}

function printMatch(names: P4Names, entry: TableEntry): string {
  const table = names.tables.byId(entry.tableId);
  const label = names.tables.label(entry.tableId);
  if (entry.isDefaultAction) return `${label} default`;
  let text = label;
  for (const field of printMatches(table?.matchFields ?? [], entry.match)) text += ` ${field}`;
  if (entry.priority) return `${text} priority=${entry.priority}`;
  return entry.match.length === 0 ? `${text} *` : text;
}

function printMatches(fields: readonly MatchField[], match: readonly FieldMatch[]): string[] {
  const isSorted = match.every(({ fieldId }, i) => i === 0 || match[i - 1]!.fieldId <= fieldId);
  return (isSorted ? match : [...match].sort((a, b) => a.fieldId - b.fieldId)).map((m) => {
    const field = fields.find((f) => f.id === m.fieldId);
    return field ? `${field.name}=${printFieldMatch(m, field)}` : `#${m.fieldId}`;
  });
}

function printFieldMatch(match: FieldMatch, field: MatchField): string {
  const text = (value: Uint8Array): string => printValue(value, field);
  if ('exact' in match) return text(match.exact.value);
  if ('optional' in match) return text(match.optional.value);
  if ('lpm' in match) return `${text(match.lpm.value)}/${match.lpm.prefixLen}`;
  if ('ternary' in match) {
    const { value, mask } = match.ternary;
    return fromBytes(mask) === allOnes(field.bitwidth) ? text(value) : `${text(value)}&&&0x${fromBytes(mask).toString(16)}`;
  }
  const low = text(match.range.low);
  const high = text(match.range.high);
  return low === high ? low : `${low}..${high}`;
}

function printTableAction(names: P4Names, action: TableAction): string {
  if ('action' in action) return printAction(names, action.action);
  if ('actionProfileMemberId' in action) return `member ${action.actionProfileMemberId}`;
  if ('actionProfileGroupId' in action) return `group ${action.actionProfileGroupId}`;
  const set = action.actionProfileActionSet.actionProfileActions;
  return `one of ${set.map((a) => `${printAction(names, a.action)} weight ${a.weight}`).join(', ')}`;
}

function counterText(data: CounterData | undefined): string {
  return data ? ` (${data.packetCount} packets, ${data.byteCount} bytes)` : '';
}

function meterText(config: MeterConfig | undefined): string {
  return config ? ` (cir ${config.cir} burst ${config.cburst}, pir ${config.pir} burst ${config.pburst})` : '';
}

function index(value: bigint | undefined): string {
  return value === undefined ? '' : `[${value}]`;
}
