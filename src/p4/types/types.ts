/**
 * The types of P4-16 as the checker sees them (P4-16 §7). Structural data, compared with `equalTypes`.
 *
 * Aliases (`typedef`) are resolved; `newtype` and `serEnum` keep their identity. `typeVar` occurs only inside generic declarations;
 * `substitute` replaces it when a generic is instantiated.
 */
import type * as ast from '../syntax/ast.ts';

export type Type =
  | { readonly kind: 'bool' | 'string' | 'error' | 'matchKind' | 'void' | 'state' }
  /** Arbitrary-precision `int`: only at compile time. */
  | { readonly kind: 'infint' }
  | { readonly kind: 'bits'; readonly width: number; readonly signed: boolean }
  | { readonly kind: 'varbit'; readonly width: number }
  | HeaderType
  | HeaderUnionType
  | StructType
  | EnumType
  | SerEnumType
  | NewType
  | { readonly kind: 'stack'; readonly element: Type; readonly size: number }
  | { readonly kind: 'tuple'; readonly elements: readonly Type[] }
  | { readonly kind: 'list'; readonly element: Type }
  /** Type of a keyset: `set<T>` (P4-16 §8.16). */
  | { readonly kind: 'set'; readonly element: Type }
  | ExternType
  | BlockType
  | { readonly kind: 'table'; readonly declaration: ast.TableDeclaration }
  /** Result of `t.apply()`: fields hit, miss, action_run. */
  | { readonly kind: 'applyResult'; readonly declaration: ast.TableDeclaration }
  | { readonly kind: 'actionRun'; readonly declaration: ast.TableDeclaration }
  | { readonly kind: 'function'; readonly declarations: readonly Callable[] }
  | { readonly kind: 'typeVar'; readonly parameter: ast.TypeParameter }
  /** A struct or list expression whose target type is not (yet) known; `names` present for `{ f = … }`. */
  | { readonly kind: 'unknownStruct'; readonly elements: readonly Type[]; readonly names?: readonly string[] }
  | { readonly kind: 'dontcare' }
  /** Something wrong was reported already; compatible with everything so that one cause gives one message. */
  | { readonly kind: 'poison' };

export interface Field {
  readonly name: string;
  readonly type: Type;
  readonly declaration: ast.StructField;
}

export interface HeaderType {
  readonly kind: 'header';
  readonly name: string;
  readonly fields: readonly Field[];
  readonly declaration: ast.HeaderTypeDeclaration;
  readonly typeArgs: readonly Type[];
}

export interface HeaderUnionType {
  readonly kind: 'headerUnion';
  readonly name: string;
  readonly fields: readonly Field[];
  readonly declaration: ast.HeaderUnionDeclaration;
  readonly typeArgs: readonly Type[];
}

export interface StructType {
  readonly kind: 'struct';
  readonly name: string;
  readonly fields: readonly Field[];
  readonly declaration: ast.StructDeclaration;
  readonly typeArgs: readonly Type[];
}

export interface EnumType {
  readonly kind: 'enum';
  readonly name: string;
  readonly declaration: ast.EnumDeclaration;
}

export interface SerEnumType {
  readonly kind: 'serEnum';
  readonly name: string;
  readonly underlying: Type & { kind: 'bits' };
  readonly declaration: ast.EnumDeclaration;
}

export interface NewType {
  readonly kind: 'newtype';
  readonly name: string;
  readonly underlying: Type;
  readonly declaration: ast.NewtypeDeclaration;
}

export interface ExternType {
  readonly kind: 'extern';
  readonly declaration: ast.ExternDeclaration;
  readonly typeArgs: readonly Type[];
}

/** A parser, control or package: declared with a body (`parser`, `control`) or as type only. */
export interface BlockType {
  readonly kind: 'block';
  readonly declaration:
    | ast.ParserDeclaration
    | ast.ParserTypeDeclaration
    | ast.ControlDeclaration
    | ast.ControlTypeDeclaration
    | ast.PackageTypeDeclaration;
  readonly typeArgs: readonly Type[];
}

export type Callable = ast.FunctionDeclaration | ast.ExternFunctionDeclaration | ast.ActionDeclaration | ast.MethodSignature;
