/**
 * How architectures run their blocks: storage for what the blocks hand on to each other, binding of a block's parameters to it, the block's code.
 */
import type { Span } from '../../diag/index.ts';
import type { Bound } from '../ir/lower/binding.ts';
import { emitLabelled, runControl } from '../ir/lower/inline.ts';
import { type BlockInstance, type Item, nothing, type PackageInstance } from '../ir/lower/items.ts';
import type { BlockRole, Lowering } from '../ir/lower/lowering.ts';
import { lowerParser } from '../ir/lower/parsers.ts';
import { allocate } from '../ir/lower/storage.ts';
import type * as ast from '../syntax/ast.ts';
import { substitute } from '../types/relations.ts';
import type { Type } from '../types/types.ts';

/** What blocks hand on: the headers, the user's metadata, the architecture's metadata. */
export interface Storage {
  readonly type: Type;
  readonly item: Item;
}

/** The block that `main` was given for a parameter; reports if there is none. */
export function blockArgument(lw: Lowering, main: PackageInstance, name: string, span: Span): BlockInstance | undefined {
  const item = main.args.get(name);
  if (item?.kind === 'block') return item;
  missingArgument(lw, main, name, 'block', span);
  return undefined;
}

/** Reports that `main` lacks an argument; a package that has no such parameter only has the name of the architecture's. */
export function missingArgument(lw: Lowering, main: PackageInstance, name: string, what: 'block' | 'pipeline', span: Span): void {
  const { parameters, name: packageName } = main.declaration;
  if (parameters.some((p) => p.name.name === name)) {
    lw.error('bad-main', span, `'main' has no ${what} '${name}'`);
    return;
  }
  lw.error(
    'unsupported',
    span,
    `package '${packageName.name}' has no parameter '${name}': it is not the one of the architecture`,
    {
      help: 'include the architecture file of softipu',
    },
  );
}

/** Type of a block's parameter in this instance. */
export function parameterType(lw: Lowering, instance: BlockInstance, p: ast.Parameter): Type {
  return substitute(lw.checked.typeOfDeclaration(p), instance.types);
}

/** New storage for a parameter. */
export function storageFor(lw: Lowering, instance: BlockInstance, p: ast.Parameter, name = p.name.name): Storage {
  const type = parameterType(lw, instance, p);
  return { type, item: allocate(lw, type, name, p.span) };
}

/** The packet_in or packet_out that is a block's first parameter. */
export function packetItem(lw: Lowering, instance: BlockInstance): Item {
  const p = instance.declaration.parameters.find((each) => parameterType(lw, instance, each).kind === 'extern');
  const type = p && parameterType(lw, instance, p);
  if (type?.kind !== 'extern') return nothing;
  const kind = type.declaration.name.name === 'packet_in' ? 'packetIn' : 'packetOut';
  return {
    kind: 'extern',
    declaration: type.declaration,
    typeArgs: new Map(),
    name: p!.name.name,
    state: { kind },
    span: p!.span,
  };
}

/** Parameters are bound to the items in order: in place, nothing is copied. */
export function bindItems(instance: BlockInstance, items: readonly Item[]): Bound {
  const bindings: Bound['bindings'] = new Map();
  instance.declaration.parameters.forEach((p, i) => {
    bindings.set(p, items[i] ?? nothing);
  });
  return { bindings, copyOut: () => {} };
}

/** Lowers one block: its role decides what may be called, `exit` leaves it. */
export function inBlock(lw: Lowering, role: BlockRole, body: () => void): void {
  lw.role = role;
  lw.onExit = { label: lw.newLabel('exit'), used: false };
  const stmts = lw.collect(body);
  emitLabelled(lw, lw.onExit.label, stmts);
}

/** Runs a parser or control with its parameters bound to items. */
export function runBlock(lw: Lowering, role: BlockRole, instance: BlockInstance, items: readonly Item[], span: Span): void {
  const { declaration } = instance;
  inBlock(lw, role, () => {
    if (declaration.kind === 'control') runControl(lw, instance, declaration, bindItems(instance, items), span);
    else lowerParser(lw, instance, bindItems(instance, items), span);
  });
}
