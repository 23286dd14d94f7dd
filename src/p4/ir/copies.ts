/**
 * How a copy of a packet remembers its variables and headers between the `copy` statement and the pipeline that it runs through: one record per copy,
 * in a form of its own for each target pipeline. The program that writes it and the one that reads it may be compiled code or the interpreter;
 * whoever keeps it in between looks only at its length.
 *
 *   off  width
 *   0    u32   bytes of the packet that the parser has consumed (pipelines for `headers`)
 *   8    ..    variables: big-endian, right-aligned in ceil(width / 8) bytes, one after the other
 *   ..         per header (pipelines for `headers`), 8-aligned: u32 1 if valid, u32 bytes of the varbit field, the header's bytes
 */
import type { Expr, HeaderId, Pipeline, Program, Stmt, VarId } from './ir.ts';
import { bodiesOf, childrenOf, expressionsOf } from './walk.ts';

export interface CopyRecord {
  readonly vars: readonly { readonly id: VarId; readonly width: number; readonly offset: number; readonly bytes: number }[];
  readonly headers: readonly { readonly id: HeaderId; readonly offset: number }[];
  readonly bytes: number;
}

export const copyRecordHead = { consumed: 0, vars: 8 } as const;
/** Of a header, from its offset. */
export const copyRecordHeader = { isValid: 0, varbitBytes: 4, bytes: 8 } as const;

/** Records of the program, by index of the target pipeline; a pipeline that no copy runs has none. */
export function copyRecords(program: Program): ReadonlyMap<number, CopyRecord> {
  const targets = new Map<number, Set<VarId>>();
  for (const pipeline of program.pipelines) {
    visit(pipeline.body, (s) => {
      if (s.kind !== 'copy') return;
      const vars = targets.get(s.to) ?? new Set<VarId>();
      for (const { target } of s.fields) vars.add(target);
      targets.set(s.to, vars);
    });
  }
  return new Map([...targets].map(([to, vars]) => [to, record(program, program.pipelines[to]!, vars)]));
}

/** Bytes of the longest record, 0 if the program makes no copies. */
export function longestRecord(records: ReadonlyMap<number, CopyRecord>): number {
  return Math.max(0, ...[...records.values()].map((r) => r.bytes));
}

function record(program: Program, pipeline: Pipeline, ids: ReadonlySet<VarId>): CopyRecord {
  const widths = new Map(program.vars.map((v) => [v.id, v.width]));
  let next: number = copyRecordHead.vars;
  const vars = [...ids].map((id) => {
    const width = widths.get(id)!;
    const place = { id, width, offset: next, bytes: Math.ceil(width / 8) };
    next += place.bytes;
    return place;
  });
  const used = pipeline.forCopies === 'headers' ? headersOf(pipeline) : new Set<HeaderId>();
  const headers = program.headers
    .filter((h) => used.has(h.id))
    .map((h) => {
      const type = program.headerTypes[h.type]!;
      const varbit = type.varbitField === undefined ? 0 : type.fields[type.varbitField]!.width;
      const offset = Math.ceil(next / 8) * 8;
      next = offset + copyRecordHeader.bytes + (type.fixedBits + varbit) / 8;
      return { id: h.id, offset };
    });
  // 8 bytes more: loads and stores of fields may be widened.
  return { vars, headers, bytes: Math.ceil((next + 8) / 16) * 16 };
}

/** Headers that a pipeline looks at. */
function headersOf(pipeline: Pipeline): Set<HeaderId> {
  const used = new Set<HeaderId>();
  const expr = (e: Expr): void => {
    if (e.kind === 'field' || e.kind === 'valid' || e.kind === 'varbitSum') used.add(e.header);
    if (e.kind === 'varbitEqual') used.add(e.left).add(e.right);
    childrenOf(e).forEach(expr);
  };
  visit(pipeline.body, (s) => {
    expressionsOf(s).forEach(expr);
    if (s.kind === 'copyHeader' || s.kind === 'copyVarbit') used.add(s.source).add(s.target);
    else if (s.kind === 'emit' || s.kind === 'setValid') used.add(s.header);
    else if ((s.kind === 'assign' || s.kind === 'assignSlice') && s.target.kind === 'field') used.add(s.target.header);
  });
  return used;
}

function visit(body: readonly Stmt[], then: (s: Stmt) => void): void {
  for (const s of body) {
    then(s);
    for (const inner of bodiesOf(s)) visit(inner, then);
  }
}
