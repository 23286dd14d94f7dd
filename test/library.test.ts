/** The example of docs/library.md, as it stands there: compiled in memory, run on a packet, on both back ends. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  Arena,
  compileToIr,
  compileToWasm,
  Engine,
  engineBytes,
  Interpreter,
  instantiate,
  layoutArena,
  MemoryPort,
  makeMemory,
  memoryPortBytes,
  printDiagnostics,
  startProgram,
} from '../src/index.ts';

const reflector = `#include <bmv2/pna.p4>
header ethernet_t { bit<48> destination; bit<48> source; bit<16> ether_type; }
struct headers_t { ethernet_t ethernet; }
struct metadata_t {}
parser P(packet_in p, out headers_t h, inout metadata_t m, in pna_main_parser_input_metadata_t i) {
    state start { p.extract(h.ethernet); transition accept; }
}
control C(inout headers_t h, inout metadata_t m, in pna_main_input_metadata_t i, inout pna_main_output_metadata_t o) {
    apply {
        bit<48> asker = h.ethernet.source;
        h.ethernet.source = h.ethernet.destination;
        h.ethernet.destination = asker;
        send_to_port(i.input_port);
    }
}
control D(packet_out p, inout headers_t h, in metadata_t m, in pna_main_output_metadata_t o) { apply { p.emit(h.ethernet); } }
PNA_NIC(P(), C(), D()) main;
`;

const read = (path: string): string | undefined => {
  try {
    return path === 'reflector.p4' ? reflector : readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

test.each(['wasm', 'interp'])('a reflector on %s', (runs) => {
  const { ir, diagnostics } = compileToIr({ path: 'reflector.p4', readFile: read, includeDirs: ['p4/include'] });
  if (!ir) throw new Error(printDiagnostics(diagnostics));
  const artifact = compileToWasm(ir);
  const layout = layoutArena(artifact.arena);
  const up = (n: number) => Math.ceil(n / 65536) * 65536;
  const portsAt = up(layout.programEnd + engineBytes);
  const memory = makeMemory(portsAt + up(memoryPortBytes()));
  const arena = new Arena(memory.buffer, layout);
  startProgram(arena, ir, { random: () => 1 });
  const engine = new Engine({
    memory,
    layout,
    worker: 0,
    region: layout.programEnd,
    backend: (hooks) => (runs === 'wasm' ? instantiate(artifact, memory, hooks) : new Interpreter(ir, arena).backend(hooks)),
    punt: () => {},
  });
  const port = new MemoryPort(0, { memory, start: portsAt, end: portsAt + up(memoryPortBytes()) });
  engine.addPort(port);
  port.push(Uint8Array.from([1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 8, 0, 42]));
  engine.step(1e9);
  expect(port.take().map((p) => [...p.bytes])).toEqual([[2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 8, 0, 42]]);
});
