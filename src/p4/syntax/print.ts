/** The way back: expressions and types as P4 source text, for messages, traces and names of keys. Parentheses only where they are needed. */
import { assertNever } from '../../diag/index.ts';
import type { Argument, Expression, IntegerLiteral, Keyset, TypeRef } from './ast.ts';
import { binaryPrecedence } from './tokens.ts';

/** How tightly an expression binds: 0 `?:` and keysets, then the binary levels, then prefix, then postfix and primary. */
const prefixLevel = binaryPrecedence.length + 1;
const postfixLevel = prefixLevel + 1;

/** The expression as P4 source text on one line. */
export function printExpression(expression: Expression): string {
  return print(expression, 0);
}

/** The type as P4 source text. */
export function printTypeRef(type: TypeRef): string {
  switch (type.kind) {
    case 'boolType':
      return 'bool';
    case 'errorType':
      return 'error';
    case 'matchKindType':
      return 'match_kind';
    case 'stringType':
      return 'string';
    case 'intType':
      return 'int';
    case 'voidType':
      return 'void';
    case 'bitType':
      return `bit${printWidth(type.width)}`;
    case 'signedType':
      return `int${printWidth(type.width)}`;
    case 'varbitType':
      return `varbit${printWidth(type.width)}`;
    case 'namedType':
      return `${type.isGlobal ? '.' : ''}${type.name.name}`;
    case 'specializedType':
      return `${printTypeRef(type.base)}<${type.args.map(printTypeRef).join(', ')}>`;
    case 'stackType':
      return `${printTypeRef(type.element)}[${printExpression(type.size)}]`;
    case 'tupleType':
      return `tuple<${type.elements.map(printTypeRef).join(', ')}>`;
    case 'listType':
      return `list<${printTypeRef(type.element)}>`;
    case 'dontcareType':
      return '_';
    default:
      return assertNever(type);
  }
}

/** A keyset of a select case or a table entry. */
export function printKeyset(keyset: Keyset): string {
  switch (keyset.kind) {
    case 'default':
      return 'default';
    case 'dontcare':
      return '_';
    default:
      return printExpression(keyset);
  }
}

function printWidth(width: Expression | undefined): string {
  if (!width) return '';
  return width.kind === 'integer' ? `<${printInteger(width)}>` : `<(${printExpression(width)})>`;
}

/** Prints `e`, in parentheses if it binds weaker than `level` asks for. */
function print(e: Expression, level: number): string {
  const [text, own] = printWithLevel(e);
  return own < level ? `(${text})` : text;
}

function printWithLevel(e: Expression): [string, number] {
  switch (e.kind) {
    case 'integer':
      return [printInteger(e), postfixLevel];
    case 'boolean':
      return [String(e.value), postfixLevel];
    case 'string':
      return [
        `"${e.value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')}"`,
        postfixLevel,
      ];
    case 'this':
      return ['this', postfixLevel];
    case 'path':
      return [`${e.isGlobal ? '.' : ''}${e.name.name}`, postfixLevel];
    case 'typeName':
      return [printTypeRef(e.type), postfixLevel];
    case 'member':
      return [`${print(e.object, postfixLevel)}.${e.member.name}`, postfixLevel];
    case 'index':
      return [`${print(e.object, postfixLevel)}[${print(e.index, 0)}]`, postfixLevel];
    case 'slice': {
      const range = e.isPlus ? `${print(e.low, 0)}+:${print(e.high, 0)}` : `${print(e.high, 0)}:${print(e.low, 0)}`;
      return [`${print(e.object, postfixLevel)}[${range}]`, postfixLevel];
    }
    case 'call': {
      const types = e.typeArguments.length > 0 ? `<${e.typeArguments.map(printTypeRef).join(', ')}>` : '';
      return [`${print(e.callee, postfixLevel)}${types}(${e.args.map(printArgument).join(', ')})`, postfixLevel];
    }
    case 'unary':
      return [joinSigns(e.operator, print(e.operand, prefixLevel)), prefixLevel];
    case 'cast':
      return [`(${printTypeRef(e.type)})${print(e.operand, prefixLevel)}`, prefixLevel];
    case 'binary': {
      const level = 1 + binaryPrecedence.findIndex((row) => row.includes(e.operator));
      return [`${print(e.left, level)} ${e.operator} ${print(e.right, level + 1)}`, level];
    }
    case 'conditional':
      return [`${print(e.condition, 1)} ? ${print(e.whenTrue, 0)} : ${print(e.whenFalse, 0)}`, 0];
    case 'mask':
      return [`${print(e.value, 0)} &&& ${print(e.mask, 0)}`, 0];
    case 'range':
      return [`${print(e.low, 0)} .. ${print(e.high, 0)}`, 0];
    case 'list':
      return [braces(e.elements.map(printExpression), e.hasRest), postfixLevel];
    case 'structExpression': {
      const fields = e.fields.map((f) => `${f.name.name} = ${printExpression(f.value)}`);
      return [braces(fields, e.hasRest), postfixLevel];
    }
    case 'invalid':
      return ['{#}', postfixLevel];
    case 'defaultValue':
      return ['...', postfixLevel];
    default:
      return assertNever(e);
  }
}

/** `+` before `+x` would read as `++`. */
function joinSigns(operator: string, operand: string): string {
  return operator === '+' && operand.startsWith('+') ? `+ ${operand}` : operator + operand;
}

function braces(parts: readonly string[], hasRest: boolean): string {
  const all = hasRest ? [...parts, '...'] : parts;
  return all.length > 0 ? `{ ${all.join(', ')} }` : '{}';
}

function printArgument({ name, value }: Argument): string {
  const text = value.kind === 'dontcare' ? '_' : printExpression(value);
  return name ? `${name.name} = ${text}` : text;
}

const prefixes = { 2: '0b', 8: '0o', 10: '', 16: '0x' } as const;

function printInteger({ value, width, signed, base }: IntegerLiteral): string {
  const digits = base === 16 ? value.toString(16).toUpperCase() : value.toString(base);
  return `${width === undefined ? '' : `${width}${signed ? 's' : 'w'}`}${prefixes[base]}${digits}`;
}
