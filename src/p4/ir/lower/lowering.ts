/**
 * What the parts of lowering share: the program under construction, the statement list being filled, and the frame of the call being inlined.
 *
 * Lowering walks the checked syntax tree as an interpreter would, from `main` on, but writes down what happens at run time instead of doing it.
 * Every call is inlined, so a declaration may be met many times; each time its variables are new and live in the call's `Frame`.
 */
import type { Diagnostics, Span } from '../../../diag/index.ts';
import type { Architecture } from '../../arch/architecture.ts';
import type * as ast from '../../syntax/ast.ts';
import type { CheckedProgram, Referent } from '../../types/checked.ts';
import { type Substitution, substitute } from '../../types/relations.ts';
import type { HeaderType, Type } from '../../types/types.ts';
import { isConst } from '../build.ts';
import type * as ir from '../ir.ts';
import type { BlockInstance, Item, TableInstance } from './items.ts';
import type { NamedType } from './named-types.ts';

/** One activation of a block, action, function or parser state list. */
export interface Frame {
  readonly bindings: Map<Referent, Item>;
  /** Frame whose names are visible too: the control's, for an action in it. */
  readonly outer?: Frame;
  /** Frame that made the call: `exit` unwinds along it. */
  readonly caller?: Frame;
  readonly instance?: BlockInstance;
  readonly types: Substitution;
  /** Where `return` jumps, and where it leaves the value. */
  readonly returnType?: Type;
  readonly onReturn: { readonly label: ir.Label; readonly result?: Item; used: boolean };
  /** Writes out and inout parameters back. */
  copyOut: () => void;
  /** The table whose action this is, and which of its actions. */
  readonly table?: { readonly instance: TableInstance; readonly action: number };
  /** Innermost loop: the jumps that `break` and `continue` are. */
  loop?: { readonly onBreak: ir.Stmt; readonly onContinue: ir.Stmt };
}

/** The kind of block that is being lowered: decides what may be called there. */
export type BlockRole = 'parser' | 'preControl' | 'control' | 'deparser';

export class Lowering {
  readonly checked: CheckedProgram;
  readonly diag: Diagnostics;
  readonly arch: Architecture;
  readonly vars: ir.Var[] = [];
  readonly headerTypes: ir.HeaderType[] = [];
  readonly headers: ir.HeaderInstance[] = [];
  readonly actions: ir.Action[] = [];
  readonly tables: ir.Table[] = [];
  readonly externs: ir.Extern[] = [];
  /** Types that P4Info describes: of register elements and digests, by extern. */
  readonly externTypes = new Map<ir.ExternId, Type>();
  /** Actions that apply blocks call: the control plane hears of them, too. */
  readonly directCalls: { readonly declaration: ast.ActionDeclaration; readonly instance: BlockInstance }[] = [];
  /** `size` of tables that have one, by table. */
  readonly declaredSizes = new Map<ir.TableId, number>();
  /** `type` declarations that keys and parameters use, by name. */
  readonly namedTypes = new Map<string, NamedType>();
  /** `type` of the index of counters, meters and registers, by extern. */
  readonly indexTypes = new Map<ir.ExternId, NamedType>();
  /** Variables with the last value of fields of headers that the control makes invalid, by `header.field`. */
  readonly formerFields = new Map<string, ir.LValue & { kind: 'var' }>();
  /** Digest objects of calls whose data have no type name. */
  readonly digestCalls = new Map<ast.CallExpression, ir.ExternId>();
  /** Instances at the top level, by declaration, and actions there. */
  readonly globals = new Map<object, Item>();
  readonly globalActions = new Map<ast.ActionDeclaration, ir.ActionId>();
  /** Header types met so far; position = index in `headerTypes`, absent for varbit variables. */
  readonly headerSources: (HeaderType | undefined)[] = [];
  /** Statements go here. */
  out: ir.Stmt[] = [];
  frame: Frame;
  role: BlockRole = 'control';
  /** Where `exit` jumps. */
  onExit: { readonly label: ir.Label; used: boolean } = { label: '$exit', used: false };
  private labels = 0;
  private readonly reported = new Set<string>();

