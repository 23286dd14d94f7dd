/** Every STF file of the project on compiled code and interpreter at once, and what is said when these two disagree. */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { descriptor } from '../../src/arena/index.ts';
import { ArenaBackend } from '../../src/cli/stf/arena-backend.ts';
import { bothBackends } from '../../src/cli/stf/both-backends.ts';
import { runTest } from '../../src/cli/stf/index.ts';
import { Programs } from '../../src/cli/stf/load.ts';
import { parseStf } from '../../src/cli/stf/parse.ts';
import { printProblem, runStf } from '../../src/cli/stf/run.ts';
import { describeTest, findStfFiles } from '../../src/cli/stf/suite.ts';
import { Diagnostics, makeSource } from '../../src/diag/index.ts';
import { Interpreter } from '../../src/interp/index.ts';
import { arenaSpec } from '../../src/p4/wasm/index.ts';

const directory = import.meta.dirname;
const programs = new Programs();

describe('the suite', () => {
  test.each(findStfFiles(directory).map((file) => [relative(directory, file), file]))('%s', (_name, file) => {
    const problems = runTest(describeTest(file, readFileSync(file, 'utf8')), 'both', programs);
    expect(problems.map(printProblem).join('')).toBe('');
  });
});

describe('disagreement', () => {
  const compiled = programs.compile(join(directory, 'language', 'mux.p4'));
  if (!('ir' in compiled)) throw new Error(compiled.messages);
  const { ir } = compiled;

  /** The interpreter, and behind every packet something that spoils it. */
  function backend(spoil: (memory: WebAssembly.Memory, at: number) => void): ArenaBackend {
    return new ArenaBackend(ir, arenaSpec(ir, 0), (memory, arena, hooks) => {
      const inner = new Interpreter(ir, arena).backend(hooks);
      return {
        process(context, at, count) {
          inner.process(context, at, count);
          spoil(memory, at);
        },
      };
    });
  }

  const run = (second: ArenaBackend): string => {
    const statements = parseStf(makeSource('t.stf', 'packet 0 0102\nexpect 1 0202 $\n'), new Diagnostics());
    return runStf(
      statements,
      bothBackends(
        backend(() => {}),
        second,
        ['one', 'two'],
      ),
    )
      .map(printProblem)
      .join('');
  };

  test('none', () => expect(run(backend(() => {}))).toBe(''));
  test('about bytes', () => {
    const text = run(
      backend((memory, at) => {
        const view = new DataView(memory.buffer);
        view.setUint8(view.getUint32(at + descriptor.addr, true), 0x77);
      }),
    );
    expect(text).toContain('t.stf:1: the backends disagree about this packet\n  port 1, one as expected, two as found:\n');
    expect(text).toContain('payload: differs at offset 0: expected 02, found 77\n');
  });
  test('about the port', () => {
    const text = run(backend((memory, at) => new DataView(memory.buffer).setUint32(at + descriptor.outPort, 9, true)));
    expect(text).toContain('the backends disagree about this packet\n  one: port 1\n    port 1: 2 bytes\n  two: port 9\n');
  });
  test('about what is left in memory', () => {
    const other = backend(() => {});
    new DataView(other.arena.bytes.buffer).setBigUint64(other.arena.contextAt(0) + 64, 1n, true);
    expect(run(other)).toContain('t.stf:2: the backends disagree at the end: drop counters');
  });
});
