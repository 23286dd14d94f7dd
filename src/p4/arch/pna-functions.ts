/**
 * PNA's extern functions (PNA §6): where a packet goes, which side it came from, entries added by the data plane and their ageing.
 */
import type { Span } from '../../diag/index.ts';
import { constant, equal, mux, not } from '../ir/build.ts';
import type * as ir from '../ir/ir.ts';
import { assign } from '../ir/lower/assign.ts';
import { argument } from '../ir/lower/core-externs.ts';
import { lower, lowerBool, lowerScalar } from '../ir/lower/expressions.ts';
import { type Item, nothing, scalar, type TableAction, type TableInstance } from '../ir/lower/items.ts';
import type { BlockRole, Lowering } from '../ir/lower/lowering.ts';
import { leaves, read } from '../ir/lower/reading.ts';
import { scalarWidth } from '../ir/lower/scalars.ts';
import { allocate } from '../ir/lower/storage.ts';
import { controlPlaneParameters } from '../ir/lower/tables.ts';
import type * as ast from '../syntax/ast.ts';
import { substitute } from '../types/relations.ts';
import type { Type } from '../types/types.ts';
import type { CallHandler, ExternCall } from './architecture.ts';

/** What was decided about a packet, in the variable `$fate`. The last call wins. */
export const fate = { none: 0, send: 1, drop: 2, again: 3 } as const;

/** Copies of a packet that mirror_packet can ask for. */
const mirrorSlots = 4n;

export const pnaFunctions: Readonly<Record<string, CallHandler>> = {
  drop_packet: (lw, call) => decide(lw, call, fate.drop),
  recirculate: (lw, call) => decide(lw, call, fate.again, ['control', 'preControl']),
  send_to_port(lw, call) {
    const port = scalarArgument(lw, call, 0);
    lw.emit({ kind: 'assign', target: lw.sharedVar('$port', 32), value: port, span: call.call.span });
    return decide(lw, call, fate.send);
  },
  mirror_packet(lw, call) {
    const { span } = call.call;
    if (!inMainControl(lw, call)) return nothing;
    const slot = scalarArgument(lw, call, 0);
    const session = scalarArgument(lw, call, 1);
    if (slot.kind === 'const' && slot.value >= mirrorSlots) {
      lw.error(
        'out-of-range',
        argument(call, 0)?.span ?? span,
        `a packet has mirror slots 0 to ${mirrorSlots - 1n}, found ${slot.value}`,
      );
    }
    if (session.kind === 'const' && session.value === 0n) {
      lw.error('out-of-range', argument(call, 1)?.span ?? span, 'mirror session 0 is reserved for the architecture');
    }
    lw.emit({ kind: 'mirror', slot, session, span });
    return nothing;
  },
  is_net_port: (lw, call) => scalar({ kind: 'isNetPort', width: 1, port: scalarArgument(lw, call, 0) }),
  is_host_port: (lw, call) => scalar(not({ kind: 'isNetPort', width: 1, port: scalarArgument(lw, call, 0) })),
  SelectByDirection: selectByDirection,
  packet_length: () => scalar({ kind: 'intrinsic', width: 32, name: 'packetLength' }),
  payload_length: () => scalar({ kind: 'intrinsic', width: 32, name: 'payloadLength' }),
  payload_sum: () => scalar({ kind: 'intrinsic', width: 16, name: 'payloadSum' }),
  segment_length: () => scalar({ kind: 'intrinsic', width: 32, name: 'segmentLength' }),
  cut_payload(lw, call) {
    if (!inMainControl(lw, call)) return nothing;
    lw.emit({ kind: 'cutPayload', bytes: scalarArgument(lw, call, 0), span: call.call.span });
    return nothing;
  },
  add_entry: (lw, call) => addEntry(lw, call, 0),
  add_entry_if: (lw, call) => addEntry(lw, call, 1),
  allocate_flow_id(lw, call) {
    if (!inMainControl(lw, call)) return nothing;
    const target = lw.newVar('$flow_id', 32);
    lw.emit({ kind: 'allocateFlowId', target: target.id, span: call.call.span });
    return scalar(target);
  },
  restart_expire_timer(lw, call) {
    const table = ageingTable(lw, call);
    if (table) lw.emit({ kind: 'restartExpireTimer', table: table.id, span: call.call.span });
    return nothing;
  },
  get_entry_expire_time(lw, call) {
    const table = ageingTable(lw, call);
    if (!table) return nothing;
    const target = lw.newVar('$profile', 8);
    lw.emit({ kind: 'getEntryExpireTime', table: table.id, target: target.id, span: call.call.span });
    return scalar(target);
  },
  is_first_hit_of_period(lw, call) {
    const table = ageingTable(lw, call);
    if (!table) return nothing;
    const target = lw.newVar('$is_first', 1);
    lw.emit({ kind: 'isFirstHitOfPeriod', table: table.id, target: target.id, span: call.call.span });
    return scalar(target);
  },
  set_entry_expire_time(lw, call) {
    const table = ageingTable(lw, call);
    if (table)
      lw.emit({ kind: 'setEntryExpireTime', table: table.id, profile: scalarArgument(lw, call, 0), span: call.call.span });
    return nothing;
  },
  set_entry_expire_time_if(lw, call) {
    const { span } = call.call;
    const table = ageingTable(lw, call);
    if (!table) return nothing;
    const condition = lowerBool(lw, argument(call, 0)!);
    const profile = scalarArgument(lw, call, 1);
    lw.emit({ kind: 'if', condition, then: [{ kind: 'setEntryExpireTime', table: table.id, profile, span }], else: [], span });
    return nothing;
  },
  update_expire_info(lw, call) {
    const { span } = call.call;
    const table = ageingTable(lw, call);
    if (!table) return nothing;
    const isUpdate = lowerBool(lw, argument(call, 0)!);
    const isNewTime = lowerBool(lw, argument(call, 1)!);
    const profile = scalarArgument(lw, call, 2);
    const set: ir.Stmt = { kind: 'setEntryExpireTime', table: table.id, profile, span };
    const restart: ir.Stmt = { kind: 'restartExpireTimer', table: table.id, span };
    const update: ir.Stmt = { kind: 'if', condition: isNewTime, then: [set], else: [restart], span };
    lw.emit({ kind: 'if', condition: isUpdate, then: [update], else: [], span });
    return nothing;
  },
};

