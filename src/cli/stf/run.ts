/**
 * Runs the statements of an STF file against a backend and lists what was not as it said.
 *
 * As in p4c's runner, packets of one port are compared in order when the file has ended, their numbers must agree, a port that sends without an
 * `expect` is a problem, and `expect PORT` without data takes whatever comes there. Everything else is looked at where it stands.
 */
import { Diagnostics, lineAndColumn, type Span } from '../../diag/index.ts';
import type { KeyMatch, Table } from '../../p4/ir/ir.ts';
import { diffPackets, hexdump, packetsMatch, summary } from '../../wire/index.ts';
import {
  type CounterValue,
  Refusal,
  type StfBackend,
  type StfDigest,
  type StfEntryKey,
  type StfNotification,
} from './backend.ts';
import { NameError, Names, printMatch } from './names.ts';
import { Replication } from './replication.ts';
import type { Comparison, Condition, Rate, Statement } from './statements.ts';

export interface StfProblem {
  readonly span: Span;
  /** One sentence. */
  readonly message: string;
  /** Packet diff, list of what came instead; lines ending in newlines, indented. */
  readonly detail?: string;
}

type Of<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

interface Arrived {
  readonly bytes: Uint8Array;
  /** The `packet` statement that made it. */
  readonly cause: Span;
}

/** Runs all statements in order. Goes on behind a problem: later statements see the state that is. */
export function runStf(statements: readonly Statement[], backend: StfBackend): StfProblem[] {
  const run = new Run(backend);
  for (const statement of statements) run.step(statement);
  run.finish(statements.at(-1)?.span);
  return run.problems;
}

/** `a.stf:12: message`, the detail below. */
export function printProblem(problem: StfProblem): string {
  const { line } = lineAndColumn(problem.span.file, problem.span.start);
  return `${problem.span.file.path}:${line}: ${problem.message}\n${problem.detail ?? ''}`;
}

class Run {
  readonly problems: StfProblem[] = [];
  private readonly backend: StfBackend;
  private readonly diagnostics = new Diagnostics();
  private readonly names: Names;
  private readonly replication: Replication;
  private readonly arrived = new Map<number, Arrived[]>();
  private readonly expected = new Map<number, Of<'expect'>[]>();
  private saysWhatComesOut = false;
  private lastPacket: { span: Span; ports: number[]; dropReason?: string } | undefined;
  private notifications: StfNotification[] = [];
  private digests: StfDigest[] = [];
  /** Entries in the order of their adding, per table: BMv2's handles; and by label. */
  private readonly handles = new Map<number, StfEntryKey[]>();
  private readonly labels = new Map<string, { table: Table; key: StfEntryKey; handle: number }>();

  constructor(backend: StfBackend) {
    this.backend = backend;
    this.names = new Names(backend.program, this.diagnostics);
    this.replication = new Replication(backend);
  }

  step(statement: Statement): void {
    try {
      this.execute(statement);
    } catch (error) {
      if (error instanceof Refusal) this.problem(statement.span, error.message, error.detail);
      else if (!(error instanceof NameError)) throw error;
    }
    for (const d of this.diagnostics.all.splice(0)) {
      this.problem(d.span, d.message, d.help === undefined ? undefined : `  ${d.help}\n`);
    }
  }

  /** Compares what came with what was expected, port by port. */
  finish(last: Span | undefined): void {
    if (last !== undefined) for (const message of this.backend.finish()) this.problem(last, message);
    // A file that says nothing about what comes out asks only whether the packets go through.
    const ports = this.saysWhatComesOut
      ? [...new Set([...this.expected.keys(), ...this.arrived.keys()])].sort((a, b) => a - b)
      : [];
    for (const port of ports) this.comparePort(port, this.expected.get(port) ?? [], this.arrived.get(port) ?? []);
    this.problems.sort((a, b) => a.span.start - b.span.start);
  }

  private problem(span: Span, message: string, detail?: string): void {
    this.problems.push({ span, message, detail });
  }

