/**
 * Walks over everything below a node of the IR: what the analyses before code generation share.
 */
import type { Expr, HeaderId, Program, Stmt, TableId, VarId } from '../ir/ir.ts';
import { expressionsOf, forEachExpr, forEachStmt, writtenBy } from '../ir/walk.ts';

/** Visits every statement and expression of a program. */
export function walkProgram(program: Program, onStmt: (s: Stmt) => void, onExpr: (e: Expr) => void): void {
  for (const pipeline of program.pipelines) {
    forEachStmt(pipeline.body, (s) => {
      onStmt(s);
      for (const e of expressionsOf(s)) forEachExpr(e, onExpr);
    });
  }
}

/** Storage that a list of statements names: variables, headers and tables. */
export interface Mentioned {
  readonly vars: ReadonlySet<VarId>;
  readonly headers: ReadonlySet<HeaderId>;
  readonly tables: ReadonlySet<TableId>;
}

export function mentionedBy(body: readonly Stmt[], ...more: readonly Expr[]): Mentioned {
  const [vars, headers, tables] = [new Set<VarId>(), new Set<HeaderId>(), new Set<TableId>()];
  const addExpr = (e: Expr): void => {
    forEachExpr(e, (part) => {
      if (part.kind === 'var') vars.add(part.id);
      if ('header' in part) headers.add(part.header);
      if (part.kind === 'varbitEqual') headers.add(part.left).add(part.right);
    });
  };
  for (const e of more) addExpr(e);
  for (const name of writtenBy(body)) {
    if (name.startsWith('v')) vars.add(Number(name.slice(1)));
    if (name.startsWith('h')) headers.add(Number(name.slice(1)));
  }
  forEachStmt(body, (s) => {
    for (const e of expressionsOf(s)) addExpr(e);
    if ('header' in s) headers.add(s.header);
    if (s.kind === 'copyHeader' || s.kind === 'copyVarbit') headers.add(s.source);
    if ('table' in s) tables.add(s.table);
  });
  return { vars, headers, tables };
}
