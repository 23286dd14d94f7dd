/**
 * Parsers, controls, packages and their types (P4-16 §12 to §16). Parameters and locals share one scope: a local cannot take a
 * parameter's name. The apply block and the states see all of it.
 */
import type * as ast from '../syntax/ast.ts';
import type { Context } from './context.ts';
import { checkParameters, declareTypeParameters } from './declarations.ts';
import { checkStates } from './parsers.ts';
import { checkStatements } from './statements.ts';
import type { Type } from './types.ts';

type BlockDeclaration = ast.ParserDeclaration | ast.ControlDeclaration;
type BlockTypeDeclaration = ast.ParserTypeDeclaration | ast.ControlTypeDeclaration | ast.PackageTypeDeclaration;

/** A block's type with its own type variables as arguments. */
function ownType(declaration: BlockDeclaration | BlockTypeDeclaration): Type {
  return {
    kind: 'block',
    declaration,
    typeArgs: declaration.typeParameters.map((parameter): Type => ({ kind: 'typeVar', parameter })),
  };
}

export function checkBlockType(cx: Context, d: BlockTypeDeclaration): void {
  const outer = cx.declaring;
  cx.declaring = d.name;
  cx.inScope(() => {
    declareTypeParameters(cx, d.typeParameters);
    checkParameters(cx, d.parameters, d.kind === 'packageType' ? 'package' : 'block');
  });
  cx.declaring = outer;
  cx.declarationTypes.set(d, ownType(d));
  cx.declare(d);
}

export function checkBlockDeclaration(cx: Context, d: BlockDeclaration, checkLocal: (local: ast.Declaration) => void): void {
  const word = d.kind;
  if (d.typeParameters.length > 0) {
    cx.error('generic-block', d.typeParameters[0]!.span, `${word} '${d.name.name}' has a body and cannot have type parameters`);
  }
  cx.declarationTypes.set(d, ownType(d));
  cx.declare(d);
  cx.at({ kind: word, owner: d, inLoop: false }, () =>
    cx.inScope(() => {
      declareTypeParameters(cx, d.typeParameters);
      checkParameters(cx, d.parameters, 'block');
      checkParameters(cx, d.constructorParameters, 'constructor');
      for (const local of d.locals) checkLocal(local);
      if (d.kind === 'parser') checkStates(cx, d);
      else cx.at({ kind: 'apply' }, () => cx.inScope(() => checkStatements(cx, d.apply.statements)));
    }),
  );
}
