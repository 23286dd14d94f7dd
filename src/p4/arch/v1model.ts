/**
 * v1model, the architecture of BMv2's simple_switch: how its six blocks and the traffic manager between ingress and egress are strung together.
 *
 *   packet -> parser, verify, ingress -> [clone, resubmit, multicast, drop] -> egress -> [clone, drop] -> compute, deparser -> [recirculate] -> out
 *
 * An ordinary packet runs through all of it in one go. Copies start anew: a packet cloned in ingress at the parser, but goes straight on to egress; a replica
 * or a packet cloned in egress at egress, with headers and metadata as they were; a resubmitted or recirculated one as if it had just come in.
 * Order of decisions, and what survives, as in BMv2: a clone in ingress happens in any case, then resubmit, multicast group and drop port count in this
 * order; egress_spec is 0 when egress starts; all metadata is 0 in a copy but for the fields of the field list.
 */
import type { Span } from '../../diag/index.ts';
import { binary, constant, equal, resize } from '../ir/build.ts';
import type * as ir from '../ir/ir.ts';
import { type BlockInstance, type Item, memberCell, type PackageInstance } from '../ir/lower/items.ts';
import type { Lowering } from '../ir/lower/lowering.ts';
import { someStmt, writtenBy } from '../ir/walk.ts';
import type { Architecture } from './architecture.ts';
import { blockArgument, packetItem, runBlock, type Storage, storageFor } from './blocks.ts';
import { fieldLists, preserved } from './field-lists.ts';
import { type Copied, carried, nextIndices } from './traffic.ts';
import { v1Externs } from './v1model-externs.ts';
import { dropPort, type Intent, instanceType, intents, noList, v1Functions } from './v1model-functions.ts';
import { startV1Action, v1TableProperties } from './v1model-tables.ts';

export const v1model: Architecture = {
  name: 'v1model',
  packageName: 'V1Switch',
  externs: v1Externs,
  functions: v1Functions,
  tableProperties: v1TableProperties,
  startAction: startV1Action,
  checkTable: () => {},
  lowerMain,
};

const packetLabel = 'packet';
const standard = 'standard_metadata';

interface Blocks {
  readonly parser: BlockInstance;
  readonly verify: BlockInstance;
  readonly ingress: BlockInstance;
  readonly egress: BlockInstance;
  readonly compute: BlockInstance;
  readonly deparser: BlockInstance;
}

/** V1MODEL_VERSION: the first one, and the last one that changed anything. */
const versions = [20_180_101n, 20_200_408n] as const;

/** A version that there never was is a misspelt one. */
function checkVersion(lw: Lowering): void {
  for (const d of lw.checked.program.declarations) {
    if (d.kind !== 'constant' || d.name.name !== '__v1model_version') continue;
    const value = lw.checked.constantOf(d.initializer);
    const version = value?.kind === 'integer' ? value.value : undefined;
    if (version === undefined || (version >= versions[0] && version <= versions[1])) continue;
    lw.error('v1model-version', d.initializer.span, `there is no version ${version} of v1model`, {
      help: `set V1MODEL_VERSION to a date from ${versions[0]} to ${versions[1]}`,
    });
  }
}

function lowerMain(lw: Lowering, main: PackageInstance, span: Span): readonly ir.Pipeline[] {
  checkVersion(lw);
  const [parser, verify, ingress, egress, compute, deparser] = ['p', 'vr', 'ig', 'eg', 'ck', 'dep'].map((name) =>
    blockArgument(lw, main, name, span),
  );
  if (!parser || !verify || !ingress || !egress || !compute || !deparser) return [];
  const blocks: Blocks = { parser, verify, ingress, egress, compute, deparser };
  const [, h, m, s] = parser.declaration.parameters;
  if (!h || !m || !s) return [];
  const storage = {
    headers: storageFor(lw, parser, h),
    meta: storageFor(lw, parser, m),
    standard: storageFor(lw, parser, s, standard),
  };
  return new Switch(lw, blocks, storage, span).pipelines();
}

class Switch {
  private readonly lw: Lowering;
  private readonly blocks: Blocks;
  private readonly headers: Item;
  private readonly meta: Storage;
  private readonly standard: Item;
  private readonly span: Span;
  private readonly intent: Intent;

  constructor(
    lw: Lowering,
    blocks: Blocks,
    storage: { readonly headers: Storage; readonly meta: Storage; readonly standard: Storage },
    span: Span,
  ) {
    this.lw = lw;
    this.blocks = blocks;
    this.headers = storage.headers.item;
    this.meta = storage.meta;
    this.standard = storage.standard.item;
    this.span = span;
    this.intent = intents(lw);
  }

