/**
 * The Portable NIC Architecture: how parser, control and deparser are strung together (PNA §3, §5).
 *
 * Two dialects share a package name and differ in its parameters: the older one has a pre control and can recirculate. What the specification leaves open
 * is decided here: a packet for which the control called none of send_to_port, drop_packet, recirculate is dropped (`no-destination`); the last
 * call wins; a pass starts without destination; metadata survives recirculation, headers are parsed anew; class of service is 0.
 * A packet that the parser rejects goes on to the control, with `parser_error` set. The pre control runs behind the parser, on its headers.
 */
import type { Span } from '../../diag/index.ts';
import { binary, constant, equal, not, resize } from '../ir/build.ts';
import type * as ir from '../ir/ir.ts';
import type { Bound } from '../ir/lower/binding.ts';
import { runControl } from '../ir/lower/inline.ts';
import { type BlockInstance, type Item, nothing, type PackageInstance, record, scalar } from '../ir/lower/items.ts';
import type { Lowering } from '../ir/lower/lowering.ts';
import { lowerParser } from '../ir/lower/parsers.ts';
import { scalarWidth } from '../ir/lower/scalars.ts';
import { clearHeaders } from '../ir/lower/storage.ts';
import { someStmt } from '../ir/walk.ts';
import type * as ast from '../syntax/ast.ts';
import { equalTypes } from '../types/relations.ts';
import type { Type } from '../types/types.ts';
import type { Architecture } from './architecture.ts';
import { blockArgument, inBlock, packetItem, parameterType, type Storage, storageFor } from './blocks.ts';
import { pnaExterns } from './pna-externs.ts';
import { fate, pnaFunctions } from './pna-functions.ts';
import { checkPnaTable, pnaTableProperties } from './pna-tables.ts';

export const pna: Architecture = {
  name: 'pna',
  packageName: 'PNA_NIC',
  externs: pnaExterns,
  functions: pnaFunctions,
  tableProperties: pnaTableProperties,
  checkTable: checkPnaTable,
  lowerMain,
};

const loopLabel = 'pass';

function lowerMain(lw: Lowering, main: PackageInstance, span: Span): readonly ir.Pipeline[] {
  const parser = blockArgument(lw, main, 'main_parser', span);
  const control = blockArgument(lw, main, 'main_control', span);
  const deparser = blockArgument(lw, main, 'main_deparser', span);
  const pre = main.args.has('pre_control') ? blockArgument(lw, main, 'pre_control', span) : undefined;
  if (!parser || !control || !deparser) return [];

  const [, headerParameter, metaParameter] = parser.declaration.parameters;
  if (!headerParameter || !metaParameter) return [];
  const headers = storageFor(lw, parser, headerParameter);
  const meta = storageFor(lw, parser, metaParameter);
  const output = storageFor(lw, control, control.declaration.parameters[3]!);
  let deparse: ir.Stmt[] = [];
  const pass = lw.collect(() => {
    inBlock(lw, 'parser', () =>
      lowerParser(lw, parser, bind(lw, parser, [packetItem(lw, parser), headers.item, meta.item, 'input']), span),
    );
    if (pre) {
      const [h, m, , o] = pre.declaration.parameters as readonly (ast.Parameter | undefined)[];
      const args = [
        shared(lw, pre, h, headers),
        shared(lw, pre, m, meta),
        'input' as const,
        o ? storageFor(lw, pre, o).item : nothing,
      ];
      inBlock(lw, 'preControl', () => run(lw, pre, args, span));
    }
    inBlock(lw, 'control', () => run(lw, control, [headers.item, meta.item, 'input', output.item], span));
    deparse = lw.collect(() =>
      inBlock(lw, 'deparser', () => run(lw, deparser, [packetItem(lw, deparser), headers.item, meta.item, output.item], span)),
    );
  });
  const body = lw.collect(() => finish(lw, pass, deparse, headers.item, span));
  return [{ name: 'main', body }];
}

