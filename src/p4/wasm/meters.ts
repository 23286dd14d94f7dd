/** Meters: the steps of arena/meter.ts, instruction by instruction, as one helper function. */

import { context, meterCell } from '../../arena/layout.ts';
import type { Stmt } from '../ir/ir.ts';
import { Fn, type Get, i32, i64, type Ref } from './builder.ts';
import { evaluateLimbs, evaluateNumber } from './expr.ts';
import { externOf, whereInside } from './externs.ts';
import { lock, unlock } from './locks.ts';
import type { Pipe } from './pipe.ts';
import { narrowSlice } from './wide.ts';

/** Encoding of PNA_MeterColor_t, as arena/meter.ts has it. */
const meterColor = { red: 0, green: 1, yellow: 2 } as const;

/** Billionths: a rate per second is as many units per nanosecond. */
const unitsPerToken = 1_000_000_000n;

export function meter(p: Pipe, s: Extract<Stmt, { kind: 'meter' }>): void {
  const { i32: A, i64: B } = p.m;
  const extern = externOf(p, s.extern, 'meter', 'directMeter');
  const length = s.length ? narrowSlice(p, evaluateLimbs(p, s.length), 0, 32) : p.packetLength();
  const amount = p.holdI32(extern.unit === 'packets' ? A.const(1) : length);
  const before = p.holdI32(s.color ? evaluateNumber(p, s.color) : A.const(meterColor.green));
  const color = p.local(i32);
  const run = (cell: Ref): void => {
    const now = B.load(context.nowNs, p.get(p.context));
    const step = p.unit.layout.spec.workers > 1 ? lockedMeterStep(p) : meterStep(p);
    p.set(color, p.m.call(step, [cell, now, amount(), before()], i32));
  };
  if (extern.kind === 'directMeter') {
    const table = p.program.tables.findIndex((t) => t.id === extern.table);
    run(A.add(p.get(p.applied(extern.table).entry), A.const(p.unit.layout.tables[table]!.meterOffset)));
  } else if (s.index) {
    const array = p.unit.layout.meters[p.unit.externIndex(s.extern, 'meter')]!;
    const outside = (): void => p.set(color, A.const(meterColor.green));
    whereInside(p, s.index, array, meterCell.bytes, (cell) => run(cell()), outside);
  }
  if (s.target !== undefined) p.set(p.varLocals(s.target)[0]!, p.get(color));
}

/** As meterStep, while no other worker is at the same cell. */
function lockedMeterStep(p: Pipe): string {
  const step = meterStep(p);
  return p.unit.helper('lockedMeterStep', () => {
    const f = new Fn(p.unit, [i32, i64, i32, i32]);
    const at = (): Ref => f.m.i32.add(f.get(0), f.m.i32.const(meterCell.lock));
    lock(f, at);
    const color = f.holdI32(f.m.call(step, [f.get(0), f.get(1), f.get(2), f.get(3)], i32));
    unlock(f, at);
    f.finish('lockedMeterStep', i32, color());
  });
}

/** meterStep(cell, nowNs, amount, color) -> color */
function meterStep(p: Pipe): string {
  return p.unit.helper('meterStep', () => {
    const f = new Fn(p.unit, [i32, i64, i32, i32]);
    const { i32: A, i64: B } = f.m;
    const load = (field: number): Ref => B.load(field, f.get(0));
    const store = (field: number, value: Ref): void => f.emit(B.store(field, f.get(0), value));
    const answer = (color: number): void => f.emit(f.m.return(A.const(color)));
    const color = (): Ref => f.get(3);
    f.if(B.eqz(load(meterCell.pir)), () => answer(meterColor.green));
    const last = f.holdI64(load(meterCell.lastNs));
    f.if(B.gt_u(f.get(1), last()), () => {
      const elapsed = f.holdI64(B.sub(f.get(1), last()));
      store(meterCell.lastNs, f.get(1));
      refill(f, meterCell.committedTokens, meterCell.cir, meterCell.cburst, elapsed);
      refill(f, meterCell.peakTokens, meterCell.pir, meterCell.pburst, elapsed);
    });
    const need = f.holdI64(B.mul(B.extend_u(f.get(2)), B.const(unitsPerToken)));
    const peak = f.holdI64(load(meterCell.peakTokens));
    f.if(A.or(A.eq(color(), A.const(meterColor.red)), B.lt_u(peak(), need())), () => answer(meterColor.red));
    store(meterCell.peakTokens, B.sub(peak(), need()));
    const committed = f.holdI64(load(meterCell.committedTokens));
    f.if(A.or(A.eq(color(), A.const(meterColor.yellow)), B.lt_u(committed(), need())), () => answer(meterColor.yellow));
    store(meterCell.committedTokens, B.sub(committed(), need()));
    f.finish('meterStep', i32, A.const(meterColor.green));
  });
}

function refill(f: Fn, tokensField: number, rateField: number, burstField: number, elapsed: Get): void {
  const { i64: B } = f.m;
  const load = (field: number): Get => f.holdI64(B.load(field, f.get(0)));
  const rate = load(rateField);
  f.if(B.ne(rate(), B.const(0)), () => {
    const tokens = load(tokensField);
    const limit = f.holdI64(B.mul(load(burstField)(), B.const(unitsPerToken)));
    const isFull = B.gt_u(elapsed(), B.div_u(B.sub(limit(), tokens()), rate()));
    const filled = f.m.select(isFull, limit(), B.add(tokens(), B.mul(elapsed(), rate())));
    f.emit(B.store(tokensField, f.get(0), filled));
  });
}
