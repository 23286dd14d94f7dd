/** Declarations: top level, bodies of parsers and controls, externs (P4-16 §7, §11, §13, §14; grammar: declaration). */
import type {
  Annotation,
  BlockStatement,
  ConstantDeclaration,
  ControlDeclaration,
  ControlTypeDeclaration,
  Declaration,
  ExternDeclaration,
  ExternFunctionDeclaration,
  FunctionDeclaration,
  Identifier,
  InstantiationDeclaration,
  MethodSignature,
  Parameter,
  ParserDeclaration,
  ParserTypeDeclaration,
  TypeRef,
  ValueSetDeclaration,
} from './ast.ts';
import type { Cursor } from './cursor.ts';
import { parseAnnotations } from './parse-annotations.ts';
import { parseArguments, parseExpression } from './parse-expressions.ts';
import { parseBlock, parseVariable } from './parse-statements.ts';
import { parseState } from './parse-states.ts';
import { parseTable } from './parse-tables.ts';
import { parseDerivedType, parseErrorOrMatchKind, parseTypedefOrNewtype, startsDerivedType } from './parse-type-declarations.ts';
import { parseTypeArguments, parseTypeParameters, parseTypeRef } from './parse-types.ts';
import { skipTypeArguments } from './scan.ts';

/** Words that, at the start of a line, begin a declaration whatever went wrong before. */
export const declarationStarters: ReadonlySet<string> = new Set([
  'const',
  'extern',
  'action',
  'parser',
  'control',
  'package',
  'header',
  'header_union',
  'struct',
  'enum',
  'error',
  'match_kind',
  'typedef',
]);
const localStarters: ReadonlySet<string> = new Set(['const', 'action', 'table', 'apply', 'state', 'value_set']);

/** grammar: declaration. Undefined for a forward declaration `extern name;`. */
export function parseDeclaration(p: Cursor): Declaration | undefined {
  const start = p.pos;
  const annotations = parseAnnotations(p);
  const { token } = p;
  switch (token.kind) {
    case 'const':
      return parseConstant(p, annotations, start);
    case 'extern':
      return parseExtern(p, annotations, start);
    case 'action':
      return parseAction(p, annotations, start);
    case 'parser':
    case 'control':
      return parseParserOrControl(p, annotations, start);
    case 'package':
      return parsePackage(p, annotations, start);
    case 'typedef':
    case 'type':
      return parseTypedefOrNewtype(p, annotations, start);
    case 'error':
    case 'match_kind':
      if (p.peek(1).kind === '{') return parseErrorOrMatchKind(p, annotations, start);
      break;
    case 'table':
      return p.fail('a declaration', [], 'tables are declared inside a control');
    default:
  }
  if (startsDerivedType(p)) return parseDerivedType(p, annotations, start);
  if (!p.atName() && !startsType(p)) p.fail('a declaration');
  const type = parseTypeRef(p, true);
  if (p.at('(')) return parseInstantiation(p, type, annotations, start);
  if (p.at('=') || (p.atName() && (p.peek(1).kind === '=' || p.peek(1).kind === ';'))) {
    p.report(token.span, 'a variable cannot be declared here', {
      help: "only constants ('const') can stand outside of parsers, controls and functions",
    });
    return parseVariableDeclaration(p, type, annotations, start);
  }
  return parseFunction(p, type, annotations, start);
}

function startsType(p: Cursor): boolean {
  return ['.', 'bit', 'int', 'varbit', 'bool', 'string', 'void', 'tuple', 'error', 'match_kind'].includes(p.token.kind);
}

// ---------------------------------------------------------------- values

/** grammar: constantDeclaration */
export function parseConstant(p: Cursor, annotations: readonly Annotation[], start: number): ConstantDeclaration {
  p.expect('const');
  const type = parseTypeRef(p);
  const name = p.expectName('a constant name');
  p.expect('=');
  const initializer = parseExpression(p);
  p.declareObject(name);
  p.expectSemicolon();
  return { kind: 'constant', annotations, type, name, initializer, span: p.spanFrom(start) };
}

function parseVariableDeclaration(p: Cursor, type: TypeRef, annotations: readonly Annotation[], start: number): Declaration {
  const variable = parseVariable(p, type, annotations, start);
  p.expectSemicolon();
  return { ...variable, span: p.spanFrom(start) };
}

