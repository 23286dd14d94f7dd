/** Writes a module in the binary format (WebAssembly 2.0 with threads, chapter 5). */
import type { FunctionBody, Module, Node, Type, ValueType } from './assembler.ts';
import { Bug } from './bug.ts';

const typeCodes: Readonly<Record<Exclude<Type, 'never'>, number>> = { i32: 0x7f, i64: 0x7e, none: 0x40 };

/** Opcodes; above 0xff the first byte is a prefix. */
const opcodes: ReadonlyMap<string, number> = new Map([
  ['unreachable', 0x00],
  ['block', 0x02],
  ['loop', 0x03],
  ['if', 0x04],
  ['br', 0x0c],
  ['br_if', 0x0d],
  ['br_table', 0x0e],
  ['return', 0x0f],
  ['call', 0x10],
  ['drop', 0x1a],
  ['select', 0x1b],
  ['local.get', 0x20],
  ['local.set', 0x21],
  ...numbered(0x28, 'i32.load i64.load'),
  ...numbered(0x2d, 'i32.load8_u'),
  ...numbered(0x2f, 'i32.load16_u'),
  ...numbered(0x31, 'i64.load8_u'),
  ...numbered(0x33, 'i64.load16_u'),
  ...numbered(0x35, 'i64.load32_u i32.store i64.store'),
  ...numbered(0x3a, 'i32.store8 i32.store16 i64.store8 i64.store16 i64.store32'),
  ...numbered(0x41, 'i32.const i64.const'),
  ...numbered(0x45, 'i32.eqz i32.eq i32.ne i32.lt_s i32.lt_u i32.gt_s i32.gt_u i32.le_s i32.le_u i32.ge_s i32.ge_u'),
  ...numbered(0x50, 'i64.eqz i64.eq i64.ne i64.lt_s i64.lt_u i64.gt_s i64.gt_u i64.le_s i64.le_u i64.ge_s i64.ge_u'),
  ...numbered(0x67, 'i32.clz i32.ctz i32.popcnt i32.add i32.sub i32.mul i32.div_s i32.div_u i32.rem_s i32.rem_u'),
  ...numbered(0x71, 'i32.and i32.or i32.xor i32.shl i32.shr_s i32.shr_u i32.rotl i32.rotr'),
  ...numbered(0x79, 'i64.clz i64.ctz i64.popcnt i64.add i64.sub i64.mul i64.div_s i64.div_u i64.rem_s i64.rem_u'),
  ...numbered(0x83, 'i64.and i64.or i64.xor i64.shl i64.shr_s i64.shr_u i64.rotl i64.rotr'),
  ['i32.wrap_i64', 0xa7],
  ['i64.extend_i32_s', 0xac],
  ['i64.extend_i32_u', 0xad],
  ['memory.copy', 0xfc0a],
  ['memory.fill', 0xfc0b],
  ...numbered(0xfe10, 'i32.atomic.load i64.atomic.load'),
  ...numbered(0xfe17, 'i32.atomic.store i64.atomic.store'),
  ...numbered(0xfe1e, 'i32.atomic.rmw.add i64.atomic.rmw.add'),
  ...numbered(0xfe48, 'i32.atomic.rmw.cmpxchg i64.atomic.rmw.cmpxchg'),
]);

function numbered(first: number, names: string): [string, number][] {
  return names.split(' ').map((name, i) => [name, first + i]);
}

