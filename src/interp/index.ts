/** The reference interpreter of the IR, and its trace. */
export { type Hooks, type InputPacket, Interpreter, type InterpreterOptions, type OutputPacket } from './interpreter.ts';
export type { Named, Trace, TraceEvent } from './trace.ts';
