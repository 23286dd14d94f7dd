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

export interface Lowered {
  readonly program: ir.Program;
  /** Types of register elements and digests, by extern: what P4Info says about them. */
  readonly externTypes: ReadonlyMap<ir.ExternId, Type>;
  /** `type` declarations used by keys and parameters. */
  readonly namedTypes: ReadonlyMap<string, Type & { kind: 'newtype' }>;
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
  return { program: result, externTypes: lw.externTypes, namedTypes: lw.namedTypes };
}
