/** Methods that the language itself gives to headers and stacks (P4-16 §8.17-§8.19). */
import type { Span } from '../../../diag/index.ts';
import type { ResolvedCall } from '../../types/checked.ts';
import { sizeRange } from '../../types/relations.ts';
import { assertNever } from '../build.ts';
import type * as ir from '../ir.ts';
import { invalidate, makeValid, storeChosen } from './assign.ts';
import { lower, lowerInteger } from './expressions.ts';
import { type Item, nothing, scalar } from './items.ts';
import type { Lowering } from './lowering.ts';
import { validity } from './reading.ts';
import { popFront, pushFront } from './stacks.ts';
import { headerTypeOf } from './storage.ts';

export function lowerBuiltin(lw: Lowering, call: ResolvedCall & { kind: 'builtin' }, span: Span): Item {
  switch (call.name) {
    case 'isValid':
      return scalar(validity(lw, lower(lw, call.receiver), span));
    case 'setValid':
    case 'setInvalid':
      setValidity(lw, lower(lw, call.receiver), call.name === 'setValid', span);
      return nothing;
    case 'push_front':
    case 'pop_front': {
      const stack = lower(lw, call.receiver);
      const count = call.args[0] ? lowerInteger(lw, call.args[0]) : undefined;
      const move = call.name === 'push_front' ? pushFront : popFront;
      if (count === undefined) lw.unsupported(span, `'${call.name}' by an amount that is not known at compile time`);
      else eachStack(lw, stack, Number(count > 1000n ? 1000n : count), move, span);
      return nothing;
    }
    case 'minSizeInBits':
    case 'maxSizeInBits':
    case 'minSizeInBytes':
    case 'maxSizeInBytes': {
      const size = sizeRange(lw.typeOf(call.receiver));
      const bits = (call.name.startsWith('min') ? size?.min : size?.max) ?? 0;
      return { kind: 'integer', value: BigInt(call.name.endsWith('Bits') ? bits : Math.ceil(bits / 8)) };
    }
    default:
      return assertNever(call.name);
  }
}

function setValidity(lw: Lowering, item: Item, valid: boolean, span: Span): void {
  if (item.kind === 'choice') storeChosen(lw, item.index, item.options, (o) => setValidity(lw, o, valid, span), span);
  else if (item.kind === 'header') {
    if (valid) makeValid(lw, item, span);
    else {
      if (lw.role === 'control') rememberFields(lw, item.header, span);
      invalidate(lw, [item.header, ...item.siblings], span);
    }
  }
}

/** A deparser that computes a checksum incrementally may ask what a header was that the control has removed: see `readCell`. */
function rememberFields(lw: Lowering, header: ir.HeaderId, span: Span): void {
  const type = headerTypeOf(lw, header);
  const then: ir.Stmt[] = [];
  type.fields.forEach(({ name, width }, field) => {
    if (field === type.varbitField) return;
    const key = `${header}.${field}`;
    const former = lw.formerFields.get(key) ?? lw.newVar(`$former.${lw.headers[header]!.name}.${name}`, width);
    lw.formerFields.set(key, former);
    then.push({ kind: 'assign', target: former, value: { kind: 'field', width, header, field }, span });
  });
  lw.emit({ kind: 'if', condition: { kind: 'valid', width: 1, header }, then, else: [], span });
}

function eachStack(lw: Lowering, item: Item, count: number, move: typeof pushFront, span: Span): void {
  if (item.kind === 'stack') move(lw, item, count, span);
  else if (item.kind === 'choice') storeChosen(lw, item.index, item.options, (o) => eachStack(lw, o, count, move, span), span);
}