  private execute(s: Statement): void {
    const { backend, names } = this;
    this.saysWhatComesOut ||= s.kind === 'expect' || s.kind === 'noPacket' || s.kind === 'expectDrop';
    switch (s.kind) {
      case 'add':
        this.add(s);
        break;
      case 'remove': {
        const table = names.table(s.table);
        backend.removeEntry(table.id, names.entryKey(table, s));
        break;
      }
      case 'removeAll':
        backend.removeAll();
        break;
      case 'setDefault': {
        const table = names.table(s.table);
        backend.setDefault(
          table.id,
          names.call(
            s.call,
            `table '${table.name}'`,
            table.actions.map((a) => a.action),
          ),
        );
        break;
      }
      case 'packet':
        this.packet(s);
        break;
      case 'expect':
        this.expected.set(s.port, [...(this.expected.get(s.port) ?? []), s]);
        break;
      case 'noPacket':
        if (this.lastPacket !== undefined && this.lastPacket.ports.length > 0) {
          this.problem(s.span, `expected no packet, found one on port ${this.lastPacket.ports.join(', ')}`);
        }
        break;
      case 'expectDrop':
        this.expectDrop(s);
        break;
      case 'wait':
      case 'counterRead':
      case 'registerRead':
      case 'meterGetRates':
      case 'mirrorGet':
        break; // they only print in BMv2's runner
      case 'checkCounter':
        this.checkCounter(s);
        break;
      case 'counterWrite': {
        const counter = names.extern(s.name, 'counter', 'directCounter');
        if (counter.kind === 'directCounter') throw new Refusal(`counter '${counter.name}' is direct: expected an indexed one`);
        backend.setCounter(counter.id, s.index, { packets: s.packets, bytes: s.bytes });
        break;
      }
      case 'registerWrite': {
        const register = names.extern(s.name, 'register');
        if (register.fields.length !== 1) throw new Refusal(`register '${register.name}' holds ${register.fields.length} fields`);
        backend.setRegister(register.id, s.index, [s.value & ((1n << BigInt(register.fields[0]!.width)) - 1n)]);
        break;
      }
      case 'registerReset':
        backend.registerReset(names.extern(s.name, 'register').id);
        break;
      case 'checkRegister': {
        const register = names.extern(s.name, 'register');
        const found = backend.register(register.id, s.index)[0] ?? 0n;
        this.check(s.span, `register '${register.name}' at ${s.index}`, found, s.condition);
        break;
      }
      case 'meterSetRates':
        this.setMeter(s);
        break;
      case 'mirrorAdd':
        backend.setMirror(s.session, { port: s.port });
        break;
      case 'mirrorAddGroup':
        backend.setMirror(s.session, { group: s.group });
        break;
      case 'mirrorDelete':
        backend.setMirror(s.session, undefined);
        break;
      case 'groupCreate':
        this.replication.createGroup(s.group);
        break;
      case 'nodeCreate':
        this.replication.createNode(s.instance, s.ports);
        break;
      case 'nodeUpdate':
        this.replication.updateNode(s.node, s.ports);
        break;
      case 'nodeAssociate':
        this.replication.associate(s.group, s.node);
        break;
      case 'time':
        backend.advance(s.advanceMs);
        this.notifications.push(...backend.takeNotifications());
        break;
      case 'profile':
        backend.setExpireProfile(s.id, s.timeoutMs);
        break;
      case 'portSide':
        backend.setPortSide(s.port, s.side);
        break;
      case 'addMember':
      case 'setMember': {
        const profile = names.extern(s.profile, 'actionProfile', 'actionSelector');
        const table = backend.program.tables.find((t) => t.implementation === profile.id);
        const call = names.call(s.call, `profile '${profile.name}'`, table?.actions.map((a) => a.action) ?? []);
        backend.setMember(profile.id, s.id, call);
        break;
      }
      case 'addGroup':
      case 'setGroup':
        backend.setGroup(
          names.extern(s.profile, 'actionSelector').id,
          s.id,
          s.members.map((m) => ({ id: Number(m.id.value), weight: m.weight })),
        );
        break;
      case 'removeMember':
        backend.removeMember(names.extern(s.profile, 'actionProfile', 'actionSelector').id, s.id);
        break;
      case 'removeGroup':
        backend.removeGroup(names.extern(s.profile, 'actionSelector').id, s.id);
        break;
      case 'addValue': {
        const set = names.extern(s.set, 'valueSet');
        // The key of a set of plain values has no name of its own.
        const only = set.keys.length === 1 ? set.keys[0]!.name : undefined;
        const matches = s.matches.map((m) =>
          only !== undefined && m.key.text === 'value' ? { ...m, key: { ...m.key, text: only } } : m,
        );
        backend.addValue(set.id, names.matches(set, matches, s.span) as KeyMatch[]);
        break;
      }
      case 'expectNotification':
        this.expectNotification(s);
        break;
      case 'noNotification':
        if (this.notifications.length > 0) {
          this.problem(s.span, `expected no notification, found ${this.notifications.length}`, this.listNotifications());
        }
        break;
      case 'expectDigest':
        this.expectDigest(s);
        break;
      case 'checkEntries': {
        const table = names.table(s.table);
        this.check(s.span, `entries of table '${table.name}'`, BigInt(backend.entryCount(table.id)), s.condition);
        break;
      }
    }
  }

