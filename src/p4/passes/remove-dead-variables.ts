/**
 * Removes assignments to variables that nothing reads, and optional results that nobody wants. Expressions have no effects, so nothing else is lost.
 *
 * What it takes away can be the last reader of another variable: repeated until nothing changes. Ids of variables stay.
 */
import type { Expr, Program, Stmt, VarId } from '../ir/ir.ts';
import { bodiesOf, childrenOf, expressionsOf, mapBodies } from '../ir/walk.ts';

export function removeDeadVariables(program: Program): Program {
  let pipelines = program.pipelines;
  for (;;) {
    const read = new Set<VarId>();
    for (const p of pipelines) collectReads(p.body, read);
    let removed = 0;
    const count = (): void => {
      removed++;
    };
    pipelines = pipelines.map((p) => ({ ...p, body: sweep(p.body, read, count) }));
    if (removed === 0) return { ...program, pipelines };
  }
}

function collectReads(stmts: readonly Stmt[], into: Set<VarId>): void {
  for (const s of stmts) {
    for (const e of expressionsOf(s)) readsOf(e, into);
    for (const body of bodiesOf(s)) collectReads(body, into);
  }
}

function readsOf(e: Expr, into: Set<VarId>): void {
  if (e.kind === 'var') into.add(e.id);
  for (const c of childrenOf(e)) readsOf(c, into);
}

function sweep(stmts: readonly Stmt[], read: ReadonlySet<VarId>, removed: () => void): Stmt[] {
  const isDead = (id: VarId | undefined): boolean => id !== undefined && !read.has(id);
  return stmts.flatMap((s): Stmt[] => {
    switch (s.kind) {
      case 'assign':
      case 'assignSlice':
        if (s.target.kind !== 'var' || read.has(s.target.id)) return [s];
        removed();
        return [];
      case 'addEntry':
      case 'meter':
        if (!isDead(s.target)) return [s];
        removed();
        return [{ ...s, target: undefined }];
      case 'apply': {
        const swept = { ...s, bodies: s.bodies.map((b) => ({ ...b, body: sweep(b.body, read, removed) })) };
        if (!isDead(s.hit) && !isDead(s.actionRun)) return [swept];
        removed();
        return [{ ...swept, hit: isDead(s.hit) ? undefined : s.hit, actionRun: isDead(s.actionRun) ? undefined : s.actionRun }];
      }
      case 'if': {
        const swept = mapBodies(s, (body) => sweep(body, read, removed));
        if (swept.kind !== 'if' || swept.then.length > 0 || swept.else.length > 0) return [swept];
        removed();
        return [];
      }
      default:
        return [mapBodies(s, (body) => sweep(body, read, removed))];
    }
  });
}
