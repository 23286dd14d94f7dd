/**
 * Checksums (PNA §6.2, §6.3). InternetChecksum and the ones-complement Checksum keep their sum in a variable. A Checksum with another algorithm
 * collects its data while straight-line code is lowered and hashes all of it at `get`; updates under an `if` are refused.
 */
import { concat, constant, not, resize, slice } from '../ir/build.ts';
import type * as ir from '../ir/ir.ts';
import { type ExternState, type Item, nothing, scalar } from '../ir/lower/items.ts';
import type { Lowering } from '../ir/lower/lowering.ts';
import { scalarWidth } from '../ir/lower/scalars.ts';
import type { ExternCall, ExternConstruction, ExternHandlers } from './architecture.ts';
import { algorithmOf, dataOf, typeArgument, wholeBytes } from './pna-data.ts';
import { scalarArgument } from './pna-functions.ts';

export const checksumExterns: Readonly<Record<string, ExternHandlers>> = {
  InternetChecksum: {
    construct: (lw, c) => ({ kind: 'onesSum', state: lw.newVar(`$${c.name}`, 16).id }),
    methods: {
      clear: (lw, call) => setState(lw, call, constant(16, 0)),
      add: (lw, call) => accumulate(lw, call, false),
      subtract: (lw, call) => accumulate(lw, call, true),
      get: (lw, call) => withState(lw, call, (state) => scalar(not(state))),
      get_state: (lw, call) => withState(lw, call, (state) => scalar(state)),
      set_state: (lw, call) => setState(lw, call, scalarArgument(lw, call, 0)),
    },
  },
  Checksum: {
    construct: checksum,
    methods: { clear, update, get },
  },
};

function withState(_lw: Lowering, call: ExternCall, use: (state: ir.LValue & { kind: 'var' }) => Item): Item {
  const state = call.receiver?.state;
  return state?.kind === 'onesSum' ? use({ kind: 'var', width: 16, id: state.state }) : nothing;
}

function setState(lw: Lowering, call: ExternCall, value: ir.Expr): Item {
  return withState(lw, call, (target) => {
    lw.emit({ kind: 'assign', target, value, span: call.call.span });
    return nothing;
  });
}

function accumulate(lw: Lowering, call: ExternCall, negate: boolean): Item {
  return withState(lw, call, (target) => {
    const data = dataOf(lw, call, 0);
    const bits = data.reduce((sum, d) => sum + d.width, 0);
    if (bits % 16 !== 0) {
      lw.error('checksum-data', call.call.span, `the data of a checksum must be a multiple of 16 bits, found ${bits}`);
      return nothing;
    }
    const words = wordAligned(data).map((value) => ({ value, negate }));
    if (words.length === 0) return nothing;
    const parts = [{ value: target as ir.Expr, negate: false }, ...words];
    lw.emit({ kind: 'assign', target, value: { kind: 'onesSum', width: 16, parts }, span: call.call.span });
    return nothing;
  });
}

/** The same bits, in pieces of whole 16-bit words that are as small as the fields allow. */
export function wordAligned(data: readonly ir.Expr[]): ir.Expr[] {
  const pieces: ir.Expr[] = [];
  let pending: ir.Expr | undefined;
  for (const d of data) {
    const all = pending ? concat(pending, d) : d;
    const rest = all.width % 16;
    if (rest === 0) {
      pieces.push(all);
      pending = undefined;
    } else if (all.width > 64) {
      pieces.push(slice(all, all.width - 1, rest));
      pending = slice(all, rest - 1, 0);
    } else pending = all;
  }
  return pieces;
}

// ---------------------------------------------------------------- Checksum<W>

function checksum(lw: Lowering, c: ExternConstruction): ExternState {
  const algorithm = algorithmOf(lw, c);
  if (algorithm === 'onesComplement16') return { kind: 'onesSum', state: lw.newVar(`$${c.name}`, 16).id };
  const width = scalarWidth(typeArgument(c, 0)) ?? 32;
  return { kind: 'collected', algorithm, width, data: [], region: undefined };
}

function clear(lw: Lowering, call: ExternCall): Item {
  const state = call.receiver?.state;
  if (state?.kind !== 'collected') return setState(lw, call, constant(16, 0));
  state.data = [];
  state.region = undefined;
  return nothing;
}

function update(lw: Lowering, call: ExternCall): Item {
  const state = call.receiver?.state;
  if (state?.kind !== 'collected') return accumulate(lw, call, false);
  if (!sameRegion(lw, call, state)) return nothing;
  // Temporaries: the fields may change before `get`.
  state.data.push(...dataOf(lw, call, 0).map((d) => lw.temp(d, call.call.span)));
  return nothing;
}

function get(lw: Lowering, call: ExternCall): Item {
  const state = call.receiver?.state;
  if (state?.kind !== 'collected') {
    return withState(lw, call, (sum) => {
      const width = call.receiver ? (scalarWidth(typeArgument(call.receiver, 0)) ?? 16) : 16;
      return scalar(resize(not(sum), width));
    });
  }
  if (!sameRegion(lw, call, state)) return nothing;
  return scalar({ kind: 'hash', width: state.width, algorithm: state.algorithm, data: wholeBytes(state.data) });
}

/** The statement list being filled identifies straight-line code. */
function sameRegion(lw: Lowering, call: ExternCall, state: ExternState & { kind: 'collected' }): boolean {
  state.region ??= lw.out;
  if (state.region === lw.out) return true;
  lw.unsupported(call.call.span, "a Checksum whose 'update' and 'get' are not in one straight line of statements");
  return false;
}
