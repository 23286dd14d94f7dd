/** Load a program, move batches through it, let the control plane in between two batches. */

export { CopyPool } from './copies.ts';
export {
  type Backend,
  type BackendHooks,
  batchSize,
  cpuPortOf,
  Engine,
  type EngineOptions,
  engineBytes,
} from './engine.ts';
export { Gate, gateBytes } from './gate.ts';
export { instantiate, makeMemory, maxMemoryBytes } from './load.ts';
export { type BufferRegion, emptyPortStats, type Port, type PortStats } from './port.ts';
export { type MirrorSession, type Replica, Replication } from './replication.ts';
export { type ProgramObjects, type StartOptions, startProgram } from './start.ts';
