/**
 * Parsers (P4-16 §13): states see each other whatever their order; `start` exists, `accept` and `reject` are built in; what a `select`
 * matches; states that nothing reaches.
 */
import type * as ast from '../syntax/ast.ts';
import { isCompileTime } from './compiletime.ts';
import { type Context, didYouMean } from './context.ts';
import { checkExpression } from './expressions.ts';
import { checkKeysets, isSelectable, isWildcard } from './keysets.ts';
import { printType, stateType } from './relations.ts';
import { checkStatements } from './statements.ts';
import type { Type } from './types.ts';

const builtinStates = ['accept', 'reject'];

/** Checks the states of a parser; its parameters and locals are in scope. */
export function checkStates(cx: Context, parser: ast.ParserDeclaration): void {
  const states = new Map<string, ast.ParserState>();
  for (const state of parser.states) {
    const { name, span } = state.name;
    const before = states.get(name);
    if (builtinStates.includes(name)) cx.error('reserved-state', span, `state '${name}' is built in and cannot be declared`);
    else if (before)
      cx.error('duplicate-declaration', span, `'${name}' is declared twice`, {
        notes: [{ message: `'${name}' is declared here`, span: before.name.span }],
      });
    else states.set(name, state);
    cx.declarationTypes.set(state, stateType);
  }
  if (!states.has('start')) cx.error('missing-start', parser.name.span, `parser '${parser.name.name}' has no state 'start'`);
  for (const state of parser.states) {
    cx.at({ kind: 'state' }, () =>
      cx.inScope(() => {
        checkStatements(cx, state.statements);
        if (state.transition) checkTransition(cx, state.transition, states);
      }),
    );
  }
  checkReachable(cx, parser, states);
}

function checkTransition(cx: Context, transition: ast.Transition, states: ReadonlyMap<string, ast.ParserState>): void {
  if (transition.kind === 'transition') {
    checkTarget(cx, transition.state, states);
    return;
  }
  const { select } = transition;
  const keys = flatKeys(cx, select.keys);
  let catchAll: ast.SelectCase | undefined;
  for (const c of select.cases) {
    if (catchAll) {
      cx.warning('unreachable-case', c.span, 'no value comes as far as this case', {
        notes: [{ message: 'this one takes all', span: catchAll.span }],
      });
    }
    if (takesAll(c)) catchAll ??= c;
    const fine = checkKeysets(cx, c.keysets, keys, c.keysets.length === 1 ? c.keysets[0]!.span : c.span);
    if (fine) checkFixedKeysets(cx, c.keysets);
    checkTarget(cx, c.state, states);
  }
}

/** A case may match a run-time value, but masks and ranges are fixed, and nothing is called while matching. */
function checkFixedKeysets(cx: Context, keysets: readonly ast.Keyset[]): void {
  for (const k of keysets) {
    if (isWildcard(k) || isCompileTime(cx, k)) continue;
    if (k.kind === 'call') cx.error('call-not-allowed', k.span, 'nothing can be called in the value of a case');
    else if (k.kind === 'mask' || k.kind === 'range')
      cx.error('not-constant', k.span, 'a mask or range must be known at compile time');
  }
}

function flatKeys(cx: Context, keys: readonly ast.Expression[]): Type[] {
  return keys.map((key) => {
    const type = checkExpression(cx, key);
    if (isSelectable(type)) return type;
    return cx.fail('bad-select-key', key.span, `'select' cannot choose by a value of type '${printType(type)}'`);
  });
}

function checkTarget(cx: Context, id: ast.Identifier, states: ReadonlyMap<string, ast.ParserState>): void {
  if (builtinStates.includes(id.name)) return;
  const state = states.get(id.name);
  if (state) cx.referents.set(id, state);
  else
    cx.error(
      'unknown-state',
      id.span,
      `state '${id.name}' is not declared`,
      didYouMean(id.name, [...states.keys(), ...builtinStates]),
    );
}

function transitionTargets({ transition }: ast.ParserState): ast.Identifier[] {
  if (!transition) return [];
  return transition.kind === 'transition' ? [transition.state] : transition.select.cases.map((c) => c.state);
}

/** A select that matches nothing goes to 'reject'. */
function mayMatchNothing({ transition }: ast.ParserState): boolean {
  if (transition?.kind !== 'selectTransition') return false;
  return !transition.select.cases.some(takesAll);
}

function takesAll(c: ast.SelectCase): boolean {
  return c.keysets.every((k) => k.kind === 'default' || k.kind === 'dontcare');
}

function checkReachable(cx: Context, parser: ast.ParserDeclaration, states: ReadonlyMap<string, ast.ParserState>): void {
  const start = states.get('start');
  if (!start) return;
  const reached = new Set<ast.ParserState>();
  const queue = [start];
  for (let state = queue.pop(); state; state = queue.pop()) {
    if (reached.has(state)) continue;
    reached.add(state);
    for (const t of transitionTargets(state)) {
      const next = states.get(t.name);
      if (next) queue.push(next);
    }
  }
  const ends = [...reached].some(
    (s) =>
      !s.transition ||
      mayMatchNothing(s) ||
      transitionTargets(s).some((t) => builtinStates.includes(t.name) || !states.has(t.name)),
  );
  if (!ends) cx.error('endless-parser', parser.name.span, `parser '${parser.name.name}' never reaches 'accept' or 'reject'`);
  const accepts = [...reached].some((s) => transitionTargets(s).some((t) => t.name !== 'reject' && !states.has(t.name)));
  if (ends && !accepts)
    cx.warning('never-accepts', parser.name.span, `parser '${parser.name.name}' never reaches 'accept': it rejects every packet`);
  for (const state of parser.states) {
    if (states.get(state.name.name) === state && !reached.has(state)) {
      cx.warning('unreachable-state', state.name.span, `no transition from 'start' leads to state '${state.name.name}'`);
    }
  }
}
