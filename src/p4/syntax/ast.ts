/**
 * The abstract syntax of P4-16 (1.2.5 and the unreleased additions: compound assignment, `for`, `+:` slices).
 *
 * Node names are the grammar's (P4-16 appendix "P4 grammar"). Every node is readonly and carries the span that a diagnostic should underline.
 * Nodes are compared by identity: the checker keeps its findings in maps keyed by node (see ../types/checked.ts).
 */
import type { Span } from '../../diag/index.ts';

export interface Program {
  readonly kind: 'program';
  readonly declarations: readonly Declaration[];
  readonly span: Span;
}

export interface Identifier {
  readonly kind: 'identifier';
  readonly name: string;
  readonly span: Span;
}

/** `@name`, `@name(expr, k = v)`, `@name[...]`, or with a raw token body. */
export interface Annotation {
  readonly kind: 'annotation';
  readonly name: string;
  /** `none`: no body; `unstructured`: `( tokens )`; `structured`: `[ expressions or key-value pairs ]`. */
  readonly form: 'none' | 'unstructured' | 'structured';
  /** Parsed body where it parses as expressions or `key = value`; empty otherwise. */
  readonly args: readonly Argument[];
  /** The body's tokens as text, string literals unquoted only in `args`. */
  readonly tokens: readonly string[];
  readonly span: Span;
}

// ---------------------------------------------------------------- declarations

export type Declaration =
  | ConstantDeclaration
  | VariableDeclaration
  | InstantiationDeclaration
  | ExternDeclaration
  | ExternFunctionDeclaration
  | FunctionDeclaration
  | ActionDeclaration
  | ParserDeclaration
  | ParserTypeDeclaration
  | ControlDeclaration
  | ControlTypeDeclaration
  | PackageTypeDeclaration
  | HeaderTypeDeclaration
  | HeaderUnionDeclaration
  | StructDeclaration
  | EnumDeclaration
  | ErrorDeclaration
  | MatchKindDeclaration
  | TypedefDeclaration
  | NewtypeDeclaration
  | TableDeclaration
  | ValueSetDeclaration;

interface Named {
  readonly name: Identifier;
  readonly annotations: readonly Annotation[];
  readonly span: Span;
}

export interface ConstantDeclaration extends Named {
  readonly kind: 'constant';
  readonly type: TypeRef;
  readonly initializer: Expression;
}

export interface VariableDeclaration extends Named {
  readonly kind: 'variable';
  readonly type: TypeRef;
  readonly initializer?: Expression;
}

/** `T(args) name;`, `T(args) name[4];` or `T(args) name = { functions and nested instantiations };` */
export interface InstantiationDeclaration extends Named {
  readonly kind: 'instantiation';
  readonly type: TypeRef;
  readonly args: readonly Argument[];
  /** `T(args) name[4]`: that many instances (unreleased addition). */
  readonly arraySize?: Expression;
  readonly initializer?: readonly (FunctionDeclaration | InstantiationDeclaration)[];
}

export interface ExternDeclaration extends Named {
  readonly kind: 'extern';
  readonly typeParameters: readonly TypeParameter[];
  readonly constructors: readonly ConstructorSignature[];
  readonly methods: readonly MethodSignature[];
}

export interface ConstructorSignature {
  readonly kind: 'constructorSignature';
  readonly annotations: readonly Annotation[];
  readonly parameters: readonly Parameter[];
  readonly name: Identifier;
  readonly span: Span;
}

export interface MethodSignature extends Named {
  readonly kind: 'methodSignature';
  /** `abstract` methods are supplied by the instantiation's initializer block. */
  readonly isAbstract: boolean;
  readonly returnType: TypeRef;
  readonly typeParameters: readonly TypeParameter[];
  readonly parameters: readonly Parameter[];
}

export interface ExternFunctionDeclaration extends Named {
  readonly kind: 'externFunction';
  readonly returnType: TypeRef;
  readonly typeParameters: readonly TypeParameter[];
  readonly parameters: readonly Parameter[];
}

export interface FunctionDeclaration extends Named {
  readonly kind: 'function';
  readonly returnType: TypeRef;
  readonly typeParameters: readonly TypeParameter[];
  readonly parameters: readonly Parameter[];
  readonly body: BlockStatement;
}

