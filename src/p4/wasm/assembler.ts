/**
 * WebAssembly modules as trees of instructions, and what a function is made of. Only what the back end needs: i32, i64, one shared memory, no tables.
 *
 * An instruction may stand in one place only, and carries the type of its result. Nothing is optimised here but constants: the engine that runs the module
 * does the rest, and what it cannot know (which way packets take) is done before code is made. encode.ts writes the binary, text.ts the text form.
 */

/** Result of an instruction. `never`: control does not come out of it. */
export type Type = 'i32' | 'i64' | 'none' | 'never';
export type ValueType = 'i32' | 'i64';

export interface Node {
  /** The instruction's name in the text form. */
  readonly op: string;
  readonly type: Type;
  readonly kids: readonly Node[];
  /** Constant; offset of a memory access; index of a local. */
  readonly value?: number | bigint;
  /** Label of a block or loop, or where a branch goes; name of the function that is called. */
  readonly name?: string;
  /** Targets of a `br_table`, the default last. */
  readonly targets?: readonly string[];
}

export function countInstructions(node: Node): number {
  return node.kids.reduce((sum, kid) => sum + countInstructions(kid), 1);
}

export interface FunctionBody {
  readonly name: string;
  readonly params: readonly ValueType[];
  readonly result: ValueType | 'none';
  readonly locals: readonly ValueType[];
  readonly body: Node;
}

export interface FunctionImport {
  readonly name: string;
  readonly params: readonly ValueType[];
}

const empty: readonly Node[] = [];

type Unary = (operand: Node) => Node;
type Binary = (left: Node, right: Node) => Node;
type Load = (offset: number, address: Node) => Node;
type Store = (offset: number, address: Node, value: Node) => Node;

const unary =
  (op: string, type: Type): Unary =>
  (operand) => ({ op, type, kids: [operand] });

/** `fold`: the result for two constants. */
const binary =
  (op: string, type: Type, fold?: (a: number | bigint, b: number | bigint) => number | bigint): Binary =>
  (left, right) => {
    if (fold && left.op.endsWith('.const') && right.op.endsWith('.const')) {
      return { op: `${type}.const`, type, kids: empty, value: fold(left.value!, right.value!) };
    }
    return { op, type, kids: [left, right] };
  };

/** Packets and entries lie at any address, so accesses claim no alignment. */
const load =
  (op: string, type: Type): Load =>
  (offset, address) => ({ op, type, kids: [address], value: offset });

const store =
  (op: string): Store =>
  (offset, address, value) => ({ op, type: 'none', kids: [address, value], value: offset });

/** Instructions that both integer types have. */
function integer<T extends ValueType>(t: T) {
  const numberOf = (n: number | bigint): number | bigint =>
    t === 'i32' ? Number(BigInt.asIntN(32, BigInt(n))) : BigInt.asIntN(64, BigInt(n));
  const folded = (op: string, f: (a: bigint, b: bigint) => bigint): Binary =>
    binary(`${t}.${op}`, t, (a, b) => numberOf(f(BigInt(a), BigInt(b))));
  const plain = (op: string): Binary => binary(`${t}.${op}`, t);
  const comparison = (op: string): Binary => binary(`${t}.${op}`, 'i32');
  return {
    const: (value: number | bigint): Node => ({ op: `${t}.const`, type: t, kids: empty, value: numberOf(value) }),
    add: folded('add', (a, b) => a + b),
    sub: folded('sub', (a, b) => a - b),
    mul: folded('mul', (a, b) => a * b),
    and: folded('and', (a, b) => a & b),
    or: folded('or', (a, b) => a | b),
    xor: folded('xor', (a, b) => a ^ b),
    div_u: plain('div_u'),
    rem_u: plain('rem_u'),
    shl: plain('shl'),
    shr_u: plain('shr_u'),
    shr_s: plain('shr_s'),
    rotl: plain('rotl'),
    rotr: plain('rotr'),
    clz: unary(`${t}.clz`, t),
    eqz: unary(`${t}.eqz`, 'i32'),
    eq: comparison('eq'),
    ne: comparison('ne'),
    lt_u: comparison('lt_u'),
    lt_s: comparison('lt_s'),
    le_u: comparison('le_u'),
    le_s: comparison('le_s'),
    gt_u: comparison('gt_u'),
    gt_s: comparison('gt_s'),
    ge_u: comparison('ge_u'),
    ge_s: comparison('ge_s'),
    load: load(`${t}.load`, t),
    load8_u: load(`${t}.load8_u`, t),
    load16_u: load(`${t}.load16_u`, t),
    store: store(`${t}.store`),
    store8: store(`${t}.store8`),
    store16: store(`${t}.store16`),
    atomic: {
      load: (offset: number, address: Node): Node => ({ op: `${t}.atomic.load`, type: t, kids: [address], value: offset }),
      store: (offset: number, address: Node, value: Node): Node => ({
        op: `${t}.atomic.store`,
        type: 'none',
        kids: [address, value],
        value: offset,
      }),
      rmw: {
        add: (offset: number, address: Node, value: Node): Node => ({
          op: `${t}.atomic.rmw.add`,
          type: t,
          kids: [address, value],
          value: offset,
        }),
        cmpxchg: (offset: number, address: Node, expected: Node, replacement: Node): Node => ({
          op: `${t}.atomic.rmw.cmpxchg`,
          type: t,
          kids: [address, expected, replacement],
          value: offset,
        }),
      },
    },
  };
}

