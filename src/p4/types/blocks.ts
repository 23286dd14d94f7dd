/**
 * Parsers, controls, packages and their types (P4-16 §13, §14, §17). Locals may hide parameters; the apply block and the states see all of
 * both. A generic block with a body is checked once, with its type variables.
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
  cx.declarationTypes.set(d, ownType(d));
  cx.declare(d);
  cx.at({ kind: d.kind, owner: d, inLoop: false }, () =>
    cx.inScope(() => {
      declareTypeParameters(cx, d.typeParameters);
      checkParameters(cx, d.parameters, 'block');
      checkParameters(cx, d.constructorParameters, 'blockConstructor');
      cx.inScope(() => {
        for (const local of d.locals) checkLocal(local);
        if (d.kind === 'parser') checkStates(cx, d);
        else cx.at({ kind: 'apply' }, () => cx.inScope(() => checkStatements(cx, d.apply.statements)));
      });
    }),
  );
}