export interface ActionDeclaration extends Named {
  readonly kind: 'action';
  readonly parameters: readonly Parameter[];
  readonly body: BlockStatement;
}

export interface ParserTypeDeclaration extends Named {
  readonly kind: 'parserType';
  readonly typeParameters: readonly TypeParameter[];
  readonly parameters: readonly Parameter[];
}

export interface ParserDeclaration extends Named {
  readonly kind: 'parser';
  readonly typeParameters: readonly TypeParameter[];
  readonly parameters: readonly Parameter[];
  readonly constructorParameters: readonly Parameter[];
  /** Constants, variables, instantiations and value sets before the states. */
  readonly locals: readonly Declaration[];
  readonly states: readonly ParserState[];
}

export interface ParserState extends Named {
  readonly kind: 'state';
  readonly statements: readonly Statement[];
  /** Absent: implicit `transition reject`. */
  readonly transition?: Transition;
}

export type Transition =
  | { readonly kind: 'transition'; readonly state: Identifier; readonly span: Span }
  | { readonly kind: 'selectTransition'; readonly select: SelectExpression; readonly span: Span };

export interface SelectExpression {
  readonly kind: 'select';
  /** May be empty: then only `default` and `_` can match. */
  readonly keys: readonly Expression[];
  readonly cases: readonly SelectCase[];
  readonly span: Span;
}

export interface SelectCase {
  readonly kind: 'selectCase';
  /** One keyset per select key; a single `default` or `_` stands for all of them. */
  readonly keysets: readonly Keyset[];
  readonly state: Identifier;
  readonly span: Span;
}

/** A keyset is an expression (which includes `a &&& m` and `lo .. hi`), `default` or `_`. */
export type Keyset = Expression | { readonly kind: 'default' | 'dontcare'; readonly span: Span };

export interface ControlTypeDeclaration extends Named {
  readonly kind: 'controlType';
  readonly typeParameters: readonly TypeParameter[];
  readonly parameters: readonly Parameter[];
}

export interface ControlDeclaration extends Named {
  readonly kind: 'control';
  readonly typeParameters: readonly TypeParameter[];
  readonly parameters: readonly Parameter[];
  readonly constructorParameters: readonly Parameter[];
  /** Constants, variables, instantiations, actions, tables, functions in source order. */
  readonly locals: readonly Declaration[];
  readonly apply: BlockStatement;
}

export interface PackageTypeDeclaration extends Named {
  readonly kind: 'packageType';
  readonly typeParameters: readonly TypeParameter[];
  readonly parameters: readonly Parameter[];
}

export interface StructField extends Named {
  readonly kind: 'structField';
  readonly type: TypeRef;
}

export interface HeaderTypeDeclaration extends Named {
  readonly kind: 'headerType';
  readonly typeParameters: readonly TypeParameter[];
  readonly fields: readonly StructField[];
}

export interface HeaderUnionDeclaration extends Named {
  readonly kind: 'headerUnion';
  readonly typeParameters: readonly TypeParameter[];
  readonly fields: readonly StructField[];
}

export interface StructDeclaration extends Named {
  readonly kind: 'struct';
  readonly typeParameters: readonly TypeParameter[];
  readonly fields: readonly StructField[];
}

export interface EnumMember {
  readonly kind: 'enumMember';
  readonly name: Identifier;
  readonly annotations: readonly Annotation[];
  /** Given for every member of a serializable enum (`enum bit<8> E { A = 1 }`), never otherwise. */
  readonly value?: Expression;
  readonly span: Span;
}

export interface EnumDeclaration extends Named {
  readonly kind: 'enum';
  /** Present for a serializable enum. */
  readonly underlyingType?: TypeRef;
  readonly members: readonly EnumMember[];
}

/** `error { A, B }`: may occur several times; all add to the one type `error`. `name` is the keyword. */
export interface ErrorDeclaration extends Named {
  readonly kind: 'errorDeclaration';
  readonly members: readonly Identifier[];
}

