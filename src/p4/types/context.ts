/**
 * What the parts of the checker share while they walk one program: findings keyed by syntax node, the current scope, and
 * the place in the program (which decides what may be called, instantiated or returned there).
 */
import type { Diagnostics, Note, SourceFile, Span } from '../../diag/index.ts';
import type * as ast from '../syntax/ast.ts';
import type { ConstValue, Referent, ResolvedCall } from './checked.ts';
import { poisonType, printType } from './relations.ts';
import { nameOf, nearest, Scope } from './scope.ts';
import type { ExternType, Type } from './types.ts';

/** Where a statement or declaration stands. `parser` and `control` are the declaration parts, `state` and `apply` the executable ones. */
export interface Place {
  readonly kind:
    | 'top'
    | 'parser'
    | 'state'
    | 'control'
    | 'apply'
    | 'action'
    | 'function'
    | 'abstractMethod'
    | 'table'
    | 'actionList';
  /** Name of the enclosing function, action, parser or control, for messages and for finding recursion. */
  readonly owner?: ast.Declaration;
  readonly returnType?: Type;
  /** What `this` is, inside the implementation of an abstract method. */
  readonly self?: ExternType;
  readonly inLoop: boolean;
}

export interface More {
  help?: string;
  notes?: readonly Note[];
}

/** Deepest nesting of expressions and statements that is followed; deeper input is refused rather than overflowing the stack. */
const maxDepth = 400;

export class Context {
  readonly diag: Diagnostics;
  private readonly mainFile: SourceFile;
  readonly types = new Map<ast.Expression, Type>();
  readonly refTypes = new Map<ast.TypeRef, Type>();
  readonly declarationTypes = new Map<Referent, Type>();
  readonly referents = new Map<object, Referent>();
  readonly calls = new Map<object, ResolvedCall>();
  /** Memo of constant evaluation: null means "not constant". */
  readonly constants = new Map<ast.Expression, ConstValue | null>();
  /** Values of constant declarations and of serializable enum members. */
  readonly values = new Map<Referent, ConstValue>();
  readonly errorMembers = new Map<string, ast.Identifier>();
  readonly matchKindMembers = new Map<string, ast.Identifier>();
  readonly global = new Scope();
  scope: Scope = this.global;
  place: Place = { kind: 'top', inLoop: false };
  /** Variables of type inference (clones of type parameters) and what they were bound to: see infer.ts. */
  readonly inferenceVariables = new Set<ast.TypeParameter>();
  readonly bindings = new Map<ast.TypeParameter, Type>();
  /** Parsers, controls and packages that share a name, told apart by their constructors. */
  readonly overloads = new Map<Referent, readonly Overloadable[]>();
  /** Directionless parameters of actions: set by the control plane, so not known at compile time. */
  readonly runtimeParameters = new Set<ast.Parameter>();
  /** Are we among the arguments of an instantiation, where constructor calls may stand? */
  constructing = false;
  /** Name of the type that is being declared: a use of it inside is recursion, not an unknown name. */
  declaring: ast.Identifier | undefined;
  /** `/` and `%` of operands that are not known at compile time: nothing that runs can have them. */
  readonly runtimeDivisions: { readonly operator: string; readonly span: Span }[] = [];
  /** Declarations that were complained about where they are used: once is enough. */
  readonly reported = new Set<object>();
  private depth = 0;
  private tooDeepReported = false;

  /** `mainFile`: only there are shadowed names worth a warning. */
  constructor(diag: Diagnostics, mainFile: SourceFile) {
    this.diag = diag;
    this.mainFile = mainFile;
  }

  error(code: string, span: Span, message: string, more: More = {}): void {
    this.diag.error(code, span, message, more);
  }

  warning(code: string, span: Span, message: string, more: More = {}): void {
    this.diag.warning(code, span, message, more);
  }

  /** Reports and gives the poison type, for use in a `return`. */
  fail(code: string, span: Span, message: string, more: More = {}): Type {
    this.diag.error(code, span, message, more);
    return poisonType;
  }

  /** Runs `body` in a fresh inner scope. */
  inScope<R>(body: () => R): R {
    const outer = this.scope;
    this.scope = new Scope(outer);
    try {
      return body();
    } finally {
      this.scope = outer;
    }
  }

  /** Runs `body` at another place. */
  at<R>(place: Partial<Place>, body: () => R): R {
    const outer = this.place;
    this.place = { ...outer, ...place };
    try {
      return body();
    } finally {
      this.place = outer;
    }
  }

