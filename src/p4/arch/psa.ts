/**
 * The Portable Switch Architecture: an ingress and an egress pipeline, each parser, control, deparser, and what happens between and behind them (PSA §3, §6).
 *
 *   packet -> ingress -> deparser -> [clone, drop, resubmit, multicast] -> egress parser, egress, deparser -> [clone, drop, recirculate] -> out
 *
 * An ordinary packet runs through all of it in one go. Replicas and clones start at the egress parser: replicas and egress clones with the packet as a deparser
 * left it, ingress clones with the packet as it came in. Resubmitted and recirculated packets start over. Only the metadata that the deparsers fill goes along.
 */
import type { Span } from '../../diag/index.ts';
import { and, binary, constant, equal, not, resize } from '../ir/build.ts';
import type * as ir from '../ir/ir.ts';
import { type BlockInstance, type Item, memberCell, type PackageInstance, record, scalar } from '../ir/lower/items.ts';
import type { Lowering } from '../ir/lower/lowering.ts';
import { scalarWidth } from '../ir/lower/scalars.ts';
import { headersIn } from '../ir/lower/storage.ts';
import { someStmt } from '../ir/walk.ts';
import type { Type } from '../types/types.ts';
import type { Architecture, ExternHandlers } from './architecture.ts';
import { blockArgument, missingArgument, packetItem, parameterType, runBlock, storageFor } from './blocks.ts';
import { pnaExterns } from './pna-externs.ts';
import { psaFunctions, recirculatePort } from './psa-functions.ts';
import { psaTableProperties } from './psa-tables.ts';
import { type Copied, cellsOf, looksAt } from './traffic.ts';

/** An object that stands for a part of the switch and has no methods. */
const engine: ExternHandlers = { construct: () => ({ kind: 'unsupported' }), methods: {} };

export const psa: Architecture = {
  name: 'psa',
  packageName: 'PSA_Switch',
  externs: { ...pnaExterns, PacketReplicationEngine: engine, BufferingQueueingEngine: engine },
  functions: psaFunctions,
  tableProperties: psaTableProperties,
  checkTable: () => {},
  lowerMain,
};

/** PSA_PacketPath_t. */
const path = { normal: 0, unicast: 1, multicast: 2, cloneIngress: 3, cloneEgress: 4, resubmit: 5, recirculate: 6 } as const;

const packetLabel = 'packet';
const egressPipeline = 1;

type Variable = ir.LValue & { kind: 'var' };

interface Half {
  readonly parser: BlockInstance;
  readonly control: BlockInstance;
  readonly deparser: BlockInstance;
}

function lowerMain(lw: Lowering, main: PackageInstance, span: Span): readonly ir.Pipeline[] {
  const half = (argument: string, names: readonly [string, string, string]): Half | undefined => {
    const item: Item | undefined = main.args.get(argument);
    if (item?.kind !== 'package') {
      missingArgument(lw, main, argument, 'pipeline', span);
      return undefined;
    }
    const [parser, control, deparser] = names.map((name) => blockArgument(lw, item, name, span));
    return parser && control && deparser ? { parser, control, deparser } : undefined;
  };
  const ingress = half('ingress', ['ip', 'ig', 'id']);
  const egress = half('egress', ['ep', 'eg', 'ed']);
  return ingress && egress ? new Switch(lw, ingress, egress, span).pipelines() : [];
}

class Switch {
  private readonly lw: Lowering;
  private readonly ingress: Half;
  private readonly egress: Half;
  private readonly span: Span;
  /** Metadata that the deparsers fill. */
  private readonly meta: Readonly<Record<'normal' | 'cloneIngress' | 'cloneEgress' | 'resubmit' | 'recirculate', Item>>;
  private readonly path: Variable;
  private readonly inPort: Variable;
  private readonly outPort: Variable;
  private readonly instance: Variable;
  private readonly classOfService: Variable;

  constructor(lw: Lowering, ingress: Half, egress: Half, span: Span) {
    this.lw = lw;
    this.ingress = ingress;
    this.egress = egress;
    this.span = span;
    const id = ingress.deparser.declaration.parameters;
    const ed = egress.deparser.declaration.parameters;
    this.meta = {
      cloneIngress: storageFor(lw, ingress.deparser, id[1]!).item,
      resubmit: storageFor(lw, ingress.deparser, id[2]!).item,
      normal: storageFor(lw, ingress.deparser, id[3]!).item,
      cloneEgress: storageFor(lw, egress.deparser, ed[1]!).item,
      recirculate: storageFor(lw, egress.deparser, ed[2]!).item,
    };
    this.path = lw.newVar('$packet_path', 32);
    this.inPort = lw.newVar('$ingress_port', 32);
    this.outPort = lw.newVar('$egress_port', 32);
    this.instance = lw.newVar('$instance', 16);
    this.classOfService = lw.newVar('$class_of_service', 8);
  }

