/**
 * Control-plane names and annotations (P4-16 §19.3): `@name` replaces the last part, a leading dot the whole path.
 */
import type * as ast from '../../syntax/ast.ts';
import { printExpression } from '../../syntax/index.ts';
import type { Annotation } from '../ir.ts';

/** Fully qualified name of something declared inside `prefix` ('' at the top level). */
export function qualifiedName(
  prefix: string,
  declaration: { readonly name: ast.Identifier; readonly annotations: readonly ast.Annotation[] },
): string {
  return qualify(prefix, nameAnnotation(declaration.annotations) ?? declaration.name.name);
}

export function qualify(prefix: string, local: string): string {
  if (local.startsWith('.')) return local.slice(1);
  return prefix === '' ? local : `${prefix}.${local}`;
}

/** The string of `@name("…")`. */
export function nameAnnotation(annotations: readonly ast.Annotation[]): string | undefined {
  const body = annotations.find((a) => a.name === 'name')?.args[0]?.value;
  return body?.kind === 'string' ? body.value : undefined;
}

export function hasAnnotation(annotations: readonly ast.Annotation[], name: string): boolean {
  return annotations.some((a) => a.name === name);
}

/** Annotations as the IR carries them: all but `@name`, which is in the name already. */
export function irAnnotations(annotations: readonly ast.Annotation[]): Annotation[] {
  return annotations.filter((a) => a.name !== 'name').map((a) => ({ name: a.name, body: bodyOf(a), text: textOf(a) }));
}

function bodyOf(a: ast.Annotation): string {
  const [only, ...others] = a.args;
  if (only && others.length === 0 && only.value.kind === 'string' && !only.name) return only.value.value;
  return a.tokens.join('');
}

/** The tokens with the spaces that a person would write. */
function textOf(a: ast.Annotation): string {
  return a.tokens
    .join(' ')
    .replace(/ ([,;:).\]])/g, '$1')
    .replace(/([([.]) /g, '$1');
}

/**
 * Name of a table key without `@name`: as written, with `$valid$` for isValid(). A field with `@name` is called by it; one that begins with a dot
 * leaves out what is before. `fieldOf` gives the field that a member access denotes.
 */
export function keyName(e: ast.Expression, fieldOf: (e: ast.MemberExpression) => ast.StructField | undefined): string {
  switch (e.kind) {
    case 'call':
      return e.callee.kind === 'member' && e.callee.member.name === 'isValid'
        ? `${keyName(e.callee.object, fieldOf)}.$valid$`
        : printExpression(e);
    case 'member': {
      const field = fieldOf(e);
      const named = field && nameAnnotation(field.annotations);
      return qualify(keyName(e.object, fieldOf), named ?? e.member.name);
    }
    case 'integer':
      return `0x${(e.width === undefined ? e.value : BigInt.asUintN(e.width, e.value)).toString(16)}`;
    case 'slice':
    case 'index':
      return keyName(e.object, fieldOf) + printExpression(e).slice(printExpression(e.object).length);
    default:
      return printExpression(e);
  }
}
