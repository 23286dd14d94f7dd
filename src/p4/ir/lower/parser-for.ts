/**
 * `for` loops in parser states that apply a parser inside: the loop is made of states of its own, since a jump to a sub-parser's states cannot come back into
 * the middle of a statement.
 *
 *     init  ->  head: condition?  -> body … ->  next: update  -> head          `break` goes to end, `continue` to next
 *                         no -> end: what comes behind the loop
 *
 * A loop over a list or stack has a body for each element. As all ways back in a parser, rounds are limited (ParserTimeout).
 */
import type * as ast from '../../syntax/ast.ts';
import { binary, constant, equal, isConst } from '../build.ts';
import type * as ir from '../ir.ts';
import { assign } from './assign.ts';
import { lowerBool, lowerScalar } from './expressions.ts';
import { scalar } from './items.ts';
import { elementsOf, loopVariable, variableType } from './loops.ts';
import type { Lowering } from './lowering.ts';
import { type Activation, type Builder, fill, lowerParserStatements } from './parsers.ts';
import { isSigned, scalarWidth } from './scalars.ts';
import { lowerStatements } from './statements.ts';

type Goto = ir.Stmt & { kind: 'goto' };

/** The states of one loop, while they are made. */
class Loop {
  readonly #lw: Lowering;
  readonly #builder: Builder;
  readonly #activation: Activation;
  readonly #span: ast.Statement['span'];
  readonly end: Goto;

  constructor(lw: Lowering, builder: Builder, activation: Activation, span: ast.Statement['span']) {
    this.#lw = lw;
    this.#builder = builder;
    this.#activation = activation;
    this.#span = span;
    this.end = this.state('$end');
  }

  state(name: string): Goto {
    return { kind: 'goto', state: this.#builder.add(`${this.#activation.prefix}${name}`, this.#span) };
  }

  fill(state: Goto, body: () => void): void {
    if (typeof state.state === 'number') fill(this.#lw, this.#builder, state.state, body);
  }

  /** Into the current state: the loop's body, which goes to `next`. */
  body(s: ast.Statement, next: Goto): void {
    const { frame } = this.#lw;
    const outer = frame.loop;
    frame.loop = { onBreak: this.end, onContinue: next };
    lowerParserStatements(this.#lw, this.#builder, this.#activation, [s], () => this.#lw.emit(next));
    frame.loop = outer;
  }

  branch(condition: ir.Expr, then: Goto, otherwise: Goto): void {
    const lw = this.#lw;
    if (isConst(condition)) lw.emit(condition.value ? then : otherwise);
    else lw.emit({ kind: 'if', condition, then: [then], else: [otherwise], span: this.#span });
  }
}

/** The loop from the current state on, and behind it `rest`. */
export function splitFor(
  lw: Lowering,
  builder: Builder,
  activation: Activation,
  s: ast.ForStatement | ast.ForInStatement,
  rest: () => void,
): void {
  const loop = new Loop(lw, builder, activation, s.span);
  if (s.kind === 'for') counted(lw, loop, s);
  else if (s.collection.kind === 'range') ranged(lw, loop, s, s.collection);
  else overElements(lw, loop, s);
  loop.fill(loop.end, rest);
}

function counted(lw: Lowering, loop: Loop, s: ast.ForStatement): void {
  const [head, body, next] = [loop.state('$for'), loop.state('$body'), loop.state('$next')];
  lowerStatements(lw, s.init);
  lw.emit(head);
  loop.fill(head, () => loop.branch(lowerBool(lw, s.condition), body, loop.end));
  loop.fill(body, () => loop.body(s.body, next));
  loop.fill(next, () => {
    lowerStatements(lw, s.update);
    lw.emit(head);
  });
}

/** Both bounds are included; the last round is known by the value, so that a range up to the largest value ends. */
function ranged(lw: Lowering, loop: Loop, s: ast.ForInStatement, range: ast.RangeExpression): void {
  const type = variableType(lw, s);
  const width = scalarWidth(type) ?? 32;
  const [body, next, more] = [loop.state('$body'), loop.state('$next'), loop.state('$more')];
  const low = lw.temp(lowerScalar(lw, range.low, type), range.span);
  const high = lw.temp(lowerScalar(lw, range.high, type), range.span);
  const counter = lw.newVar('$i', width);
  const variable = loopVariable(lw, s);
  lw.emit({ kind: 'assign', target: counter, value: low, span: s.span });
  loop.branch(binary('gt', low, high, isSigned(type)), loop.end, body);
  loop.fill(body, () => {
    assign(lw, variable, scalar(counter), s.span);
    loop.body(s.body, next);
  });
  loop.fill(next, () => loop.branch(equal(counter, high), loop.end, more));
  loop.fill(more, () => {
    lw.emit({ kind: 'assign', target: counter, value: binary('add', counter, constant(width, 1)), span: s.span });
    lw.emit(body);
  });
}

function overElements(lw: Lowering, loop: Loop, s: ast.ForInStatement): void {
  const elements = elementsOf(lw, s.collection);
  const variable = loopVariable(lw, s);
  const bodies = [...elements.map(() => loop.state('$body')), loop.end];
  lw.emit(bodies[0]!);
  for (const [i, element] of elements.entries()) {
    loop.fill(bodies[i]!, () => {
      assign(lw, variable, element, s.span);
      loop.body(s.body, bodies[i + 1]!);
    });
  }
}
