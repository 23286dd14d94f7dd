/**
 * Parsers (P4-16 §13): states become the numbered states of one IR parser. A sub-parser's states are copied in for each call: its accept goes on behind
 * the call, its reject is the caller's.
 *
 * A state with a call of a sub-parser is cut in two there, as is one with a call inside an `if` or a loop (parser-for.ts).
 */
import type { Span } from '../../../diag/index.ts';
import type * as ast from '../../syntax/ast.ts';
import type { ResolvedCall } from '../../types/checked.ts';
import { substitute } from '../../types/relations.ts';
import type { Type } from '../../types/types.ts';
import { allOf, assertNever, constant, isConst } from '../build.ts';
import type * as ir from '../ir.ts';
import { type Bound, bindArguments, calleeFrame } from './binding.ts';
import { held, inOrder, lower, lowerBool } from './expressions.ts';
import { startBlock } from './inline.ts';
import { blockOf } from './instantiate.ts';
import { type BlockInstance, type Item, nothing, scalar, tuple } from './items.ts';
import { constantKey, matchKeyset } from './keysets.ts';
import type { Lowering } from './lowering.ts';
import { splitFor } from './parser-for.ts';
import { guardLoops } from './parser-loops.ts';
import { read } from './reading.ts';
import { scalarWidth } from './scalars.ts';
import { lowerStatement } from './statements.ts';

interface State {
  readonly name: string;
  readonly body: ir.Stmt[];
  readonly isUnlikely?: boolean;
  readonly span: Span;
}

type Target = ir.Stmt & { kind: 'goto' };

/** One activation of a parser: its states by declaration, made when first needed. */
export interface Activation {
  readonly instance: BlockInstance;
  readonly indexes: Map<ast.ParserState, number>;
  readonly prefix: string;
  readonly onAccept: Target;
}

const accept: Target = { kind: 'goto', state: 'accept' };
const reject: Target = { kind: 'goto', state: 'reject' };

export class Builder {
  readonly states: State[] = [];
  readonly pending: (() => void)[] = [];

  add(name: string, span: Span, isUnlikely = false): number {
    return this.states.push({ name, body: [], ...(isUnlikely && { isUnlikely }), span }) - 1;
  }
}

/** Emits the parser that a pipeline begins with. */
export function lowerParser(lw: Lowering, instance: BlockInstance, bound: Bound, span: Span): void {
  const { declaration } = instance;
  if (declaration.kind !== 'parser') return;
  const builder = new Builder();
  const frame = calleeFrame(lw, bound, { types: instance.types, instance, onReturn: { label: '$parser', used: false } });
  lw.inFrame(frame, () => {
    startBlock(lw, instance, span);
    const activation: Activation = { instance, indexes: new Map(), prefix: '', onAccept: accept };
    stateIndex(lw, builder, activation, 'start', span);
    while (builder.pending.length) builder.pending.shift()!();
  });
  const states = guardLoops(lw, builder.states);
  if (states.length > 0) lw.emit({ kind: 'parser', name: instance.name, start: 0, states });
}

/** Index of a state; its body is lowered later, in the frame of its activation. */
function stateIndex(lw: Lowering, builder: Builder, activation: Activation, name: string, span: Span): number | undefined {
  const { declaration } = activation.instance;
  const state = declaration.kind === 'parser' ? declaration.states.find((s) => s.name.name === name) : undefined;
  if (!state) {
    lw.error('unknown-state', span, `parser '${declaration.name.name}' has no state '${name}'`);
    return undefined;
  }
  const known = activation.indexes.get(state);
  if (known !== undefined) return known;
  const isUnlikely = state.annotations.some((a) => a.name === 'unlikely');
  const index = builder.add(activation.prefix + name, state.name.span, isUnlikely);
  activation.indexes.set(state, index);
  const { frame } = lw;
  builder.pending.push(() =>
    lw.inFrame(frame, () => {
      fill(lw, builder, index, () => {
        lowerParserStatements(lw, builder, activation, state.statements, () => lowerTransition(lw, builder, activation, state));
      });
    }),
  );
  return index;
}

export function fill(lw: Lowering, builder: Builder, index: number, body: () => void): void {
  const outer = lw.out;
  lw.out = builder.states[index]!.body;
  body();
  lw.out = outer;
}