/** `match_kind { exact, … }`: like `error`, additive. */
export interface MatchKindDeclaration extends Named {
  readonly kind: 'matchKindDeclaration';
  readonly members: readonly Identifier[];
}

export interface TypedefDeclaration extends Named {
  readonly kind: 'typedef';
  readonly type: TypeRef | Declaration;
}

/** `type bit<32> X;` */
export interface NewtypeDeclaration extends Named {
  readonly kind: 'newtype';
  readonly type: TypeRef;
}

export interface ValueSetDeclaration extends Named {
  readonly kind: 'valueSet';
  readonly elementType: TypeRef;
  readonly size: Expression;
}

export interface TypeParameter {
  readonly kind: 'typeParameter';
  readonly name: Identifier;
  readonly span: Span;
}

export interface Parameter extends Named {
  readonly kind: 'parameter';
  readonly direction: 'in' | 'out' | 'inout' | 'none';
  readonly type: TypeRef;
  readonly defaultValue?: Expression;
}

// ---------------------------------------------------------------- tables

export interface TableDeclaration extends Named {
  readonly kind: 'table';
  readonly properties: readonly TableProperty[];
}

export type TableProperty = KeyProperty | ActionsProperty | EntriesProperty | ExpressionProperty;

export interface KeyProperty {
  readonly kind: 'keyProperty';
  readonly elements: readonly KeyElement[];
  readonly span: Span;
}

export interface KeyElement {
  readonly kind: 'keyElement';
  readonly expression: Expression;
  readonly matchKind: Identifier;
  readonly annotations: readonly Annotation[];
  readonly span: Span;
}

export interface ActionsProperty {
  readonly kind: 'actionsProperty';
  readonly actions: readonly ActionRef[];
  readonly span: Span;
}

/** `a`, `a(x, y)`, `.a`: an action named in `actions`, `default_action` or `entries`. */
export interface ActionRef {
  readonly kind: 'actionRef';
  readonly annotations: readonly Annotation[];
  readonly path: PathExpression;
  /** Absent when written without parentheses. */
  readonly args?: readonly Argument[];
  readonly span: Span;
}

export interface EntriesProperty {
  readonly kind: 'entriesProperty';
  readonly annotations: readonly Annotation[];
  readonly isConst: boolean;
  readonly entries: readonly TableEntry[];
  readonly span: Span;
}

export interface TableEntry {
  readonly kind: 'tableEntry';
  readonly isConst: boolean;
  readonly priority?: Expression;
  /** One per key element; a lone `_`/`default` only where the table has one key. */
  readonly keysets: readonly Keyset[];
  readonly action: ActionRef;
  readonly annotations: readonly Annotation[];
  readonly span: Span;
}

/** `size = 10;`, `const default_action = drop();`, `pna_implementation = as;`, custom properties. */
export interface ExpressionProperty {
  readonly kind: 'expressionProperty';
  readonly name: Identifier;
  readonly isConst: boolean;
  readonly annotations: readonly Annotation[];
  readonly value: Expression;
  readonly span: Span;
}

// ---------------------------------------------------------------- statements

export type Statement =
  | BlockStatement
  | EmptyStatement
  | AssignmentStatement
  | CallStatement
  | IfStatement
  | SwitchStatement
  | ForStatement
  | ForInStatement
  | { readonly kind: 'break' | 'continue' | 'exit'; readonly span: Span }
  | ReturnStatement
  | DeclarationStatement;

export interface BlockStatement {
  readonly kind: 'block';
  readonly annotations: readonly Annotation[];
  readonly statements: readonly Statement[];
  readonly span: Span;
}

export interface EmptyStatement {
  readonly kind: 'empty';
  readonly span: Span;
}

/** `left = right;` or, with `operator`, `left op= right;` (the operator without its `=`, e.g. `|+|`). */
export interface AssignmentStatement {
  readonly kind: 'assignment';
  readonly left: Expression;
  readonly operator?: BinaryOperator;
  readonly right: Expression;
  readonly span: Span;
}

/** A method, function, action, table, parser or control call used as statement. */
export interface CallStatement {
  readonly kind: 'callStatement';
  readonly call: CallExpression;
  readonly span: Span;
}

