/**
 * The core library: packet_in, packet_out, verify, static_assert (P4-16 §13.8, §16.1).
 */
import type { Span } from '../../../diag/index.ts';
import type { CallHandler, ExternCall, ExternHandlers } from '../../arch/architecture.ts';
import type * as ast from '../../syntax/ast.ts';
import type { BoundArgument } from '../../types/checked.ts';
import { widthOf } from '../../types/relations.ts';
import type { Type } from '../../types/types.ts';
import { binary, constant, isConst, not, resize } from '../build.ts';
import type * as ir from '../ir.ts';
import { assign, storeChosen } from './assign.ts';
import { lower, lowerBool, lowerScalar } from './expressions.ts';
import { type Item, nothing, scalar } from './items.ts';
import { partTypes } from './keysets.ts';
import type { Lowering } from './lowering.ts';
import { scalarWidth } from './scalars.ts';
import { nextOf, rejectIf } from './stacks.ts';
import { allocate, headerFields, headerTypeOf, newHeader } from './storage.ts';

const bit32: Type = { kind: 'bits', width: 32, signed: false };

/** The argument's expression, or its parameter's default; undefined if omitted. */
export function argument(call: ExternCall, index: number): Exclude<BoundArgument['value'], string> | undefined {
  const bound = call.args[index];
  if (!bound || bound.value === 'omitted') return undefined;
  return bound.value === 'default' ? bound.parameter.defaultValue : bound.value;
}

export const coreFunctions: Readonly<Record<string, CallHandler>> = {
  verify(lw, call) {
    const condition = lowerBool(lw, argument(call, 0)!);
    const error = lowerScalar(lw, argument(call, 1)!, { kind: 'error' });
    if (lw.role === 'parser') rejectIf(lw, not(condition), error, call.call.span);
    else lw.error('wrong-place', call.call.span, "'verify' may only be called in a parser");
    return nothing;
  },
  static_assert(lw, call) {
    const condition = lowerBool(lw, argument(call, 0)!);
    const text = argument(call, 1);
    const message = text && lower(lw, text);
    if (!isConst(condition))
      lw.error('not-constant', call.call.span, "the condition of 'static_assert' must be known at compile time");
    else if (!condition.value) {
      lw.error(
        'static-assert',
        call.call.span,
        message?.kind === 'string' ? `static_assert failed: ${message.value}` : 'static_assert failed',
      );
    }
    return scalar(condition);
  },
};

export const coreExterns: Readonly<Record<string, ExternHandlers>> = {
  packet_in: {
    construct: () => ({ kind: 'packetIn' }),
    methods: { extract, lookahead, advance, length: () => scalar({ kind: 'intrinsic', width: 32, name: 'packetLength' }) },
  },
  packet_out: {
    construct: () => ({ kind: 'packetOut' }),
    methods: { emit },
  },
};

function extract(lw: Lowering, call: ExternCall): Item {
  const { span } = call.call;
  if (!inParser(lw, 'extract', span)) return nothing;
  const source = argument(call, 0);
  const type = [...call.typeArgs.values()].map((t) => lw.resolve(t))[0];
  const item = source ? lower(lw, source) : type?.kind === 'header' ? newHeader(lw, type, '$skipped', span) : nothing;
  const bits = call.args.length > 1 ? argument(call, 1) : undefined;
  const varbitBits = bits && lw.temp(lowerScalar(lw, bits, bit32), span, '$bits');
  extractInto(lw, item, varbitBits, span);
  const stack = source && stackOfNext(lw, source);
  if (stack) advanceNext(lw, lower(lw, stack), span);
  return nothing;
}

/** `s` of `s.next`, also of `s.next.member` in a stack of unions. */
function stackOfNext(lw: Lowering, e: ast.Expression): ast.Expression | undefined {
  for (let at = e; at.kind === 'member'; at = at.object) {
    if (at.member.name === 'next' && lw.typeOf(at.object).kind === 'stack') return at.object;
  }
  return undefined;
}