  pipelines(): readonly ir.Pipeline[] {
    const { lw, blocks, span } = this;
    const all = [this.headers, this.meta.item, this.standard];
    const parse = lw.collect(() => {
      runBlock(lw, 'parser', blocks.parser, [packetItem(lw, blocks.parser), ...all], span);
      this.set('parser_error', { kind: 'intrinsic', width: 32, name: 'parserError' });
    });
    const ingress = lw.collect(() => {
      runBlock(lw, 'control', blocks.verify, all, span);
      runBlock(lw, 'control', blocks.ingress, all, span);
    });
    const egressControl = lw.collect(() => runBlock(lw, 'control', blocks.egress, all, span));
    const deparse = lw.collect(() => {
      runBlock(lw, 'control', blocks.compute, all, span);
      const body = lw.collect(() =>
        runBlock(lw, 'deparser', blocks.deparser, [packetItem(lw, blocks.deparser), this.headers], span),
      );
      lw.emit({ kind: 'deparse', body, span });
    });
    const before = [...parse, ...ingress];
    const sets = (v: ir.LValue & { kind: 'var' }, stmts: readonly ir.Stmt[]): boolean =>
      someStmt(
        stmts,
        (s) => (s.kind === 'assign' || s.kind === 'assignSlice') && s.target.kind === 'var' && s.target.id === v.id,
      );
    const clonesIngress = sets(this.intent.cloneIngress.on, ingress);
    const clonesEgress = sets(this.intent.cloneEgress.on, egressControl);
    const multicasts = someStmt(before, (s) => isGroupChoice(s, this.field('mcast_grp')));
    const replicas = clonesEgress || multicasts ? 1 : 0;
    const clones = replicas + 1;
    const egress = lw.collect(() => this.egress(egressControl, deparse, replicas));

    const body = lw.collect(() => {
      this.start();
      this.emitAll(before);
      this.trafficManager({ clonesIngress, clones, multicasts, replicas, before, egress });
      this.set('egress_port', this.field('egress_spec'));
      this.emitAll(egress);
    });
    const pipelines: ir.Pipeline[] = [{ name: 'main', body: this.packet(body) }];
    if (replicas > 0) {
      const replica = lw.collect(() => {
        this.startCopy();
        this.emitAll(egress);
      });
      pipelines.push({ name: 'replica', body: this.packet(replica), forCopies: 'headers' });
    }
    if (clonesIngress) {
      const clone = lw.collect(() => {
        this.startCopy();
        this.reparse(parse);
        this.emitAll(egress);
      });
      pipelines.push({ name: 'clone', body: this.packet(clone), forCopies: 'packet' });
    }
    return pipelines;
  }

  /** What the architecture knows about a packet that comes in. */
  private start(): void {
    this.set('ingress_port', { kind: 'intrinsic', width: 32, name: 'inputPort' });
    this.set('packet_length', { kind: 'intrinsic', width: 32, name: 'packetLength' });
    this.set('ingress_global_timestamp', microseconds());
  }

  private startCopy(): void {
    this.start();
    this.set('egress_port', { kind: 'intrinsic', width: 32, name: 'copyPort' });
    this.set('egress_rid', { kind: 'intrinsic', width: 32, name: 'copyInstance' });
  }

  private trafficManager(m: {
    readonly clonesIngress: boolean;
    readonly clones: number;
    readonly multicasts: boolean;
    readonly replicas: number;
    readonly before: readonly ir.Stmt[];
    readonly egress: readonly ir.Stmt[];
  }): void {
    const { lw, intent, span } = this;
    if (m.clonesIngress) {
      const { on, list, session } = intent.cloneIngress;
      const fields = [...this.kept(list, instanceType.cloneIngress), { target: this.copiedList().id, value: list }];
      this.when(on, () => lw.emit({ kind: 'copy', to: m.clones, via: 'session', id: session, fields, span }));
    }
    this.again(intent.resubmit, instanceType.resubmit);
    if (m.multicasts) {
      const group = this.field('mcast_grp');
      const fields = [
        ...carried(m.before, m.egress, [this.field('instance_type'), this.field('egress_port'), this.field('egress_rid')]).map(
          (v) => ({
            target: v.id,
            value: this.variable(v.id),
          }),
        ),
        { target: this.field('instance_type').id, value: constant(32, instanceType.replica) },
      ];
      this.when(binary('ne', group, constant(16, 0)), () => {
        lw.emit({ kind: 'copy', to: m.replicas, via: 'group', id: group, fields, span });
        this.leave('none');
      });
    }
    this.when(equal(this.field('egress_spec'), constant(9, dropPort)), () => this.leave('program'));
  }

