/** A module in the text format, folded: what `--emit wat` prints. */
import type { FunctionBody, Module, Node } from './assembler.ts';

export function printModule(module: Module): string {
  const params = (types: readonly string[]): string => (types.length > 0 ? ` (param ${types.join(' ')})` : '');
  const imports = module.imports.map((f) => ` (import "env" "${f.name}" (func $${f.name}${params(f.params)}))`);
  const { initial, maximum } = module.pages;
  return [
    '(module',
    ` (import "env" "memory" (memory ${initial} ${maximum} shared))`,
    ...imports,
    ...module.functions.map(printFunction),
    ...module.exports.map((name) => ` (export "${name}" (func $${name}))`),
    ')\n',
  ].join('\n');
}

function printFunction(f: FunctionBody): string {
  const locals = [...f.params.map((type) => `(param ${type})`), ...(f.result === 'none' ? [] : [`(result ${f.result})`])];
  const own = f.locals.length > 0 ? `\n  (local ${f.locals.join(' ')})` : '';
  return ` (func $${[f.name, ...locals].join(' ')}${own}\n${printNode(f.body, 2)})`;
}

function printNode(n: Node, depth: number): string {
  const indent = ' '.repeat(depth);
  if (n.op === 'block' && n.name === undefined && n.type === 'none') return n.kids.map((kid) => printNode(kid, depth)).join('\n');
  const words = [n.op, ...wordsOf(n)].join(' ');
  const inner = (kid: Node): string => printNode(kid, depth + 1);
  if (n.op === 'if') {
    const [condition, ...arms] = n.kids as readonly [Node, ...Node[]];
    const bodies = arms.map((arm, i) => `${indent} (${i === 0 ? 'then' : 'else'}\n${printNode(arm, depth + 2)})`);
    return `${indent}(${[words, inner(condition), ...bodies].join('\n')})`;
  }
  if (n.kids.every((kid) => kid.kids.length === 0)) {
    return `${indent}(${[words, ...n.kids.map((kid) => printNode(kid, 0))].join(' ')})`;
  }
  return `${indent}(${[words, ...n.kids.map(inner)].join('\n')})`;
}

function wordsOf(n: Node): string[] {
  const result = n.type === 'i32' || n.type === 'i64' ? [`(result ${n.type})`] : [];
  switch (n.op) {
    case 'block':
    case 'loop':
      return [...(n.name === undefined ? [] : [`$${n.name}`]), ...result];
    case 'if':
      return result;
    case 'br':
    case 'br_if':
    case 'call':
      return [`$${n.name}`];
    case 'br_table':
      return n.targets!.map((target) => `$${target}`);
    case 'i32.const':
    case 'i64.const':
    case 'local.get':
    case 'local.set':
      return [String(n.value)];
    default:
      return n.value === undefined || n.value === 0 ? [] : [`offset=${n.value}`];
  }
}
