/**
 * Names: nested scopes, and the search for a neighbour when a name is unknown (P4-16 §6.9).
 *
 * A scope holds what has been declared so far: use before declaration therefore finds nothing. Functions may share a name
 * (overloads); everything else is single.
 */
import type * as ast from '../syntax/ast.ts';
import type { Referent } from './checked.ts';

export class Scope {
  readonly parent: Scope | undefined;
  private readonly names = new Map<string, Referent[]>();

  constructor(parent?: Scope) {
    this.parent = parent;
  }

  /** What this very scope holds under the name. */
  own(name: string): readonly Referent[] {
    return this.names.get(name) ?? [];
  }

  add(name: string, referent: Referent): void {
    const list = this.names.get(name);
    if (list) list.push(referent);
    else this.names.set(name, [referent]);
  }

  /** Entries of the innermost scope that holds an acceptable one under this name. */
  lookup(name: string, accept: (r: Referent) => boolean = () => true): readonly Referent[] {
    for (let scope: Scope | undefined = this; scope; scope = scope.parent) {
      const found = (scope.names.get(name) ?? []).filter(accept);
      if (found.length > 0) return found;
    }
    return [];
  }

  /** All visible names with an acceptable entry. */
  visible(accept: (r: Referent) => boolean = () => true): string[] {
    const result = new Set<string>();
    for (let scope: Scope | undefined = this; scope; scope = scope.parent) {
      for (const [name, list] of scope.names) if (list.some(accept)) result.add(name);
    }
    return [...result];
  }
}

/** Does the entry name a type (so that it may stand in a type position)? */
export function isTypeReferent(r: Referent): boolean {
  switch (r.kind) {
    case 'headerType':
    case 'headerUnion':
    case 'struct':
    case 'enum':
    case 'typedef':
    case 'newtype':
    case 'extern':
    case 'parser':
    case 'parserType':
    case 'control':
    case 'controlType':
    case 'packageType':
    case 'typeParameter':
      return true;
    default:
      return false;
  }
}

/** The name an entry was declared with. */
export function nameOf(r: Referent): ast.Identifier {
  return r.kind === 'identifier' ? r : r.name;
}

/** The one candidate that is nearly certainly meant by a misspelt name; undefined if none or several are near. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const limit = name.length < 3 ? 0 : name.length < 6 ? 1 : 2;
  let best: string | undefined;
  let bestDistance = limit + 1;
  let tie = false;
  for (const candidate of candidates) {
    if (candidate === name || Math.abs(candidate.length - name.length) > limit) continue;
    const d = candidate.toLowerCase() === name.toLowerCase() ? 0 : editDistance(name, candidate);
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
      tie = false;
    } else if (d === bestDistance && candidate !== best) tie = true;
  }
  return tie ? undefined : best;
}

/** Insertions, deletions, replacements and swaps of neighbours that lead from one word to the other. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let d = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, replace);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) d = Math.min(d, rows[i - 2]![j - 2]! + 1);
      row.push(d);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
