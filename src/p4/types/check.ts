/**
 * The checker: walks the declarations of a program in source order, each of which sees what was declared before it, and gathers what
 * lowering needs to know (./checked.ts). Never throws on a user's mistake: all of them end in `diag`.
 */
import type { Diagnostics } from '../../diag/index.ts';
import type * as ast from '../syntax/ast.ts';
import { checkAnnotations } from './annotations.ts';
import { checkBlockDeclaration, checkBlockType } from './blocks.ts';
import type { CheckedProgram, Referent } from './checked.ts';
import { evaluate } from './constants.ts';
import { checkInstantiation } from './constructors.ts';
import { Context } from './context.ts';
import {
  checkAction,
  checkConstant,
  checkExtern,
  checkExternFunction,
  checkFunction,
  checkValueSet,
  checkVariable,
} from './declarations.ts';
import { Inference } from './infer.ts';
import { warnUninitialized } from './initialized.ts';
import { assertNever, poisonType } from './relations.ts';
import { checkTable } from './tables.ts';
import { checkAggregate, checkEnum, checkErrors, checkMatchKinds, checkNewtype, checkTypedef } from './typedeclarations.ts';
import { warnUnused } from './unused.ts';

/**
 * Resolves names, infers and checks types of a parsed program; mistakes are collected in `diag`. The result may be asked about any
 * node, but is complete only if there were no errors.
 */
export function checkProgram(program: ast.Program, diag: Diagnostics): CheckedProgram {
  const cx = new Context(diag, program.span.file);
  for (const d of program.declarations) checkDeclaration(cx, d);
  const main = findMain(cx, program);
  // A library without `main` may hold them: its user's arguments can make them constant.
  if (main) reportRuntimeDivisions(cx);
  if (!diag.hasErrors) {
    warnUnused(cx, program, main !== undefined);
    warnUninitialized(cx, program);
  }
  const inference = new Inference(cx);
  return {
    program,
    typeOf: (e) => inference.resolve(cx.types.get(e) ?? poisonType),
    typeOfRef: (ref) => cx.refTypes.get(ref) ?? poisonType,
    typeOfDeclaration: (d) => cx.typeOfDeclaration(d),
    referentOf: (node): Referent | undefined => cx.referents.get(node),
    callOf: (call) => {
      const found = cx.calls.get(call);
      if (!found) throw new Error('callOf: asked about a call that was not checked');
      return 'typeArgs' in found
        ? { ...found, typeArgs: new Map([...found.typeArgs].map(([p, t]) => [p, inference.resolve(t)])) }
        : found;
    },
    constantOf: (e) => evaluate(cx, e),
    errors: [...cx.errorMembers.keys()],
    matchKinds: [...cx.matchKindMembers.keys()],
    main,
  };
}

/** Division has no operator at run time (P4-16 §8.6), except by a power of two, which is a shift or a mask. */
function reportRuntimeDivisions(cx: Context): void {
  for (const { operator, span } of cx.runtimeDivisions)
    cx.error('not-constant', span, `'${operator}' needs operands known at compile time, or a power of two on its right`);
}

function findMain(cx: Context, program: ast.Program): ast.InstantiationDeclaration | undefined {
  for (const d of program.declarations) {
    if (!('name' in d) || d.name.name !== 'main') continue;
    const type = cx.typeOfDeclaration(d);
    if (d.kind === 'instantiation' && type.kind === 'block' && type.declaration.kind === 'packageType') return d;
    if (type.kind !== 'poison' && d.kind !== 'function')
      cx.error('bad-main', d.name.span, "'main' must be an instance of a package");
  }
  return undefined;
}

function checkDeclaration(cx: Context, d: ast.Declaration): void {
  cx.nested(d.span, undefined, () => dispatch(cx, d));
}

function dispatch(cx: Context, d: ast.Declaration): void {
  checkAnnotations(cx, d.annotations);
  const inner = (local: ast.Declaration): void => checkDeclaration(cx, local);
  switch (d.kind) {
    case 'constant':
      checkConstant(cx, d);
      break;
    case 'variable':
      checkVariable(cx, d);
      break;
    case 'instantiation':
      checkInstantiation(cx, d);
      break;
    case 'extern':
      checkExtern(cx, d);
      break;
    case 'externFunction':
      checkExternFunction(cx, d);
      break;
    case 'function':
      checkFunction(cx, d, 'function');
      break;
    case 'action':
      checkAction(cx, d);
      break;
    case 'parser':
    case 'control':
      checkBlockDeclaration(cx, d, inner);
      break;
    case 'parserType':
    case 'controlType':
    case 'packageType':
      checkBlockType(cx, d);
      break;
    case 'headerType':
    case 'headerUnion':
    case 'struct':
      checkAggregate(cx, d);
      break;
    case 'enum':
      checkEnum(cx, d);
      break;
    case 'errorDeclaration':
      checkErrors(cx, d);
      break;
    case 'matchKindDeclaration':
      checkMatchKinds(cx, d);
      break;
    case 'typedef':
      checkTypedef(cx, d, inner);
      break;
    case 'newtype':
      checkNewtype(cx, d);
      break;
    case 'table':
      checkTable(cx, d);
      break;
    case 'valueSet':
      checkValueSet(cx, d);
      break;
    default:
      assertNever(d);
  }
}
