/**
 * The user-space BPF switch of p4c's uBPF back end. Unless the program says otherwise a packet leaves by the port that it came from, and one that the
 * parser rejects leaves so, too, as it came.
 */
import type { Span } from '../../diag/index.ts';
import { and, binary, constant, resize } from '../ir/build.ts';
import type * as ir from '../ir/ir.ts';
import { type Item, memberCell, nothing } from '../ir/lower/items.ts';
import type { Lowering } from '../ir/lower/lowering.ts';
import { bodiesOf, mapBodies, someStmt } from '../ir/walk.ts';
import type { Architecture, CallHandler } from './architecture.ts';
import { blockArgument, packetItem, runBlock, storageFor } from './blocks.ts';
import {
  bpfExterns,
  bpfFunctions,
  bpfTableProperties,
  inputPort,
  leaveBy,
  parseOr,
  truncateBytes,
  truncateOn,
  type Variable,
  wholePipeline,
} from './bpf.ts';
import { pnaExterns } from './pna-externs.ts';

/** ubpf_action */
const action = { drop: 1, pass: 2, redirect: 3 } as const;

const standard = 'standard_metadata';

export const ubpf: Architecture = {
  name: 'ubpf',
  packageName: 'ubpf',
  externs: { ...bpfExterns, Register: pnaExterns.Register! },
  functions: { ...bpfFunctions, mark_to_drop: mark(action.drop), mark_to_pass: mark(action.pass) },
  tableProperties: bpfTableProperties,
  checkTable: () => {},
  lowerMain(lw, main, span) {
    const parser = blockArgument(lw, main, 'prs', span);
    const control = blockArgument(lw, main, 'p', span);
    const deparser = blockArgument(lw, main, 'dprs', span);
    if (!parser || !control || !deparser) return [];
    return wholePipeline(lw, () => {
      const [, h, m, s] = parser.declaration.parameters;
      const items: Item[] = [h!, m!].map((p) => storageFor(lw, parser, p).item);
      if (s) items.push(storageFor(lw, parser, s, standard).item);
      const set = (target: Variable, value: ir.Expr): void => lw.emit({ kind: 'assign', target, value, span });
      set(verdict(lw), constant(verdict(lw).width, action.pass));
      if (s) {
        set(memberCell(items[2]!, 'input_port'), inputPort);
        set(memberCell(items[2]!, 'packet_length'), { kind: 'intrinsic', width: 32, name: 'packetLength' });
      }
      parseOr(lw, parser, items, [{ kind: 'output', port: inputPort }], span);
      const code = lw.collect(() => runBlock(lw, 'control', control, items, span));
      const emits = lw.collect(() => runBlock(lw, 'deparser', deparser, [packetItem(lw, deparser), items[0]!], span));
      const cuts = someStmt(code, (c) => c.kind === 'assign' && c.target.kind === 'var' && c.target.id === truncateOn(lw).id);
      const originals = cuts ? keepOriginals(lw, emits, span) : undefined;
      for (const c of code) lw.emit(c);
      lw.emit({ kind: 'deparse', body: originals ? withinLimit(lw, emits, originals, span) : emits, span });
      const keep: ir.Stmt = { kind: 'truncate', bytes: truncateBytes(lw), span };
      if (cuts) lw.emit({ kind: 'if', condition: truncateOn(lw), then: [keep], else: [], span });
      const port = s ? resize(memberCell(items[2]!, 'output_port'), 32) : constant(32, 0);
      leaveBy(lw, verdict(lw), { back: [action.pass], redirect: action.redirect }, port, span);
    });
  },
};

/** Copies of the headers that the deparser emits, as the parser found them. */
function keepOriginals(lw: Lowering, emits: readonly ir.Stmt[], span: Span): ReadonlyMap<ir.HeaderId, ir.HeaderId> {
  const originals = new Map<ir.HeaderId, ir.HeaderId>();
  const visit = (stmts: readonly ir.Stmt[]): void => {
    for (const s of stmts) {
      if (s.kind === 'emit' && !originals.has(s.header)) {
        const { name, type } = lw.headers[s.header]!;
        const id = lw.headers.push({ id: lw.headers.length, name: `${name}.$original`, type }) - 1;
        originals.set(s.header, id);
        lw.emit({ kind: 'copyHeader', target: id, source: s.header, span });
      }
      bodiesOf(s).forEach(visit);
    }
  };
  visit(emits);
  return originals;
}

/** A truncated packet is cut before headers are written back: one that the cut takes a part of stays as it came. */
function withinLimit(
  lw: Lowering,
  emits: readonly ir.Stmt[],
  originals: ReadonlyMap<ir.HeaderId, ir.HeaderId>,
  span: Span,
): readonly ir.Stmt[] {
  const end = lw.newVar('$emitted', 32);
  const change = (stmts: readonly ir.Stmt[]): readonly ir.Stmt[] =>
    stmts.flatMap((s): readonly ir.Stmt[] => {
      if (s.kind !== 'emit') return [mapBodies(s, change)];
      const size = lw.headerTypes[lw.headers[s.header]!.type]!.fixedBits / 8;
      const original = originals.get(s.header)!;
      const isCut = and(truncateOn(lw), binary('gt', end, truncateBytes(lw)));
      const whenCut = and(isCut, { kind: 'valid', width: 1, header: original });
      const then: ir.Stmt[] = [
        { kind: 'assign', target: end, value: binary('add', end, constant(32, size)), span },
        { kind: 'if', condition: whenCut, then: [{ ...s, header: original }], else: [s], span },
      ];
      return [{ kind: 'if', condition: { kind: 'valid', width: 1, header: s.header }, then, else: [], span }];
    });
  return change(emits);
}

/** The standard metadata's output_action; without standard metadata a variable of its own. */
function verdict(lw: Lowering): Variable {
  return lw.sharedVar(`${standard}.output_action`, 32);
}

function mark(value: number): CallHandler {
  return (lw, call) => {
    const target = verdict(lw);
    lw.emit({ kind: 'assign', target, value: constant(target.width, value), span: call.call.span });
    return nothing;
  };
}
