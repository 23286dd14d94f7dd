/**
 * A switch of one table, to test the runner with: the packet's first byte is looked up in `C.fwd` (ternary), the best priority's action
 * `C.send(port)` sends the packet with its second byte replaced by the port; no entry drops. `C.hits` counts, `C.last` holds the first byte.
 */

import { Refusal, type StfBackend, type StfEntry, type StfNotification } from '../../src/cli/stf/backend.ts';
import { noSpan } from '../../src/diag/index.ts';
import type { Program } from '../../src/p4/ir/ir.ts';

const param = (name: string, width: number) => ({ name, width, signed: false, annotations: [] });

const program: Pick<Program, 'tables' | 'actions' | 'externs'> = {
  actions: [
    { id: 0, name: 'C.send', params: [param('port', 8)], annotations: [], span: noSpan },
    { id: 1, name: 'C.drop', params: [], annotations: [], span: noSpan },
  ],
  tables: ['C.fwd', 'C.inner.other', 'D.inner.other'].map((name, id) => ({
    id,
    name,
    keys: [
      { name: 'hdr.h.first', width: 8, matchKind: 'ternary' as const, annotations: [] },
      { name: 'hdr.h.isValid()', width: 1, matchKind: 'ternary' as const, annotations: [] },
      { name: 'hdr.s[1].x', width: 16, matchKind: 'range' as const, annotations: [] },
      { name: 'hdr.ip', width: 32, matchKind: 'lpm' as const, annotations: [] },
    ],
    actions: [0, 1].map((action) => ({ action, tableOnly: false, defaultOnly: false, annotations: [] })),
    size: 4,
    defaultAction: { action: 1, args: [] },
    isDefaultConst: false,
    entries: [],
    isConst: false,
    addOnMiss: false,
    idleTimeout: 'notify' as const,
    whenFull: 'refuse' as const,
    annotations: [],
    span: noSpan,
  })),
  externs: [
    { kind: 'counter', id: 0, name: 'C.hits', size: 4, type: 'both', annotations: [] },
    { kind: 'register', id: 1, name: 'C.last', size: 1, fields: [{ name: 'v', width: 8 }], initial: [0n], annotations: [] },
    { kind: 'directCounter', id: 2, name: 'C.direct', table: 0, type: 'packets', annotations: [] },
    { kind: 'digest', id: 3, name: 'C.seen', fields: [{ name: 'first', width: 8 }], annotations: [] },
  ],
};

/** What was asked of it, beside what it does. */
export interface FakeBackend extends StfBackend {
  readonly entries: StfEntry[];
  readonly log: string[];
}

export function fakeBackend(): FakeBackend {
  const entries: StfEntry[] = [];
  const log: string[] = [];
  const notifications: StfNotification[] = [];
  let digests: bigint[] = [];
  const counter = { packets: 0n, bytes: 0n };
  let last = 0n;
  let nowMs = 0;
  const note = (text: string): void => void log.push(text);
  return {
    program,
    entries,
    log,
    addEntry(_table, entry) {
      if (entries.length === 4) throw new Refusal("table 'C.fwd' is full");
      entries.push(entry);
    },
    removeEntry: () => note('remove'),
    setDefault: (_table, call) => note(`default ${call.action}`),
    removeAll: () => void entries.splice(0),
    entryCount: () => entries.length,
    setMember: () => note('member'),
    removeMember: () => note('remove member'),
    setGroup: () => note('group'),
    removeGroup: () => note('remove group'),
    addValue: () => note('value'),
    counter: () => counter,
    setCounter: (_c, _i, value) => Object.assign(counter, value),
    entryCounter: (_t, key) => ({ packets: BigInt(key.priority), bytes: 0n }),
    register: () => [last],
    setRegister(_r, _i, values) {
      last = values[0]!;
    },
    registerReset() {
      last = 0n;
    },
    setMeter: (_m, index, rates) => note(`meter ${index} ${rates.cir}:${rates.cburst} ${rates.pir}:${rates.pburst}`),
    setEntryMeter: () => note('entry meter'),
    setMirror: (session, target) => note(`mirror ${session} ${JSON.stringify(target)}`),
    setMulticast: (group, replicas) => note(`multicast ${group} ${JSON.stringify(replicas)}`),
    setPortSide: (port, side) => note(`port ${port} ${side}`),
    setExpireProfile: (id, ms) => note(`profile ${id} ${ms}`),
    send(_port, bytes) {
      counter.packets++;
      counter.bytes += BigInt(bytes.length);
      last = BigInt(bytes[0]!);
      digests.push(last);
      const hits = entries.filter((e) => e.matches[0]?.kind === 'ternary' && (last & e.matches[0].mask) === e.matches[0].value);
      const best = hits.sort((a, b) => b.priority - a.priority)[0];
      if (best?.result.kind !== 'action' || best.result.call.action !== 0) return { outputs: [], dropReason: 'program' };
      const port = Number(best.result.call.args[0]!);
      const out = bytes.slice();
      out[1] = port;
      return { outputs: [{ port, bytes: out }] };
    },
    advance(ms) {
      nowMs += ms;
      for (const e of entries) if (e.timeoutMs > 0 && e.timeoutMs <= nowMs) notifications.push({ table: 0, matches: e.matches });
    },
    takeNotifications: () => notifications.splice(0),
    finish: () => [],
    takeDigests() {
      const taken = digests.map((v) => ({ digest: 3, values: [v] }));
      digests = [];
      return taken;
    },
  };
}
