/**
 * Warnings about values that are read before anything was written: scalar local variables without initializer, `out` parameters of functions and
 * actions, and header variables that nothing has made valid.
 *
 * A forward walk with the set of what has certainly been written ("definite assignment"); where ways join, the sets are cut. Deliberately shy:
 * only variables of the body that is walked, each reported once, nothing behind a loop's `break`, and a variable that is passed anywhere as `out` or `inout`
 * counts as written.
 */
import type * as ast from '../syntax/ast.ts';
import type { Referent, ResolvedCall } from './checked.ts';
import type { Context } from './context.ts';
import type { Type } from './types.ts';

/** What has been written for certain; `undefined`: this point is never reached. */
type Written = ReadonlySet<Referent> | undefined;

export function warnUninitialized(cx: Context, program: ast.Program): void {
  for (const d of program.declarations) {
    if (d.span.file !== program.span.file) continue;
    if (d.kind === 'function' || d.kind === 'action') new Walk(cx, d).run();
    else if (d.kind === 'control') {
      new Walk(cx, { body: d.apply, parameters: [] }).run();
      for (const local of d.locals) if (local.kind === 'action' || local.kind === 'function') new Walk(cx, local).run();
    } else if (d.kind === 'parser') {
      for (const s of d.states)
        new Walk(cx, { body: { kind: 'block', annotations: [], statements: s.statements, span: s.span }, parameters: [] }).run();
    }
  }
}

interface Body {
  readonly name?: ast.Identifier;
  readonly body: ast.BlockStatement;
  readonly parameters: readonly ast.Parameter[];
}

const scalarKinds: ReadonlySet<Type['kind']> = new Set<Type['kind']>(['bits', 'bool', 'enum', 'serEnum', 'error', 'newtype']);

class Walk {
  private readonly cx: Context;
  private readonly owner: Body;
  private readonly watched = new Set<Referent>();
  private readonly reported = new Set<Referent>();
  private readonly outputs: readonly ast.Parameter[];
  /** Inside a block with `@noWarn`. */
  private isSilent = false;

  constructor(cx: Context, owner: Body) {
    this.cx = cx;
    this.owner = owner;
    this.outputs = owner.parameters.filter((p) => p.direction === 'out');
    for (const p of this.outputs) this.watched.add(p);
  }

  run(): void {
    this.atEnd(this.statement(this.owner.body, new Set()));
  }

  private isScalar(r: Referent): boolean {
    return scalarKinds.has(this.cx.typeOfDeclaration(r).kind);
  }

  private isHeader(r: Referent): boolean {
    return this.cx.typeOfDeclaration(r).kind === 'header';
  }

  /** The body ends here: what should have been given out? */
  private atEnd(written: Written): void {
    for (const p of this.outputs) {
      if (written === undefined || written.has(p) || this.reported.has(p)) continue;
      this.reported.add(p);
      const where = this.owner.name ? `'${this.owner.name.name}' can end` : 'this can end';
      this.cx.warning('uninitialized-out', p.name.span, `${where} without writing 'out' parameter '${p.name.name}'`);
    }
  }

  private statements(list: readonly ast.Statement[], written: Written): Written {
    return list.reduce((w: Written, s) => this.statement(s, w), written);
  }

  private statement(s: ast.Statement, written: Written): Written {
    if (written === undefined) return undefined;
    switch (s.kind) {
      case 'block': {
        const outer = this.isSilent;
        this.isSilent ||= s.annotations.some((a) => a.name === 'noWarn' && /uninitialized/.test(a.tokens.join('')));
        const behind = this.statements(s.statements, written);
        this.isSilent = outer;
        return behind;
      }
      case 'declarationStatement':
        return this.declaration(s.declaration, written);
      case 'assignment': {
        const behind = this.expression(s.right, written);
        if (s.operator) this.expression(s.left, behind);
        return this.assign(s.left, behind);
      }
      case 'callStatement':
        return this.expression(s.call, written);
      case 'if': {
        const behind = this.expression(s.condition, written);
        const yes = this.statement(s.thenBranch, behind);
        return join(yes, s.elseBranch ? this.statement(s.elseBranch, behind) : behind);
      }
      case 'switch':
        return this.switch(s, written);
      case 'for': {
        const start = this.statements(s.init, written);
        if (start === undefined) return undefined;
        const behind = this.expression(s.condition, start);
        this.statements(s.update, this.statement(s.body, behind));
        return behind;
      }
      case 'forIn': {
        const behind = this.expression(s.collection, written);
        this.statement(s.body, s.variable.kind === 'variable' ? behind : this.assign(s.variable, behind));
        return behind;
      }
      case 'return':
        this.atEnd(s.value ? this.expression(s.value, written) : written);
        return undefined;
      case 'exit':
      case 'break':
      case 'continue':
        return undefined;
      default:
        return written;
    }
  }

