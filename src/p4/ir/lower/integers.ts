/** Arithmetic on compile-time integers (`int`, P4-16 §8.8) that depend on constructor arguments, which the checker cannot know. */
import type { BinaryOperator } from '../../syntax/ast.ts';
import { constant } from '../build.ts';
import { type Item, nothing, scalar } from './items.ts';

const maxShift = 4096n;

/** Result of an operator on two unbounded integers. */
export function foldIntegers(operator: BinaryOperator, a: bigint, b: bigint): Item {
  const integer = (value: bigint): Item => ({ kind: 'integer', value });
  const bool = (value: boolean): Item => scalar(constant(1, value ? 1 : 0));
  switch (operator) {
    case '*':
      return integer(a * b);
    case '/':
      return integer(b === 0n ? 0n : a / b);
    case '%':
      return integer(b === 0n ? 0n : a % b);
    case '+':
      return integer(a + b);
    case '-':
      return integer(a - b);
    case '<<':
      return integer(b < 0n || b > maxShift ? 0n : a << b);
    case '>>':
      return integer(b < 0n ? 0n : b > maxShift ? 0n : a >> b);
    case '&':
      return integer(a & b);
    case '|':
      return integer(a | b);
    case '^':
      return integer(a ^ b);
    case '<':
      return bool(a < b);
    case '<=':
      return bool(a <= b);
    case '>':
      return bool(a > b);
    case '>=':
      return bool(a >= b);
    case '==':
      return bool(a === b);
    case '!=':
      return bool(a !== b);
    default:
      return nothing;
  }
}