  private add(s: Of<'add'>): void {
    const table = this.names.table(s.table);
    const key = this.names.entryKey(table, s);
    const actions = table.actions.map((a) => a.action);
    const result =
      s.result.kind === 'action'
        ? { kind: 'action' as const, call: this.names.call(s.result.call, `table '${table.name}'`, actions) }
        : { kind: s.result.kind, id: Number(s.result.id.value) };
    this.backend.addEntry(table.id, { ...key, result, timeoutMs: s.timeoutMs ?? 0 });
    const handles = this.handles.get(table.id) ?? [];
    this.handles.set(table.id, [...handles, key]);
    if (s.label !== undefined) this.labels.set(s.label, { table, key, handle: handles.length });
  }

  // ---------------------------------------------------------------- packets

  private packet(s: Of<'packet'>): void {
    this.lastPacket = { span: s.span, ports: [] };
    const { outputs, dropReason } = this.backend.send(s.port, s.bytes);
    this.lastPacket = { span: s.span, ports: outputs.map((o) => o.port), dropReason };
    for (const { port, bytes } of outputs) {
      this.arrived.set(port, [...(this.arrived.get(port) ?? []), { bytes, cause: s.span }]);
    }
    this.notifications.push(...this.backend.takeNotifications());
    this.digests.push(...this.backend.takeDigests());
  }

  private expectDrop(s: Of<'expectDrop'>): void {
    const { ports, dropReason } = this.lastPacket ?? { ports: [] };
    const found = dropReason ?? (ports.length > 0 ? `a packet on port ${ports.join(', ')}` : 'nothing');
    if (dropReason !== s.reason.text) this.problem(s.span, `expected drop reason '${s.reason.text}', found ${found}`);
  }

  private comparePort(port: number, expected: readonly Of<'expect'>[], arrived: readonly Arrived[]): void {
    if (expected.some((e) => e.data === undefined)) return;
    for (const [i, { span, data }] of expected.entries()) {
      const found = arrived[i];
      if (found === undefined) {
        this.problem(
          span,
          `expected a packet on port ${port}, found ${arrived.length} of ${expected.length}`,
          this.elsewhere(port),
        );
        continue;
      }
      const { bytes, mask, isExact } = data!;
      const options = { mask, isPrefix: !isExact };
      if (packetsMatch(bytes, found.bytes, options)) continue;
      const detail = `${diffPackets(bytes, found.bytes, options)}  caused by line ${lineOf(found.cause)}\n`;
      this.problem(span, `packet ${i + 1} on port ${port} differs`, detail);
    }
    for (const { bytes, cause } of arrived.slice(expected.length)) {
      const detail = `    ${summary(bytes)}\n${hexdump(bytes).replace(/^(?=.)/gm, '    ')}`;
      this.problem(cause, `unexpected packet on port ${port}`, detail);
    }
  }

  /** What arrived on other ports, for a reader who looks for a missing packet. */
  private elsewhere(port: number): string {
    const lines = [...this.arrived].flatMap(([other, packets]) =>
      other === port ? [] : packets.map((p) => `  port ${other}, from line ${lineOf(p.cause)}: ${summary(p.bytes)}\n`),
    );
    return lines.join('');
  }

  // ---------------------------------------------------------------- counters, meters

  private checkCounter(s: Of<'checkCounter'>): void {
    const counter = this.names.extern(s.name, 'counter', 'directCounter');
    const label = 'label' in s.index ? this.labels.get(s.index.label) : undefined;
    if ('label' in s.index && label === undefined) throw new Refusal(`no entry is labelled '${s.index.label}'`);
    const index = label?.handle ?? Number((s.index as { value: bigint }).value);
    let found: CounterValue;
    if (counter.kind === 'counter') {
      found = this.backend.counter(counter.id, index);
    } else {
      found = this.backend.entryCounter(counter.table, label?.key ?? this.handle(counter.table, index));
    }
    if (s.condition === undefined) return;
    const unit = s.unit ?? (counter.type === 'bytes' ? 'bytes' : 'packets');
    this.check(s.span, `${unit} of counter '${counter.name}' at ${index}`, found[unit], s.condition);
  }

