/**
 * Member access (P4-16 §8.2 to §8.4, §8.17 to §8.21): fields, enum and error members, stack properties, results of `t.apply()`; and which
 * expressions are lvalues (§6.7).
 */
import type * as ast from '../syntax/ast.ts';
import { isBuiltinOf } from './builtins.ts';
import type { Referent } from './checked.ts';
import { type Context, declaredHere, didYouMean } from './context.ts';
import { checkExpression } from './expressions.ts';
import { assertNever, bitsType, boolType, poisonType, printType } from './relations.ts';
import { isTypeReferent } from './scope.ts';
import { describeType, openType } from './typerefs.ts';
import type { Type } from './types.ts';

/** The type that an expression names, when it names one rather than being a value. `isOpen`: a generic without arguments. */
export function namedTypeOf(cx: Context, e: ast.Expression): { type: Type; isOpen: boolean } | undefined {
  if (e.kind === 'typeName') return openType(cx, e.type);
  if (e.kind !== 'path') return undefined;
  const scope = e.isGlobal ? cx.global : cx.scope;
  const referent = scope.lookup(e.name.name)[0];
  if (!referent || !isTypeReferent(referent)) return undefined;
  cx.referents.set(e, referent);
  cx.referents.set(e.name, referent);
  const type = cx.typeOfDeclaration(referent);
  return { type, isOpen: 'typeParameters' in referent && referent.typeParameters.length > 0 };
}

export function checkMember(cx: Context, e: ast.MemberExpression): Type {
  const named = namedTypeOf(cx, e.object);
  if (named) return memberOfType(cx, e, named.type);
  const object = checkExpression(cx, e.object);
  const name = e.member.name;
  switch (object.kind) {
    case 'poison':
      return object;
    case 'struct':
    case 'header':
    case 'headerUnion': {
      const field = object.fields.find((f) => f.name === name);
      if (field) return field.type;
      if (isBuiltinOf(object, name)) return notCalled(cx, e);
      const word = object.kind === 'headerUnion' ? 'header union' : object.kind;
      return cx.fail('unknown-field', e.member.span, `${word} '${printType(object)}' has no field '${name}'`, {
        ...didYouMean(
          name,
          object.fields.map((f) => f.name),
        ),
        notes: [declaredHere(object.declaration)],
      });
    }
    case 'stack':
      return stackMember(cx, e, object);
    case 'applyResult':
      if (name === 'hit' || name === 'miss') return boolType;
      if (name === 'action_run') return { kind: 'actionRun', declaration: object.declaration };
      return cx.fail(
        'unknown-field',
        e.member.span,
        `the result of a table's apply() has no field '${name}', expected 'hit', 'miss' or 'action_run'`,
      );
    case 'extern':
      return object.declaration.methods.some((m) => m.name.name === name) ? notCalled(cx, e) : noMember(cx, e, object);
    default:
      return noMember(cx, e, object);
  }
}

function noMember(cx: Context, e: ast.MemberExpression, object: Type): Type {
  return cx.fail('unknown-field', e.member.span, `a value of type ${describeType(object)} has no member '${e.member.name}'`);
}

function notCalled(cx: Context, e: ast.MemberExpression): Type {
  return cx.fail('method-not-called', e.span, `method '${e.member.name}' can only be called`);
}

function memberOfType(cx: Context, e: ast.MemberExpression, type: Type): Type {
  const find = (members: readonly string[], referent: Referent | undefined, owner: string): Type => {
    if (referent) {
      cx.referents.set(e, referent);
      cx.referents.set(e.member, referent);
      return type;
    }
    return cx.fail('unknown-member', e.member.span, `${owner} has no member '${e.member.name}'`, {
      ...didYouMean(e.member.name, members),
      notes: type.kind === 'enum' || type.kind === 'serEnum' ? [declaredHere(type.declaration)] : [],
    });
  };
  switch (type.kind) {
    case 'poison':
      return type;
    case 'enum':
    case 'serEnum': {
      const { members } = type.declaration;
      const member = members.find((m) => m.name.name === e.member.name);
      return find(
        members.map((m) => m.name.name),
        member,
        `enum '${type.name}'`,
      );
    }
    case 'error':
      return find([...cx.errorMembers.keys()], cx.errorMembers.get(e.member.name), "'error'");
    case 'matchKind':
      return find([...cx.matchKindMembers.keys()], cx.matchKindMembers.get(e.member.name), "'match_kind'");
    default:
      return cx.fail('type-as-value', e.object.span, `'${printType(type)}' is a type and has no member '${e.member.name}'`);
  }
}

