/**
 * What an expression of the source becomes while lowering: a piece of data, or something that exists only at compile time.
 *
 * `cell` is a scalar that can be assigned, `scalar` one that cannot. Structs, tuples, list and struct expressions are `record`s whose fields are again
 * items: a record of cells is an lvalue, a mixed one is not. A stack element with a run-time index is a `choice` between the elements.
 */
import type { Span } from '../../../diag/index.ts';
import type * as ast from '../../syntax/ast.ts';
import type { BoundArgument } from '../../types/checked.ts';
import type { Substitution } from '../../types/relations.ts';
import type { HeaderType, Type } from '../../types/types.ts';
import type { ActionCall, ActionId, Annotation, Expr, ExternId, HashAlgorithm, HeaderId, LValue, TableId, VarId } from '../ir.ts';

export type Item =
  | ScalarItem
  | CellItem
  /** A run-time slice of a scalar: bits low + width - 1 .. low. */
  | { readonly kind: 'dynamicSlice'; readonly base: Item; readonly low: Expr; readonly width: number }
  | HeaderItem
  | UnionItem
  | StackItem
  /** The varbit field of a header; a varbit variable is a header with this one field. */
  | { readonly kind: 'varbit'; readonly header: HeaderId }
  | { readonly kind: 'choice'; readonly index: Expr; readonly options: readonly Item[] }
  | RecordItem
  /** `{#}`, or a header made of a list: `fields` absent means invalid. */
  | { readonly kind: 'headerLiteral'; readonly fields?: RecordItem }
  /** Compile-time `int`. */
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'string'; readonly value: string }
  | ExternItem
  | BlockInstance
  | PackageInstance
  | { readonly kind: 'list'; readonly elements: readonly Item[] }
  /** `_` as an out argument, or the value of a void call; writes vanish. */
  | { readonly kind: 'nothing' };

export interface ScalarItem {
  readonly kind: 'scalar';
  readonly expr: Expr;
}

/** Bits high..low of a variable or field. */
export interface CellItem {
  readonly kind: 'cell';
  readonly target: LValue;
  readonly high: number;
  readonly low: number;
}

export interface HeaderItem {
  readonly kind: 'header';
  readonly header: HeaderId;
  readonly type: HeaderType;
  /** The other members, if it is a member of a union: valid makes these invalid. */
  readonly siblings: readonly HeaderId[];
}

export interface UnionItem {
  readonly kind: 'union';
  readonly members: ReadonlyMap<string, HeaderItem>;
}

export interface StackItem {
  readonly kind: 'stack';
  readonly elements: readonly Item[];
  /** Variable with the index of the next element, width 32. */
  readonly next: VarId;
}

export interface RecordItem {
  readonly kind: 'record';
  /** Tuples and lists name their fields `0`, `1`, … */
  readonly fields: ReadonlyMap<string, Item>;
  /** Declared with names (a struct), not by position. */
  readonly isNamed: boolean;
}

/** An extern object; what it is for is the architecture's: `state`. */
export interface ExternItem {
  readonly kind: 'extern';
  readonly declaration: ast.ExternDeclaration;
  readonly typeArgs: Substitution;
  /** Fully qualified control-plane name. */
  readonly name: string;
  readonly state: ExternState;
  readonly span: ast.InstantiationDeclaration['span'];
}

/** What lowering remembers about an extern object. Kinds are shared by architectures where the meaning is the same. */
export type ExternState =
  | { readonly kind: 'packetIn' | 'packetOut' | 'unsupported' }
  | { readonly kind: 'hash'; readonly algorithm: HashAlgorithm; readonly width: number }
  /** Ones-complement sum kept in a variable, cleared whenever the block that holds it starts. */
  | { readonly kind: 'onesSum'; readonly state: VarId }
  /** Checksum over data that is collected while lowering straight-line code. */
  | { readonly kind: 'collected'; readonly algorithm: HashAlgorithm; readonly width: number; data: Expr[]; region: unknown }
  | { readonly kind: 'counter' | 'meter' | 'digest' | 'actionProfile' | 'actionSelector'; readonly id: ExternId }
  | { readonly kind: 'register'; readonly id: ExternId; readonly type: Type }
  /** Become externs of the program when a table names them. */
  | {
      readonly kind: 'directCounter';
      readonly type: 'packets' | 'bytes' | 'both';
      readonly annotations: readonly Annotation[];
      table?: TableId;
      id?: ExternId;
    }
  | {
      readonly kind: 'directMeter';
      readonly unit: 'packets' | 'bytes';
      readonly annotations: readonly Annotation[];
      table?: TableId;
      id?: ExternId;
    }
  | { readonly kind: 'random'; readonly low: Expr; readonly high: Expr }
  /** An object that only says how large a table is. */
  | { readonly kind: 'tableSize'; readonly size: number };

/** A parser or control with its constructor arguments and everything it instantiates. */
export interface BlockInstance {
  readonly kind: 'block';
  readonly declaration: ast.ParserDeclaration | ast.ControlDeclaration;
  readonly types: Substitution;
  /** Fully qualified control-plane name, the prefix of what is inside. */
  readonly name: string;
  /** Constructor parameters, instances, value sets; also anonymous instances, by the call that makes them. */
  readonly members: Map<object, Item>;
  readonly tables: Map<ast.TableDeclaration, TableInstance>;
  readonly actions: Map<ast.ActionDeclaration, ActionId>;
  readonly valueSets: Map<ast.ValueSetDeclaration, ExternId>;
}

export interface PackageInstance {
  readonly kind: 'package';
  readonly declaration: ast.PackageTypeDeclaration;
  readonly args: ReadonlyMap<string, Item>;
}

/** A table while it is lowered: architectures fill in what its properties say. */
export interface TableInstance {
  readonly id: TableId;
  readonly declaration: ast.TableDeclaration;
  readonly name: string;
  readonly actions: readonly TableAction[];
  /** Index into `actions`. */
  readonly defaultAction: number;
  implementation?: ExternId;
  directCounter?: ExternId;
  directMeter?: ExternId;
  /** From a property other than `size`. */
  size?: number;
  addOnMiss: boolean;
  idleTimeout: 'none' | 'notify' | 'autoDelete';
  emptyGroupAction?: ActionCall;
}

export interface TableAction {
  readonly id: ActionId;
  readonly declaration: ast.ActionDeclaration;
  readonly annotations: readonly ast.Annotation[];
  /** Arguments that the action list gives for the parameters with a direction. */
  readonly args: readonly BoundArgument[];
  readonly span: Span;
  readonly tableOnly: boolean;
  readonly defaultOnly: boolean;
}

export const nothing: Item = { kind: 'nothing' };

export function scalar(expr: Expr): ScalarItem {
  return { kind: 'scalar', expr };
}

/** A whole variable or field. */
export function cell(target: LValue): CellItem {
  return { kind: 'cell', target, high: target.width - 1, low: 0 };
}

/** The variable that a record's field is. */
export function memberCell(item: Item, name: string): LValue & { kind: 'var' } {
  const field = item.kind === 'record' ? item.fields.get(name) : undefined;
  if (field?.kind !== 'cell' || field.target.kind !== 'var') throw new Error(`no variable '${name}' in the metadata`);
  return field.target;
}

/** A record with named fields. */
export function record(fields: Iterable<readonly [string, Item]>): RecordItem {
  return { kind: 'record', fields: new Map(fields), isNamed: true };
}

/** A record with positions for names. */
export function tuple(elements: readonly Item[]): RecordItem {
  return { kind: 'record', fields: new Map(elements.map((e, i) => [String(i), e])), isNamed: false };
}