  /** Runs `body` one nesting level deeper, or gives `otherwise` (and says so once) when the input nests too deep. */
  nested<R>(span: Span, otherwise: R, body: () => R): R {
    if (this.depth >= maxDepth) {
      if (!this.tooDeepReported) this.error('nesting-too-deep', span, `nesting is deeper than ${maxDepth} levels`);
      this.tooDeepReported = true;
      return otherwise;
    }
    this.depth++;
    try {
      return body();
    } finally {
      this.depth--;
    }
  }

  /** Enters a name into the current scope; reports it if the name is taken there. */
  declare(referent: Referent): void {
    const id = nameOf(referent);
    const clash = this.scope.own(id.name).find((other) => !mayShareName(referent, other));
    if (clash) {
      this.error('duplicate-declaration', id.span, `'${id.name}' is declared twice`, { notes: [declaredHere(clash)] });
      return;
    }
    this.warnShadowing(referent, id);
    this.scope.add(id.name, referent);
    if (isOverloadable(referent)) {
      const all = this.scope.own(id.name).filter(isOverloadable);
      for (const other of all) this.overloads.set(other, all);
    }
  }

  /** A name inside a block that hides a value of an outer scope: legal, and seldom meant. */
  private warnShadowing(referent: Referent, id: ast.Identifier): void {
    if (this.place.kind === 'top' || id.span.file !== this.mainFile || !isValue(referent)) return;
    const hidden = this.scope.parent?.lookup(id.name, isValue)[0];
    if (hidden) this.warning('shadow', id.span, `'${id.name}' hides another '${id.name}'`, { notes: [declaredHere(hidden)] });
  }

  typeOfDeclaration(referent: Referent): Type {
    return this.declarationTypes.get(referent) ?? poisonType;
  }

  /** Reports an unknown name, with its neighbour if one is near. */
  unknownName(id: ast.Identifier, what: string, candidates: Iterable<string>): Type {
    return this.fail('unknown-name', id.span, `${what} '${id.name}' is not declared`, didYouMean(id.name, candidates));
  }

  typeMismatch(span: Span, what: string, expected: Type, found: Type, more: More = {}): Type {
    return this.fail('type-mismatch', span, `${what}: expected '${printType(expected)}', found '${printType(found)}'`, more);
  }
}

export function didYouMean(name: string, candidates: Iterable<string>): More {
  const near = nearest(name, candidates);
  return near === undefined ? {} : { help: `did you mean '${near}'?` };
}

export function declaredHere(r: Referent): Note {
  const id = nameOf(r);
  return { message: `'${id.name}' is declared here`, span: id.span };
}

const valueKinds: ReadonlySet<string> = new Set([
  'variable',
  'constant',
  'parameter',
  'instantiation',
  'action',
  'table',
  'function',
  'externFunction',
  'valueSet',
]);

function isValue(r: Referent): boolean {
  return valueKinds.has(r.kind);
}

/** Functions may be overloaded when their parameters differ in number or names (P4-16 §8.22). */
function mayShareName(a: Referent, b: Referent): boolean {
  const functions = (r: Referent): r is ast.FunctionDeclaration | ast.ExternFunctionDeclaration =>
    r.kind === 'function' || r.kind === 'externFunction';
  if (functions(a) && functions(b)) return !sameParameterNames(a.parameters, b.parameters);
  return (
    isOverloadable(a) &&
    isOverloadable(b) &&
    a.kind === b.kind &&
    !sameParameterNames(constructorParameters(a), constructorParameters(b))
  );
}

/** Declarations whose constructors may be overloaded (P4-16 §8.23). */
export type Overloadable = ast.ParserDeclaration | ast.ControlDeclaration | ast.PackageTypeDeclaration;

function isOverloadable(r: Referent): r is Overloadable {
  return r.kind === 'parser' || r.kind === 'control' || r.kind === 'packageType';
}

export function constructorParameters(d: Overloadable): readonly ast.Parameter[] {
  return d.kind === 'packageType' ? d.parameters : d.constructorParameters;
}

/** Same number of parameters with the same names: such overloads cannot be told apart. */
export function sameParameterNames(a: readonly ast.Parameter[], b: readonly ast.Parameter[]): boolean {
  return a.length === b.length && a.every((p) => b.some((q) => q.name.name === p.name.name));
}
