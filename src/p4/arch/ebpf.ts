/**
 * The eBPF filter and the XDP switch of p4c's eBPF back end. The filter only says whether a packet passes; it leaves as it came, by the port that it came from.
 * A packet that the parser rejects is dropped.
 */
import { resize } from '../ir/build.ts';
import { memberCell, record, scalar } from '../ir/lower/items.ts';
import type { Architecture } from './architecture.ts';
import { blockArgument, packetItem, runBlock, storageFor } from './blocks.ts';
import { bpfExterns, bpfFunctions, bpfTableProperties, inputPort, leaveBy, parseOr, wholePipeline } from './bpf.ts';

const common = {
  name: 'ebpf',
  externs: bpfExterns,
  functions: bpfFunctions,
  tableProperties: bpfTableProperties,
  checkTable: () => {},
} as const;

export const ebpf: Architecture = {
  ...common,
  packageName: 'ebpfFilter',
  lowerMain(lw, main, span) {
    const parser = blockArgument(lw, main, 'prs', span);
    const filter = blockArgument(lw, main, 'filt', span);
    if (!parser || !filter) return [];
    return wholePipeline(lw, () => {
      const headers = storageFor(lw, parser, parser.declaration.parameters[1]!).item;
      const accept = storageFor(lw, filter, filter.declaration.parameters[1]!).item;
      parseOr(lw, parser, [headers], [{ kind: 'drop', reason: 'parser-reject' }], span);
      runBlock(lw, 'control', filter, [headers, accept], span);
      const isAccepted = accept.kind === 'cell' ? accept.target : undefined;
      if (!isAccepted) return;
      lw.emit({
        kind: 'if',
        condition: isAccepted,
        then: [{ kind: 'output', port: inputPort }],
        else: [{ kind: 'drop', reason: 'program' }],
        span,
      });
    });
  },
};

/** XDP_PASS, XDP_TX; XDP_REDIRECT */
const xdpActions = { back: [2, 3], redirect: 4 } as const;

export const xdp: Architecture = {
  ...common,
  packageName: 'xdp',
  lowerMain(lw, main, span) {
    const parser = blockArgument(lw, main, 'p', span);
    const control = blockArgument(lw, main, 's', span);
    const deparser = blockArgument(lw, main, 'd', span);
    if (!parser || !control || !deparser) return [];
    return wholePipeline(lw, () => {
      const headers = storageFor(lw, parser, parser.declaration.parameters[1]!).item;
      const output = storageFor(lw, control, control.declaration.parameters[2]!).item;
      parseOr(lw, parser, [headers], [{ kind: 'drop', reason: 'parser-reject' }], span);
      runBlock(lw, 'control', control, [headers, record([['input_port', scalar(inputPort)]]), output], span);
      const body = lw.collect(() => runBlock(lw, 'deparser', deparser, [headers, packetItem(lw, deparser)], span));
      lw.emit({ kind: 'deparse', body, span });
      const port = resize(memberCell(output, 'output_port'), 32);
      leaveBy(lw, memberCell(output, 'output_action'), xdpActions, port, span);
    });
  },
};
