/** Short names for hand-written IR, and machines that run it. Widths are those of the first operand unless said. */
import { Arena, layoutArena } from '../../src/arena/index.ts';
import { noSpan } from '../../src/diag/index.ts';
import { Interpreter, type TraceEvent } from '../../src/interp/index.ts';
import type { Action, BinaryOp, Expr, Extern, LValue, Program, Stmt, Table } from '../../src/p4/ir/ir.ts';
import { arenaSpec } from '../../src/p4/wasm/spec.ts';

export const span = noSpan;

export const c = (width: number, value: bigint | number): Expr => ({ kind: 'const', width, value: BigInt(value) });
export const v = (id: number, width: number): Expr & LValue => ({ kind: 'var', width, id });
export const field = (header: number, index: number, width: number): Expr & LValue => ({
  kind: 'field',
  width,
  header,
  field: index,
});
export const valid = (header: number): Expr => ({ kind: 'valid', width: 1, header });
export const bin = (op: BinaryOp, left: Expr, right: Expr, signed = false): Expr => ({
  kind: 'binary',
  width: ['eq', 'ne', 'lt', 'le', 'gt', 'ge'].includes(op) ? 1 : left.width,
  op,
  signed,
  left,
  right,
});
export const mux = (condition: Expr, then: Expr, otherwise: Expr): Expr => ({
  kind: 'mux',
  width: then.width,
  condition,
  then,
  else: otherwise,
});
export const intrinsic = (name: Extract<Expr, { kind: 'intrinsic' }>['name'], width: number): Expr => ({
  kind: 'intrinsic',
  width,
  name,
});

export const set = (target: LValue, value: Expr): Stmt => ({ kind: 'assign', target, value, span });
export const output = (port: Expr | number): Stmt => ({ kind: 'output', port: typeof port === 'number' ? c(32, port) : port });
export const goto = (state: number | 'accept' | 'reject'): Stmt => ({ kind: 'goto', state });
export const extract = (header: number, varbitBits?: Expr): Stmt => ({ kind: 'extract', header, varbitBits, span });
export const iff = (condition: Expr, then: Stmt[], otherwise: Stmt[] = []): Stmt => ({
  kind: 'if',
  condition,
  then,
  else: otherwise,
  span,
});
export const parser = (...states: Stmt[][]): Stmt => ({
  kind: 'parser',
  name: 'P',
  start: 0,
  states: states.map((body, i) => ({ name: i === 0 ? 'start' : `s${i}`, body, span })),
});
export const deparse = (...headers: number[]): Stmt => ({
  kind: 'deparse',
  body: headers.map((header) => ({ kind: 'emit', header, span })),
  span,
});

export const errors = [
  'NoError',
  'PacketTooShort',
  'NoMatch',
  'StackOutOfBounds',
  'HeaderTooShort',
  'ParserTimeout',
  'ParserInvalidArgument',
];

/** Header types by name: widths of the fields; a negative one is the varbit field's maximum. */
export interface Parts {
  readonly vars?: readonly number[];
  readonly types?: readonly (readonly number[])[];
  /** Type index of each instance. */
  readonly headers?: readonly number[];
  readonly actions?: readonly Action[];
  readonly tables?: readonly Table[];
  readonly externs?: readonly Extern[];
}

export function program(parts: Parts, ...bodies: Stmt[][]): Program {
  return {
    architecture: 'pna',
    vars: (parts.vars ?? []).map((width, id) => ({ id, name: `v${id}`, width })),
    headerTypes: (parts.types ?? []).map((widths, i) => {
      let offsetBits = 0;
      const fields = widths.map((width, f) => {
        const at = offsetBits;
        if (width > 0) offsetBits += width;
        return { name: `f${f}`, width: Math.abs(width), offsetBits: at };
      });
      const varbitField = widths.findIndex((width) => width < 0);
      return { name: `t${i}`, fields, fixedBits: offsetBits, varbitField: varbitField < 0 ? undefined : varbitField };
    }),
    headers: (parts.headers ?? []).map((type, id) => ({ id, name: `h${id}`, type })),
    actions: parts.actions ?? [],
    tables: parts.tables ?? [],
    externs: parts.externs ?? [],
    errors,
    pipelines: bodies.map((body, i) => ({ name: `pipe${i}`, body })),
  };
}

export const action = (id: number, name: string, ...params: number[]): Action => ({
  id,
  name,
  params: params.map((width, i) => ({ name: `p${i}`, width, signed: false, annotations: [] })),
  annotations: [],
  span,
});

export function table(change: Partial<Table> & Pick<Table, 'keys'>, actions: number[]): Table {
  return {
    id: 0,
    name: 'T',
    actions: actions.map((a) => ({ action: a, tableOnly: false, defaultOnly: false, annotations: [] })),
    size: 16,
    defaultAction: { action: actions[0]!, args: [] },
    isDefaultConst: false,
    entries: [],
    isConst: false,
    addOnMiss: false,
    idleTimeout: 'none',
    whenFull: 'refuse',
    annotations: [],
    span,
    ...change,
  };
}

export interface Machine {
  readonly arena: Arena;
  readonly interpreter: Interpreter;
  readonly events: TraceEvent[];
  /** Runs a packet from port 1 (bytes as hexadecimal, blanks ignored); time in ms. */
  readonly run: (hex: string, nowMs?: number, headroom?: number) => { port: number; reason: string; hex: string };
}

/** An arena and an interpreter for a program; `extra` bytes of memory behind the program's. */
export function machine(p: Program, extra = 0): Machine {
  const layout = layoutArena(arenaSpec(p, 0));
  const arena = new Arena(new ArrayBuffer(layout.programEnd + extra), layout);
  let seed = 1;
  arena.init({
    random: () => (seed++ * 2654435761) % 2 ** 32,
    hashSeed: 42,
    tables: p.tables.map((t) => ({
      defaultAction: {
        kind: 'action',
        action: t.actions.findIndex((a) => a.action === t.defaultAction.action),
        params: t.defaultAction.args,
      },
      entries: t.entries.map((e) => ({
        matches: e.matches,
        priority: e.priority,
        call: { kind: 'action', action: t.actions.findIndex((a) => a.action === e.call.action), params: e.call.args },
      })),
    })),
    registers: p.externs.flatMap((e) => (e.kind === 'register' ? [e.initial] : [])),
  });
  const events: TraceEvent[] = [];
  const interpreter = new Interpreter(p, arena, { trace: (event) => events.push(event) });
  return {
    arena,
    interpreter,
    events,
    run: (hex, nowMs = 0, headroom) => {
      const out = interpreter.process({ bytes: fromHex(hex), inPort: 1, nowNs: BigInt(nowMs) * 1_000_000n, headroom });
      return { port: out.outPort, reason: out.reason, hex: toHex(out.bytes) };
    },
  };
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Value of one expression: the program writes it into a header of `width` bits, padded to whole bytes, and sends that. */
export function resultOf(e: Expr, parts: Parts = {}, before: Stmt[] = []): bigint {
  const pad = -e.width & 7;
  const types = [...(parts.types ?? []), pad === 0 ? [e.width] : [pad, e.width]];
  const headers = [...(parts.headers ?? []), types.length - 1];
  const h = headers.length - 1;
  const body = [
    ...before,
    { kind: 'setValid', header: h, valid: true, span } as const,
    set(field(h, pad === 0 ? 0 : 1, e.width), e),
    deparse(h),
    output(1),
  ];
  return BigInt(`0x${machine(program({ ...parts, types, headers }, body)).run('').hex}`);
}
