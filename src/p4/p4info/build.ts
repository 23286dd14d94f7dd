/**
 * P4Info of a lowered program (P4Runtime specification, "P4Info Message"). Objects come in the order of the IR, actions and tables as their ids say nothing
 * about order; `@hidden` objects are left out.
 */
import type { Diagnostics, Span } from '../../diag/index.ts';
import type * as ir from '../ir/ir.ts';
import type { Lowered } from '../ir/lower/index.ts';
import type { CheckedProgram } from '../types/checked.ts';
import { annotationText, annotationTexts } from './annotations.ts';
import { controllerHeaders } from './controller-headers.ts';
import { aliases, assignIds, type IdKind } from './ids.ts';
import type * as info from './p4info.ts';
import { TypeTable, toBytes, translationOf } from './types.ts';

const matchTypes: Readonly<Record<Exclude<ir.MatchKind, 'selector'>, info.MatchType>> = {
  exact: 'EXACT',
  lpm: 'LPM',
  ternary: 'TERNARY',
  range: 'RANGE',
  optional: 'OPTIONAL',
};

/** Size of a table that does not say one. */
const defaultTableSize = 1024;

interface Named {
  readonly name: string;
  readonly annotations: readonly ir.Annotation[];
}

/** P4Info of a program without `main`: it shows nothing. */
export const emptyP4Info: info.P4Info = {
  pkgInfo: { arch: '' },
  tables: [],
  actions: [],
  actionProfiles: [],
  counters: [],
  directCounters: [],
  meters: [],
  directMeters: [],
  controllerPacketMetadata: [],
  valueSets: [],
  registers: [],
  digests: [],
  typeInfo: { structs: {}, headers: {}, headerUnions: {}, enums: {}, serializableEnums: {}, newTypes: {} },
};

