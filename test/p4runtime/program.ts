/**
 * A program as the control plane sees it, from a short description: the P4Info and the arena that belong together. For tests of the rooms that stand
 * before the compiler.
 */
import { Arena, type ArenaSpec, layoutArena } from '../../src/arena/index.ts';
import { emptyTypeInfo, type MatchType, type P4Info, type Preamble, type Table } from '../../src/p4/p4info/p4info.ts';
import { Device, EntityBuilder, type ProgramActions } from '../../src/p4runtime/index.ts';

const fullName = (name: string): string => (name.startsWith('packet_') ? name : `MainControl.${name}`);

export interface TableDescription {
  readonly name: string;
  /** `destination:32 lpm`; kind `exact` if left out; `port:32:PortId_t` with a type name. */
  readonly keys: readonly string[];
  /** `to_port(port:32, mac:48)`; `@defaultonly` or `@tableonly` in front; the last one is the default action if it takes no parameters. */
  readonly actions: readonly string[];
  readonly size: number;
  readonly implementation?: string;
  readonly constDefault?: boolean;
  readonly ageing?: 'notify' | 'autoDelete';
  readonly addOnMiss?: boolean;
  readonly directCounter?: string;
  readonly directMeter?: string;
  readonly isConst?: boolean;
}

export interface ProgramDescription {
  readonly tables: readonly TableDescription[];
  readonly selectors?: readonly {
    readonly name: string;
    readonly members: number;
    readonly groups: number;
    readonly maglevSize: number;
  }[];
  readonly counters?: readonly { readonly name: string; readonly size: number }[];
  readonly meters?: readonly { readonly name: string; readonly size: number }[];
  readonly registers?: readonly { readonly name: string; readonly size: number; readonly width: number }[];
  /** Fields of the controller headers: `reason:16`. */
  readonly packetIn?: readonly string[];
  readonly packetOut?: readonly string[];
}

interface Typed {
  readonly name: string;
  readonly bitwidth: number;
  readonly typeName?: { readonly name: string };
}

/** The P4Info of a description: ids count from 1 behind each kind's prefix. */
export function makeP4Info(program: ProgramDescription): P4Info {
  const actionNames = new Map<string, { id: number; params: Typed[] }>();
  for (const text of program.tables.flatMap((t) => t.actions)) {
    const { name, params } = parseAction(text);
    if (!actionNames.has(name)) actionNames.set(name, { id: 0x0100_0001 + actionNames.size, params });
  }
  const selectors = program.selectors ?? [];
  const selectorId = (name: string | undefined): number =>
    name === undefined ? 0 : 0x1100_0001 + selectors.findIndex((s) => s.name === name);
  const directCounters = program.tables.filter((t) => t.directCounter);
  const directMeters = program.tables.filter((t) => t.directMeter);
  const tables = program.tables.map((table, i): Table => {
    const last = parseAction(table.actions.at(-1)!);
    const defaultId = actionNames.get(last.name)!.id;
    return {
      preamble: preamble(0x0200_0001 + i, table.name),
      matchFields: table.keys.map((text, k) => {
        const [field, kind] = text.split(' ');
        return { id: k + 1, ...typed(field!), annotations: [], matchType: (kind ?? 'exact').toUpperCase() as MatchType };
      }),
      actionRefs: table.actions.map((text) => {
        const { name, scope } = parseAction(text);
        return { id: actionNames.get(name)!.id, scope, annotations: [] };
      }),
      ...(table.constDefault && { constDefaultActionId: defaultId }),
      initialDefaultAction: {
        actionId: defaultId,
        arguments: last.params.map((_, p) => ({ paramId: p + 1, value: Uint8Array.of(0) })),
      },
      implementationId: selectorId(table.implementation),
      directResourceIds: [
        ...(table.directCounter ? [0x1300_0001 + directCounters.indexOf(table)] : []),
        ...(table.directMeter ? [0x1500_0001 + directMeters.indexOf(table)] : []),
      ],
      size: BigInt(table.size),
      idleTimeoutBehavior: table.ageing ? 'NOTIFY_CONTROL' : 'NO_TIMEOUT',
      isConstTable: table.isConst ?? false,
      hasInitialEntries: false,
      pna: { addOnMiss: table.addOnMiss ?? false, autoDelete: table.ageing === 'autoDelete' },
    };
  });
  const header = (name: string, id: number, fields: readonly string[] | undefined) =>
    fields
      ? [{ preamble: preamble(id, name), metadata: fields.map((f, i) => ({ id: i + 1, annotations: [], ...typed(f) })) }]
      : [];
  return {
    pkgInfo: { arch: 'pna' },
    tables,
    actions: [...actionNames].map(([name, { id, params }]) => ({
      preamble: preamble(id, name),
      params: params.map((param, p) => ({ id: p + 1, annotations: [], ...param })),
    })),
    actionProfiles: selectors.map((s, i) => ({
      preamble: preamble(0x1100_0001 + i, s.name),
      tableIds: tables.filter((t) => t.implementationId === 0x1100_0001 + i).map((t) => t.preamble.id),
      withSelector: true,
      size: BigInt(s.members),
      maxGroupSize: 0,
    })),
    counters: (program.counters ?? []).map((c, i) => ({
      preamble: preamble(0x1200_0001 + i, c.name),
      spec: { unit: 'BOTH' },
      size: BigInt(c.size),
    })),
    directCounters: directCounters.map((t, i) => ({
      preamble: preamble(0x1300_0001 + i, t.directCounter!),
      spec: { unit: 'BOTH' },
      directTableId: tables[program.tables.indexOf(t)]!.preamble.id,
    })),
    meters: (program.meters ?? []).map((m, i) => ({
      preamble: preamble(0x1400_0001 + i, m.name),
      spec: { unit: 'BYTES' },
      size: BigInt(m.size),
    })),
    directMeters: directMeters.map((t, i) => ({
      preamble: preamble(0x1500_0001 + i, t.directMeter!),
      spec: { unit: 'BYTES' },
      directTableId: tables[program.tables.indexOf(t)]!.preamble.id,
    })),
    controllerPacketMetadata: [
      ...header('packet_in', 0x4700_0001, program.packetIn),
      ...header('packet_out', 0x4700_0002, program.packetOut),
    ],
    valueSets: [],
    registers: (program.registers ?? []).map((r, i) => ({
      preamble: preamble(0x1600_0001 + i, r.name),
      typeSpec: { bitstring: { bit: { bitwidth: r.width } } },
      size: r.size,
    })),
    digests: [],
    typeInfo: emptyTypeInfo,
  };
}

