/**
 * The user-space BPF switch of p4c's uBPF back end. Unless the program says otherwise a packet leaves by the port that it came from, and one that the
 * parser rejects leaves so, too, as it came.
 */
import type { Span } from '../../diag/index.ts';
import { constant, resize } from '../ir/build.ts';
import type * as ir from '../ir/ir.ts';
import { type Item, memberCell, nothing } from '../ir/lower/items.ts';
import type { Lowering } from '../ir/lower/lowering.ts';
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
      runBlock(lw, 'control', control, items, span);
      const body = lw.collect(() => runBlock(lw, 'deparser', deparser, [packetItem(lw, deparser), items[0]!], span));
      lw.emit({ kind: 'deparse', body, span });
      truncated(lw, span);
      const port = s ? resize(memberCell(items[2]!, 'output_port'), 32) : constant(32, 0);
      leaveBy(lw, verdict(lw), { back: [action.pass], redirect: action.redirect }, port, span);
    });
  },
};

function truncated(lw: Lowering, span: Span): void {
  const keep: ir.Stmt = { kind: 'truncate', bytes: truncateBytes(lw), span };
  lw.emit({ kind: 'if', condition: truncateOn(lw), then: [keep], else: [], span });
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
