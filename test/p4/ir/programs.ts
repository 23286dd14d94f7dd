/** Small PNA programs for tests: the parts that a test does not care about are filled in. */
import { readFileSync } from 'node:fs';
import { type CompileResult, compileToIr } from '../../../src/p4/compile.ts';
import { printProgram } from '../../../src/p4/ir/index.ts';
import type { Pass } from '../../../src/p4/passes/index.ts';

const includeDir = new URL('../../../p4/include', import.meta.url).pathname;

export interface Parts {
  /** Declarations before the parser. */
  readonly top?: string;
  /** Members of `headers_t`, besides `h`. */
  readonly headers?: string;
  readonly meta?: string;
  /** Locals and states of the parser. */
  readonly parser?: string;
  /** Declarations of the main control. */
  readonly locals?: string;
  readonly apply?: string;
  readonly deparse?: string;
  readonly deparserLocals?: string;
  readonly dialect?: 'new' | 'old';
  readonly include?: string;
}

/** A whole program around the parts. `h` is a header with fields a: 8, b: 8, c: 16, d: 32. */
export function program(parts: Parts): string {
  const old = parts.dialect === 'old';
  return `
#include <${parts.include ?? (old ? 'pna.p4' : 'bmv2/pna.p4')}>
#include <softipu.p4>
header h_t { bit<8> a; bit<8> b; bit<16> c; bit<32> d; }
${parts.top ?? ''}
struct headers_t { h_t h; ${parts.headers ?? ''} }
struct meta_t { bit<8> x; bit<16> y; bit<32> z; ${parts.meta ?? ''} }
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, in pna_main_parser_input_metadata_t istd) {
  ${parts.parser ?? 'state start { pkt.extract(hdr.h); transition accept; }'}
}
${old ? 'control Pre(in headers_t hdr, inout meta_t meta, in pna_pre_input_metadata_t istd, inout pna_pre_output_metadata_t ostd) { apply {} }' : ''}
control C(inout headers_t hdr, inout meta_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
  ${parts.locals ?? ''}
  apply { ${parts.apply ?? ''} }
}
control D(packet_out pkt, ${old ? 'in' : 'inout'} headers_t hdr, in meta_t meta, in pna_main_output_metadata_t ostd) {
  ${parts.deparserLocals ?? ''}
  apply { ${parts.deparse ?? 'pkt.emit(hdr.h);'} }
}
PNA_NIC(P(), ${old ? 'Pre(), ' : ''}C(), D()) main;
`;
}

/** Compiles without passes, so that nothing written is lost because nobody reads it. */
export function compile(parts: Parts, passes: readonly Pass[] = []): CompileResult {
  const text = program(parts);
  const readFile = (path: string): string | undefined => {
    if (path === 'test.p4') return text;
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  };
  return compileToIr({ path: 'test.p4', readFile, includeDirs: [includeDir], passes });
}

/** The program as text, without indentation and running numbers, so that fragments can be found in it; or the messages, if it does not compile. */
export function irText(parts: Parts, passes: readonly Pass[] = []): string {
  const result = compile(parts, passes);
  if (!result.ir) return errors(result).join('\n');
  return printProgram(result.ir).replace(/^ +/gm, '').replace(/#\d+/g, '#');
}

/** `[code] message` of every error. */
export function errors(result: CompileResult): string[] {
  return result.diagnostics.filter((d) => d.severity === 'error').map((d) => `[${d.code}] ${d.message}`);
}
