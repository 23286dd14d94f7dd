/**
 * Inference of type arguments by unification (P4-16 §7.2.12, §8.22).
 *
 * Every call of a generic makes fresh type variables: clones of its parameters' syntax nodes, told apart by identity. `unify` walks the
 * type of a parameter and that of its argument together and binds them. Implicit conversions are not decided here: a literal `int` gives way
 * to any integer type, and the caller checks convertibility once the variables are known.
 *
 * Bindings live as long as the program is checked: `top(c())` with a generic control `c` leaves c's arguments open until top's parameter
 * decides them.
 */
import type * as ast from '../syntax/ast.ts';
import type { Context } from './context.ts';
import { equalTypes, mentionsTypeVar, type Substitution, substitute, zipSubstitution } from './relations.ts';
import type { BlockType, Type } from './types.ts';

export class Inference {
  private readonly cx: Context;
  private readonly bindings: Map<ast.TypeParameter, Type>;
  private readonly variables: Set<ast.TypeParameter>;

  constructor(cx: Context) {
    this.cx = cx;
    this.bindings = cx.bindings;
    this.variables = cx.inferenceVariables;
  }

  /** Fresh variables for the given parameters: parameter -> typeVar of its clone. */
  fresh(parameters: readonly ast.TypeParameter[]): Map<ast.TypeParameter, Type> {
    const map = new Map<ast.TypeParameter, Type>();
    for (const p of parameters) {
      const clone: ast.TypeParameter = { ...p };
      this.variables.add(clone);
      map.set(p, { kind: 'typeVar', parameter: clone });
    }
    return map;
  }

  /** The type with all bound variables replaced. */
  resolve(type: Type): Type {
    let result = type;
    // A binding may mention variables that were bound later; occurs-checked bindings cannot cycle.
    while (mentionsTypeVar(result, (p) => this.bindings.has(p))) result = substitute(result, this.bindings);
    return result;
  }

  /** Does the type still mention a variable without a binding (or one not replaced yet)? */
  isOpen(type: Type): boolean {
    return mentionsTypeVar(type, (p) => this.variables.has(p));
  }

  /** Makes both types equal by binding variables; false if that cannot be. */
  unify(a: Type, b: Type): boolean {
    a = this.head(a);
    b = this.head(b);
    if (a === b || a.kind === 'poison' || b.kind === 'poison' || a.kind === 'dontcare' || b.kind === 'dontcare') return true;
    if (a.kind === 'typeVar' && this.variables.has(a.parameter)) return this.bind(a.parameter, b);
    if (b.kind === 'typeVar' && this.variables.has(b.parameter)) return this.bind(b.parameter, a);
    if (b.kind === 'infint') return a.kind === 'bits' || a.kind === 'infint';
    switch (a.kind) {
      case 'struct':
      case 'header':
      case 'headerUnion':
        if (b.kind === 'unknownStruct') return this.unifyFields(a, b);
        return b.kind === a.kind && a.declaration === b.declaration && this.unifyLists(a.typeArgs, b.typeArgs);
      case 'extern':
        return b.kind === 'extern' && a.declaration === b.declaration && this.unifyLists(a.typeArgs, b.typeArgs);
      case 'block':
        return b.kind === 'block' && this.unifyBlocks(a, b);
      case 'stack':
        return b.kind === 'stack' && a.size === b.size && this.unify(a.element, b.element);
      case 'tuple':
        return (b.kind === 'tuple' || b.kind === 'unknownStruct') && this.unifyLists(a.elements, b.elements);
      case 'list':
        if (b.kind === 'unknownStruct') return b.elements.every((e) => this.unify(a.element, e));
        return b.kind === 'list' && this.unify(a.element, b.element);
      case 'set':
        return b.kind === 'set' && this.unify(a.element, b.element);
      default:
        return equalTypes(a, b);
    }
  }

  /** Blocks match when their parameters match, in order, direction and type (P4-16 §7.2.13); trailing optional ones may be absent. */
  private unifyBlocks(a: BlockType, b: BlockType): boolean {
    if (a.declaration === b.declaration) return this.unifyLists(a.typeArgs, b.typeArgs);
    return this.blockMismatch(a, b) === undefined;
  }

  /** Index of the first parameter that keeps block `b` from standing for `a`; -1 if they differ in kind or number; undefined if they match. */
  blockMismatch(a: BlockType, b: BlockType): number | undefined {
    const wanted = blockParameters(this.cx, a);
    const given = blockParameters(this.cx, b);
    if (!sameBlockKind(a, b) || given.length > wanted.length) return -1;
    for (const [i, w] of wanted.entries()) {
      const g = given[i];
      if (!g) {
        if (isOptional(w.parameter) || w.parameter.defaultValue) continue;
        return -1;
      }
      if (w.parameter.direction !== g.parameter.direction || !this.unify(w.type, g.type)) return i;
    }
    return undefined;
  }

  /** Any type will do for the variable, if it is still open. */
  fixOpen(variable: Type | undefined): void {
    if (!variable) return;
    const type = this.resolve(variable);
    if (type.kind === 'typeVar' && this.isOpen(type)) this.fix(type.parameter, { kind: 'dontcare' });
  }

  /** Decides a variable that no argument mentions. */
  fix(variable: ast.TypeParameter, type: Type): void {
    if (!this.bindings.has(variable)) this.bindings.set(variable, type);
  }

  private unifyFields(a: Type & { kind: 'struct' | 'header' | 'headerUnion' }, b: Type & { kind: 'unknownStruct' }): boolean {
    if (b.names) {
      return b.names.every((name, i) => {
        const field = a.fields.find((f) => f.name === name);
        return field !== undefined && this.unify(field.type, b.elements[i]!);
      });
    }
    return b.elements.length <= a.fields.length && b.elements.every((e, i) => this.unify(a.fields[i]!.type, e));
  }

  private unifyLists(a: readonly Type[], b: readonly Type[]): boolean {
    return a.length === b.length && a.map((t, i) => this.unify(t, b[i]!)).every((ok) => ok);
  }

  private head(type: Type): Type {
    while (type.kind === 'typeVar') {
      const bound = this.bindings.get(type.parameter);
      if (!bound) break;
      type = bound;
    }
    return type;
  }

  private bind(variable: ast.TypeParameter, type: Type): boolean {
    if (type.kind === 'typeVar' && type.parameter === variable) return true;
    if (mentionsTypeVar(this.resolve(type), (p) => p === variable)) return false;
    this.bindings.set(variable, type);
    return true;
  }
}

/** Parameters of a block with the types that its type arguments give them. */
export function blockParameters(cx: Context, block: BlockType): { parameter: ast.Parameter; type: Type }[] {
  const { declaration } = block;
  const map: Substitution = zipSubstitution(declaration.typeParameters, block.typeArgs);
  return declaration.parameters.map((parameter) => ({ parameter, type: substitute(cx.typeOfDeclaration(parameter), map) }));
}

/** Is the parameter annotated `@optional`? */
export function isOptional(parameter: ast.Parameter): boolean {
  return parameter.annotations.some((a) => a.name === 'optional');
}

function sameBlockKind(a: BlockType, b: BlockType): boolean {
  const word = (t: BlockType): string => t.declaration.kind.replace('Type', '');
  return word(a) === word(b);
}