/** grammar: instantiation, behind its type */
export function parseInstantiation(
  p: Cursor,
  type: TypeRef,
  annotations: readonly Annotation[],
  start: number,
): InstantiationDeclaration {
  const args = parseArguments(p);
  const name = p.expectName('an instance name');
  const open = p.pos;
  const arraySize = p.accept('[') ? parseExpression(p) : undefined;
  if (arraySize) p.expectClosing(']', open);
  const initializer = p.accept('=') ? parseObjectInitializer(p) : undefined;
  p.declareObject(name);
  p.expectSemicolon();
  const optional = { ...(arraySize && { arraySize }), ...(initializer && { initializer }) };
  return { kind: 'instantiation', annotations, type, args, name, ...optional, span: p.spanFrom(start) };
}

/** grammar: objInitializer */
function parseObjectInitializer(p: Cursor): (FunctionDeclaration | InstantiationDeclaration)[] {
  const open = p.pos;
  p.expect('{');
  p.enter();
  p.pushScope();
  const members: (FunctionDeclaration | InstantiationDeclaration)[] = [];
  while (!p.atListEnd()) {
    const member = p.recovering(() => {
      const start = p.pos;
      const annotations = parseAnnotations(p);
      const type = parseTypeRef(p, true);
      return p.at('(') ? parseInstantiation(p, type, annotations, start) : parseFunction(p, type, annotations, start);
    }, declarationStarters);
    if (member) members.push(member);
  }
  p.popScope();
  p.leave();
  p.expectClosing('}', open);
  return members;
}

// ---------------------------------------------------------------- functions, actions, parameters

/** grammar: functionDeclaration, behind its return type */
function parseFunction(p: Cursor, returnType: TypeRef, annotations: readonly Annotation[], start: number): FunctionDeclaration {
  const name = p.expectName('a function name');
  p.declareObject(name);
  p.pushScope();
  const typeParameters = parseTypeParameters(p);
  const parameters = parseParameters(p);
  const body = parseBlock(p);
  p.popScope();
  return { kind: 'function', annotations, returnType, name, typeParameters, parameters, body, span: p.spanFrom(start) };
}

/** grammar: actionDeclaration */
function parseAction(p: Cursor, annotations: readonly Annotation[], start: number): Declaration {
  p.expect('action');
  const name = p.expectName('an action name');
  p.declareObject(name);
  p.pushScope();
  const parameters = parseParameters(p);
  const body = parseBlock(p);
  p.popScope();
  return { kind: 'action', annotations, name, parameters, body, span: p.spanFrom(start) };
}

/** grammar: "(" parameterList ")"; the names hide types from here on. */
function parseParameters(p: Cursor): Parameter[] {
  const open = p.pos;
  p.expect('(');
  const parameters: Parameter[] = [];
  if (!p.at(')')) {
    do parameters.push(parseParameter(p));
    while (p.accept(','));
  }
  p.expectClosing(')', open);
  for (const { name } of parameters) p.declareObject(name);
  return parameters;
}

function parseParameter(p: Cursor): Parameter {
  const start = p.pos;
  const annotations = parseAnnotations(p);
  const direction = p.at('in') || p.at('out') || p.at('inout') ? (p.advance().text as Parameter['direction']) : 'none';
  const type = parseTypeRef(p);
  const name = p.expectName('a parameter name');
  const defaultValue = p.accept('=') ? parseExpression(p) : undefined;
  return {
    kind: 'parameter',
    annotations,
    direction,
    type,
    name,
    ...(defaultValue && { defaultValue }),
    span: p.spanFrom(start),
  };
}

// ---------------------------------------------------------------- extern, package

/** grammar: externDeclaration */
function parseExtern(
  p: Cursor,
  annotations: readonly Annotation[],
  start: number,
): ExternDeclaration | ExternFunctionDeclaration | undefined {
  p.expect('extern');
  if (p.atName() && p.peek(1).kind === ';') {
    p.declareType(p.expectName());
    p.expectSemicolon();
    return undefined;
  }
  const behind = p.peek(1).kind === '<' ? skipTypeArguments(p, p.pos + 1) : p.pos + 1;
  if (p.atName() && p.tokens[behind]?.kind === '{') return parseExternObject(p, annotations, start);
  const signature = parseMethod(p, annotations, start, false);
  p.declareObject(signature.name);
  const { name, returnType, typeParameters, parameters } = signature;
  return { kind: 'externFunction', annotations, returnType, name, typeParameters, parameters, span: p.spanFrom(start) };
}

