/**
 * What an architecture is to the compiler: the meaning of its externs, of its table properties, and how its blocks are strung together.
 *
 * The front end knows an architecture only from its declarations in p4/include; lowering asks this interface for everything that the language leaves
 * to it (P4-16 §4, §9). An architecture is data plus handlers: one handler per extern function and per method.
 */
import type { Span } from '../../diag/index.ts';
import type { Annotation, Pipeline, Program } from '../ir/ir.ts';
import type { ExternItem, ExternState, Item, PackageInstance, TableInstance } from '../ir/lower/items.ts';
import type { Lowering } from '../ir/lower/lowering.ts';
import type * as ast from '../syntax/ast.ts';
import type { BoundArgument, ResolvedCall } from '../types/checked.ts';
import type { Substitution } from '../types/relations.ts';

/** A call of an extern function or method, arguments not yet evaluated. */
export interface ExternCall {
  readonly name: string;
  readonly receiver?: ExternItem;
  readonly args: readonly BoundArgument[];
  readonly typeArgs: Substitution;
  readonly call: ast.CallExpression & { readonly span: Span };
}

export interface ExternConstruction {
  /** Fully qualified control-plane name. */
  readonly name: string;
  readonly declaration: ast.ExternDeclaration;
  readonly typeArgs: Substitution;
  readonly args: readonly BoundArgument[];
  readonly annotations: readonly Annotation[];
  readonly sourceAnnotations: readonly ast.Annotation[];
  readonly span: Span;
}

export type CallHandler = (lw: Lowering, call: ExternCall) => Item;

export interface ExternHandlers {
  readonly construct: (lw: Lowering, c: ExternConstruction) => ExternState;
  readonly methods: Readonly<Record<string, CallHandler>>;
}

export type PropertyHandler = (lw: Lowering, table: TableInstance, property: ast.ExpressionProperty) => void;

export interface Architecture {
  readonly name: Program['architecture'];
  /** Name of the package that `main` must be of. */
  readonly packageName: string;
  readonly externs: Readonly<Record<string, ExternHandlers>>;
  readonly functions: Readonly<Record<string, CallHandler>>;
  readonly tableProperties: Readonly<Record<string, PropertyHandler>>;
  /** What happens whenever a table's action runs, before its body. */
  readonly startAction?: (lw: Lowering, table: TableInstance, span: Span) => void;
  /** Checks that need a table's every property; reports. */
  readonly checkTable: (lw: Lowering, table: TableInstance) => void;
  readonly lowerMain: (lw: Lowering, main: PackageInstance, span: Span) => readonly Pipeline[];
}

export type { ResolvedCall };
