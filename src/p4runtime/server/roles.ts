/**
 * Roles (P4Runtime specification, "Role Config"): what a role may write and read, and which packets it gets. A role without configuration may do everything.
 * The configuration is softipu.v1.RoleConfig (proto/softipu/v1/softipu.proto).
 */
import { sameBytes } from '../bytes.ts';
import type { Entity, PacketMetadata } from '../entities.ts';

export interface RoleConfig {
  readonly exclusiveP4Ids: ReadonlySet<number>;
  readonly sharedP4Ids: ReadonlySet<number>;
  readonly packetInFilter?: PacketMetadata;
  readonly receivesPacketIns: boolean;
  readonly canPushPipeline: boolean;
}

/** Whether a role may touch an object; `others` are the configurations of the other roles. */
export function mayAccess(config: RoleConfig | undefined, others: readonly RoleConfig[], id: number | undefined): boolean {
  if (!config) return true;
  const isListed = config.exclusiveP4Ids.size + config.sharedP4Ids.size > 0;
  if (id === undefined) return !isListed;
  if (config.exclusiveP4Ids.has(id) || config.sharedP4Ids.has(id)) return true;
  return !isListed && !others.some((other) => other.exclusiveP4Ids.has(id));
}

export function mayReceive(config: RoleConfig | undefined, metadata: readonly PacketMetadata[]): boolean {
  if (!config) return true;
  const { receivesPacketIns, packetInFilter: filter } = config;
  if (!receivesPacketIns || !filter) return receivesPacketIns;
  return metadata.some(({ metadataId, value }) => metadataId === filter.metadataId && sameBytes(value, filter.value));
}

/** P4Info id of the object that an entity belongs to; undefined for what belongs to the whole device. */
export function objectOf(entity: Entity): number | undefined {
  if ('tableEntry' in entity) return entity.tableEntry.tableId;
  if ('actionProfileMember' in entity) return entity.actionProfileMember.actionProfileId;
  if ('actionProfileGroup' in entity) return entity.actionProfileGroup.actionProfileId;
  if ('counterEntry' in entity) return entity.counterEntry.counterId;
  if ('directCounterEntry' in entity) return entity.directCounterEntry.tableEntry.tableId;
  if ('meterEntry' in entity) return entity.meterEntry.meterId;
  if ('directMeterEntry' in entity) return entity.directMeterEntry.tableEntry.tableId;
  if ('registerEntry' in entity) return entity.registerEntry.registerId;
  if ('digestEntry' in entity) return entity.digestEntry.digestId;
  if ('valueSetEntry' in entity) return entity.valueSetEntry.valueSetId;
  if ('externEntry' in entity) return entity.externEntry.externId;
  return undefined;
}
