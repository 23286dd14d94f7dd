/**
 * `for` loops (P4-16 §12.8). A loop over a list or stack is unrolled; a loop over a range or with a condition runs in the data plane.
 *
 *     block outer { loop round { if (!condition) break outer; block body { … continue = break body … } update } }
 */
import type * as ast from '../../syntax/ast.ts';
import type { Type } from '../../types/types.ts';
import { binary, constant, equal, isConst, not } from '../build.ts';
import type * as ir from '../ir.ts';
import { assign } from './assign.ts';
import { lower, lowerBool, lowerScalar } from './expressions.ts';
import { emitLabelled } from './inline.ts';
import { type Item, scalar } from './items.ts';
import type { Lowering } from './lowering.ts';
import { isSigned, scalarWidth } from './scalars.ts';
import { lowerStatement, lowerStatements } from './statements.ts';
import { allocate } from './storage.ts';

export function lowerFor(lw: Lowering, s: ast.ForStatement): void {
  lowerStatements(lw, s.init);
  loop(lw, (labels) => {
    const condition = lowerBool(lw, s.condition);
    leaveUnless(lw, condition, labels.breakLabel, s.span);
    lowerBody(lw, s.body, labels);
    lowerStatements(lw, s.update);
  });
}

export function lowerForIn(lw: Lowering, s: ast.ForInStatement): void {
  if (s.collection.kind === 'range') {
    lowerRange(lw, s, s.collection, variableType(lw, s), loopVariable(lw, s));
    return;
  }
  const elements = elementsOf(lw, s.collection);
  const breakLabel = lw.newLabel('for');
  const item = loopVariable(lw, s);
  const body = lw.collect(() => {
    for (const element of elements) {
      assign(lw, item, element, s.span);
      lowerBody(lw, s.body, { breakLabel, continueLabel: lw.newLabel('body') });
    }
  });
  emitLabelled(lw, breakLabel, body);
}

/** What a `for` over a list, stack or tuple goes through. */
export function elementsOf(lw: Lowering, collection: ast.Expression): readonly Item[] {
  const item = lower(lw, collection, undefined);
  if (item.kind === 'stack' || item.kind === 'list') return item.elements;
  return item.kind === 'record' ? [...item.fields.values()] : [];
}

export function loopVariable(lw: Lowering, s: ast.ForInStatement): Item {
  if (s.variable.kind !== 'variable') return lower(lw, s.variable);
  const item = allocate(lw, variableType(lw, s), s.variable.name.name, s.span);
  lw.frame.bindings.set(s.variable, item);
  return item;
}

export function variableType(lw: Lowering, s: ast.ForInStatement): Type {
  return s.variable.kind === 'variable' ? lw.typeOfDeclaration(s.variable) : lw.typeOf(s.variable);
}

/** Both bounds are included; the last round is known by the value, so that a range up to the largest value ends. */
function lowerRange(lw: Lowering, s: ast.ForInStatement, range: ast.RangeExpression, type: Type, variable: Item): void {
  const width = scalarWidth(type) ?? 32;
  const low = lw.temp(lowerScalar(lw, range.low, type), range.span);
  const high = lw.temp(lowerScalar(lw, range.high, type), range.span);
  const counter = lw.newVar('$i', width);
  lw.emit({ kind: 'assign', target: counter, value: low, span: s.span });
  const rounds = lw.collect(() =>
    loop(lw, (labels) => {
      assign(lw, variable, scalar(counter), s.span);
      lowerBody(lw, s.body, labels);
      leaveUnless(lw, not(equal(counter, high)), labels.breakLabel, s.span);
      lw.emit({ kind: 'assign', target: counter, value: binary('add', counter, constant(width, 1)), span: s.span });
    }),
  );
  const isEmpty = binary('gt', low, high, isSigned(type));
  if (isConst(isEmpty)) {
    if (!isEmpty.value) for (const r of rounds) lw.emit(r);
  } else lw.emit({ kind: 'if', condition: not(isEmpty), then: rounds, else: [], span: s.span });
}

interface Labels {
  readonly breakLabel: ir.Label;
  readonly continueLabel: ir.Label;
}

function loop(lw: Lowering, round: (labels: Labels) => void): void {
  const labels = { breakLabel: lw.newLabel('for'), continueLabel: lw.newLabel('body') };
  const body = lw.collect(() => round(labels));
  lw.emit({ kind: 'block', label: labels.breakLabel, body: [{ kind: 'loop', label: lw.newLabel('round'), body }] });
}

function leaveUnless(lw: Lowering, condition: ir.Expr, label: ir.Label, span: ast.Statement['span']): void {
  if (isConst(condition) && condition.value) return;
  lw.emit({ kind: 'if', condition: not(condition), then: [{ kind: 'break', label }], else: [], span });
}

function lowerBody(lw: Lowering, body: ast.Statement, labels: Labels): void {
  const outer = lw.frame.loop;
  // The body is a block of its own, so that the update part still runs.
  lw.frame.loop = {
    onBreak: { kind: 'break', label: labels.breakLabel },
    onContinue: { kind: 'break', label: labels.continueLabel },
  };
  const stmts = lw.collect(() => lowerStatement(lw, body));
  lw.frame.loop = outer;
  emitLabelled(lw, labels.continueLabel, stmts);
}
