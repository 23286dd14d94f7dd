/** Expressions: values are unsigned bit strings of the node's width; a signed operation reads them in two's complement (P4-16, section 8). */
import type { BinaryExpr, Expr, Intrinsic } from '../p4/ir/ir.ts';
import { concatBits, toBytes } from './bits.ts';
import { hash, onesSum, words16 } from './hashes.ts';
import type { State } from './state.ts';

/** Value of an expression, 0 .. 2^width - 1. */
export function evaluate(e: Expr, state: State): bigint {
  return BigInt.asUintN(e.width, raw(e, state));
}

/** The value before it is cut to the node's width. */
function raw(e: Expr, state: State): bigint {
  switch (e.kind) {
    case 'const':
      return e.value;
    case 'var':
      return state.vars.get(e.id) ?? 0n;
    case 'field': {
      const header = state.headers.get(e.header)!;
      return header.isValid ? header.values[e.field]! : 0n;
    }
    case 'valid':
      return truth(state.headers.get(e.header)!.isValid);
    case 'unary':
      return e.op === 'neg' ? -evaluate(e.operand, state) : ~evaluate(e.operand, state);
    case 'binary':
      return binary(e, evaluate(e.left, state), evaluate(e.right, state));
    case 'concat':
      return (evaluate(e.left, state) << BigInt(e.right.width)) | evaluate(e.right, state);
    case 'slice':
      return evaluate(e.operand, state) >> BigInt(e.low);
    case 'resize': {
      const value = evaluate(e.operand, state);
      return e.signed ? BigInt.asIntN(e.operand.width, value) : value;
    }
    case 'mux':
      return evaluate(e.condition, state) !== 0n ? evaluate(e.then, state) : evaluate(e.else, state);
    case 'logical': {
      const left = evaluate(e.left, state);
      return (left !== 0n) === (e.op === 'and') ? evaluate(e.right, state) : left;
    }
    case 'onesSum':
      return BigInt(
        onesSum(
          e.parts.flatMap(({ value, negate }) => {
            const words = words16(toBytes(evaluate(value, state), value.width));
            return negate ? words.map((word) => word ^ 0xffff) : words;
          }),
        ),
      );
    case 'varbitSum': {
      const header = state.headers.get(e.header)!;
      if (!header.isValid) return 0n;
      const bytes = toBytes(header.values[header.type.varbitField!]!, header.varbitBits);
      return BigInt(onesSum(words16(bytes)));
    }
    case 'varbitEqual': {
      const [left, right] = [e.left, e.right].map((id) => {
        const header = state.headers.get(id)!;
        return header.isValid
          ? { bits: header.varbitBits, value: header.values[header.type.varbitField!]! }
          : { bits: 0, value: 0n };
      });
      return truth(left!.bits === right!.bits && left!.value === right!.value);
    }
    case 'hash': {
      const data = concatBits(e.data.map((part) => ({ value: evaluate(part, state), width: part.width })));
      return hash(e.algorithm, data, state.arena.hashSeed);
    }
    case 'intrinsic':
      return intrinsic(e.name, state);
    case 'isNetPort':
      return truth(state.arena.isNetPort(Number(evaluate(e.port, state))));
    case 'inValueSet': {
      const sets = state.program.externs.filter((x) => x.kind === 'valueSet');
      const index = sets.findIndex((x) => x.id === e.set);
      return truth(state.arena.valueSets[index]!.contains(e.keys.map((key) => evaluate(key, state))));
    }
    default:
      return assertNever(e);
  }
}

function binary(e: BinaryExpr, left: bigint, right: bigint): bigint {
  const { width } = e.left;
  const a = e.signed ? BigInt.asIntN(width, left) : left;
  // The amount of a shift is unsigned and has a width of its own.
  const b = e.signed && e.op !== 'shl' && e.op !== 'shr' ? BigInt.asIntN(e.right.width, right) : right;
  switch (e.op) {
    case 'add':
      return a + b;
    case 'sub':
      return a - b;
    case 'mul':
      return a * b;
    case 'div':
      return b === 0n ? 0n : a / b;
    case 'mod':
      return b === 0n ? 0n : a % b;
    case 'satAdd':
      return saturate(a + b, width, e.signed);
    case 'satSub':
      return saturate(a - b, width, e.signed);
    case 'shl':
      return b >= BigInt(width) ? 0n : a << b;
    case 'shr':
      return a >> (b >= BigInt(width) ? BigInt(width) : b);
    case 'and':
      return a & b;
    case 'or':
      return a | b;
    case 'xor':
      return a ^ b;
    case 'eq':
      return truth(a === b);
    case 'ne':
      return truth(a !== b);
    case 'lt':
      return truth(a < b);
    case 'le':
      return truth(a <= b);
    case 'gt':
      return truth(a > b);
    case 'ge':
      return truth(a >= b);
    default:
      return assertNever(e.op);
  }
}

function saturate(value: bigint, width: number, signed: boolean): bigint {
  const lowest = signed ? -(1n << BigInt(width - 1)) : 0n;
  const highest = (1n << BigInt(signed ? width - 1 : width)) - 1n;
  return value < lowest ? lowest : value > highest ? highest : value;
}

function intrinsic(name: Intrinsic, state: State): bigint {
  switch (name) {
    case 'inputPort':
      return BigInt(state.inPort);
    case 'timestampNs':
      return state.nowNs;
    case 'packetLength':
      return BigInt(state.packetLength);
    case 'parserError':
      return BigInt(state.parserError);
    case 'pass':
      return BigInt(state.pass);
    case 'loopedBack':
      return truth(state.isLoopedBack);
    case 'copyPort':
      return BigInt(state.copy?.port ?? 0);
    case 'copyInstance':
      return BigInt(state.copy?.instance ?? 0);
    case 'payloadSum':
      return BigInt(onesSum(words16(state.bytes.subarray(state.cursorBits / 8))));
    case 'payloadLength':
      return BigInt(state.bytes.length - state.cursorBits / 8);
    case 'segmentLength':
      return BigInt(state.segmentLength);
    default:
      return assertNever(name);
  }
}

function truth(value: boolean): bigint {
  return value ? 1n : 0n;
}

function assertNever(value: never): never {
  throw new Error(`not reached: ${JSON.stringify(value)}`);
}