function parseExternObject(p: Cursor, annotations: readonly Annotation[], start: number): ExternDeclaration {
  const name = p.expectName('an extern name');
  p.declareType(name);
  p.pushScope();
  const typeParameters = parseTypeParameters(p);
  const constructors: ExternDeclaration['constructors'][number][] = [];
  const methods: MethodSignature[] = [];
  const open = p.pos;
  p.expect('{');
  while (!p.atListEnd()) {
    p.recovering(() => {
      const memberStart = p.pos;
      const memberAnnotations = parseAnnotations(p);
      if (p.atName() && p.peek(1).kind === '(') {
        const constructorName = p.expectName();
        if (constructorName.name !== name.name) {
          const help = `a constructor is named '${name.name}'`;
          p.diag.error('syntax', constructorName.span, `expected a return type before '${constructorName.name}'`, { help });
        }
        p.pushScope();
        const parameters = parseParameters(p);
        p.popScope();
        p.expectSemicolon();
        const span = p.spanFrom(memberStart);
        constructors.push({
          kind: 'constructorSignature',
          annotations: memberAnnotations,
          name: constructorName,
          parameters,
          span,
        });
      } else {
        const isAbstract = p.accept('abstract');
        methods.push(parseMethod(p, memberAnnotations, memberStart, isAbstract));
      }
    }, declarationStarters);
  }
  p.popScope();
  p.expectClosing('}', open);
  return { kind: 'extern', annotations, name, typeParameters, constructors, methods, span: p.spanFrom(start) };
}

/** grammar: functionPrototype ";" */
function parseMethod(p: Cursor, annotations: readonly Annotation[], start: number, isAbstract: boolean): MethodSignature {
  const returnType = parseTypeRef(p, true);
  if (p.at('(') && returnType.kind === 'specializedType') p.fail('a method name', [], 'constructors have no type parameters');
  const name = p.expectName('a method name');
  p.pushScope();
  const typeParameters = parseTypeParameters(p);
  const parameters = parseParameters(p);
  p.popScope();
  p.expectSemicolon();
  return {
    kind: 'methodSignature',
    annotations,
    isAbstract,
    returnType,
    name,
    typeParameters,
    parameters,
    span: p.spanFrom(start),
  };
}

/** grammar: packageTypeDeclaration */
function parsePackage(p: Cursor, annotations: readonly Annotation[], start: number): Declaration {
  p.expect('package');
  const name = p.expectName('a package name');
  p.declareType(name);
  p.pushScope();
  const typeParameters = parseTypeParameters(p);
  const parameters = parseParameters(p);
  p.popScope();
  p.expectSemicolon();
  return { kind: 'packageType', annotations, name, typeParameters, parameters, span: p.spanFrom(start) };
}

// ---------------------------------------------------------------- parser, control

/** grammar: parserDeclaration, parserTypeDeclaration, controlDeclaration, controlTypeDeclaration */
function parseParserOrControl(
  p: Cursor,
  annotations: readonly Annotation[],
  start: number,
): ParserDeclaration | ParserTypeDeclaration | ControlDeclaration | ControlTypeDeclaration {
  const isParser = p.at('parser');
  p.advance();
  const name = p.expectName(isParser ? 'a parser name' : 'a control name');
  p.declareType(name);
  p.pushScope();
  const typeParameters = parseTypeParameters(p);
  const parameters = parseParameters(p);
  const head = { annotations, name, typeParameters, parameters };
  if (p.at(';')) {
    p.popScope();
    p.advance();
    return { kind: isParser ? 'parserType' : 'controlType', ...head, span: p.spanFrom(start) };
  }
  const constructorParameters = p.at('(') ? parseParameters(p) : [];
  if (!p.at('{')) p.fail(constructorParameters.length > 0 ? "'{'" : "'{' or ';'");
  const body = isParser ? parseParserBody(p) : parseControlBody(p, name);
  p.popScope();
  const span = p.spanFrom(start);
  return 'states' in body
    ? { kind: 'parser', ...head, constructorParameters, ...body, span }
    : { kind: 'control', ...head, constructorParameters, ...body, span };
}

