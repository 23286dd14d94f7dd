/**
 * v1model's extern functions: where a packet and its copies go, hashes, checksums, random numbers, digests.
 *
 * Copies and detours are wishes until the control ends: variables that v1model.ts looks at behind ingress and egress. The last call counts.
 */
import { constant } from '../ir/build.ts';
import type * as ir from '../ir/ir.ts';
import { assign } from '../ir/lower/assign.ts';
import { argument } from '../ir/lower/core-externs.ts';
import { lower, lowerScalar } from '../ir/lower/expressions.ts';
import { type Item, memberCell, nothing, scalar } from '../ir/lower/items.ts';
import type { Lowering } from '../ir/lower/lowering.ts';
import { leaves } from '../ir/lower/reading.ts';
import { scalarWidth } from '../ir/lower/scalars.ts';
import type { CallHandler, ExternCall } from './architecture.ts';
import { scalarArgument } from './pna-functions.ts';
import { enumMember, fieldsOf } from './shared.ts';
import { hashInto, updateChecksum, verifyChecksum } from './v1model-checksums.ts';

/** egress_spec of a packet that is dropped. */
export const dropPort = 511;

/** Values of standard_metadata.instance_type. */
export const instanceType = { cloneIngress: 1, cloneEgress: 2, recirculate: 4, replica: 5, resubmit: 6 } as const;

/** Number of a field list; 256 is no list. */
export const noList = { width: 9, value: 256 } as const;

type Variable = ir.LValue & { kind: 'var' };

interface Wish {
  readonly on: Variable;
  readonly list: Variable;
}

export interface Intent {
  readonly cloneIngress: Wish & { readonly session: Variable };
  readonly cloneEgress: Wish & { readonly session: Variable };
  readonly resubmit: Wish;
  readonly recirculate: Wish;
  readonly truncate: { readonly on: Variable; readonly bytes: Variable };
}

/** The variables in which the program's wishes are kept. */
export function intents(lw: Lowering): Intent {
  const wish = (name: string): Wish => ({
    on: lw.sharedVar(`$${name}`, 1),
    list: lw.sharedVar(`$${name}.list`, noList.width),
  });
  const clone = (name: string): Wish & { session: Variable } => ({
    ...wish(name),
    session: lw.sharedVar(`$${name}.session`, 32),
  });
  return {
    cloneIngress: clone('clone_i2e'),
    cloneEgress: clone('clone_e2e'),
    resubmit: wish('resubmit'),
    recirculate: wish('recirculate'),
    truncate: { on: lw.sharedVar('$truncate', 1), bytes: lw.sharedVar('$truncate.bytes', 32) },
  };
}

export const v1Functions: Readonly<Record<string, CallHandler>> = {
  mark_to_drop(lw, call) {
    // Without argument (older programs): the same fields.
    const given = argument(call, 0);
    const item = given && lower(lw, given);
    const set = (name: string, width: number, value: number): void => {
      const target = item ? memberCell(item, name) : lw.sharedVar(`standard_metadata.${name}`, width);
      lw.emit({ kind: 'assign', target, value: constant(width, value), span: call.call.span });
    };
    set('egress_spec', 9, dropPort);
    set('mcast_grp', 16, 0);
    return nothing;
  },
  clone: (lw, call) => clone(lw, call, undefined),
  clone3: (lw, call) => clone(lw, call, undefined),
  clone_preserving_field_list: (lw, call) => clone(lw, call, scalarArgument(lw, call, 2)),
  resubmit: (lw, call) => again(lw, call, 'resubmit', undefined),
  resubmit_preserving_field_list: (lw, call) => again(lw, call, 'resubmit', scalarArgument(lw, call, 0)),
  recirculate: (lw, call) => again(lw, call, 'recirculate', undefined),
  recirculate_preserving_field_list: (lw, call) => again(lw, call, 'recirculate', scalarArgument(lw, call, 0)),
  truncate(lw, call) {
    const { on, bytes } = intents(lw).truncate;
    lw.emit({ kind: 'assign', target: bytes, value: scalarArgument(lw, call, 0), span: call.call.span });
    return wish(lw, call, on);
  },
  random(lw, call) {
    const place = argument(call, 0)!;
    const low = scalarArgument(lw, call, 1);
    const target = lw.newVar('$random', low.width);
    lw.emit({ kind: 'random', target: target.id, low, high: scalarArgument(lw, call, 2), span: call.call.span });
    assign(lw, lower(lw, place), scalar(target), call.call.span);
    return nothing;
  },
  hash: hashInto,
  verify_checksum: (lw, call) => verifyChecksum(lw, call, false),
  verify_checksum_with_payload: (lw, call) => verifyChecksum(lw, call, true),
  update_checksum: (lw, call) => updateChecksum(lw, call, false),
  update_checksum_with_payload: (lw, call) => updateChecksum(lw, call, true),
  digest,
  assert: () => nothing,
  assume: () => nothing,
  log_msg: () => nothing,
};