/** P4Info of a program; reports `@id`s that collide. */
export function buildP4Info(lowered: Lowered, checked: CheckedProgram, diag: Diagnostics): info.P4Info {
  const { program } = lowered;
  const types = new TypeTable(checked);
  const visible = <T extends Named>(objects: readonly T[]): T[] =>
    objects.filter((o) => !o.annotations.some((a) => a.name === 'hidden'));
  const externs = <K extends ir.Extern['kind']>(kind: K): (ir.Extern & { kind: K })[] =>
    visible(program.externs.filter((e): e is ir.Extern & { kind: K } => e.kind === kind));
  for (const type of lowered.namedTypes.values()) types.mention(type);
  const tables = visible(program.tables);
  const actions = oncePerDeclaration(visible(program.actions));
  const profiles = [...externs('actionProfile'), ...externs('actionSelector')].sort((a, b) => a.id - b.id);
  const counters = externs('counter');
  const directCounters = externs('directCounter');
  const meters = externs('meter');
  const directMeters = externs('directMeter');
  const registers = externs('register');
  const digests = externs('digest');
  const valueSets = externs('valueSet');
  const everything: Named[] = [
    ...tables,
    ...actions,
    ...profiles,
    ...counters,
    ...directCounters,
    ...meters,
    ...directMeters,
    ...registers,
    ...digests,
    ...valueSets,
  ];
  reportSameNames('table', tables, diag);
  reportSameNames('action', actions, diag);
  const shortNames = aliases(everything.map((o) => o.name));
  const idsOf = (kind: IdKind, objects: readonly Named[]): Map<string, number> => {
    const given = new Map<string, number>();
    for (const o of objects) {
      const id = integerAnnotation(o.annotations, 'id');
      if (id === undefined) continue;
      const other = [...given].find(([, n]) => n === id)?.[0];
      if (other) diag.error('duplicate-id', checked.program.span, `'${other}' and '${o.name}' have the same @id ${id}`);
      given.set(o.name, id);
    }
    return assignIds(
      kind,
      objects.map((o) => o.name),
      given,
    );
  };
  const tableIds = idsOf('table', tables);
  const actionIds = idsOf('action', actions);
  const profileIds = idsOf('actionProfile', profiles);
  const directCounterIds = idsOf('directCounter', directCounters);
  const directMeterIds = idsOf('directMeter', directMeters);
  const preamble = (ids: ReadonlyMap<string, number>, o: Named): info.Preamble => ({
    id: ids.get(o.name)!,
    name: o.name,
    alias: shortNames.get(o.name)!,
    annotations: annotationTexts(o.annotations),
  });
  /** Name of a `type`, and the width that the controller sees. */
  const typed = (width: number, typeName: string | undefined): { bitwidth: number; typeName?: info.P4NamedType } => {
    const type = typeName === undefined ? undefined : lowered.namedTypes.get(typeName);
    if (!type || typeName === undefined) return { bitwidth: width };
    types.specOf(type);
    const translated = type.kind === 'newtype' && translationOf(type)?.translatedType;
    const bitwidth = type.kind === 'enum' ? 0 : translated ? (translated.sdnBitwidth ?? 0) : width;
    return { bitwidth, typeName: { name: typeName } };
  };
  const matchField = (key: ir.TableKey, index: number): info.MatchField[] =>
    key.matchKind === 'selector'
      ? []
      : [
          {
            id: integerAnnotation(key.annotations, 'id') ?? index + 1,
            name: key.name,
            annotations: key.annotations
              .filter((a) => a.name === 'hidden')
              .map(annotationText)
              .concat(annotationTexts(key.annotations)),
            matchType: matchTypes[key.matchKind],
            ...typed(key.width, key.typeName),
          },
        ];
  /** Name of the `type` of a counter's, meter's or register's index. */
  const indexed = (id: ir.ExternId): { indexTypeName?: info.P4NamedType } => {
    const type = lowered.indexTypes.get(id);
    if (!type) return {};
    types.specOf(type);
    return { indexTypeName: { name: type.name } };
  };
  const nameOfAction = (id: ir.ActionId): string => program.actions[id]!.name;
  const tableOf = (t: ir.Table): info.Table => {
    const implementation = t.implementation === undefined ? undefined : program.externs[t.implementation];
    const defaultId = actionIds.get(nameOfAction(t.defaultAction.action)) ?? 0;
    const direct = [t.directCounter, t.directMeter].flatMap((id) => {
      const extern = id === undefined ? undefined : program.externs[id];
      const found = extern && (directCounterIds.get(extern.name) ?? directMeterIds.get(extern.name));
      return found === undefined ? [] : [found];
    });
    return {
      preamble: preamble(tableIds, t),
      matchFields: t.keys.flatMap(matchField),
      actionRefs: t.actions.flatMap((a) => {
        const id = actionIds.get(nameOfAction(a.action));
        const scope = a.tableOnly ? 'TABLE_ONLY' : a.defaultOnly ? 'DEFAULT_ONLY' : 'TABLE_AND_DEFAULT';
        return id === undefined ? [] : [{ id, scope, annotations: annotationTexts(a.annotations) } as const];
      }),
      ...(t.isDefaultConst ? { constDefaultActionId: defaultId } : {}),
      initialDefaultAction: {
        actionId: defaultId,
        arguments: t.defaultAction.args.map((value, i) => ({
          paramId: i + 1,
          value: toBytes(value, program.actions[t.defaultAction.action]!.params[i]!.width),
        })),
      },
      implementationId: implementation ? (profileIds.get(implementation.name) ?? 0) : 0,
      directResourceIds: direct,
      size: BigInt(lowered.declaredSizes.get(t.id) || defaultTableSize),
      idleTimeoutBehavior: t.idleTimeout === 'notify' ? 'NOTIFY_CONTROL' : 'NO_TIMEOUT',
      isConstTable: t.isConst,
      hasInitialEntries: t.entries.length > 0,
      ...(t.addOnMiss || t.idleTimeout === 'autoDelete'
        ? { pna: { addOnMiss: t.addOnMiss, autoDelete: t.idleTimeout === 'autoDelete' } }
        : {}),
    };
  };
  const builtTables = tables.map(tableOf);
  const counterIds = idsOf('counter', counters);
  const meterIds = idsOf('meter', meters);
  const registerIds = idsOf('register', registers);
  const digestIds = idsOf('digest', digests);
  const valueSetIds = idsOf('valueSet', valueSets);
  const result = {
    pkgInfo: { arch: program.architecture, ...packageInfo(checked) },
    tables: builtTables,
    actions: actions.map((a) => ({
      preamble: preamble(actionIds, a),
      params: a.params.map((p, i) => ({
        id: integerAnnotation(p.annotations, 'id') ?? i + 1,
        name: p.name,
        annotations: annotationTexts(p.annotations),
        ...typed(p.width, p.typeName),
      })),
    })),
    actionProfiles: profiles.map((p) => ({
      preamble: preamble(profileIds, p),
      tableIds: tables.filter((t) => t.implementation === p.id).map((t) => tableIds.get(t.name)!),
      withSelector: p.kind === 'actionSelector',
      size: BigInt(p.size),
      ...selectorSizes(p),
    })),
    counters: counters.map((c) => ({
      preamble: preamble(counterIds, c),
      spec: { unit: unitOf(c.type) },
      size: BigInt(c.size),
      ...indexed(c.id),
    })),
    directCounters: directCounters.map((c) => ({
      preamble: preamble(directCounterIds, c),
      spec: { unit: unitOf(c.type) },
      directTableId: tableIds.get(program.tables[c.table]!.name) ?? 0,
    })),
    meters: meters.map((m) => ({
      preamble: preamble(meterIds, m),
      spec: { unit: unitOf(m.unit) as 'BYTES' | 'PACKETS' },
      size: BigInt(m.size),
      ...indexed(m.id),
    })),
    directMeters: directMeters.map((m) => ({
      preamble: preamble(directMeterIds, m),
      spec: { unit: unitOf(m.unit) as 'BYTES' | 'PACKETS' },
      directTableId: tableIds.get(program.tables[m.table]!.name) ?? 0,
    })),
    controllerPacketMetadata: controllerHeaders(checked, types),
    valueSets: valueSets.map((v) => ({
      preamble: preamble(valueSetIds, v),
      match: v.keys.map((k) => (k.name === v.name ? { ...k, name: '' } : k)).flatMap(matchField),
      size: v.size,
    })),
    registers: registers.map((r) => ({
      preamble: preamble(registerIds, r),
      typeSpec: types.specOf(lowered.externTypes.get(r.id) ?? { kind: 'poison' }),
      size: r.size,
      ...indexed(r.id),
    })),
    digests: digests.map((d) => ({
      preamble: preamble(digestIds, d),
      typeSpec: types.specOf(lowered.externTypes.get(d.id) ?? { kind: 'poison' }),
    })),
  };
  return { ...result, typeInfo: types.typeInfo };
}