  private handle(table: number, index: number): StfEntryKey {
    const key = this.handles.get(table)?.[index];
    if (key === undefined)
      throw new Refusal(`table '${this.backend.program.tables[table]!.name}' has no entry with handle ${index}`);
    return key;
  }

  private setMeter(s: Of<'meterSetRates'>): void {
    const meter = this.names.extern(s.name, 'meter', 'directMeter');
    const rates = toMeterRates(s.rates);
    if (meter.kind === 'directMeter') {
      const keys = s.index === undefined ? (this.handles.get(meter.table) ?? []) : [this.handle(meter.table, s.index)];
      for (const key of keys) this.backend.setEntryMeter(meter.table, key, rates);
      return;
    }
    const indexes = s.index === undefined ? Array.from({ length: meter.size }, (_, i) => i) : [s.index];
    for (const index of indexes) this.backend.setMeter(meter.id, index, rates);
  }

  private check(span: Span, what: string, found: bigint, { comparison, value }: Condition): void {
    if (!compare[comparison](found, value.value))
      this.problem(span, `${what}: expected ${comparison} ${value.value}, found ${found}`);
  }

  // ---------------------------------------------------------------- notifications, digests

  private expectNotification(s: Of<'expectNotification'>): void {
    const table = this.names.table(s.table);
    const wanted = this.names.matches(table, s.matches, s.span, true);
    const at = this.notifications.findIndex(
      (n) => n.table === table.id && wanted.every((w, i) => w === undefined || sameMatch(w, n.matches[i]!)),
    );
    if (at >= 0) this.notifications.splice(at, 1);
    else this.problem(s.span, `expected a notification of table '${table.name}'`, this.listNotifications());
  }

  private listNotifications(): string {
    if (this.notifications.length === 0) return '  none arrived\n';
    return this.notifications
      .map(({ table, matches }) => {
        const { name, keys } = this.backend.program.tables[table]!;
        const plain = keys.filter((k) => k.matchKind !== 'selector');
        return `  ${name} ${plain.map((k, i) => printMatch(k, matches[i]!)).join(' ')}\n`;
      })
      .join('');
  }

  private expectDigest(s: Of<'expectDigest'>): void {
    const digest = this.names.extern(s.digest, 'digest');
    const wanted = s.fields.map(({ name, value }) => {
      const index = digest.fields.findIndex((f) => f.name === name.text);
      if (index < 0) return this.names.fail(name.span, `digest '${digest.name}' has no field '${name.text}'`);
      return { index, value: this.names.value(value, digest.fields[index]!.width) };
    });
    const at = this.digests.findIndex((d) => d.digest === digest.id && wanted.every((w) => d.values[w.index] === w.value));
    if (at >= 0) {
      this.digests.splice(at, 1);
      return;
    }
    const lines = this.digests.map((d) => `  digest ${d.digest}: ${d.values.map((v) => `0x${v.toString(16)}`).join(' ')}\n`);
    this.problem(s.span, `expected a digest of '${digest.name}'`, lines.length > 0 ? lines.join('') : '  none arrived\n');
  }
}

const compare: Readonly<Record<Comparison, (a: bigint, b: bigint) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/** BMv2 gives the committed rate first, then the peak rate; one rate stands for both. */
function toMeterRates(rates: readonly Rate[]): { cir: bigint; cburst: bigint; pir: bigint; pburst: bigint } {
  const committed = rates[0]!;
  const peak = rates[1] ?? committed;
  const perSecond = (r: Rate): bigint => BigInt(Math.round(r.perMicrosecond * 1e6));
  return { cir: perSecond(committed), cburst: committed.burst, pir: perSecond(peak), pburst: peak.burst };
}

function sameMatch(a: KeyMatch, b: KeyMatch): boolean {
  const text = (m: KeyMatch): string => Object.entries(m).sort().join();
  return text(a) === text(b);
}

function lineOf(span: Span): number {
  return lineAndColumn(span.file, span.start).line;
}
