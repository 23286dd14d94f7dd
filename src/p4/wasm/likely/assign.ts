/**
 * Assignments on the likely path. A variable is set at once. A field's new value is kept until the packet's end is certain: as an expression if it is a simple
 * one, so that nothing has to be held over the calls in between, else in a variable; also in branches that will be joined.
 */
import type { Expr, LValue, Stmt, VarId } from '../../ir/ir.ts';
import { reads } from '../../ir/walk.ts';
import { fieldPlace, isAlignedPlace } from '../fields.ts';
import { assign } from '../headers.ts';
import type { LikelyPipe } from './likely-pipe.ts';
import { fieldKey, varValue } from './path.ts';
import { isSupported, substitute } from './substitute.ts';

type Assignment = Extract<Stmt, { kind: 'assign' | 'assignSlice' }>;
type Variable = Extract<LValue, { kind: 'var' }>;
type Field = Extract<LValue, { kind: 'field' }>;

/** False if the path cannot do it. */
export function assignTo(p: LikelyPipe, s: Assignment): boolean {
  if (!isSupported(s.value)) return false;
  const { target } = s;
  const bits = s.kind === 'assignSlice' ? ([s.high, s.low] as const) : undefined;
  const value = substitute(p, s.value);
  if (target.kind === 'var') {
    setVar(p, target, value, bits);
    return true;
  }
  if (p.facts?.get(target.header) !== true) return true;
  const sum = sumOf(p, value);
  if (!bits && p.branches === 0 && (sum || isSimple(value))) setField(p, target, sum ?? value);
  else setVar(p, materialise(p, target.header, target.field), value, bits);
  return true;
}

/** Sets a variable to a substituted value, and remembers what it is. */
export function setVar(p: LikelyPipe, target: Variable, value: Expr, bits?: readonly [high: number, low: number]): void {
  p.checkLength();
  const storage = new Set([`v${target.id}`]);
  p.flushConditions((condition) => reads(condition, storage));
  for (const { header, field, value: changed } of p.path.written.values()) {
    if (changed.kind !== 'var' ? reads(changed, storage) : changed.id === target.id && target.id >= 0)
      materialise(p, header, field);
  }
  if (bits) {
    settle(p, target.id);
    assign(p, target, value, ...bits);
  } else assign(p, target, value);
  const sum = bits ? undefined : sumOf(p, value);
  forgetVar(p, target.id);
  if (!bits && (value.kind === 'const' || isInPacket(value))) p.path.vars.set(target.id, value);
  if (sum && !reads(sum, storage)) p.path.sums.set(target.id, sum);
}

/** What a variable was is no longer known. */
export function forgetVar(p: LikelyPipe, id: VarId): void {
  p.path.vars.set(id, undefined);
  const storage = new Set([`v${id}`]);
  for (const [other, sum] of p.path.sums) if (other === id || reads(sum, storage)) p.path.sums.delete(other);
}

/** Puts a variable's known value into its local, where so far only the compiler knew it. */
export function settle(p: LikelyPipe, id: VarId): void {
  const known = varValue(p.path, id, id < 0 ? 0 : p.unit.widthOf(id));
  if (known) assign(p, { kind: 'var', width: known.width, id }, known);
}

/** The variable that holds a field from here on; it has the field's value. */
export function materialise(p: LikelyPipe, header: number, field: number): Variable {
  const key = fieldKey(header, field);
  const before = p.path.written.get(key)?.value;
  if (before?.kind === 'var' && before.id < 0) {
    settle(p, before.id);
    return before;
  }
  const { width } = p.field(header, field);
  const now = substitute(p, { kind: 'field', width, header, field });
  const isRaw = width > 8 && isAlignedPlace(fieldPlace(p, header, field));
  const variable = p.newVar(width, isRaw);
  p.checkLength();
  assign(p, variable, now);
  setField(p, { kind: 'field', width, header, field }, variable);
  return variable;
}

function setField(p: LikelyPipe, { header, field }: Field, value: Expr): void {
  p.path.written.set(fieldKey(header, field), { header, field, value });
  p.path.fields.set(fieldKey(header, field), value);
}

/** Bits of the packet: it is cheaper to read them again than to keep them. */
function isInPacket(e: Expr): boolean {
  return e.kind === 'field' || (e.kind === 'slice' && e.operand.kind === 'field');
}

/** A value that costs little to compute a second time. */
function isSimple(e: Expr): boolean {
  const isLeaf = (x: Expr): boolean => x.kind === 'const' || x.kind === 'var' || isInPacket(x);
  return isLeaf(e) || (e.kind === 'binary' && isLeaf(e.left) && isLeaf(e.right) && e.op !== 'div' && e.op !== 'mod');
}

/** The value as a sum, or the complement of one. */
function sumOf(p: LikelyPipe, value: Expr): Expr | undefined {
  if (value.kind === 'onesSum') return value;
  if (value.kind === 'var') return p.path.sums.get(value.id);
  if (value.kind !== 'unary' || value.op !== 'not') return undefined;
  const operand = value.operand.kind === 'var' ? p.path.sums.get(value.operand.id) : value.operand;
  if (operand?.kind === 'onesSum') return { ...value, operand };
  return undefined;
}
