/** P4Runtime's entities, built by name and printed, and the device that they are written to. */

export type { ProgramActions } from './binding.ts';
export { EntityBuilder, type MatchLike, type ParamsLike, type TableEntryLike } from './builder.ts';
export { ByNumber } from './by-number.ts';
export { allOnes, canonical, fromBytes, sameBytes, toBytes, toHex } from './bytes.ts';
export { type ControlTarget, Device, type DeviceOptions, type ExpiredEntry } from './device.ts';
export type { DigestList } from './digests.ts';
export * from './entities.ts';
export { externEntry, externTypes } from './externs.ts';
export { NamedObjects, P4Names } from './names.ts';
export { fromData, type P4Data, toData } from './p4data.ts';
export { printAction, printEntity, printKey, printUpdate } from './print.ts';
export { reconcile } from './reconcile.ts';
export type { Copy, ReplicationTarget } from './replication.ts';
export { Restrictions } from './restrictions.ts';
export type { ScannedEntry } from './scan.ts';
export { type Code, codeNumbers, ok, type Status, StatusError } from './status.ts';
export { parseValue, printValue, type ValueLike } from './values.ts';