/** Value of a scalar argument, as its parameter's type. */
export function scalarArgument(lw: Lowering, call: ExternCall, index: number): ir.Expr {
  const source = argument(call, index);
  const parameter = call.args[index]?.parameter;
  if (!source || !parameter) return constant(32, 0);
  const declared = lw.resolve(substitute(lw.checked.typeOfDeclaration(parameter), call.typeArgs));
  if (scalarWidth(declared) !== undefined) return lowerScalar(lw, source, declared);
  const own = lw.typeOf(source);
  return lowerScalar(lw, source, own.kind === 'infint' ? { kind: 'bits', width: 32, signed: false } : own);
}

function decide(lw: Lowering, call: ExternCall, value: number, roles: readonly BlockRole[] = ['control']): Item {
  if (roles.includes(lw.role) || inMainControl(lw, call)) {
    lw.emit({ kind: 'assign', target: lw.sharedVar('$fate', 2), value: constant(2, value), span: call.call.span });
  }
  return nothing;
}

/** Whether the call stands in the main control; reports if not. */
export function inMainControl(lw: Lowering, call: ExternCall, what = `'${call.name}'`): boolean {
  if (lw.role === 'control') return true;
  lw.error('wrong-place', call.call.span, `${what} may only be called in the main control`);
  return false;
}

/** `from net` value where the first argument says network: true in the new dialect, NET_TO_HOST (0) in the old one. */
function selectByDirection(lw: Lowering, call: ExternCall): Item {
  const { span } = call.call;
  const source = argument(call, 0)!;
  const type = lw.typeOf(source);
  const side = lowerScalar(lw, source, type);
  const fromNet = type.kind === 'bool' ? side : equal(side, constant(side.width, 0));
  const result = lw.typeOf(call.call);
  const width = scalarWidth(result);
  const net = lower(lw, argument(call, 1)!, result);
  const host = lower(lw, argument(call, 2)!, result);
  if (width !== undefined) return scalar(mux(fromNet, read(lw, net, width, span), read(lw, host, width, span)));
  const target = allocate(lw, result, '$side', span);
  lw.emit({
    kind: 'if',
    condition: fromNet,
    then: lw.collect(() => assign(lw, target, net, span)),
    else: lw.collect(() => assign(lw, target, host, span)),
    span,
  });
  return target;
}

// ---------------------------------------------------------------- entries from the data plane

/** The table whose action is being lowered; reports if there is none or its entries do not age. */
function ageingTable(lw: Lowering, call: ExternCall): TableInstance | undefined {
  const table = lw.frame.table?.instance;
  if (!table) {
    lw.error('wrong-place', call.call.span, `'${call.name}' may only be called in an action of a table`);
    return undefined;
  }
  if (table.idleTimeout !== 'none') return table;
  lw.error(
    'wrong-place',
    call.call.span,
    `'${call.name}' needs a table whose entries age, but '${table.declaration.name.name}' has no idle timeout`,
    {
      help: 'set pna_idle_timeout or idle_timeout_with_auto_delete',
      notes: [{ message: `'${table.declaration.name.name}' is declared here`, span: table.declaration.name.span }],
    },
  );
  return undefined;
}

