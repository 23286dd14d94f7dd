/**
 * Header stacks at run time (P4-16 §8.18): next, last, push_front, pop_front. Elements are moved one by one; the number of moves is known.
 */
import type { Span } from '../../../diag/index.ts';
import { binary, constant, equal, isConst, mux } from '../build.ts';
import type * as ir from '../ir.ts';
import { assign } from './assign.ts';
import type { Item, StackItem } from './items.ts';
import type { Lowering } from './lowering.ts';
import { clearHeaders } from './storage.ts';

/** `stack.next` or `stack.last` in a parser: an element that does not exist is StackOutOfBounds. */
export function checkedElement(lw: Lowering, stack: StackItem, which: 'next' | 'last', span: Span): Item {
  const next = nextOf(stack);
  const size = constant(32, stack.elements.length);
  const missing = which === 'next' ? binary('ge', next, size) : equal(next, constant(32, 0));
  rejectIf(lw, missing, 'StackOutOfBounds', span);
  return { kind: 'choice', index: which === 'next' ? next : binary('sub', next, constant(32, 1)), options: stack.elements };
}

export function nextOf(stack: StackItem): ir.LValue & { kind: 'var' } {
  return { kind: 'var', width: 32, id: stack.next };
}

/** In a parser: sets the error and goes to reject if the condition holds. */
export function rejectIf(lw: Lowering, condition: ir.Expr, error: string | ir.Expr, span: Span): void {
  const value = typeof error === 'string' ? constant(32, Math.max(0, lw.checked.errors.indexOf(error))) : error;
  const then: ir.Stmt[] = [
    { kind: 'setParserError', error: value, span },
    { kind: 'goto', state: 'reject' },
  ];
  if (isConst(condition)) {
    if (condition.value) for (const s of then) lw.emit(s);
    return;
  }
  lw.emit({ kind: 'if', condition, then, else: [], span });
}

/** `push_front(count)`: elements move up, the first `count` become invalid. */
export function pushFront(lw: Lowering, stack: StackItem, count: number, span: Span): void {
  const { elements } = stack;
  for (let i = elements.length - 1; i >= 0; i--) {
    if (i >= count) assign(lw, elements[i]!, elements[i - count]!, span);
    else clearHeaders(lw, elements[i]!, span);
  }
  const next = nextOf(stack);
  const size = constant(32, elements.length);
  const sum = binary('add', next, constant(32, count));
  lw.emit({ kind: 'assign', target: next, value: mux(binary('gt', sum, size), size, sum), span });
}

/** `pop_front(count)`: elements move down, the last `count` become invalid. */
export function popFront(lw: Lowering, stack: StackItem, count: number, span: Span): void {
  const { elements } = stack;
  elements.forEach((e, i) => {
    if (i + count < elements.length) assign(lw, e, elements[i + count]!, span);
    else clearHeaders(lw, e, span);
  });
  const next = nextOf(stack);
  const amount = constant(32, count);
  lw.emit({
    kind: 'assign',
    target: next,
    value: mux(binary('ge', next, amount), binary('sub', next, amount), constant(32, 0)),
    span,
  });
}
