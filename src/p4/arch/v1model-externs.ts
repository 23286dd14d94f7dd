/** v1model's extern objects. State is that of the other architectures; what differs is how results come back: through out parameters. */
import { constant, equal, mux, resize } from '../ir/build.ts';
import type * as ir from '../ir/ir.ts';
import { assign } from '../ir/lower/assign.ts';
import { argument } from '../ir/lower/core-externs.ts';
import { lower } from '../ir/lower/expressions.ts';
import { type Item, nothing, scalar } from '../ir/lower/items.ts';
import type { Lowering } from '../ir/lower/lowering.ts';
import { scalarWidth } from '../ir/lower/scalars.ts';
import type { ExternCall, ExternHandlers } from './architecture.ts';
import { dataOf, wholeBytes } from './pna-data.ts';
import {
  actionProfile,
  actionSelector,
  attachedTo,
  count,
  counter,
  directCounter,
  directMeter,
  meter,
  register,
  registerValue,
  writeRegister,
} from './pna-externs.ts';
import { scalarArgument } from './pna-functions.ts';

export const v1Externs: Readonly<Record<string, ExternHandlers>> = {
  counter: { construct: counter, methods: { count } },
  // The table counts by itself: see startV1Action.
  direct_counter: { construct: directCounter, methods: { count: () => nothing } },
  meter: { construct: meter, methods: { execute_meter: executeMeter } },
  direct_meter: { construct: directMeter, methods: { read: readDirectMeter } },
  register: { construct: register, methods: { read: readRegister, write: writeRegister } },
  action_profile: { construct: actionProfile, methods: {} },
  action_selector: { construct: actionSelector, methods: {} },
  Checksum16: { construct: () => ({ kind: 'hash', algorithm: 'onesComplement16', width: 16 }), methods: { get: checksum16 } },
};

/** execute_meter(index, result) */
function executeMeter(lw: Lowering, call: ExternCall): Item {
  const state = call.receiver?.state;
  if (state?.kind !== 'meter') return nothing;
  return meterInto(lw, call, state.id, scalarArgument(lw, call, 0), 1);
}

function readDirectMeter(lw: Lowering, call: ExternCall): Item {
  const state = call.receiver?.state;
  if (state?.kind !== 'directMeter') return nothing;
  // BMv2 measures when the meter's own table is hit; an action that other tables share, too, changes nothing there.
  const table = lw.frame.table?.instance;
  if (table && state.table !== undefined && state.table !== table.id) return nothing;
  const id = attachedTo(lw, call, state, 'meter', 'meters');
  return id === undefined ? nothing : meterInto(lw, call, id, undefined, 0);
}

/** Here green is 0, yellow 1, red 2; in the IR red is 0, green 1, yellow 2. */
function meterInto(lw: Lowering, call: ExternCall, extern: ir.ExternId, index: ir.Expr | undefined, result: number): Item {
  const { span } = call.call;
  const color = lw.newVar('$color', 2);
  lw.emit({ kind: 'meter', extern, index, target: color.id, span });
  const place = argument(call, result)!;
  const width = scalarWidth(lw.typeOf(place)) ?? 2;
  const isYellow = equal(color, constant(2, 2));
  const value = mux(equal(color, constant(2, 1)), constant(2, 0), mux(isYellow, constant(2, 1), constant(2, 2)));
  assign(lw, lower(lw, place), scalar(resize(value, width)), span);
  return nothing;
}

/** read(result, index) */
function readRegister(lw: Lowering, call: ExternCall): Item {
  const state = call.receiver?.state;
  if (state?.kind !== 'register') return nothing;
  const value = registerValue(lw, state, scalarArgument(lw, call, 1), call.call.span);
  assign(lw, lower(lw, argument(call, 0)!), value, call.call.span);
  return nothing;
}

function checksum16(lw: Lowering, call: ExternCall): Item {
  const data = wholeBytes(dataOf(lw, call, 0));
  return scalar({ kind: 'hash', width: 16, algorithm: 'onesComplement16', data });
}