  private declaration(d: ast.DeclarationStatement['declaration'], written: Written & object): Written {
    if (d.kind !== 'variable') return written;
    if (d.initializer) return this.expression(d.initializer, written);
    if (this.isScalar(d) || this.isHeader(d)) this.watched.add(d);
    return written;
  }

  private switch(s: ast.SwitchStatement, written: Written & object): Written {
    const before = this.expression(s.expression, written);
    let result: Written = s.cases.some((c) => c.label.kind === 'default') ? undefined : before;
    for (const c of s.cases) if (c.body) result = join(result, this.statement(c.body, before));
    return result;
  }

  /** Expressions in order of evaluation: reads are looked at, what they write is added. */
  private expression(e: ast.Expression, written: Written & object): Written & object {
    switch (e.kind) {
      case 'path':
        this.read(e, written);
        return written;
      case 'member':
        if (e.object.kind === 'path') this.readField(e.object, written);
        return this.expression(e.object, written);
      case 'index':
        return this.all([e.object, e.index], written);
      case 'slice':
        return this.all(e.isPlus ? [e.object, e.low] : [e.object], written);
      case 'unary':
      case 'cast':
        return this.expression(e.operand, written);
      case 'binary': {
        const behind = this.expression(e.left, written);
        const right = this.expression(e.right, behind);
        return e.operator === '&&' || e.operator === '||' ? behind : right;
      }
      case 'conditional': {
        const behind = this.expression(e.condition, written);
        this.expression(e.whenTrue, behind);
        this.expression(e.whenFalse, behind);
        return behind;
      }
      case 'list':
        return this.all(e.elements, written);
      case 'structExpression':
        return this.all(
          e.fields.map((f) => f.value),
          written,
        );
      case 'call':
        return this.call(e, written);
      default:
        return written;
    }
  }

  private all(list: readonly ast.Expression[], written: Written & object): Written & object {
    return list.reduce((w: Written & object, e) => this.expression(e, w), written);
  }

  private call(call: ast.CallExpression, written: Written & object): Written & object {
    const found: ResolvedCall | undefined = this.cx.calls.get(call);
    if (found?.kind === 'builtin') {
      const behind = this.all(found.args, written);
      return found.name === 'isValid' || found.name.includes('Size') ? behind : this.assign(found.receiver, behind);
    }
    if (!found || !('args' in found)) return written;
    let behind = written;
    const given: ast.Expression[] = [];
    for (const { parameter, value } of found.args) {
      if (typeof value === 'string') continue;
      if (parameter.direction === 'out') given.push(value);
      else behind = this.expression(value, behind);
      if (parameter.direction === 'inout') given.push(value);
    }
    return given.reduce((w: Written & object, e) => this.assign(e, w), behind);
  }

  /** A write to an lvalue: of a whole variable, or of a part, which is taken for the whole. */
  private assign(e: ast.Expression, written: Written & object): Written & object {
    if (e.kind === 'path') {
      const referent = this.cx.referents.get(e);
      return referent && this.watched.has(referent) ? new Set([...written, referent]) : written;
    }
    if (e.kind === 'index') return this.assign(e.object, this.expression(e.index, written));
    return e.kind === 'member' || e.kind === 'slice' ? this.assign(e.object, written) : written;
  }

  private read(e: ast.PathExpression, written: Written & object): void {
    const referent = this.unwritten(e, written);
    if (!referent || !this.isScalar(referent)) return;
    this.reported.add(referent);
    this.cx.warning('uninitialized', e.span, `'${e.name.name}' is read here, and may not have been written before`);
  }

  /** A field of a header variable: a new variable is invalid. */
  private readField(e: ast.PathExpression, written: Written & object): void {
    const referent = this.unwritten(e, written);
    if (!referent || !this.isHeader(referent)) return;
    this.reported.add(referent);
    this.cx.warning(
      'invalid-header',
      e.span,
      `a field of header '${e.name.name}' is read here, and nothing may have made it valid before`,
    );
  }

  private unwritten(e: ast.PathExpression, written: Written & object): Referent | undefined {
    const referent = this.cx.referents.get(e);
    const isWatched = referent && this.watched.has(referent) && !written.has(referent) && !this.reported.has(referent);
    return isWatched && !this.isSilent ? referent : undefined;
  }
}

function join(a: Written, b: Written): Written {
  if (a === undefined) return b;
  if (b === undefined) return a;
  return new Set([...a].filter((r) => b.has(r)));
}
