/**
 * Programs as P4Runtime clients push them: P4 source text, or the file that `softipu compile --emit wasm -o FILE` writes.
 *
 * That file is a WebAssembly module with a section of its own, `softipu.program`: the IR and the P4Info as JSON. Where a program lies in memory is decided
 * when it is loaded, so the module is compiled again from the IR unless it is to lie where it was compiled for.
 */
import type { Diagnostic } from '../diag/index.ts';
import { printDiagnostics } from '../diag/index.ts';
import type { ProgramObjects } from '../engine/start.ts';
import { compileToIr } from '../p4/compile.ts';
import type { Program } from '../p4/ir/ir.ts';
import type { P4Info } from '../p4/p4info/p4info.ts';
import { type Artifact, compileToWasm } from '../p4/wasm/index.ts';
import { includeDir } from './package-root.ts';
import { objectsOf } from './program.ts';
import { readSource } from './read-source.ts';

/** A program that can be placed anywhere. */
export interface PlaceableProgram {
  readonly objects: ProgramObjects;
  readonly p4info: P4Info;
  /** Compiled for a base in memory; the last one is kept. */
  at(base: number): Artifact;
}

const sectionName = 'softipu.program';
const magic = [0x00, 0x61, 0x73, 0x6d];

/** A program of its IR; `compiled` spares compiling where it fits. */
export function placeable(ir: Program, p4info: P4Info, compiled?: Artifact): PlaceableProgram {
  let last = compiled;
  return {
    objects: objectsOf(ir),
    p4info,
    at: (base) => {
      if (!last || (last.arena.base ?? 0) !== base) last = compileToWasm(ir, { base });
      return last;
    },
  };
}

/** What a device config is; or what is wrong with it. */
export function readDeviceConfig(config: Uint8Array): PlaceableProgram | string {
  if (magic.every((byte, i) => config[i] === byte))
    return unpackProgram(config) ?? 'the WebAssembly module was not written by `softipu compile`';
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(config);
  } catch {
    return 'the device config is neither P4 source nor a module of `softipu compile`';
  }
  return compileText(text);
}

/** P4 source of a client: it includes our architecture files and nothing else of this machine. */
function compileText(text: string): PlaceableProgram | string {
  const path = 'pushed.p4';
  const { ir, p4info, diagnostics } = compileToIr({
    path,
    readFile: (file) =>
      file === path ? text : file.startsWith(includeDir) && !file.includes('..') ? readSource(file) : undefined,
    includeDirs: [includeDir],
    defines: {},
  });
  if (ir && p4info) return placeable(ir, p4info);
  return `the program does not compile\n${printDiagnostics(diagnostics.filter((d: Diagnostic) => d.severity === 'error'))}`.trimEnd();
}

/** The module with everything that is needed to load it elsewhere; without `code` the one who gets it compiles, and nobody twice. */
export function packProgram(ir: Program, p4info: P4Info, { code = true }: { readonly code?: boolean } = {}): Uint8Array {
  const { wasm, ...artifact } = code ? compileToWasm(ir) : { wasm: Uint8Array.from([...magic, 1, 0, 0, 0]) };
  const name = new TextEncoder().encode(sectionName);
  const body = new TextEncoder().encode(JSON.stringify({ version: 1, ir, p4info, ...(code && { artifact }) }, toJson));
  const size = leb(name.length).length + name.length + body.length;
  return Uint8Array.from(Buffer.concat([wasm, [0], leb(size), leb(name.length), name, body].map((part) => Buffer.from(part))));
}

function unpackProgram(module: Uint8Array): PlaceableProgram | undefined {
  try {
    const section = findSection(module);
    if (!section) return undefined;
    const { version, ir, p4info, artifact } = JSON.parse(new TextDecoder().decode(section.body), fromJson) as {
      version: number;
      ir: Program;
      p4info: P4Info;
      artifact?: Omit<Artifact, 'wasm'>;
    };
    const compiled = artifact && { ...artifact, wasm: module.subarray(0, section.at) };
    return version === 1 ? placeable(ir, p4info, compiled) : undefined;
  } catch {
    return undefined;
  }
}

/** Sections are: id, size, content; ours is a custom one (id 0), whose content begins with its name. */
function findSection(module: Uint8Array): { readonly at: number; readonly body: Uint8Array } | undefined {
  let next = 8;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = module[next++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (next < module.length) {
    const at = next;
    const id = module[next++];
    const size = number();
    const end = next + size;
    if (id === 0) {
      const length = number();
      const name = new TextDecoder().decode(module.subarray(next, next + length));
      if (name === sectionName) return { at, body: module.subarray(next + length, end) };
    }
    next = end;
  }
  return undefined;
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}

/** JSON has no bigint and no bytes; places in source files stay behind. */
function toJson(key: string, value: unknown): unknown {
  if (key === 'span') return null;
  if (typeof value === 'bigint') return { $n: value.toString() };
  return value instanceof Uint8Array ? { $b: Buffer.from(value).toString('hex') } : value;
}

function fromJson(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('$n' in value && typeof value.$n === 'string') return BigInt(value.$n);
  return '$b' in value && typeof value.$b === 'string' ? Uint8Array.from(Buffer.from(value.$b, 'hex')) : value;
}