function unitOf(type: 'packets' | 'bytes' | 'both'): 'PACKETS' | 'BYTES' | 'BOTH' {
  return type === 'packets' ? 'PACKETS' : type === 'bytes' ? 'BYTES' : 'BOTH';
}

function integerAnnotation(annotations: readonly ir.Annotation[], name: string): number | undefined {
  const body = annotations.find((a) => a.name === name)?.body;
  const value = body === undefined ? Number.NaN : Number(body.replace(/_/g, ''));
  return Number.isSafeInteger(value) ? value : undefined;
}

type Declared = Named & { readonly span: Span };

/** An action with a global name (`@name(".a")`) of a control that stands several times in the program is one object to the control plane. */
function oncePerDeclaration<T extends Declared>(objects: readonly T[]): T[] {
  const seen = new Map<string, Declared[]>();
  return objects.filter((o) => {
    const before = seen.get(o.name) ?? [];
    if (before.some((b) => b.span.file === o.span.file && b.span.start === o.span.start)) return false;
    seen.set(o.name, [...before, o]);
    return true;
  });
}

/** Two objects of a kind cannot have one name: the control plane could not tell them apart. */
function reportSameNames(kind: string, objects: readonly Declared[], diag: Diagnostics): void {
  const seen = new Map<string, Declared>();
  for (const o of [...objects].sort((a, b) => a.span.start - b.span.start)) {
    const before = seen.get(o.name);
    if (!before) seen.set(o.name, o);
    else {
      diag.error('duplicate-name', o.span, `the control plane would see two ${kind}s of the name '${o.name}'`, {
        notes: [{ message: 'the other one is here', span: before.span }],
      });
    }
  }
}

/** `@max_group_size`, `@selector_size_semantics` and `@max_member_weight` of an action selector; a plain profile has no groups. */
function selectorSizes(
  p: Named & { readonly kind: string },
): Pick<info.ActionProfile, 'maxGroupSize' | 'sumOfMembers' | 'sumOfWeights'> {
  if (p.kind !== 'actionSelector') return { maxGroupSize: 0 };
  const maxGroupSize = integerAnnotation(p.annotations, 'max_group_size') ?? 0;
  const semantics = p.annotations.find((a) => a.name === 'selector_size_semantics')?.body;
  if (semantics === 'sum_of_weights') return { maxGroupSize, sumOfWeights: {} };
  if (semantics !== 'sum_of_members') return { maxGroupSize };
  return { maxGroupSize, sumOfMembers: { maxMemberWeight: integerAnnotation(p.annotations, 'max_member_weight') ?? 0 } };
}

/** What `@pkginfo(name = "…", version = "…")` at `main` says. */
function packageInfo(checked: CheckedProgram): Partial<info.PkgInfo> {
  const known = ['name', 'version', 'organization', 'contact', 'url'];
  const args = checked.main?.annotations.filter((a) => a.name === 'pkginfo').flatMap((a) => a.args) ?? [];
  return Object.fromEntries(
    args.flatMap(({ name, value }) =>
      name && known.includes(name.name) && value.kind === 'string' ? [[name.name, value.value]] : [],
    ),
  );
}