function extractInto(lw: Lowering, item: Item, varbitBits: ir.Expr | undefined, span: Span): void {
  if (item.kind === 'choice') {
    storeChosen(lw, item.index, item.options, (o) => extractInto(lw, o, varbitBits, span), span);
    return;
  }
  if (item.kind !== 'header') return;
  const type = headerTypeOf(lw, item.header);
  if (type.varbitField !== undefined && !varbitBits) {
    lw.error('varbit-length', span, `header '${type.name}' has a varbit field: 'extract' needs its length in bits`);
  } else if (type.varbitField === undefined && varbitBits) {
    lw.error('varbit-length', span, `header '${type.name}' has no varbit field: 'extract' takes no length`);
  }
  lw.emit({ kind: 'extract', header: item.header, varbitBits, span });
  for (const header of item.siblings) lw.emit({ kind: 'setValid', header, valid: false, span });
}

function advanceNext(lw: Lowering, stack: Item, span: Span): void {
  if (stack.kind !== 'stack') return;
  const next = nextOf(stack);
  lw.emit({ kind: 'assign', target: next, value: binary('add', next, constant(32, 1)), span });
}

function inParser(lw: Lowering, name: string, span: Span): boolean {
  if (lw.role === 'parser') return true;
  lw.error('wrong-place', span, `'${name}' may only be called in a parser`);
  return false;
}

function lookahead(lw: Lowering, call: ExternCall): Item {
  const { span } = call.call;
  const type = lw.typeOf(call.call);
  if (!inParser(lw, 'lookahead', span)) return nothing;
  const total = widthOf(type);
  if (total === undefined) {
    lw.unsupported(span, "'lookahead' of a type without a fixed size");
    return nothing;
  }
  const width = scalarWidth(type);
  if (width !== undefined) {
    const target = lw.newVar('$ahead', width);
    lw.emit({ kind: 'lookahead', target: target.id, width, offsetBits: 0, span });
    return scalar(target);
  }
  const result = allocate(lw, type, '$ahead', span);
  let offsetBits = 0;
  const fill = (item: Item): void => {
    switch (item.kind) {
      case 'cell': {
        const target = item.target.kind === 'var' ? item.target : lw.newVar('$ahead', item.target.width);
        lw.emit({ kind: 'lookahead', target: target.id, width: target.width, offsetBits, span });
        offsetBits += target.width;
        assign(lw, item, scalar(target), span);
        return;
      }
      case 'header':
        lw.emit({ kind: 'setValid', header: item.header, valid: true, span });
        fill(headerFields(lw, item));
        return;
      case 'record':
        for (const f of item.fields.values()) fill(f);
        return;
      case 'stack':
        for (const e of item.elements) fill(e);
        return;
      default:
        lw.unsupported(span, `'lookahead' of this type`);
    }
  };
  fill(result);
  return result;
}

function advance(lw: Lowering, call: ExternCall): Item {
  const { span } = call.call;
  if (inParser(lw, 'advance', span))
    lw.emit({ kind: 'advance', bits: resize(lowerScalar(lw, argument(call, 0)!, bit32), 32), span });
  return nothing;
}

function emit(lw: Lowering, call: ExternCall): Item {
  if (lw.role !== 'deparser') lw.error('wrong-place', call.call.span, "'emit' may only be called in the deparser");
  else {
    const source = argument(call, 0)!;
    emitItem(lw, lower(lw, source), lw.typeOf(source), call.call.span);
  }
  return nothing;
}

function emitItem(lw: Lowering, item: Item, type: Type, span: Span): void {
  switch (item.kind) {
    case 'header':
      lw.emit({ kind: 'emit', header: item.header, span });
      return;
    case 'union':
      for (const m of item.members.values()) emitItem(lw, m, m.type, span);
      return;
    case 'stack': {
      const element = type.kind === 'stack' ? type.element : type;
      for (const e of item.elements) emitItem(lw, e, element, span);
      return;
    }
    case 'record': {
      const types = partTypes(type);
      for (const [i, f] of [...item.fields.values()].entries()) emitItem(lw, f, types[i] ?? type, span);
      return;
    }
    case 'choice':
      storeChosen(lw, item.index, item.options, (o) => emitItem(lw, o, type, span), span);
      return;
    case 'headerLiteral': {
      if (!item.fields) return;
      const header = allocate(lw, type, '$emitted', span);
      assign(lw, header, item, span);
      if (header.kind === 'header') emitItem(lw, header, type, span);
      return;
    }
    case 'nothing':
      return;
    default:
      lw.error('wrong-type', span, "'emit' takes headers, and structs, stacks and unions of headers");
  }
}