function wish(lw: Lowering, call: ExternCall, on: Variable): Item {
  lw.emit({ kind: 'assign', target: on, value: constant(1, 1), span: call.call.span });
  return nothing;
}

function chooseList(lw: Lowering, call: ExternCall, target: Variable, list: ir.Expr | undefined): void {
  const value: ir.Expr = list
    ? { kind: 'resize', width: noList.width, signed: false, operand: list }
    : constant(noList.width, noList.value);
  lw.emit({ kind: 'assign', target, value, span: call.call.span });
}

function clone(lw: Lowering, call: ExternCall, list: ir.Expr | undefined): Item {
  const type = argument(call, 0);
  const kind = type && enumMember(lw, type);
  if (kind !== 'I2E' && kind !== 'E2E') {
    lw.error('not-constant', type?.span ?? call.call.span, 'the clone type must be known at compile time');
    return nothing;
  }
  const { on, list: target, session } = intents(lw)[kind === 'I2E' ? 'cloneIngress' : 'cloneEgress'];
  lw.emit({ kind: 'assign', target: session, value: scalarArgument(lw, call, 1), span: call.call.span });
  chooseList(lw, call, target, list);
  return wish(lw, call, on);
}

function again(lw: Lowering, call: ExternCall, kind: 'resubmit' | 'recirculate', list: ir.Expr | undefined): Item {
  const { on, list: target } = intents(lw)[kind];
  chooseList(lw, call, target, list);
  return wish(lw, call, on);
}

/** One digest object per type of data, named after the type. */
function digest(lw: Lowering, call: ExternCall): Item {
  const source = argument(call, 1)!;
  const type = lw.resolve([...call.typeArgs.values()][0] ?? lw.typeOf(source));
  const { span } = call.call;
  const typeName = type.kind === 'struct' || type.kind === 'header' ? type.name : undefined;
  const known = lw.externs.find(
    (e) => e.kind === 'digest' && (typeName ? e.typeName === typeName : lw.digestCalls.get(call.call) === e.id),
  );
  let id = known?.id;
  if (id === undefined) {
    id = lw.externs.length;
    const unnamed = lw.externs.filter((e) => e.kind === 'digest' && e.typeName === undefined).length;
    const name = typeName ?? `digest_${unnamed}`;
    lw.externs.push({
      kind: 'digest',
      id,
      name,
      fields: fieldsOf(lw, type, span),
      ...(typeName ? { typeName } : {}),
      annotations: [],
    });
    lw.externTypes.set(id, type);
    lw.digestCalls.set(call.call, id);
  }
  const width = scalarWidth(type);
  const fields = width === undefined ? leaves(lw, lower(lw, source, type), source.span) : [lowerScalar(lw, source, type)];
  lw.emit({ kind: 'digest', extern: id, fields, span });
  return nothing;
}