export interface IfStatement {
  readonly kind: 'if';
  readonly condition: Expression;
  readonly thenBranch: Statement;
  readonly elseBranch?: Statement;
  readonly span: Span;
}

export interface SwitchStatement {
  readonly kind: 'switch';
  readonly expression: Expression;
  readonly cases: readonly SwitchCase[];
  readonly span: Span;
}

export interface SwitchCase {
  readonly kind: 'switchCase';
  /** An action name (on `t.apply().action_run`) or an expression, or `default`. */
  readonly label: Expression | { readonly kind: 'default'; readonly span: Span };
  /** Absent: falls through to the next case's body. */
  readonly body?: BlockStatement;
  readonly span: Span;
}

/** `for (init; condition; update) body` */
export interface ForStatement {
  readonly kind: 'for';
  readonly annotations: readonly Annotation[];
  readonly init: readonly Statement[];
  readonly condition: Expression;
  readonly update: readonly Statement[];
  readonly body: Statement;
  readonly span: Span;
}

/** `for (T x in range) body` or `for (x in collection) body` */
export interface ForInStatement {
  readonly kind: 'forIn';
  readonly annotations: readonly Annotation[];
  /** A fresh variable (`variable` without initializer) or an existing lvalue. */
  readonly variable: VariableDeclaration | Expression;
  readonly collection: Expression;
  readonly body: Statement;
  readonly span: Span;
}

export interface ReturnStatement {
  readonly kind: 'return';
  readonly value?: Expression;
  readonly span: Span;
}

export interface DeclarationStatement {
  readonly kind: 'declarationStatement';
  readonly declaration: VariableDeclaration | ConstantDeclaration | InstantiationDeclaration;
  readonly span: Span;
}

// ---------------------------------------------------------------- expressions

export type Expression =
  | IntegerLiteral
  | BooleanLiteral
  | StringLiteral
  | ThisExpression
  | PathExpression
  | TypeNameExpression
  | MemberExpression
  | IndexExpression
  | SliceExpression
  | CallExpression
  | UnaryExpression
  | BinaryExpression
  | ConditionalExpression
  | CastExpression
  | MaskExpression
  | RangeExpression
  | ListExpression
  | StructExpression
  | InvalidExpression
  | DefaultValueExpression;

/** `10`, `0x1F`, `8w255`, `4s7`. Underscores removed; the digits' value, not yet wrapped to the width (`4s15` has value 15 here and means -1). */
export interface IntegerLiteral {
  readonly kind: 'integer';
  readonly value: bigint;
  /** Given by `8w…` (unsigned) and `8s…` (signed); absent for an arbitrary-precision `int`. */
  readonly width?: number;
  readonly signed: boolean;
  /** Radix as written, for printing. */
  readonly base: 2 | 8 | 10 | 16;
  readonly span: Span;
}

export interface BooleanLiteral {
  readonly kind: 'boolean';
  readonly value: boolean;
  readonly span: Span;
}

export interface StringLiteral {
  readonly kind: 'string';
  readonly value: string;
  readonly span: Span;
}

export interface ThisExpression {
  readonly kind: 'this';
  readonly span: Span;
}

/** `x` or `.x` (`isGlobal`). Also names actions, tables, instances, states, functions. */
export interface PathExpression {
  readonly kind: 'path';
  readonly name: Identifier;
  readonly isGlobal: boolean;
  readonly span: Span;
}

/** A type where an expression stands: `E.A` (an enum), `error.NoError`, `Checksum16()` constructor, `bit<8>` never. */
export interface TypeNameExpression {
  readonly kind: 'typeName';
  readonly type: TypeRef;
  readonly span: Span;
}

export interface MemberExpression {
  readonly kind: 'member';
  readonly object: Expression;
  readonly member: Identifier;
  readonly span: Span;
}

export interface IndexExpression {
  readonly kind: 'index';
  readonly object: Expression;
  readonly index: Expression;
  readonly span: Span;
}

/** `e[high:low]` or, with `isPlus`, `e[low +: width]` (then `high` is the width expression). */
export interface SliceExpression {
  readonly kind: 'slice';
  readonly object: Expression;
  readonly high: Expression;
  readonly low: Expression;
  readonly isPlus: boolean;
  readonly span: Span;
}