/** What a branch's arm or a block ends with decides its type. */
function typeOfBoth(a: Type, b: Type): Type {
  return a === 'never' ? b : a;
}

export class Module {
  readonly i32 = { ...integer('i32'), wrap: unary('i32.wrap_i64', 'i32') };
  readonly i64 = {
    ...integer('i64'),
    extend_u: unary('i64.extend_i32_u', 'i64'),
    extend_s: unary('i64.extend_i32_s', 'i64'),
    load32_u: load('i64.load32_u', 'i64'),
    store32: store('i64.store32'),
  };
  readonly local = {
    get: (index: number, type: ValueType): Node => ({ op: 'local.get', type, kids: empty, value: index }),
    set: (index: number, value: Node): Node => ({ op: 'local.set', type: 'none', kids: [value], value: index }),
  };
  readonly memory = {
    copy: (to: Node, from: Node, bytes: Node): Node => ({ op: 'memory.copy', type: 'none', kids: [to, from, bytes] }),
    fill: (to: Node, byte: Node, bytes: Node): Node => ({ op: 'memory.fill', type: 'none', kids: [to, byte, bytes] }),
  };
  readonly imports: FunctionImport[] = [];
  readonly functions: FunctionBody[] = [];
  readonly exports: string[] = [];
  /** Pages of 64 KiB of the memory `env.memory`, which is imported and shared. */
  readonly pages: { readonly initial: number; readonly maximum: number };

  constructor(pages: { readonly initial: number; readonly maximum: number }) {
    this.pages = pages;
  }

  /** A function `env.<name>` without a result. */
  import(name: string, params: readonly ValueType[]): void {
    this.imports.push({ name, params });
  }

  block(label: string | null, kids: readonly Node[], type: Type = 'none'): Node {
    return { op: 'block', type, kids, ...(label !== null && { name: label }) };
  }

  loop(label: string, body: Node): Node {
    return { op: 'loop', type: 'none', kids: [body], name: label };
  }

  if(condition: Node, then: Node, otherwise?: Node): Node {
    const type = otherwise ? typeOfBoth(then.type, otherwise.type) : 'none';
    return {
      op: 'if',
      type: type === 'never' ? 'none' : type,
      kids: otherwise ? [condition, then, otherwise] : [condition, then],
    };
  }

  br(label: string, condition?: Node): Node {
    return condition
      ? { op: 'br_if', type: 'none', kids: [condition], name: label }
      : { op: 'br', type: 'never', kids: empty, name: label };
  }

  switch(targets: readonly string[], otherwise: string, index: Node): Node {
    return { op: 'br_table', type: 'never', kids: [index], targets: [...targets, otherwise] };
  }

  call(name: string, args: readonly Node[], type: Type): Node {
    return { op: 'call', type, kids: args, name };
  }

  /** `then` or `otherwise`, both of which are computed. */
  select(condition: Node, then: Node, otherwise: Node): Node {
    return { op: 'select', type: then.type, kids: [then, otherwise, condition] };
  }

  drop(value: Node): Node {
    return { op: 'drop', type: 'none', kids: [value] };
  }

  unreachable(): Node {
    return { op: 'unreachable', type: 'never', kids: empty };
  }

  return(value: Node): Node {
    return { op: 'return', type: 'never', kids: [value] };
  }
}
