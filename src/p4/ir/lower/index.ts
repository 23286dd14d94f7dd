/**
 * Lowering: from a checked program to the IR. Reports what softipu does not do (`unsupported`) and what an architecture forbids.
 */
import type { Diagnostics } from '../../../diag/index.ts';
import { architectureOf, architectures } from '../../arch/index.ts';
import type { CheckedProgram } from '../../types/checked.ts';
import type { Type } from '../../types/types.ts';
import type * as ir from '../ir.ts';
import { instantiate } from './instantiate.ts';
import { Lowering } from './lowering.ts';
import type { NamedType } from './named-types.ts';
import { directAction } from './tables.ts';

export interface Lowered {
  readonly program: ir.Program;
  /** Types of register elements and digests, by extern: what P4Info says about them. */
  readonly externTypes: ReadonlyMap<ir.ExternId, Type>;
  /** `size` of the tables that declare one. */
  readonly declaredSizes: ReadonlyMap<ir.TableId, number>;
  /** `type` declarations and enums used by keys and parameters. */
  readonly namedTypes: ReadonlyMap<string, NamedType>;
  /** `type` of the index of counters, meters and registers. */
  readonly indexTypes: ReadonlyMap<ir.ExternId, NamedType>;
}

/** Lowers the program from `main` on; undefined if that is impossible (reported). The result is only good if `diag` has no errors. */
export function lowerProgram(checked: CheckedProgram, diag: Diagnostics): Lowered | undefined {
  const { main, program } = checked;
  if (!main) {
    diag.error('no-main', program.span, "the program has no 'main'", {
      help: "instantiate the architecture's package as 'main'",
    });
    return undefined;
  }
  const call = checked.callOf(main);
  if (call.kind !== 'constructor' || call.declaration.kind !== 'packageType') {
    diag.error('bad-main', main.name.span, "'main' must be an instance of a package");
    return undefined;
  }
  const packageName = call.declaration.name.name;
  const arch = architectureOf(packageName);
  if (!arch) {
    const known = architectures.map((a) => `'${a.packageName}'`).join(', ');
    diag.error('unsupported', main.name.span, `package '${packageName}' belongs to no architecture that softipu knows`, {
      help: `known: ${known}`,
    });
    return undefined;
  }
  const lw = new Lowering(checked, diag, arch);
  for (const d of program.declarations) {
    if (d.kind === 'instantiation' && d !== main) lw.globals.set(d, instantiate(lw, d, ''));
  }
  const item = instantiate(lw, main, '');
  if (item.kind !== 'package') return undefined;
  const pipelines = arch.lowerMain(lw, item, main.name.span);
  nameDirectActions(lw);
  const result: ir.Program = {
    architecture: arch.name,
    vars: lw.vars,
    headerTypes: lw.headerTypes,
    headers: lw.headers,
    actions: lw.actions,
    tables: lw.tables,
    externs: lw.externs,
    errors: checked.errors,
    pipelines,
  };
  const { externTypes, declaredSizes, namedTypes, indexTypes } = lw;
  return { program: result, externTypes, declaredSizes, namedTypes, indexTypes };
}

/** Actions that no table has but an apply block calls are objects of the control plane, without parameters: the call gives them. */
function nameDirectActions(lw: Lowering): void {
  for (const { declaration, instance } of lw.directCalls) directAction(lw, declaration, instance);
}
