/**
 * What the checker knows about a correct program: the one door between type checking and lowering.
 *
 * Findings are kept beside the syntax tree, keyed by node identity. Inside generic declarations types may mention `typeVar`s; who
 * instantiates carries a substitution. Conversions that P4-16 §8.12.2 makes implicitly (int to bit<W>, enum to its representation, list to struct)
 * are not inserted as nodes: a user of an expression knows the type it needs, `typeOf` says the type it has.
 */
import type * as ast from '../syntax/ast.ts';
import type { Type } from './types.ts';

/** What a name or member access denotes. */
export type Referent =
  | ast.Declaration
  | ast.Parameter
  | ast.ParserState
  | ast.TypeParameter
  | ast.MethodSignature
  | ast.EnumMember
  /** A member of `error` or `match_kind`: its identifier in the declaration. */
  | ast.Identifier;

/** A compile-time known value (P4-16 §18.1). */
export type ConstValue =
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  /** Member of an enum, `error` or `match_kind`; serializable enums are `integer`. */
  | { readonly kind: 'member'; readonly of: 'enum' | 'error' | 'matchKind'; readonly name: string }
  | { readonly kind: 'tuple'; readonly elements: readonly ConstValue[] }
  | { readonly kind: 'struct'; readonly fields: ReadonlyMap<string, ConstValue> };

/** One parameter with what the call passes for it, in parameter order. */
export interface BoundArgument {
  readonly parameter: ast.Parameter;
  /** `default`: use the parameter's default value; `omitted`: optional or `_`. */
  readonly value: ast.Expression | 'default' | 'omitted';
}

export type ResolvedCall =
  | {
      readonly kind: 'function' | 'externFunction' | 'action';
      readonly declaration: ast.FunctionDeclaration | ast.ExternFunctionDeclaration | ast.ActionDeclaration;
      readonly typeArgs: ReadonlyMap<ast.TypeParameter, Type>;
      readonly args: readonly BoundArgument[];
    }
  | {
      /** Method of an extern instance: `receiver` is the expression before the dot (or `this`). */
      readonly kind: 'method';
      readonly receiver: ast.Expression;
      readonly declaration: ast.ExternDeclaration;
      readonly method: ast.MethodSignature;
      /** Arguments of the extern's and of the method's type parameters. */
      readonly typeArgs: ReadonlyMap<ast.TypeParameter, Type>;
      readonly args: readonly BoundArgument[];
    }
  | {
      readonly kind: 'constructor';
      readonly declaration: ast.ExternDeclaration | ast.ParserDeclaration | ast.ControlDeclaration | ast.PackageTypeDeclaration;
      readonly constructorSignature?: ast.ConstructorSignature;
      readonly typeArgs: ReadonlyMap<ast.TypeParameter, Type>;
      readonly args: readonly BoundArgument[];
    }
  | {
      /** `x.apply(...)` of a parser or control instance, or of a control/parser type name (direct invocation, P4-16 §15.1). */
      readonly kind: 'applyBlock';
      readonly receiver: ast.Expression;
      readonly declaration: ast.ParserDeclaration | ast.ControlDeclaration;
      readonly typeArgs: ReadonlyMap<ast.TypeParameter, Type>;
      readonly args: readonly BoundArgument[];
    }
  | { readonly kind: 'applyTable'; readonly declaration: ast.TableDeclaration }
  | {
      /** isValid, setValid, setInvalid, push_front, pop_front, minSizeInBits, minSizeInBytes, maxSizeInBits, maxSizeInBytes, and `static_assert` stays an externFunction. */
      readonly kind: 'builtin';
      readonly name:
        | 'isValid'
        | 'setValid'
        | 'setInvalid'
        | 'push_front'
        | 'pop_front'
        | 'minSizeInBits'
        | 'minSizeInBytes'
        | 'maxSizeInBits'
        | 'maxSizeInBytes';
      readonly receiver: ast.Expression;
      readonly args: readonly ast.Expression[];
    };

export interface CheckedProgram {
  readonly program: ast.Program;
  /** Type that an expression has by itself (an integer literal of no width: `infint`). */
  typeOf(expression: ast.Expression): Type;
  /** Type that a written type stands for. */
  typeOfRef(ref: ast.TypeRef): Type;
  /** Type of a declared constant, variable, parameter, instance, field. */
  typeOfDeclaration(declaration: Referent): Type;
  /** What a path, a member access naming a type's member, or an action reference denotes; undefined for struct fields and methods. */
  referentOf(
    node: ast.PathExpression | ast.MemberExpression | ast.ActionRef | ast.Identifier | (ast.TypeRef & { kind: 'namedType' }),
  ): Referent | undefined;
  /**
   * Also of an `ActionRef`: in an action list, parameters without direction are `omitted` (the control plane gives them); in an entry all are
   * bound. The default action is a call expression, or a path when it is written without parentheses: both may be asked about.
   */
  callOf(call: ast.CallExpression | ast.InstantiationDeclaration | ast.ActionRef | ast.PathExpression): ResolvedCall;
  /** Value of an expression that is known without knowing constructor arguments; undefined otherwise. */
  constantOf(expression: ast.Expression): ConstValue | undefined;
  /** All members of `error`, in order of declaration: index = encoding. */
  readonly errors: readonly string[];
  /** All members of `match_kind`, in order of declaration. */
  readonly matchKinds: readonly string[];
  /** The top-level instantiation named `main`, if the program has one. */
  readonly main: ast.InstantiationDeclaration | undefined;
}