  private egress(control: readonly ir.Stmt[], deparse: readonly ir.Stmt[], replicas: number): void {
    const { lw, intent, span } = this;
    this.set('egress_spec', constant(9, 0));
    this.set('egress_global_timestamp', microseconds());
    this.emitAll(control);
    const { on, list, session } = intent.cloneEgress;
    if (replicas > 0) {
      const next = nextIndices(this.headers).map((id): Copied => ({ target: id, value: { kind: 'var', width: 32, id } }));
      const fields = [...this.kept(list, instanceType.cloneEgress), ...next];
      this.when(on, () => lw.emit({ kind: 'copy', to: replicas, via: 'session', id: session, fields, span }));
    }
    this.when(equal(this.field('egress_spec'), constant(9, dropPort)), () => this.leave('program'));
    this.emitAll(deparse);
    const { truncate } = intent;
    const truncation: ir.Stmt = { kind: 'truncate', bytes: truncate.bytes, span };
    lw.emit({ kind: 'if', condition: truncate.on, then: [truncation], else: [], span });
    this.again(intent.recirculate, instanceType.recirculate);
    lw.emit({ kind: 'output', port: resize(this.field('egress_port'), 32) });
  }

  /** Sends the packet back to the start, if the program wants that. */
  private again(wish: { on: ir.Expr; list: ir.Expr }, type: number): void {
    this.when(wish.on, () => {
      const fields = this.kept(wish.list, type);
      this.lw.emit({ kind: 'copy', to: 0, via: 'self', id: constant(32, 0), fields, span: this.span });
      this.leave('none');
    });
  }

  /** The clone's parser may overwrite what the field list preserves: it counts as it was in ingress. */
  private reparse(parse: readonly ir.Stmt[]): void {
    const { lw, span } = this;
    const written = writtenBy(parse);
    const shadows = fieldLists(lw, this.meta)
      .filter((f) => written.has(`v${f.cell.id}`))
      .map((f) => ({ ...f, shadow: lw.temp(f.cell, span) }));
    this.emitAll(parse);
    for (const { cell, lists, shadow } of shadows) {
      const isListed = lists.map((n) => equal(this.copiedList(), constant(noList.width, n)));
      for (const condition of isListed)
        lw.emit({ kind: 'if', condition, then: [{ kind: 'assign', target: cell, value: shadow, span }], else: [], span });
    }
  }

  private kept(list: ir.Expr, type: number): Copied[] {
    return [
      ...preserved(fieldLists(this.lw, this.meta), list),
      { target: this.field('instance_type').id, value: constant(32, type) },
    ];
  }

  /** In a clone: the field list that was preserved. */
  private copiedList(): ir.LValue & { kind: 'var' } {
    return this.lw.sharedVar('$clone.copied_list', noList.width);
  }

  private leave(reason: ir.DropReason): void {
    this.lw.emit({ kind: 'drop', reason });
    this.lw.emit({ kind: 'break', label: packetLabel });
  }

  private when(condition: ir.Expr, body: () => void): void {
    this.lw.emit({ kind: 'if', condition, then: this.lw.collect(body), else: [], span: this.span });
  }

  private packet(body: readonly ir.Stmt[]): readonly ir.Stmt[] {
    return [{ kind: 'block', label: packetLabel, body }];
  }

  private emitAll(stmts: readonly ir.Stmt[]): void {
    for (const s of stmts) this.lw.emit(s);
  }

  private variable(id: ir.VarId): ir.Expr {
    return { kind: 'var', width: this.lw.vars[id]!.width, id };
  }

  /** A field of the standard metadata. */
  private field(name: string): ir.LValue & { kind: 'var' } {
    return memberCell(this.standard, name);
  }

  private set(name: string, value: ir.Expr): void {
    const target = this.field(name);
    this.lw.emit({ kind: 'assign', target, value: resize(value, target.width), span: this.span });
  }
}

/** An assignment that may choose a multicast group. */
function isGroupChoice(s: ir.Stmt, group: ir.LValue & { kind: 'var' }): boolean {
  if (s.kind === 'assignSlice') return s.target.kind === 'var' && s.target.id === group.id;
  return (
    s.kind === 'assign' &&
    s.target.kind === 'var' &&
    s.target.id === group.id &&
    !(s.value.kind === 'const' && s.value.value === 0n)
  );
}

function microseconds(): ir.Expr {
  return binary('div', { kind: 'intrinsic', width: 64, name: 'timestampNs' }, constant(64, 1000));
}