/** add_entry and add_entry_if; `first` is the index of `action_name`. */
function addEntry(lw: Lowering, call: ExternCall, first: 0 | 1): Item {
  const { span } = call.call;
  const added = addedAction(lw, call, first);
  if (!added) return scalar(constant(1, 0));
  const { table, action } = added;
  const condition = first === 1 ? lowerBool(lw, argument(call, 0)!) : undefined;
  const args = entryArguments(lw, call, first + 1, action);
  const profile = scalarArgument(lw, call, first + 2);
  if (!args) return scalar(constant(1, 0));
  const target = lw.newVar('$added', 1);
  const statement: ir.Stmt = { kind: 'addEntry', table: table.id, action: action.id, args, profile, target: target.id, span };
  if (condition) {
    lw.emit({ kind: 'assign', target, value: constant(1, 0), span });
    lw.emit({ kind: 'if', condition, then: [statement], else: [], span });
  } else lw.emit(statement);
  // Old dialect: a bool, true if added. New dialect: bit<1>, ADD_ENTRY_SUCCESS is 0.
  return scalar(lw.typeOf(call.call).kind === 'bool' ? target : not(target));
}

function addedAction(lw: Lowering, call: ExternCall, first: number): { table: TableInstance; action: TableAction } | undefined {
  const { span } = call.call;
  const place = lw.frame.table;
  const refuse = (message: string, more: { help?: string; notes?: { message: string; span: Span }[] } = {}): undefined => {
    lw.error('add-entry', span, message, more);
    return undefined;
  };
  if (!place) return refuse(`'${call.name}' may only be called in the default action of a table`);
  const table = place.instance;
  const tableName = table.declaration.name.name;
  const notes = [{ message: `'${tableName}' is declared here`, span: table.declaration.name.span }];
  if (!table.addOnMiss)
    return refuse(`'${call.name}' needs a table with 'add_on_miss = true', which '${tableName}' is not`, { notes });
  if (place.action !== table.defaultAction) {
    const name = table.actions[place.action]?.declaration.name.name;
    return refuse(`'${call.name}' may only be called in the default action, but '${name}' is not that of '${tableName}'`, {
      notes,
    });
  }
  const source = argument(call, first);
  const name = source && lower(lw, source);
  if (name?.kind !== 'string') return refuse('the name of the action to add must be a string literal');
  const action = table.actions.find((a) => a.declaration.name.name === name.value || lw.actions[a.id]?.name === name.value);
  if (!action) return refuse(`table '${tableName}' has no action '${name.value}'`, { notes });
  if (action.defaultOnly)
    return refuse(`action '${name.value}' is @defaultonly in table '${tableName}': an entry cannot have it`, { notes });
  if (callsAddEntry(action.declaration.body))
    return refuse(`action '${name.value}' calls add_entry itself and cannot be added`, { notes });
  return { table, action };
}

function callsAddEntry(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  if (Array.isArray(node)) return node.some(callsAddEntry);
  const kind = (node as { kind?: string }).kind;
  if (kind === 'path') {
    const name = (node as ast.PathExpression).name.name;
    return name === 'add_entry' || name === 'add_entry_if';
  }
  return Object.entries(node).some(([key, value]) => key !== 'span' && callsAddEntry(value));
}

/** The fields of `action_params` are the parameters of the action, in order. */
function entryArguments(lw: Lowering, call: ExternCall, index: number, action: TableAction): ir.Expr[] | undefined {
  const source = argument(call, index);
  if (!source) return [];
  const parameters = controlPlaneParameters(action.declaration);
  const types = parameters.map((p) => lw.typeOfDeclaration(p));
  const own = lw.typeOf(source);
  const isOpen = own.kind === 'unknownStruct' && !own.names;
  const target: Type | undefined = isOpen
    ? { kind: 'tuple', elements: types }
    : own.kind === 'infint' && types.length === 1
      ? types[0]
      : undefined;
  const name = action.declaration.name.name;
  const refuse = (given: number): undefined => {
    const wanted = parameters.length === 1 ? '1 parameter' : `${parameters.length} parameters`;
    lw.error('add-entry', source.span, `action '${name}' has ${wanted}, but the number of values given is ${given}`);
    return undefined;
  };
  if (own.kind === 'unknownStruct' && own.elements.length !== parameters.length) return refuse(own.elements.length);
  const values = leaves(lw, lower(lw, source, target), source.span);
  if (values.length !== parameters.length) return refuse(values.length);
  for (const [i, value] of values.entries()) {
    const width = scalarWidth(types[i]!);
    if (width === value.width) continue;
    lw.error(
      'add-entry',
      source.span,
      `parameter '${parameters[i]!.name.name}' of action '${name}' has ${width} bits, but the value given has ${value.width}`,
    );
    return undefined;
  }
  return values;
}
