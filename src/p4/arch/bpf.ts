/** What the models of p4c's BPF back ends share: parsers that must accept, the ways out of a filter, their extern functions and tables. */
import type { Span } from '../../diag/index.ts';
import { constant, not, resize } from '../ir/build.ts';
import type * as ir from '../ir/ir.ts';
import { argument } from '../ir/lower/core-externs.ts';
import { lower } from '../ir/lower/expressions.ts';
import { anonymousInstance } from '../ir/lower/instantiate.ts';
import { type BlockInstance, type Item, nothing, scalar, type TableInstance } from '../ir/lower/items.ts';
import type { Lowering } from '../ir/lower/lowering.ts';
import { mapBodies } from '../ir/walk.ts';
import type { CallHandler, ExternCall, ExternConstruction, ExternHandlers, PropertyHandler } from './architecture.ts';
import { packetItem, runBlock } from './blocks.ts';
import { dataOf, wholeBytes } from './pna-data.ts';
import { counter } from './pna-externs.ts';
import { scalarArgument } from './pna-functions.ts';
import { sizeArgument } from './shared.ts';

const packetLabel = 'packet';
const maxEntries = 1n << 24n;

export type Variable = ir.LValue & { kind: 'var' };

export const inputPort: ir.Expr = { kind: 'intrinsic', width: 32, name: 'inputPort' };

/** Runs the parser; where it rejects, `rejected` follows and the packet's way ends. */
export function parseOr(
  lw: Lowering,
  parser: BlockInstance,
  items: readonly Item[],
  rejected: readonly ir.Stmt[],
  span: Span,
): void {
  const accepted = lw.sharedVar('$accepted', 1);
  const mark = (body: readonly ir.Stmt[]): readonly ir.Stmt[] =>
    body.flatMap((s): ir.Stmt[] =>
      s.kind === 'goto' && s.state === 'accept'
        ? [{ kind: 'assign', target: accepted, value: constant(1, 1), span }, s]
        : [mapBodies(s, mark)],
    );
  const stmts = lw.collect(() => runBlock(lw, 'parser', parser, [packetItem(lw, parser), ...items], span));
  for (const s of mark(stmts)) lw.emit(s);
  const leave: ir.Stmt[] = [...rejected, { kind: 'break', label: packetLabel }];
  lw.emit({ kind: 'if', condition: not(accepted), then: leave, else: [], span });
}

export function wholePipeline(lw: Lowering, build: () => void): readonly ir.Pipeline[] {
  return [{ name: 'main', body: [{ kind: 'block', label: packetLabel, body: lw.collect(build) }] }];
}

/** Sends the packet by an action: `back` to the port it came from, `redirect` to `port`, anything else drops it. */
export function leaveBy(
  lw: Lowering,
  action: ir.Expr,
  values: { readonly back: readonly number[]; readonly redirect: number },
  port: ir.Expr,
  span: Span,
): void {
  lw.emit({
    kind: 'switch',
    value: action,
    cases: [
      { values: values.back.map(BigInt), body: [{ kind: 'output', port: inputPort }] },
      { values: [BigInt(values.redirect)], body: [{ kind: 'output', port }] },
    ],
    default: [{ kind: 'drop', reason: 'program' }],
    span,
  });
}

/** Table property `implementation = hash_table(n)` or `array_table(n)`. */
export const bpfTableProperties: Readonly<Record<string, PropertyHandler>> = {
  implementation(lw, table: TableInstance, property) {
    const { value } = property;
    const item = value.kind === 'call' ? anonymousInstance(lw, value, `${table.name}.implementation`) : lower(lw, value);
    if (item.kind === 'extern' && item.state.kind === 'tableSize') table.size = item.state.size;
    else lw.error('bad-property', value.span, "'implementation' must be an array_table or a hash_table");
  },
};

const tableSize: ExternHandlers = {
  construct: (lw: Lowering, c: ExternConstruction) => ({
    kind: 'tableSize',
    size: sizeArgument(lw, c.args[0], c.span, maxEntries),
  }),
  methods: {},
};

export const bpfExterns: Readonly<Record<string, ExternHandlers>> = {
  // As our counters of packets and bytes: every call is a packet, what it adds are the bytes.
  CounterArray: {
    construct: counter,
    methods: {
      increment: (lw, call) => count(lw, call, constant(32, 1)),
      add: (lw, call) => count(lw, call, scalarArgument(lw, call, 1)),
    },
  },
  array_table: tableSize,
  hash_table: tableSize,
};

function count(lw: Lowering, call: ExternCall, increment: ir.Expr): Item {
  const state = call.receiver?.state;
  if (state?.kind !== 'counter') return nothing;
  lw.emit({ kind: 'count', extern: state.id, index: scalarArgument(lw, call, 0), increment, span: call.call.span });
  return nothing;
}

const nanoseconds: ir.Expr = { kind: 'intrinsic', width: 64, name: 'timestampNs' };

export const bpfFunctions: Readonly<Record<string, CallHandler>> = {
  csum_replace2: replaceChecksum,
  csum_replace4: replaceChecksum,
  ebpf_ipv4_checksum(lw, call) {
    const fields = call.args.map((_, i) => scalarArgument(lw, call, i));
    const data = fields.reduce((left, right): ir.Expr => ({ kind: 'concat', width: left.width + right.width, left, right }));
    return scalar(not({ kind: 'onesSum', width: 16, parts: [{ value: data, negate: false }] }));
  },
  ubpf_time_get_ns: () => scalar(resize(nanoseconds, 48)),
  BPF_KTIME_GET_NS: () => scalar(resize(nanoseconds, 32)),
  BPF_PERF_EVENT_OUTPUT: () => scalar(constant(32, 0)),
  hash(lw, call) {
    const place = argument(call, 0)!;
    const target = lower(lw, place);
    const data = wholeBytes(dataOf(lw, call, 2));
    if (target.kind === 'cell') {
      const value: ir.Expr = { kind: 'hash', width: 32, algorithm: 'targetDefault', data };
      lw.emit({ kind: 'assign', target: target.target, value, span: call.call.span });
    }
    return nothing;
  },
  truncate(lw, call) {
    lw.emit({ kind: 'assign', target: truncateOn(lw), value: constant(1, 1), span: call.call.span });
    lw.emit({ kind: 'assign', target: truncateBytes(lw), value: scalarArgument(lw, call, 0), span: call.call.span });
    return nothing;
  },
};

export function truncateOn(lw: Lowering): Variable {
  return lw.sharedVar('$truncate', 1);
}

export function truncateBytes(lw: Lowering): Variable {
  return lw.sharedVar('$truncate.bytes', 32);
}

/** csum_replaceN(checksum, old, new) = ~(~checksum + ~old + new), RFC 1624. */
function replaceChecksum(lw: Lowering, call: ExternCall): Item {
  const [checksum, old, fresh] = [0, 1, 2].map((i) => scalarArgument(lw, call, i));
  const parts = [
    { value: not(checksum!), negate: false },
    { value: old!, negate: true },
    { value: fresh!, negate: false },
  ];
  return scalar(not({ kind: 'onesSum', width: 16, parts }));
}
