/** Writes a module in the binary format (WebAssembly 2.0 with threads, chapter 5). */
import type { FunctionBody, Module, Node, Type, ValueType } from './assembler.ts';
import { Bug } from './bug.ts';

const typeCodes: Readonly<Record<Exclude<Type, 'never'>, number>> = { i32: 0x7f, i64: 0x7e, none: 0x40 };

const opcodeElse = 0x05;
const opcodeEnd = 0x0b;

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
    out.vector(module.functions, (f) => out.sized(() => new BodyEncoder(out, indices).function(f)));
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

class BodyEncoder {
  readonly #out: Writer;
  readonly #indices: ReadonlyMap<string, number>;
  /** Of the blocks around the instruction, innermost last; `undefined` for those that nothing branches to. */
  readonly #labels: (string | undefined)[] = [];

  constructor(out: Writer, indices: ReadonlyMap<string, number>) {
    this.#out = out;
    this.#indices = indices;
  }

  function(f: FunctionBody): void {
    const out = this.#out;
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
    this.#instruction(f.body);
    out.byte(opcodeEnd);
  }

  #instruction(n: Node): void {
    const out = this.#out;
    const { op, kids } = n;
    if (op === 'block' && n.name === undefined && n.type === 'none') {
      for (const kid of kids) this.#instruction(kid);
      return;
    }
    const code = opcodes.get(op);
    if (code === undefined) throw new Bug(`no opcode for ${op}`);
    if (op === 'if') {
      this.#instruction(kids[0]!);
      this.#open(code, n);
      this.#instruction(kids[1]!);
      if (kids[2]) {
        out.byte(opcodeElse);
        this.#instruction(kids[2]);
      }
      this.#close();
      return;
    }
    if (op === 'block' || op === 'loop') {
      this.#open(code, n);
      for (const kid of kids) this.#instruction(kid);
      this.#close();
      return;
    }
    for (const kid of kids) this.#instruction(kid);
    out.opcode(code);
    if (n.targets) {
      const depths = n.targets.map((label) => this.#depth(label));
      out.vector(depths.slice(0, -1), (depth) => out.unsigned(depth));
      out.unsigned(depths.at(-1)!);
    } else if (n.name !== undefined) out.unsigned(op === 'call' ? indexOf(this.#indices, n.name) : this.#depth(n.name));
    else if (n.value !== undefined) this.#value(op, code, n.value);
    else if (op === 'memory.copy') {
      out.byte(0);
      out.byte(0);
    } else if (op === 'memory.fill') out.byte(0);
  }

  #value(op: string, code: number, value: number | bigint): void {
    if (op === 'i32.const' || op === 'i64.const') {
      this.#out.signed(value);
      return;
    }
    if (op !== 'local.get' && op !== 'local.set') {
      // A memory access. Only atomic ones must say their alignment.
      const isAtomic = code >> 8 === 0xfe;
      this.#out.byte(isAtomic ? (op.startsWith('i64') ? 3 : 2) : 0);
    }
    this.#out.unsigned(Number(value));
  }

  #open(code: number, { type, name }: Node): void {
    this.#out.byte(code);
    this.#out.byte(typeCodes[type === 'never' ? 'none' : type]);
    this.#labels.push(name);
  }

  #close(): void {
    this.#out.byte(opcodeEnd);
    this.#labels.pop();
  }

  #depth(label: string): number {
    const at = this.#labels.lastIndexOf(label);
    if (at < 0) throw new Bug(`no label ${label}`);
    return this.#labels.length - 1 - at;
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
