/** PSA's extern functions: what a deparser may ask about a packet's way (PSA §6.2). */
import { and, constant, equal, not } from '../ir/build.ts';
import type * as ir from '../ir/ir.ts';
import { argument } from '../ir/lower/core-externs.ts';
import { lower } from '../ir/lower/expressions.ts';
import { nothing, scalar } from '../ir/lower/items.ts';
import type { Lowering } from '../ir/lower/lowering.ts';
import { read } from '../ir/lower/reading.ts';
import { memberOf } from '../ir/lower/storage.ts';
import type { CallHandler, ExternCall } from './architecture.ts';

/** PSA_PORT_RECIRCULATE */
export const recirculatePort = 0xfffffffa;

export const psaFunctions: Readonly<Record<string, CallHandler>> = {
  psa_clone_i2e: (lw, call) => scalar(field(lw, call, 0, 'clone')),
  psa_resubmit: (lw, call) => scalar(and(not(field(lw, call, 0, 'drop')), field(lw, call, 0, 'resubmit'))),
  psa_normal: (lw, call) => scalar(and(not(field(lw, call, 0, 'drop')), not(field(lw, call, 0, 'resubmit')))),
  psa_clone_e2e: (lw, call) => scalar(field(lw, call, 0, 'clone')),
  psa_recirculate: (lw, call) =>
    scalar(and(not(field(lw, call, 0, 'drop')), equal(field(lw, call, 1, 'egress_port', 32), constant(32, recirculatePort)))),
  assert: () => nothing,
  assume: () => nothing,
};

function field(lw: Lowering, call: ExternCall, index: number, name: string, width = 1): ir.Expr {
  const source = argument(call, index)!;
  return read(lw, memberOf(lw, lower(lw, source), name), width, source.span);
}
