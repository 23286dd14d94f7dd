/**
 * Where a variable's local is needed: the innermost statement that holds everything that is said of the variable, if the variable is written there before it is
 * read. Behind it the local is free for another one. Variables of which nothing of that kind is known are absent: they have a local all the time, 0 at first.
 */
import type { Expr, Program, Stmt, VarId } from '../ir/ir.ts';
import { bodiesOf, expressionsOf, forEachExpr, mapBodies, writtenBy } from '../ir/walk.ts';
import { forEachLive } from '../passes/remove-dead-variables.ts';

/** By statement: the variables whose locals are needed in it alone. */
export type Scopes = ReadonlyMap<Stmt, readonly VarId[]>;

interface Place {
  readonly stmt: Stmt;
  readonly parent: Place | undefined;
  readonly depth: number;
}

export function scopesOf(program: Program): Scopes {
  const scopes = new Map<Stmt, VarId[]>();
  // What one pipeline leaves in a variable the next may read.
  const [pipeline, ...others] = program.pipelines;
  if (!pipeline || others.length > 0) return scopes;
  const places = placesOf(pipeline.body);
  for (const [id, place] of places) {
    if (!place) continue;
    const here = scopes.get(place.stmt);
    if (here) here.push(id);
    else scopes.set(place.stmt, [id]);
  }
  forEachLive(pipeline.body, (s, live) => {
    const here = scopes.get(s);
    if (here?.some((id) => live.has(id))) {
      scopes.set(
        s,
        here.filter((id) => !live.has(id)),
      );
    }
  });
  return scopes;
}

/** The innermost statement that all mentions of a variable are in; undefined if there is none. */
function placesOf(body: readonly Stmt[]): ReadonlyMap<VarId, Place | undefined> {
  const places = new Map<VarId, Place | undefined>();
  const seen = new Set<Stmt>();
  const mention = (id: VarId, place: Place | undefined): void => {
    places.set(id, places.has(id) ? common(places.get(id), place) : place);
  };
  const visit = (list: readonly Stmt[], parent: Place | undefined): void => {
    for (const stmt of list) {
      // A statement that stands in two places has no place.
      const place = seen.has(stmt) ? undefined : { stmt, parent, depth: (parent?.depth ?? 0) + 1 };
      seen.add(stmt);
      for (const id of mentionsOf(stmt)) mention(id, place);
      // A copy of the packet brings these along from the start.
      if (stmt.kind === 'copy') for (const { target } of stmt.fields) mention(target, undefined);
      for (const inner of bodiesOf(stmt)) visit(inner, place);
    }
  };
  visit(body, undefined);
  return places;
}

function common(first: Place | undefined, second: Place | undefined): Place | undefined {
  let [a, b] = [first, second];
  while (a && b && a.stmt !== b.stmt) {
    if (a.depth >= b.depth) a = a.parent;
    else b = b.parent;
  }
  return a && b;
}

/** Variables that a statement itself reads or writes. */
function mentionsOf(s: Stmt): Set<VarId> {
  const ids = new Set<VarId>();
  const add = (e: Expr): void => {
    if (e.kind === 'var') ids.add(e.id);
  };
  for (const e of expressionsOf(s)) forEachExpr(e, add);
  for (const name of writtenBy([mapBodies(s, () => [])])) if (name.startsWith('v')) ids.add(Number(name.slice(1)));
  return ids;
}