/** Deparse, then the packet's fate; around all of it the loop of passes, if the program recirculates. */
function finish(lw: Lowering, pass: readonly ir.Stmt[], deparse: readonly ir.Stmt[], headers: Item, span: Span): void {
  const state = lw.sharedVar('$fate', 2);
  const is = (value: number): ir.Expr => equal(state, constant(2, value));
  const recirculates = someStmt(
    pass,
    (s) => s.kind === 'assign' && isVar(s.target, state) && s.value.kind === 'const' && s.value.value === BigInt(fate.again),
  );
  const mirrors = someStmt(pass, (s) => s.kind === 'mirror');
  const fixed = new Set<ir.Stmt['kind']>([
    'emit',
    'assign',
    'assignSlice',
    'if',
    'switch',
    'block',
    'loop',
    'break',
    'continue',
    'setValid',
    'copyHeader',
    'copyVarbit',
  ]);
  const hasEffects = someStmt(deparse, (s) => !fixed.has(s.kind));
  const end = lw.collect(() => {
    // A packet that is dropped needs no deparsing, unless a copy of it leaves or the deparser does more than emit.
    const deparsing: ir.Stmt = { kind: 'deparse', body: deparse, span };
    const leaves: ir.Expr = recirculates
      ? { kind: 'logical', width: 1, op: 'or', left: is(fate.send), right: is(fate.again) }
      : is(fate.send);
    if (mirrors || hasEffects) lw.emit(deparsing);
    else lw.emit({ kind: 'if', condition: leaves, then: [deparsing], else: [], span });
    if (recirculates) {
      const again = lw.collect(() => {
        clearHeaders(lw, headers, span);
        lw.emit({ kind: 'assign', target: state, value: constant(2, fate.none), span });
        lw.emit({ kind: 'nextPass' });
        lw.emit({ kind: 'continue', label: loopLabel });
      });
      lw.emit({ kind: 'if', condition: is(fate.again), then: again, else: [], span });
    }
    lw.emit({
      kind: 'switch',
      value: state,
      cases: [
        { values: [BigInt(fate.send)], body: [{ kind: 'output', port: lw.sharedVar('$port', 32) }] },
        { values: [BigInt(fate.drop)], body: [{ kind: 'drop', reason: 'program' }] },
      ],
      default: [{ kind: 'drop', reason: 'no-destination' }],
      span,
    });
  });
  const all = [...pass, ...end];
  if (!recirculates) for (const s of all) lw.emit(s);
  else {
    const body: ir.Stmt[] = [{ kind: 'loop', label: loopLabel, body: [...all, { kind: 'break', label: 'packet' }] }];
    lw.emit({ kind: 'block', label: 'packet', body });
  }
}

function isVar(target: ir.LValue, v: ir.LValue & { kind: 'var' }): boolean {
  return target.kind === 'var' && target.id === v.id;
}

function run(lw: Lowering, instance: BlockInstance, args: readonly (Item | 'input')[], span: Span): void {
  if (instance.declaration.kind === 'control') runControl(lw, instance, instance.declaration, bind(lw, instance, args), span);
}

/** Parameters are the pipeline's own storage; `input` stands for the intrinsic metadata that the parameter's type asks for. */
function bind(lw: Lowering, instance: BlockInstance, args: readonly (Item | 'input')[]): Bound {
  const bindings: Bound['bindings'] = new Map();
  instance.declaration.parameters.forEach((p, i) => {
    const arg = args[i] ?? nothing;
    bindings.set(p, arg === 'input' ? intrinsicMetadata(parameterType(lw, instance, p)) : arg);
  });
  return { bindings, copyOut: () => {} };
}

/** The main blocks' headers or metadata, where the pre control has the same type; storage of its own otherwise. */
function shared(lw: Lowering, instance: BlockInstance, p: ast.Parameter | undefined, main: Storage): Item {
  if (!p) return nothing;
  const type = parameterType(lw, instance, p);
  return equalTypes(type, main.type) ? main.item : storageFor(lw, instance, p).item;
}

/** The fields of an input metadata struct of either dialect. */
function intrinsicMetadata(type: Type): Item {
  if (type.kind !== 'struct') return nothing;
  const intrinsic = (name: ir.Intrinsic, width: number): ir.Expr => ({ kind: 'intrinsic', width, name });
  const valueFor = (name: string, width: number): ir.Expr => {
    switch (name) {
      case 'input_port':
        return intrinsic('inputPort', 32);
      case 'direction': // 0 is NET_TO_HOST
        return not({ kind: 'isNetPort', width: 1, port: intrinsic('inputPort', 32) });
      case 'pass':
        return resize(intrinsic('pass', 32), width);
      case 'recirculated':
        return binary('ne', intrinsic('pass', 32), constant(32, 0));
      case 'loopedback':
        return intrinsic('loopedBack', 1);
      case 'timestamp':
        return intrinsic('timestampNs', 64);
      case 'parser_error':
        return intrinsic('parserError', 32);
      default:
        return constant(width, 0);
    }
  };
  return record(type.fields.map((f) => [f.name, scalar(valueFor(f.name, scalarWidth(f.type) ?? 1))] as const));
}
