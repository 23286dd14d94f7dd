/** The IPU Manager: a model of the cluster -> desired entries -> a transaction for the data plane. */
export type { Unresolved } from './context.ts';
export { type Desired, desiredState } from './desired.ts';
export { DerivedList, type Difference, difference, tellDifference } from './difference.ts';
export { type Eligible, eligibleEndpoints, slicesOf, type Target } from './endpoints.ts';
export {
  type BalancedPort,
  balancedPorts,
  type Frontend,
  type FrontendKind,
  frontendsOf,
  nodePortAddresses,
} from './frontends.ts';
export { type InstalledIds, nothingInstalled, readInstalledIds } from './ids.ts';
export { type Applied, type IdleRecord, IpuManager, type ManagedDevice, type ManagerOptions } from './manager.ts';
export * from './model.ts';
export { type Family, familyOf, oneOfEachFamily } from './prefixes.ts';
export { endpointsOf } from './services.ts';
export { printTransaction } from './transaction.ts';