  pipelines(): readonly ir.Pipeline[] {
    const { lw, meta, span } = this;
    const egress = lw.collect(() => this.runEgress());
    const { parser, control, deparser } = this.ingress;
    const headers = storageFor(lw, parser, parser.declaration.parameters[1]!);
    const user = storageFor(lw, parser, parser.declaration.parameters[2]!);
    const ostd = storageFor(lw, control, control.declaration.parameters[3]!);
    const out = (name: string): Variable => memberCell(ostd.item, name);
    const isRecirculated = equal(this.path, constant(32, path.recirculate));
    const body = lw.collect(() => {
      const outside = lw.collect(() => this.set(this.inPort, { kind: 'intrinsic', width: 32, name: 'inputPort' }));
      lw.emit({ kind: 'if', condition: not(isRecirculated), then: outside, else: [], span });
      this.set(out('drop'), constant(1, 1));
      const input = [headers.item, user.item];
      runBlock(
        lw,
        'parser',
        parser,
        [packetItem(lw, parser), ...input, this.input(parser, 3), meta.resubmit, meta.recirculate],
        span,
      );
      const code = lw.collect(() => runBlock(lw, 'control', control, [...input, this.input(control, 2), ostd.item], span));
      this.emitAll(code);
      const all = [packetItem(lw, deparser), meta.cloneIngress, meta.resubmit, meta.normal, ...input, ostd.item];
      const deparse = lw.collect(() => runBlock(lw, 'deparser', deparser, all, span));
      this.betweenPipelines(code, deparse, out);
      this.set(this.outPort, out('egress_port'));
      this.set(this.classOfService, out('class_of_service'));
      this.set(this.path, constant(32, path.unicast));
      this.emitAll(egress);
    });
    const pipelines: ir.Pipeline[] = [{ name: 'main', body: this.packet(body) }];
    this.refuseHeaders([meta.normal, meta.cloneIngress, meta.cloneEgress], egress);
    this.refuseHeaders([meta.resubmit, meta.recirculate], body);
    const makesCopies = (stmts: readonly ir.Stmt[]): boolean =>
      someStmt(stmts, (s) => s.kind === 'copy' && s.to === egressPipeline);
    if (makesCopies(body)) {
      const copy = lw.collect(() => {
        this.set(this.outPort, { kind: 'intrinsic', width: 32, name: 'copyPort' });
        this.set(this.instance, { kind: 'intrinsic', width: 32, name: 'copyInstance' });
        this.emitAll(egress);
      });
      pipelines.push({ name: 'egress', body: this.packet(copy), forCopies: 'packet' });
    }
    return pipelines;
  }

  /** The ingress deparser and what is decided there. Copies of the packet as it came in are made before the deparser takes effect. */
  private betweenPipelines(code: readonly ir.Stmt[], deparse: readonly ir.Stmt[], out: (name: string) => Variable): void {
    const { lw, meta, span } = this;
    const isDropped = out('drop');
    const isResubmitted = and(out('resubmit'), not(isDropped));
    const clones = mayBeTrue(code, out('clone'));
    const resubmits = mayBeTrue(code, out('resubmit'));
    const body = lw.collect(() => {
      this.emitAll(deparse);
      if (clones) {
        const fields = [...this.carry(meta.cloneIngress), ...this.pathField(path.cloneIngress)];
        this.when(out('clone'), () => this.copy(egressPipeline, 'session', out('clone_session_id'), fields));
      }
      if (resubmits) {
        const fields = [...this.carry(meta.resubmit), ...this.pathField(path.resubmit), this.same(this.inPort)];
        this.when(isResubmitted, () => this.copy(0, 'self', constant(32, 0), fields));
      }
    });
    const deparsing: ir.Stmt = { kind: 'deparse', body, span };
    if (clones || someStmt(deparse, (s) => s.kind === 'digest')) lw.emit(deparsing);
    else lw.emit({ kind: 'if', condition: not(isDropped), then: [deparsing], else: [], span });
    this.when(isDropped, () => this.leave('program'));
    if (resubmits) this.when(out('resubmit'), () => this.leave('none'));
    if (!mayBeTrue(code, out('multicast_group'))) return;
    this.when(binary('ne', out('multicast_group'), constant(32, 0)), () => {
      const cos = { target: this.classOfService.id, value: resize(out('class_of_service'), 8) };
      const fields = [...this.carry(meta.normal), ...this.pathField(path.multicast), cos];
      this.copy(egressPipeline, 'group', out('multicast_group'), fields);
      this.leave('none');
    });
  }

