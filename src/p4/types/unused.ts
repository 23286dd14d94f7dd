/**
 * Warnings about what a program declares and never mentions: local variables, constants and instances, actions and their parameters, tables; and
 * blocks, functions, constants and type names at the top level of a program that has a `main`. Only in the main file: what an included file offers need
 * not be used. `@noWarn` silences.
 */
import type * as ast from '../syntax/ast.ts';
import type { Context } from './context.ts';

type Named = (ast.Declaration | ast.Parameter) & { readonly name: ast.Identifier };

export function warnUnused(cx: Context, program: ast.Program, hasMain: boolean): void {
  const used = new Set<unknown>(cx.referents.values());
  const look = (d: Named, what: string): void => {
    if (used.has(d) || d.name.name.startsWith('_') || d.annotations.some((a) => a.name === 'noWarn' || a.name === 'hidden'))
      return;
    cx.warning('unused', d.name.span, `${what} '${d.name.name}' is not used`);
  };
  for (const d of program.declarations) {
    if (d.span.file !== program.span.file) continue;
    if (d.kind === 'parser' || d.kind === 'control') {
      if (hasMain) look(d, d.kind);
      for (const local of d.locals) lookLocal(local, look);
      for (const s of d.kind === 'parser' ? d.states.flatMap((state) => state.statements) : [d.apply]) lookInside(s, look);
    } else {
      if (hasMain) lookLocal(d, look);
      else if (d.kind === 'action' || d.kind === 'function') lookInside(d.body, look);
    }
  }
}

const words: Readonly<Partial<Record<ast.Declaration['kind'], string>>> = {
  variable: 'variable',
  constant: 'constant',
  action: 'action',
  function: 'function',
  typedef: 'typedef',
  newtype: 'type',
  table: 'table',
  instantiation: 'instance',
  valueSet: 'value set',
};

function lookLocal(d: ast.Declaration, look: (d: Named, what: string) => void): void {
  const what = words[d.kind];
  if (what !== undefined && 'name' in d && d.name.name !== 'main') look(d, what);
  if (d.kind === 'action') for (const p of d.parameters) look(p, 'parameter');
  if (d.kind === 'action' || d.kind === 'function') lookInside(d.body, look);
}

function lookInside(s: ast.Statement, look: (d: Named, what: string) => void): void {
  switch (s.kind) {
    case 'block':
      for (const inner of s.statements) lookInside(inner, look);
      return;
    case 'declarationStatement':
      lookLocal(s.declaration, look);
      return;
    case 'if':
      lookInside(s.thenBranch, look);
      if (s.elseBranch) lookInside(s.elseBranch, look);
      return;
    case 'switch':
      for (const c of s.cases) if (c.body) lookInside(c.body, look);
      return;
    case 'for':
    case 'forIn':
      lookInside(s.body, look);
      return;
    default:
      return;
  }
}
