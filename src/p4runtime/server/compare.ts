/**
 * A client's P4Info against the program's own: what a controller could stumble over. Annotations, documentation and order are nobody's business; aliases
 * and package names neither.
 */
import type { MatchField, P4Info, Preamble } from '../../p4/p4info/p4info.ts';
import { toHex } from '../bytes.ts';

interface Named {
  readonly preamble: Preamble;
}

/** One sentence per difference; empty if they belong together. */
export function p4infoDifferences(ours: P4Info, theirs: P4Info): string[] {
  const differences: string[] = [];
  const compare = <T extends Named>(
    kind: string,
    a: readonly T[],
    b: readonly T[],
    facts: (object: T) => Record<string, unknown>,
  ): void => {
    for (const object of a) {
      const { id, name } = object.preamble;
      const other = b.find((o) => o.preamble.id === id) ?? b.find((o) => o.preamble.name === name);
      if (!other) {
        differences.push(`${kind} '${name}' (id ${id}) is missing in the P4Info`);
        continue;
      }
      const mine: Record<string, unknown> = { id, name, ...facts(object) };
      const given: Record<string, unknown> = { id: other.preamble.id, name: other.preamble.name, ...facts(other) };
      for (const key of Object.keys(mine)) {
        const [want, found] = [show(mine[key]), show(given[key])];
        if (want !== found) differences.push(`${kind} '${name}', ${key}: the program has ${want}, the P4Info ${found}`);
      }
    }
    for (const { preamble } of b) {
      if (!a.some((o) => o.preamble.id === preamble.id || o.preamble.name === preamble.name)) {
        differences.push(`${kind} '${preamble.name}' (id ${preamble.id}) is in the P4Info, the program has none`);
      }
    }
  };
  compare('table', ours.tables, theirs.tables, (t) => ({
    'match fields': t.matchFields.map(field),
    actions: t.actionRefs.map((ref) => `${ref.id} ${ref.scope}`).sort(),
    'const default action': t.constDefaultActionId ?? 0,
    implementation: t.implementationId,
    'direct resources': [...t.directResourceIds].sort((a, b) => a - b),
    size: t.size,
    'idle timeouts': t.idleTimeoutBehavior,
    'const entries': t.isConstTable,
  }));
  compare('action', ours.actions, theirs.actions, (a) => ({
    parameters: a.params.map((p) => `${p.id} ${p.name} bit<${p.bitwidth}>`),
  }));
  compare('action profile', ours.actionProfiles, theirs.actionProfiles, (p) => ({
    tables: [...p.tableIds].sort((a, b) => a - b),
    selector: p.withSelector,
    size: p.size,
    'group size': p.maxGroupSize,
  }));
  compare('counter', ours.counters, theirs.counters, (c) => ({ unit: c.spec.unit, size: c.size }));
  compare('direct counter', ours.directCounters, theirs.directCounters, (c) => ({ unit: c.spec.unit, table: c.directTableId }));
  compare('meter', ours.meters, theirs.meters, (m) => ({ unit: m.spec.unit, size: m.size }));
  compare('direct meter', ours.directMeters, theirs.directMeters, (m) => ({ unit: m.spec.unit, table: m.directTableId }));
  compare('register', ours.registers, theirs.registers, (r) => ({ size: r.size, type: r.typeSpec }));
  compare('digest', ours.digests, theirs.digests, (d) => ({ type: d.typeSpec }));
  compare('value set', ours.valueSets, theirs.valueSets, (v) => ({ size: v.size, 'match fields': v.match.map(field) }));
  compare('controller header', ours.controllerPacketMetadata, theirs.controllerPacketMetadata, (c) => ({
    fields: c.metadata.map((m) => `${m.id} ${m.name} bit<${m.bitwidth}>`),
  }));
  return differences;
}

function field(f: MatchField): string {
  return `${f.id} ${f.name} ${f.matchType} bit<${f.bitwidth}>`;
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'bigint' ? inner.toString() : inner instanceof Uint8Array ? toHex(inner) : inner,
  );
}
