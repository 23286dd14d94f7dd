/** Random programs of headers, variables and branches, and random packets. `isCalm`: headers are neither made, removed, copied nor rearranged. */
import type { BinaryOp, Expr, LValue, Program, Stmt } from '../../../src/p4/ir/ir.ts';
import { bin, c, extract, goto, iff, mux, output, parser, program, set, span, v, valid } from '../../interp/build.ts';

const varWidths = [1, 8, 16, 16, 32, 32, 48, 64, 128, 9, 33];
const types = [
  [8, 16, 32, 48, 16, 8],
  [4, 4, 8, 13, 3, 16, 16, 128],
  [1, 33, 6, 64, 16, 8],
  [16, 32],
];
const headers = [0, 1, 2, 3, 1, 3];

export class Generator {
  #x: number;
  readonly #isCalm: boolean;
  constructor(seed: number, isCalm = false) {
    this.#isCalm = isCalm;
    this.#x = (seed * 2654435761) | 1;
  }
  below(n: number): number {
    this.#x ^= this.#x << 13;
    this.#x ^= this.#x >>> 17;
    this.#x ^= this.#x << 5;
    return (this.#x >>> 0) % n;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
  bits(width: number): bigint {
    const all = (1n << BigInt(width)) - 1n;
    if (this.below(3) === 0) return this.pick([0n, 1n, all, all >> 1n]) & all;
    let value = 0n;
    for (let i = 0; i < width; i += 16) value = (value << 16n) | BigInt(this.below(65536));
    return value & all;
  }
  place(): LValue {
    if (this.below(2) === 0) {
      const id = this.below(varWidths.length);
      return { kind: 'var', id, width: varWidths[id]! };
    }
    const header = this.below(headers.length);
    const index = this.below(types[headers[header]!]!.length);
    return { kind: 'field', header, field: index, width: types[headers[header]!]![index]! };
  }
  /** An expression of exactly this width. */
  expr(width: number, depth: number): Expr {
    if (depth === 0 || this.below(5) === 0) {
      if (this.below(4) === 0) return c(width, this.bits(width));
      return this.resized(this.place(), width);
    }
    const sub = (w = width): Expr => this.expr(w, depth - 1);
    switch (this.below(9)) {
      case 0:
        return { kind: 'unary', op: this.pick(['not', 'neg'] as const), width, operand: sub() };
      case 1:
        return mux(this.condition(depth - 1), sub(), sub());
      case 2:
        if (width >= 2) {
          const right = 1 + this.below(width - 1);
          return { kind: 'concat', width, left: sub(width - right), right: sub(right) };
        }
        return this.condition(depth - 1);
      case 3: {
        const parts = Array.from({ length: 1 + this.below(3) }, () => ({
          value: sub(this.pick([16, 32, 48, 128])),
          negate: this.below(2) === 0,
        }));
        return this.resized({ kind: 'onesSum', width: 16, parts }, width);
      }
      case 4: {
        const algorithm = this.pick(['crc32', 'crc16', 'xor16', 'targetDefault', 'onesComplement16', 'identity'] as const);
        return {
          kind: 'hash',
          width,
          algorithm,
          data: Array.from({ length: 1 + this.below(4) }, () => sub(this.pick([1, 8, 13, 16, 32, 48]))),
        };
      }
      case 5:
        return bin(
          this.pick(['shl', 'shr'] as const),
          sub(),
          this.below(2) === 0 ? c(8, this.below(width + 2)) : sub(this.pick([3, 8, 16])),
          this.below(2) === 0,
        );
      default: {
        const op = this.pick<BinaryOp>(['add', 'sub', 'mul', 'and', 'or', 'xor', 'satAdd', 'satSub', 'div', 'mod']);
        return bin(op, sub(), sub(), this.below(2) === 0);
      }
    }
  }
  resized(operand: Expr, width: number): Expr {
    if (operand.width === width) return operand;
    if (operand.width > width && this.below(2) === 0) {
      const low = this.below(operand.width - width + 1);
      return { kind: 'slice', width, operand, high: low + width - 1, low };
    }
    return { kind: 'resize', width, signed: this.below(2) === 0, operand };
  }
  condition(depth: number): Expr {
    switch (this.below(4)) {
      case 0:
        return valid(this.below(headers.length));
      case 1:
        if (depth > 0) {
          return {
            kind: 'logical',
            width: 1,
            op: this.pick(['and', 'or'] as const),
            left: this.condition(depth - 1),
            right: this.condition(depth - 1),
          };
        }
        return { kind: 'unary', op: 'not', width: 1, operand: valid(this.below(headers.length)) };
      default: {
        const left = this.place();
        const op = this.pick<BinaryOp>(['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'eq', 'ne']);
        return bin(
          op,
          left,
          this.below(2) === 0 ? c(left.width, this.bits(left.width)) : this.expr(left.width, depth),
          this.below(2) === 0,
        );
      }
    }
  }
  body(depth: number): Stmt[] {
    return Array.from({ length: 1 + this.below(5) }, () => this.stmt(depth));
  }
  stmt(depth: number): Stmt {
    const header = this.below(headers.length);
    const kind = this.below(depth > 0 ? 10 : 6);
    switch (this.#isCalm && kind < 2 ? 9 : kind) {
      case 0:
        return { kind: 'setValid', header, valid: this.below(3) > 0, span };
      case 1: {
        const others = headers.flatMap((type, i) => (type === headers[header] ? [i] : []));
        return { kind: 'copyHeader', target: this.pick(others), source: header, span };
      }
      case 2: {
        const target = this.place();
        const low = this.below(target.width);
        const high = low + this.below(target.width - low);
        return { kind: 'assignSlice', target, high, low, value: this.expr(high - low + 1, 2), span };
      }
      case 6:
        return iff(this.condition(2), this.body(depth - 1), this.below(2) === 0 ? this.body(depth - 1) : []);
      case 7: {
        const value = this.place();
        const cases = Array.from({ length: 1 + this.below(6) }, (_, i) => ({
          values: [BigInt.asUintN(value.width, BigInt(i)), this.bits(value.width)],
          body: this.body(depth - 1),
        }));
        return { kind: 'switch', value, cases, default: this.body(depth - 1), span };
      }
      case 8: {
        const label = `b${this.below(1000000)}`;
        return {
          kind: 'block',
          label,
          body: [...this.body(depth - 1), iff(this.condition(1), [{ kind: 'break', label }]), ...this.body(depth - 1)],
        };
      }
      default: {
        const target = this.place();
        return set(target, this.expr(target.width, 3));
      }
    }
  }
  program(): Program {
    const states = headers.map((_, i): Stmt[] => {
      const next = i + 1 < headers.length ? goto(i + 1) : goto('accept');
      return [
        ...(this.below(4) === 0 ? [{ kind: 'lookahead', target: 6, width: 48, offsetBits: this.below(9), span } as const] : []),
        extract(i),
        iff(
          this.condition(1),
          [goto(i + 1 < headers.length ? i + 1 + this.below(headers.length - i - 1) : 'accept')],
          [this.below(3) === 0 ? goto('accept') : next],
        ),
      ];
    });
    const order = headers.map((_, i) => i);
    if (!this.#isCalm && this.below(3) === 0) order.push(order.shift()!);
    const emits = order.map((header): Stmt => ({ kind: 'emit', header, span }));
    const deparse: Stmt = {
      kind: 'deparse',
      body: !this.#isCalm && this.below(4) === 0 ? [iff(this.condition(1), emits.slice(0, 2)), ...emits.slice(2)] : emits,
      span,
    };
    return program({ types, headers, vars: varWidths }, [
      parser(...states),
      ...this.body(3),
      ...this.body(3),
      deparse,
      output(v(4, 32)),
    ]);
  }
  packet(): string {
    return Array.from({ length: this.below(90) }, () =>
      this.pick([0, 1, 255, this.below(256)])
        .toString(16)
        .padStart(2, '0'),
    ).join('');
  }
}