  /** From the egress parser to the end. */
  private runEgress(): void {
    const { lw, meta, span } = this;
    const { parser, control, deparser } = this.egress;
    const headers = storageFor(lw, parser, parser.declaration.parameters[1]!);
    const user = storageFor(lw, parser, parser.declaration.parameters[2]!);
    const ostd = storageFor(lw, control, control.declaration.parameters[3]!);
    const out = (name: string): Variable => memberCell(ostd.item, name);
    const input = [headers.item, user.item];
    const received = [meta.normal, meta.cloneIngress, meta.cloneEgress];
    runBlock(lw, 'parser', parser, [packetItem(lw, parser), ...input, this.input(parser, 3), ...received], span);
    const code = lw.collect(() => runBlock(lw, 'control', control, [...input, this.input(control, 2), ostd.item], span));
    this.emitAll(code);
    const all = [packetItem(lw, deparser), meta.cloneEgress, meta.recirculate, ...input, ostd.item, this.input(deparser, 6)];
    const body = lw.collect(() => runBlock(lw, 'deparser', deparser, all, span));
    const clones = mayBeTrue(code, out('clone'));
    const deparsing: ir.Stmt = { kind: 'deparse', body, span };
    if (clones || someStmt(body, (s) => s.kind === 'digest')) lw.emit(deparsing);
    else lw.emit({ kind: 'if', condition: not(out('drop')), then: [deparsing], else: [], span });
    if (clones) {
      const fields = [...this.carry(meta.cloneEgress), ...this.pathField(path.cloneEgress)];
      this.when(out('clone'), () => this.copy(egressPipeline, 'session', out('clone_session_id'), fields));
    }
    this.when(out('drop'), () => this.leave('program'));
    this.when(equal(this.outPort, constant(32, recirculatePort)), () => {
      const port = { target: this.inPort.id, value: constant(32, recirculatePort) };
      this.copy(0, 'self', constant(32, 0), [...this.carry(meta.recirculate), ...this.pathField(path.recirculate), port]);
      this.leave('none');
    });
    lw.emit({ kind: 'output', port: this.outPort });
  }

  /** What a block's input metadata parameter holds. */
  private input(instance: BlockInstance, index: number): Item {
    const type: Type = parameterType(this.lw, instance, instance.declaration.parameters[index]!);
    if (type.kind !== 'struct') return record([]);
    const valueFor = (name: string): ir.Expr => {
      switch (name) {
        case 'ingress_port':
          return this.inPort;
        case 'egress_port':
          return this.outPort;
        case 'packet_path':
          return this.path;
        case 'instance':
          return this.instance;
        case 'class_of_service':
          return this.classOfService;
        case 'parser_error':
          return { kind: 'intrinsic', width: 32, name: 'parserError' };
        default: // ingress_timestamp, egress_timestamp
          return { kind: 'intrinsic', width: 64, name: 'timestampNs' };
      }
    };
    return record(type.fields.map((f) => [f.name, scalar(resize(valueFor(f.name), scalarWidth(f.type) ?? 32))] as const));
  }

  /** Only variables travel from a deparser to the next parser, which starts with no header valid. */
  private refuseHeaders(metas: readonly Item[], readers: readonly ir.Stmt[]): void {
    for (const { header, type } of metas.flatMap(headersIn)) {
      if (looksAt(readers, [header]))
        this.lw.unsupported(type.declaration.name.span, 'a header in the metadata that a deparser hands on');
    }
  }

  private carry(meta: Item): Copied[] {
    return cellsOf(meta).map((cell) => ({ target: cell.id, value: cell }));
  }

  private same(variable: Variable): Copied {
    return { target: variable.id, value: variable };
  }

  private pathField(value: number): Copied[] {
    return [{ target: this.path.id, value: constant(32, value) }];
  }

  private copy(to: number, via: ir.CopyVia, id: ir.Expr, fields: readonly Copied[]): void {
    this.lw.emit({ kind: 'copy', to, via, id, fields, span: this.span });
  }

  private set(target: Variable, value: ir.Expr): void {
    this.lw.emit({ kind: 'assign', target, value: resize(value, target.width), span: this.span });
  }

  private when(condition: ir.Expr, body: () => void): void {
    this.lw.emit({ kind: 'if', condition, then: this.lw.collect(body), else: [], span: this.span });
  }

  private leave(reason: ir.DropReason): void {
    this.lw.emit({ kind: 'drop', reason });
    this.lw.emit({ kind: 'break', label: packetLabel });
  }

  private packet(body: readonly ir.Stmt[]): readonly ir.Stmt[] {
    return [{ kind: 'block', label: packetLabel, body }];
  }

  private emitAll(stmts: readonly ir.Stmt[]): void {
    for (const s of stmts) this.lw.emit(s);
  }
}

/** Whether the statements may give a variable another value than 0. */
function mayBeTrue(stmts: readonly ir.Stmt[], v: Variable): boolean {
  return someStmt(stmts, (s) => {
    if (s.kind !== 'assign' && s.kind !== 'assignSlice') return false;
    return s.target.kind === 'var' && s.target.id === v.id && !(s.value.kind === 'const' && s.value.value === 0n);
  });
}