  constructor(checked: CheckedProgram, diag: Diagnostics, arch: Architecture) {
    this.checked = checked;
    this.diag = diag;
    this.arch = arch;
    this.frame = rootFrame();
  }

  emit(stmt: ir.Stmt): void {
    this.out.push(stmt);
  }

  /** Statements that `body` emits, instead of emitting them. */
  collect(body: () => void): ir.Stmt[] {
    const outer = this.out;
    const inner: ir.Stmt[] = [];
    this.out = inner;
    try {
      body();
    } finally {
      this.out = outer;
    }
    return inner;
  }

  /** Runs `body` in a frame. */
  inFrame<R>(frame: Frame, body: () => R): R {
    const outer = this.frame;
    this.frame = frame;
    try {
      return body();
    } finally {
      this.frame = outer;
    }
  }

  newLabel(hint: string): ir.Label {
    return `${hint}#${++this.labels}`;
  }

  newVar(name: string, width: number): ir.LValue & { kind: 'var' } {
    const id = this.vars.length;
    this.vars.push({ id, name, width });
    return { kind: 'var', width, id };
  }

  /** The one variable of a name: for what an architecture keeps per packet. */
  sharedVar(name: string, width: number): ir.LValue & { kind: 'var' } {
    const known = this.vars.find((v) => v.name === name);
    return known ? { kind: 'var', width, id: known.id } : this.newVar(name, width);
  }

  /** A fresh temporary that holds the value; a constant stands for itself. */
  temp(value: ir.Expr, span: Span, name = '$t'): ir.Expr {
    if (isConst(value)) return value;
    const target = this.newVar(name, value.width);
    this.emit({ kind: 'assign', target, value, span });
    return target;
  }

  /** Type of an expression here, with the type arguments of this activation. */
  typeOf(e: ast.Expression): Type {
    return this.resolve(this.checked.typeOf(e));
  }

  typeOfDeclaration(d: Referent): Type {
    return this.resolve(this.checked.typeOfDeclaration(d));
  }

  resolve(type: Type): Type {
    return this.frame.types.size === 0 ? type : substitute(type, this.frame.types);
  }

  /** What a declaration is bound to in the current frame, its outer frames, its block instance or at the top level. */
  lookup(declaration: Referent): Item | undefined {
    for (let f: Frame | undefined = this.frame; f; f = f.outer) {
      const bound = f.bindings.get(declaration) ?? f.instance?.members.get(declaration);
      if (bound) return bound;
    }
    return this.globals.get(declaration);
  }

  /** The block instance that the current code belongs to. */
  get instance(): BlockInstance | undefined {
    for (let f: Frame | undefined = this.frame; f; f = f.outer) if (f.instance) return f.instance;
    return undefined;
  }

  error(
    code: string,
    span: Span,
    message: string,
    more: { help?: string; notes?: readonly { message: string; span?: Span }[] } = {},
  ): void {
    const key = `${code}@${span.file.path}:${span.start}:${message}`;
    if (this.reported.has(key)) return; // inlined code is walked several times
    this.reported.add(key);
    this.diag.error(code, span, message, more);
  }

  /** Correct P4 that softipu does not do. */
  unsupported(span: Span, what: string, more: Parameters<Lowering['error']>[3] = {}): void {
    this.error('unsupported', span, `${what} is not supported`, more);
  }

  /** An extern that nobody here knows: one that the program, or another target, declares. */
  unknownExtern(span: Span, what: string, declaration: ast.Identifier): void {
    this.unsupported(span, what, {
      help: `softipu has the externs of core.p4, softipu.p4 and of the architecture ('${this.arch.name}'): say in P4 what it does, or only check the program (--emit none)`,
      notes: [{ message: `'${declaration.name}' is declared here`, span: declaration.span }],
    });
  }
}

export function rootFrame(): Frame {
  return { bindings: new Map(), types: new Map(), onReturn: { label: '$root', used: false }, copyOut: () => {} };
}