/** The order of the tables' actions. */
export function makeProgramActions(program: ProgramDescription): ProgramActions {
  const names = [...new Set(program.tables.flatMap((t) => t.actions.map((text) => parseAction(text).name)))];
  return {
    actions: names.map((name) => ({ name: fullName(name) })),
    tables: program.tables.map((t) => ({
      name: fullName(t.name),
      actions: t.actions.map((text) => ({ action: names.indexOf(parseAction(text).name) })),
    })),
  };
}

/** A device on a fresh arena; the clock stands at `clock.nowMs`, packets for the program are kept in `injected`. */
export function makeDevice(program: ProgramDescription) {
  const arena = makeArena(program);
  const clock = { nowMs: 1000 };
  const injected: Uint8Array[] = [];
  let parks = 0;
  const device = new Device({
    target: {
      arena,
      atomically: (change) => {
        parks++;
        return change();
      },
      nowMs: () => clock.nowMs,
      inject: (bytes) => injected.push(bytes),
    },
    p4info: makeP4Info(program),
    program: makeProgramActions(program),
  });
  return { device, arena, clock, injected, parks: () => parks, build: new EntityBuilder(makeP4Info(program)) };
}

/** The arena of a description, fresh. */
export function makeArena(program: ProgramDescription): Arena {
  const selectors = program.selectors ?? [];
  const widths = (table: TableDescription) =>
    table.actions.map((text) => ({ paramWidths: parseAction(text).params.map((p) => p.bitwidth) }));
  const spec: ArenaSpec = {
    tables: program.tables.map((table) => ({
      name: fullName(table.name),
      keys: table.keys.map((text) => {
        const [field, kind] = text.split(' ');
        return { width: typed(field!).bitwidth, matchKind: (kind ?? 'exact') as 'exact' };
      }),
      actions: widths(table),
      size: table.size,
      ageing: table.ageing ?? 'none',
      addOnMiss: table.addOnMiss ?? false,
      whenFull: 'refuse',
      ...(table.implementation && { profile: selectors.findIndex((s) => s.name === table.implementation) }),
      directCounter: table.directCounter !== undefined,
      directMeter: table.directMeter !== undefined,
    })),
    profiles: selectors.map((s) => ({
      name: fullName(s.name),
      size: s.members,
      actions: widths(program.tables.find((t) => t.implementation === s.name)!),
      groups: { max: s.groups, maglevSize: s.maglevSize },
    })),
    counters: (program.counters ?? []).map((c) => ({ ...c, name: fullName(c.name) })),
    meters: (program.meters ?? []).map((m) => ({ ...m, name: fullName(m.name) })),
    registers: (program.registers ?? []).map((r) => ({ name: fullName(r.name), size: r.size, fieldWidths: [r.width] })),
    digests: [],
    valueSets: [],
    scratchBytes: 0,
    workers: 1,
  };
  const layout = layoutArena(spec);
  const arena = new Arena(new ArrayBuffer(layout.programEnd), layout);
  arena.init({
    random: () => 1,
    tables: program.tables.map((table) => {
      const action = table.actions.length - 1;
      return {
        defaultAction: { kind: 'action', action, params: parseAction(table.actions[action]!).params.map(() => 0n) },
        entries: [],
      };
    }),
  });
  return arena;
}

function parseAction(text: string) {
  const [, annotation, name, list] = /^(?:@(\w+) )?(\w+)(?:\((.*)\))?$/.exec(text)!;
  const scope = annotation === 'defaultonly' ? 'DEFAULT_ONLY' : annotation === 'tableonly' ? 'TABLE_ONLY' : 'TABLE_AND_DEFAULT';
  return { name: name!, scope, params: list ? list.split(', ').map(typed) : [] } as const;
}

function typed(text: string): Typed {
  const [name, width, typeName] = text.split(':');
  return { name: name!, bitwidth: Number(width), ...(typeName && { typeName: { name: typeName } }) };
}

function preamble(id: number, name: string): Preamble {
  return { id, name: fullName(name), alias: name, annotations: [] };
}
