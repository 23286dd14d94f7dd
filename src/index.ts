/**
 * softipu as a library: compile P4-16, run it on packets in memory or on interfaces.
 *
 *   const { ir, diagnostics } = compileToIr({ path, readFile, includeDirs });
 *   const artifact = compileToWasm(ir);
 *
 * docs/library.md has a whole example. Everything but the ports of interfaces also runs in a browser.
 */
export { Arena, type ArenaLayout, type ArenaSpec, layoutArena } from './arena/index.ts';
export { type Diagnostic, printDiagnostics } from './diag/index.ts';
export { Engine, engineBytes, instantiate, makeMemory, type Port, startProgram } from './engine/index.ts';
export { Interpreter, type TraceEvent } from './interp/index.ts';
export { buildMaglev } from './maglev/index.ts';
export { type CompileOptions, type CompileResult, compileToIr } from './p4/compile.ts';
export { type P4Info, printP4Info } from './p4/p4info/index.ts';
export { type Artifact, compileToWasm } from './p4/wasm/index.ts';
export { Device, EntityBuilder } from './p4runtime/index.ts';
export { MemoryPort, memoryPortBytes, openPort } from './ports/index.ts';