/** Lowers statements into the current state, and what follows them (`then`) into the state that they end in. */
export function lowerParserStatements(
  lw: Lowering,
  builder: Builder,
  activation: Activation,
  statements: readonly ast.Statement[],
  then: () => void,
): void {
  for (const [i, s] of statements.entries()) {
    const rest = (): void => lowerParserStatements(lw, builder, activation, statements.slice(i + 1), then);
    const call = parserCall(lw, s);
    if (call) {
      callParser(lw, builder, activation, call, s.span, rest);
      return;
    }
    if (s.kind === 'block' && callsParser(lw, s)) {
      lowerParserStatements(lw, builder, activation, s.statements, rest);
      return;
    }
    if (s.kind === 'if' && callsParser(lw, s)) {
      splitIf(lw, builder, activation, s, rest);
      return;
    }
    if ((s.kind === 'for' || s.kind === 'forIn') && callsParser(lw, s)) {
      splitFor(lw, builder, activation, s, rest);
      return;
    }
    if (callsParser(lw, s)) lw.unsupported(s.span, 'applying a parser inside this statement');
    lowerStatement(lw, s);
  }
  then();
}

function parserCall(lw: Lowering, s: ast.Statement): (ResolvedCall & { kind: 'applyBlock' }) | undefined {
  if (s.kind !== 'callStatement') return undefined;
  const call = lw.checked.callOf(s.call);
  return call.kind === 'applyBlock' && call.declaration.kind === 'parser' ? call : undefined;
}

function callsParser(lw: Lowering, s: ast.Statement): boolean {
  switch (s.kind) {
    case 'callStatement':
      return parserCall(lw, s) !== undefined;
    case 'block':
      return s.statements.some((x) => callsParser(lw, x));
    case 'if':
      return callsParser(lw, s.thenBranch) || (s.elseBranch !== undefined && callsParser(lw, s.elseBranch));
    case 'for':
    case 'forIn':
      return callsParser(lw, s.body);
    case 'switch':
      return s.cases.some((c) => c.body !== undefined && callsParser(lw, c.body));
    default:
      return false;
  }
}

function splitIf(lw: Lowering, builder: Builder, activation: Activation, s: ast.IfStatement, rest: () => void): void {
  const join = builder.add(`${activation.prefix}$join`, s.span);
  const branch = (body: ast.Statement | undefined): Target => {
    if (!body) return { kind: 'goto', state: join };
    const index = builder.add(`${activation.prefix}$branch`, s.span);
    fill(lw, builder, index, () => {
      lowerParserStatements(lw, builder, activation, [body], () => lw.emit({ kind: 'goto', state: join }));
    });
    return { kind: 'goto', state: index };
  };
  const condition = lowerBool(lw, s.condition);
  const then = branch(s.thenBranch);
  const otherwise = branch(s.elseBranch);
  if (isConst(condition)) lw.emit(condition.value ? then : otherwise);
  else lw.emit({ kind: 'if', condition, then: [then], else: [otherwise], span: s.span });
  fill(lw, builder, join, rest);
}

function callParser(
  lw: Lowering,
  builder: Builder,
  activation: Activation,
  call: ResolvedCall & { kind: 'applyBlock' },
  span: Span,
  rest: () => void,
): void {
  const instance = blockOf(lw, call.receiver, call.declaration, call.typeArgs);
  const name = instance.name.slice(instance.name.lastIndexOf('.') + 1);
  const bound = bindArguments(
    lw,
    call.args,
    (p) => substitute(lw.checked.typeOfDeclaration(p), instance.types),
    { mayAlias: true, prefix: `${name}.` },
    span,
  );
  const behind = builder.add(`${activation.prefix}${name}$end`, span);
  const frame = calleeFrame(lw, bound, { types: instance.types, instance, onReturn: { label: '$parser', used: false } });
  lw.inFrame(frame, () => {
    startBlock(lw, instance, span);
    const inner: Activation = {
      instance,
      indexes: new Map(),
      prefix: `${activation.prefix}${name}.`,
      onAccept: { kind: 'goto', state: behind },
    };
    const start = stateIndex(lw, builder, inner, 'start', span);
    lw.emit(start === undefined ? reject : { kind: 'goto', state: start });
  });
  fill(lw, builder, behind, () => {
    bound.copyOut();
    rest();
  });
}