function stackMember(cx: Context, e: ast.MemberExpression, stack: Type & { kind: 'stack' }): Type {
  const name = e.member.name;
  switch (name) {
    case 'size':
      return bitsType(32);
    case 'next':
    case 'last':
    case 'lastIndex':
      if (stack.element.kind !== 'header' && stack.element.kind !== 'headerUnion' && stack.element.kind !== 'typeVar') {
        return cx.fail('unknown-field', e.member.span, `only stacks of headers have '${name}', found '${printType(stack)}'`);
      }
      if (cx.place.kind !== 'state' && cx.place.kind !== 'parser') {
        return cx.fail('parser-only', e.span, `'${name}' of a header stack can only be used in a parser`);
      }
      return name === 'lastIndex' ? bitsType(32) : stack.element;
    case 'push_front':
    case 'pop_front':
      return notCalled(cx, e);
    default:
      return cx.fail(
        'unknown-field',
        e.member.span,
        `a stack has no member '${name}'`,
        didYouMean(name, ['next', 'last', 'lastIndex', 'size', 'push_front', 'pop_front']),
      );
  }
}

/** Reports unless the (typed) expression can be written to. `use` ends the message: "be assigned to". */
export function checkLvalue(cx: Context, e: ast.Expression, use: string): boolean {
  if ((cx.types.get(e) ?? poisonType).kind === 'poison') return true;
  const root = readOnlyRoot(cx, e);
  if (root === undefined) return true;
  const more = root.referent ? { notes: [declaredHere(root.referent)] } : {};
  cx.error('not-an-lvalue', e.span, `${root.what} cannot ${use}`, more);
  return false;
}

/** Why an expression cannot be written to; undefined if it can. */
function readOnlyRoot(cx: Context, e: ast.Expression): { what: string; referent?: Referent } | undefined {
  switch (e.kind) {
    case 'path': {
      const referent = cx.referents.get(e);
      if (!referent) return undefined;
      const name = `'${e.name.name}'`;
      if (referent.kind === 'variable') return undefined;
      if (referent.kind === 'parameter') {
        if (referent.direction === 'out' || referent.direction === 'inout') return undefined;
        const word = referent.direction === 'in' ? "'in' parameter" : 'parameter without direction';
        return { what: `${word} ${name}`, referent };
      }
      return { what: `${referent.kind === 'constant' ? 'constant ' : ''}${name}`, referent };
    }
    case 'member': {
      const object = cx.types.get(e.object);
      if (!object) return { what: `'${e.member.name}'` };
      if (object.kind === 'stack' && (e.member.name === 'size' || e.member.name === 'lastIndex')) {
        return { what: `'${e.member.name}' of a stack` };
      }
      if (object.kind === 'applyResult') return { what: `the result of apply()` };
      return readOnlyRoot(cx, e.object);
    }
    case 'index':
      return readOnlyRoot(cx, e.object);
    case 'slice':
      return readOnlyRoot(cx, e.object);
    case 'integer':
    case 'boolean':
    case 'string':
    case 'this':
    case 'typeName':
    case 'call':
    case 'unary':
    case 'binary':
    case 'conditional':
    case 'cast':
    case 'mask':
    case 'range':
    case 'list':
    case 'structExpression':
    case 'invalid':
    case 'defaultValue':
      return { what: 'this expression' };
    default:
      return assertNever(e);
  }
}