function parseParserBody(p: Cursor): Pick<ParserDeclaration, 'locals' | 'states'> {
  const open = p.pos;
  p.expect('{');
  const locals: Declaration[] = [];
  const states: ParserDeclaration['states'][number][] = [];
  while (!p.atListEnd()) {
    const before = p.pos;
    p.recovering(() => {
      const start = p.pos;
      const annotations = parseAnnotations(p);
      if (p.at('state') && p.atName(1) && p.peek(2).kind === '{') {
        states.push(parseState(p, annotations, start));
      } else {
        if (states.length > 0) p.fail("'state' or '}'");
        locals.push(parseParserLocal(p, annotations, start));
      }
    }, localStarters);
    if (p.pos === before) break;
  }
  if (p.at('}') && states.length === 0 && p.pos === open + 1) p.fail('a parser state');
  p.expectClosing('}', open);
  return { locals, states };
}

/** grammar: parserLocalElement */
function parseParserLocal(p: Cursor, annotations: readonly Annotation[], start: number): Declaration {
  if (p.at('value_set')) return parseValueSet(p, annotations, start);
  return parseLocal(p, annotations, start, "a declaration or 'state'");
}

/** grammar: controlLocalDeclarations APPLY controlBody */
function parseControlBody(p: Cursor, control: Identifier): Pick<ControlDeclaration, 'locals' | 'apply'> {
  const open = p.pos;
  p.expect('{');
  const locals: Declaration[] = [];
  let apply: BlockStatement | undefined;
  while (!p.atListEnd()) {
    const before = p.pos;
    p.recovering(() => {
      const start = p.pos;
      const annotations = parseAnnotations(p);
      if (p.at('apply') && (p.peek(1).kind === '{' || p.peek(1).kind === '@')) {
        if (apply) p.fail("'}' after the 'apply' block");
        p.advance();
        const bodyStart = p.pos;
        const bodyAnnotations = parseAnnotations(p);
        apply = parseBlock(p, bodyAnnotations, bodyStart);
      } else {
        if (apply) p.fail("'}' after the 'apply' block");
        locals.push(parseControlLocal(p, annotations, start));
      }
    }, localStarters);
    if (p.pos === before) break;
  }
  if (!apply && p.at('}')) {
    p.report(control.span, `control '${control.name}' has no 'apply' block`);
  }
  p.expectClosing('}', open);
  return { locals, apply: apply ?? { kind: 'block', annotations: [], statements: [], span: p.spanFrom(p.pos - 1) } };
}

/** grammar: controlLocalDeclaration */
function parseControlLocal(p: Cursor, annotations: readonly Annotation[], start: number): Declaration {
  if (p.at('action')) return parseAction(p, annotations, start);
  if (p.at('table')) return parseTable(p, annotations, start);
  return parseLocal(p, annotations, start, "a declaration or 'apply'");
}

/** Constant, variable or instantiation. */
function parseLocal(p: Cursor, annotations: readonly Annotation[], start: number, expected: string): Declaration {
  if (p.at('const')) return parseConstant(p, annotations, start);
  if (!p.atName() && !startsType(p)) p.fail(expected);
  const type = parseTypeRef(p, true);
  if (p.at('(')) return parseInstantiation(p, type, annotations, start);
  if (p.atName() && (p.peek(1).kind === '(' || p.peek(1).kind === '<')) {
    p.report(p.token.span, `function '${p.token.text}' cannot be declared here`, {
      help: 'functions are declared outside of parsers and controls',
    });
    return parseFunction(p, type, annotations, start);
  }
  if (type.kind === 'voidType') p.fail('a function name');
  return parseVariableDeclaration(p, type, annotations, start);
}

/** grammar: valueSetDeclaration */
function parseValueSet(p: Cursor, annotations: readonly Annotation[], start: number): ValueSetDeclaration {
  p.expect('value_set');
  const argumentStart = p.pos;
  const types = parseTypeArguments(p);
  const elementType = types[0];
  if (types.length !== 1 || !elementType) {
    p.report(p.spanFrom(argumentStart), `expected one type argument of 'value_set', found ${types.length}`);
  }
  const open = p.pos;
  p.expect('(');
  const size = parseExpression(p);
  p.expectClosing(')', open);
  const name = p.expectName('a value set name');
  p.declareObject(name);
  p.expectSemicolon();
  const span = p.spanFrom(start);
  return { kind: 'valueSet', annotations, elementType: elementType ?? { kind: 'dontcareType', span }, size, name, span };
}