// ---------------------------------------------------------------- transitions

function goTo(lw: Lowering, builder: Builder, activation: Activation, state: ast.Identifier): Target {
  if (state.name === 'accept') return activation.onAccept;
  if (state.name === 'reject') return reject;
  const index = stateIndex(lw, builder, activation, state.name, state.span);
  return index === undefined ? reject : { kind: 'goto', state: index };
}

function lowerTransition(lw: Lowering, builder: Builder, activation: Activation, state: ast.ParserState): void {
  const { transition } = state;
  if (!transition) {
    lw.emit(reject);
    return;
  }
  switch (transition.kind) {
    case 'transition':
      lw.emit(goTo(lw, builder, activation, transition.state));
      return;
    case 'selectTransition':
      lowerSelect(lw, builder, activation, transition.select);
      return;
    default:
      assertNever(transition);
      return;
  }
}

/** Cases in order; one key with plain values only becomes a switch. */
function lowerSelect(lw: Lowering, builder: Builder, activation: Activation, select: ast.SelectExpression): void {
  const { span } = select;
  const types = select.keys.map((k) => lw.typeOf(k));
  const items = inOrder(
    lw,
    select.keys.map((k, i) => () => lower(lw, k, types[i])),
    span,
  );
  const keys = items.map((item, i) => {
    const width = scalarWidth(types[i]!);
    return width === undefined ? item : scalar(keyValue(lw, read(lw, item, width, span), span));
  });
  const noMatch: ir.Stmt[] = [
    { kind: 'setParserError', error: constant(32, Math.max(0, lw.checked.errors.indexOf('NoMatch'))), span },
    reject,
  ];
  const plain = keys.length === 1 ? plainCases(lw, select, types[0]!) : undefined;
  if (plain) {
    const cases = plain.cases.map((c) => ({ values: [c.value], body: [goTo(lw, builder, activation, c.state)] }));
    const otherwise = plain.otherwise ? [goTo(lw, builder, activation, plain.otherwise)] : noMatch;
    if (cases.length === 0) for (const s of otherwise) lw.emit(s);
    else
      lw.emit({ kind: 'switch', value: read(lw, keys[0]!, scalarWidth(types[0]!) ?? 1, span), cases, default: otherwise, span });
    return;
  }
  for (const c of select.cases) {
    const condition = caseCondition(lw, keys, types, c);
    const target = goTo(lw, builder, activation, c.state);
    if (isConst(condition)) {
      if (!condition.value) continue;
      lw.emit(target);
      return;
    }
    lw.emit({ kind: 'if', condition, then: [target], else: [], span: c.span });
  }
  for (const s of noMatch) lw.emit(s);
}

/** A key that is more than a variable or field is computed once. */
function keyValue(lw: Lowering, value: ir.Expr, span: Span): ir.Expr {
  return value.kind === 'var' || value.kind === 'field' || (value.kind === 'slice' && value.operand.kind === 'field')
    ? value
    : held(lw, value, span);
}

interface PlainCases {
  readonly cases: readonly { readonly value: bigint; readonly state: ast.Identifier }[];
  readonly otherwise: ast.Identifier | undefined;
}

function plainCases(lw: Lowering, select: ast.SelectExpression, type: Type): PlainCases | undefined {
  const cases: { value: bigint; state: ast.Identifier }[] = [];
  const seen = new Set<bigint>();
  for (const c of select.cases) {
    const set = c.keysets[0]!;
    if (set.kind === 'default' || set.kind === 'dontcare') return { cases, otherwise: c.state };
    const value = constantKey(lw, set, type);
    if (value === undefined) return undefined;
    if (!seen.has(value)) cases.push({ value, state: c.state });
    seen.add(value);
  }
  return { cases, otherwise: undefined };
}

function caseCondition(lw: Lowering, keys: readonly Item[], types: readonly Type[], c: ast.SelectCase): ir.Expr {
  const [only] = c.keysets;
  if (only && c.keysets.length === 1 && keys.length !== 1) {
    return matchKeyset(lw, tuple(keys), { kind: 'tuple', elements: types }, only);
  }
  return allOf(c.keysets.map((set, i) => matchKeyset(lw, keys[i] ?? nothing, types[i] ?? { kind: 'poison' }, set)));
}