export function encodeModule(module: Module): Uint8Array {
  const out = new Writer();
  for (const byte of [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) out.byte(byte);
  const types = new Map<string, number>();
  const signatures: { readonly params: readonly ValueType[]; readonly result: Type }[] = [];
  const typeOf = (params: readonly ValueType[], result: Type): number => {
    const key = `${params.join()}>${result}`;
    const known = types.get(key);
    if (known !== undefined) return known;
    types.set(key, signatures.length);
    return signatures.push({ params, result }) - 1;
  };
  const importTypes = module.imports.map((f) => typeOf(f.params, 'none'));
  const functionTypes = module.functions.map((f) => typeOf(f.params, f.result));
  const indices = new Map([...module.imports, ...module.functions].map((f, i) => [f.name, i]));

  section(out, 1, () => {
    out.vector(signatures, ({ params, result }) => {
      out.byte(0x60);
      out.vector(params, (type) => out.byte(typeCodes[type]));
      out.vector(result === 'none' ? [] : [result as ValueType], (type) => out.byte(typeCodes[type]));
    });
  });
  section(out, 2, () => {
    out.unsigned(module.imports.length + 1);
    const from = (name: string): void => {
      out.text('env');
      out.text(name);
    };
    from('memory');
    // Shared, with a maximum.
    for (const n of [2, 3, module.pages.initial, module.pages.maximum]) out.unsigned(n);
    for (const [i, { name }] of module.imports.entries()) {
      from(name);
      out.byte(0);
      out.unsigned(importTypes[i]!);
    }
  });
  section(out, 3, () => out.vector(functionTypes, (type) => out.unsigned(type)));
  section(out, 7, () => {
    out.vector(module.exports, (name) => {
      out.text(name);
      out.byte(0);
      out.unsigned(indexOf(indices, name));
    });
  });
  section(out, 10, () => {
    out.vector(module.functions, (f) => out.sized(() => functionBody(out, f, indices)));
  });
  // Names of functions, for profiles and stack traces.
  section(out, 0, () => {
    out.text('name');
    section(out, 1, () => {
      out.vector([...indices], ([name, index]) => {
        out.unsigned(index);
        out.text(name);
      });
    });
  });
  return out.bytes();
}

function section(out: Writer, id: number, write: () => void): void {
  out.byte(id);
  out.sized(write);
}

function functionBody(out: Writer, f: FunctionBody, indices: ReadonlyMap<string, number>): void {
  const runs: { count: number; readonly type: ValueType }[] = [];
  for (const type of f.locals) {
    const last = runs.at(-1);
    if (last?.type === type) last.count++;
    else runs.push({ count: 1, type });
  }
  out.vector(runs, ({ count, type }) => {
    out.unsigned(count);
    out.byte(typeCodes[type]);
  });
  instruction(out, f.body, [], indices);
  out.byte(0x0b);
}

/** `labels`: of the blocks around the instruction, innermost last; `undefined` for those that nothing branches to. */
function instruction(out: Writer, n: Node, labels: (string | undefined)[], indices: ReadonlyMap<string, number>): void {
  const { op, kids } = n;
  const inside = (label: string | undefined, body: readonly Node[]): void => {
    labels.push(label);
    for (const kid of body) instruction(out, kid, labels, indices);
    labels.pop();
  };
  const blockType = (): void => out.byte(typeCodes[n.type === 'never' ? 'none' : n.type]);
  const depth = (label: string): number => {
    const at = labels.lastIndexOf(label);
    if (at < 0) throw new Bug(`no label ${label}`);
    return labels.length - 1 - at;
  };
  if (op === 'block' && n.name === undefined && n.type === 'none') {
    for (const kid of kids) instruction(out, kid, labels, indices);
    return;
  }
  const code = opcodes.get(op);
  if (code === undefined) throw new Bug(`no opcode for ${op}`);
  switch (op) {
    case 'block':
    case 'loop':
      out.byte(code);
      blockType();
      inside(n.name, kids);
      out.byte(0x0b);
      return;
    case 'if': {
      const [condition, then, otherwise] = kids as readonly [Node, Node, Node?];
      instruction(out, condition, labels, indices);
      out.byte(code);
      blockType();
      inside(undefined, [then]);
      if (otherwise) {
        out.byte(0x05);
        inside(undefined, [otherwise]);
      }
      out.byte(0x0b);
      return;
    }
    default:
  }
  for (const kid of kids) instruction(out, kid, labels, indices);
  out.opcode(code);
  switch (op) {
    case 'br':
    case 'br_if':
      out.unsigned(depth(n.name!));
      return;
    case 'br_table': {
      const depths = n.targets!.map(depth);
      out.vector(depths.slice(0, -1), (d) => out.unsigned(d));
      out.unsigned(depths.at(-1)!);
      return;
    }
    case 'call':
      out.unsigned(indexOf(indices, n.name!));
      return;
    case 'local.get':
    case 'local.set':
      out.unsigned(Number(n.value));
      return;
    case 'i32.const':
    case 'i64.const':
      out.signed(n.value!);
      return;
    case 'memory.copy':
      out.byte(0);
      out.byte(0);
      return;
    case 'memory.fill':
      out.byte(0);
      return;
    default:
      if (n.value === undefined) return;
      // A memory access. Only atomic ones must say their alignment.
      out.byte(op.includes('atomic') ? (op.startsWith('i64') ? 3 : 2) : 0);
      out.unsigned(Number(n.value));
  }
}

function indexOf(indices: ReadonlyMap<string, number>, name: string): number {
  const index = indices.get(name);
  if (index === undefined) throw new Bug(`no function ${name}`);
  return index;
}

class Writer {
  #bytes = new Uint8Array(1 << 16);
  #length = 0;

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  opcode(code: number): void {
    if (code <= 0xff) this.byte(code);
    else {
      this.byte(code >> 8);
      this.unsigned(code & 0xff);
    }
  }

  /** LEB128. */
  unsigned(value: number): void {
    let rest = value >>> 0;
    for (; rest > 0x7f; rest >>>= 7) this.byte((rest & 0x7f) | 0x80);
    this.byte(rest);
  }

  signed(value: number | bigint): void {
    if (typeof value === 'bigint' && BigInt.asIntN(32, value) !== value) {
      let rest = value;
      for (; rest < -64n || rest > 63n; rest >>= 7n) this.byte(Number(rest & 0x7fn) | 0x80);
      this.byte(Number(rest & 0x7fn));
      return;
    }
    let rest = Number(value) | 0;
    for (; rest < -64 || rest > 63; rest >>= 7) this.byte((rest & 0x7f) | 0x80);
    this.byte(rest & 0x7f);
  }

  text(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.unsigned(bytes.length);
    for (const byte of bytes) this.byte(byte);
  }

  vector<T>(items: readonly T[], write: (item: T) => void): void {
    this.unsigned(items.length);
    for (const item of items) write(item);
  }

  /** What `write` writes, behind its length in bytes. */
  sized(write: () => void): void {
    const start = this.#length;
    write();
    const length = this.#length - start;
    this.unsigned(length);
    const prefix = this.#bytes.slice(start + length, this.#length);
    this.#bytes.copyWithin(start + prefix.length, start, start + length);
    this.#bytes.set(prefix, start);
  }

  #grow(least: number): void {
    const bytes = new Uint8Array(2 * this.#bytes.length + least);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }
}