/** Call of function, method, constructor, action, table/parser/control apply. */
export interface CallExpression {
  readonly kind: 'call';
  readonly callee: Expression;
  readonly typeArguments: readonly TypeRef[];
  readonly args: readonly Argument[];
  readonly span: Span;
}

export interface Argument {
  readonly kind: 'argument';
  /** Present for `name = value`. */
  readonly name?: Identifier;
  /** `_` (an omitted out argument or a don't-care) has kind `dontcare`. */
  readonly value: Expression | { readonly kind: 'dontcare'; readonly span: Span };
  readonly span: Span;
}

export type UnaryOperator = '!' | '~' | '-' | '+';

export interface UnaryExpression {
  readonly kind: 'unary';
  readonly operator: UnaryOperator;
  readonly operand: Expression;
  readonly span: Span;
}

export type BinaryOperator =
  | '*'
  | '/'
  | '%'
  | '+'
  | '-'
  | '|+|'
  | '|-|'
  | '<<'
  | '>>'
  | '<='
  | '>='
  | '<'
  | '>'
  | '=='
  | '!='
  | '&'
  | '^'
  | '|'
  | '&&'
  | '||'
  | '++'
  | 'in';

export interface BinaryExpression {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
  readonly span: Span;
}

export interface ConditionalExpression {
  readonly kind: 'conditional';
  readonly condition: Expression;
  readonly whenTrue: Expression;
  readonly whenFalse: Expression;
  readonly span: Span;
}

export interface CastExpression {
  readonly kind: 'cast';
  readonly type: TypeRef;
  readonly operand: Expression;
  readonly span: Span;
}

/** `value &&& mask` */
export interface MaskExpression {
  readonly kind: 'mask';
  readonly value: Expression;
  readonly mask: Expression;
  readonly span: Span;
}

/** `low .. high` */
export interface RangeExpression {
  readonly kind: 'range';
  readonly low: Expression;
  readonly high: Expression;
  readonly span: Span;
}

/** `{ a, b }`, `{ a, b, ... }` (`hasRest`: default values for the rest). */
export interface ListExpression {
  readonly kind: 'list';
  readonly elements: readonly Expression[];
  readonly hasRest: boolean;
  readonly span: Span;
}

/** `{ f = a, g = b }`, with optional `...`. A type before the brace is a cast around it. */
export interface StructExpression {
  readonly kind: 'structExpression';
  readonly fields: readonly { readonly name: Identifier; readonly value: Expression; readonly span: Span }[];
  readonly hasRest: boolean;
  readonly span: Span;
}

/** `{#}`: the invalid header or header union. */
export interface InvalidExpression {
  readonly kind: 'invalid';
  readonly span: Span;
}

/** `...` standing alone (`S s = ...;`): the default value of the expected type. */
export interface DefaultValueExpression {
  readonly kind: 'defaultValue';
  readonly span: Span;
}

// ---------------------------------------------------------------- types as written

export type TypeRef =
  | { readonly kind: 'boolType' | 'errorType' | 'matchKindType' | 'stringType' | 'intType' | 'voidType'; readonly span: Span }
  /** `bit`, `bit<8>`, `int<8>`, `varbit<8>`; `bit` without a width is `bit<1>` (width absent). The width is an expression known at compile time. */
  | { readonly kind: 'bitType' | 'signedType' | 'varbitType'; readonly width?: Expression; readonly span: Span }
  | { readonly kind: 'namedType'; readonly name: Identifier; readonly isGlobal: boolean; readonly span: Span }
  | { readonly kind: 'specializedType'; readonly base: TypeRef; readonly args: readonly TypeRef[]; readonly span: Span }
  | { readonly kind: 'stackType'; readonly element: TypeRef; readonly size: Expression; readonly span: Span }
  | { readonly kind: 'tupleType'; readonly elements: readonly TypeRef[]; readonly span: Span }
  | { readonly kind: 'listType'; readonly element: TypeRef; readonly span: Span }
  /** `_` as a type argument: to be inferred. */
  | { readonly kind: 'dontcareType'; readonly span: Span };
