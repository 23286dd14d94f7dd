/** The memory that compiled code, engine and control plane share: its layout, and the control plane's hands on it. */
export { adoptCells, adoptDevice, adoptTable, isSameTable } from './adopt.ts';
export {
  addEntry,
  getEntryExpireTime,
  isFirstHitOfPeriod,
  reclaimRetired,
  restartExpireTimer,
  setEntryExpireTime,
  sweep,
} from './ageing.ts';
export { Arena, type ArenaStart } from './arena.ts';
export { CounterArray, type CounterData, countAt, MeterArray, RegisterArray } from './cells.ts';
export { DigestRing } from './digest-ring.ts';
export { type EntryCall, type EntryKey, type KeyMatch, type NewEntry, packKey, type TableEntry } from './entry.ts';
export { hashConstants, hashWords, maglevSlot } from './hash.ts';
export * from './layout.ts';
export { type Applied, applyTable, lookup, type MissReason } from './lookup.ts';
export { type MeterColor, type MeterConfig, maxBurst, meterColor, meterStep } from './meter.ts';
export * from './place.ts';
export { ActionProfile, type GroupMember, type MaglevShare, type ProfileMember } from './profile.ts';
export { defaultHandle, MatchTable, maxTimeoutMs, type TableStats } from './table.ts';
export { toeplitzWindow } from './toeplitz.ts';
export { ValueSet } from './value-set.ts';
export { fitsBytes, packWords, readBig, type Value, viewOf, writeBig } from './wire-bytes.ts';
