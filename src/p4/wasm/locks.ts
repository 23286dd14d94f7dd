/**
 * What several workers must not do at the same time. A lock is a word of the arena, 1 while somebody has it. Nobody waits long: who has one neither calls out
 * nor takes a second of the same kind, and the registers' lock is always taken first.
 */
import type { Fn, Get, Ref } from './builder.ts';
import type { Pipe } from './pipe.ts';

/** Waits for the lock and takes it. */
export function lock(f: Fn, at: Get): void {
  const { i32: A } = f.m;
  f.loop((again) => {
    f.loop((busy) => f.br(busy, A.atomic.load(0, at())));
    f.br(again, A.atomic.rmw.cmpxchg(0, at(), A.const(0), A.const(1)));
  });
}

export function unlock(f: Fn, at: Get): void {
  f.emit(f.m.i32.atomic.store(0, at(), f.m.i32.const(0)));
}

/** Before a register is read or written: the packet has the registers from here to its end. Nothing with one worker. */
export function takeRegisters(p: Pipe): void {
  const at = registerLock(p);
  if (!at) return;
  p.if(p.m.i32.eqz(p.get(p.hasRegisters)), () => {
    lock(p, at);
    p.set(p.hasRegisters, p.m.i32.const(1));
  });
}

/** At the packet's end. */
export function giveRegisters(p: Pipe): void {
  const at = registerLock(p);
  if (!at || !p.unit.features.registers) return;
  p.if(p.get(p.hasRegisters), () => {
    unlock(p, at);
    p.set(p.hasRegisters, p.m.i32.const(0));
  });
}

function registerLock(p: Pipe): (() => Ref) | undefined {
  const at = p.unit.layout.registerLock;
  return at === undefined ? undefined : () => p.m.i32.const(at);
}
