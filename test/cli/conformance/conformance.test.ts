/** The conformance command on a small corpus that the test makes itself: one file per thing that can happen. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { conformance, type Runner } from '../../../src/cli/conformance/index.ts';
import type { MeasureResult } from '../../../src/cli/conformance/measures.ts';
import { runPool } from '../../../src/cli/conformance/pool.ts';
import { firstError } from '../../../src/cli/conformance/reference.ts';
import { runJob } from '../../../src/cli/conformance/run-job.ts';
import { differences } from '../../../src/cli/conformance/text-proto.ts';

const folder = mkdtempSync(join(tmpdir(), 'softipu-conformance-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const filter = `
#include <core.p4>
#include <v1model.p4>
header h_t { bit<8> a; }
struct headers { h_t h; }
struct meta { }
parser P(packet_in p, out headers hdr, inout meta m, inout standard_metadata_t s) {
    state start { p.extract(hdr.h); transition accept; }
}
control V(inout headers hdr, inout meta m) { apply { } }
control I(inout headers hdr, inout meta m, inout standard_metadata_t s) {
    action forward(bit<9> port) { s.egress_spec = port; }
    table t {
        key = { hdr.h.a : exact; }
        actions = { forward; }
        const entries = { 1 : forward(3); }
    }
    apply { t.apply(); }
}
control E(inout headers hdr, inout meta m, inout standard_metadata_t s) { apply { } }
control C(inout headers hdr, inout meta m) { apply { } }
control D(packet_out p, in headers hdr) { apply { p.emit(hdr.h); } }
V1Switch(P(), V(), I(), E(), C(), D()) main;
`;

beforeAll(() => {
  const samples = 'testdata/p4_16_samples';
  write(`${samples}/forward-bmv2.p4`, filter);
  write(`${samples}/forward-bmv2.stf`, 'packet 0 01 02\nexpect 3 01 02\n');
  write(`${samples}/forward-bmv2_wrong.stf`, 'packet 0 01 02\nexpect 4 01 02\n');
  write(
    `${samples}_outputs/forward-bmv2.p4.p4info.txtpb`,
    'pkg_info { arch: "v1model" }\ntables { preamble { id: 1 name: "I.t" } }\n',
  );
  write(`${samples}/library.p4`, 'const bit<8> x = 1;\n');
  write(`${samples}/broken.p4`, 'const bit<8> x = y;\n');
  symlinkSync('nowhere.p4', join(folder, samples, 'link.p4'));
  const errors = 'testdata/p4_16_errors';
  write(`${errors}/name.p4`, '\nconst bit<8> x = y;\n');
  write(`${errors}_outputs/name.p4-stderr`, 'name.p4(2): [--Werror=not-found] error: y: declaration not found\n');
  write(`${errors}/elsewhere.p4`, '\nconst bit<8> x = y;\n');
  write(`${errors}_outputs/elsewhere.p4-stderr`, 'elsewhere.p4(1): [--Werror=x] error: something\n');
  write(`${errors}/accepted.p4`, 'const bit<8> x = 1;\n');
  write('testdata/p4_14_samples/old.p4', 'header_type h { fields { a : 8; } }\n');
});

const inThisProcess: Runner = async (jobs) => jobs.map(runJob);

async function run(options: { measure?: string[]; filter?: string } = {}): Promise<{ code: number; measures: MeasureResult[] }> {
  const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    const code = await conformance(folder, { ...options, json: true }, inThisProcess);
    return { code, measures: (JSON.parse(out.mock.calls.map((c) => c[0]).join('')) as { measures: MeasureResult[] }).measures };
  } finally {
    out.mockRestore();
  }
}

describe('measures', () => {
  let measures: MeasureResult[];
  let code: number;
  beforeAll(async () => {
    ({ code, measures } = await run());
  });

  // measure, passed, total, files that fail
  test.each([
    ['accepted', 2, 3, ['broken.p4']],
    ['refused', 2, 3, ['accepted.p4']],
    ['refused-line', 1, 2, ['elsewhere.p4']],
    ['p4info', 0, 1, ['forward-bmv2.p4']],
    ['stf-v1model', 1, 2, ['forward-bmv2_wrong.stf']],
    ['backends-agree', 2, 2, []],
    ['no-crash', 9, 9, []],
    ['compile-time-maximum', 3, 3, []],
  ] as const)('%s', (name, passed, total, failing) => {
    const m = measures.find((x) => x.name === name)!;
    expect(m.failures.map((f) => f.file.split('/').at(-1))).toEqual(failing);
    expect({ passed: m.passed, total: m.total, ok: m.ok }).toEqual({ passed, total, ok: passed >= m.bar });
  });

  test('reasons', () => {
    // A slow machine makes compile times fail too: those are not what is looked for.
    const looked = measures.filter((m) => !m.name.startsWith('compile-time'));
    const reasons = new Map(looked.flatMap((m) => m.failures.map((f) => [f.file.split('/').at(-1), f.reason] as const)));
    expect(reasons.get('broken.p4')).toContain('line 1: [unknown-name]');
    expect(reasons.get('elsewhere.p4')).toBe(
      "expected line 1 (something), found line 2: [unknown-name] name 'y' is not declared",
    );
    expect(reasons.get('forward-bmv2_wrong.stf')).toContain('line 1: unexpected packet on port 3');
    expect(reasons.get('forward-bmv2.p4')).toContain('missing tables["I.t"].preamble.id: 1');
  });

  test('a bar that does not hold gives exit code 1', () => expect(code).toBe(1));
});

test('--measure and --filter narrow down; all that is left must pass', async () => {
  const { code, measures } = await run({ measure: ['accepted', 'no-crash'], filter: '**/p4_16_samples/l*' });
  expect(measures.map((m) => [m.name, m.passed, m.total, m.bar, m.ok])).toEqual([
    ['accepted', 1, 1, 1, true],
    ['no-crash', 1, 1, 1, true],
  ]);
  expect(code).toBe(0);
});

test.each([
  ['no corpus', () => conformance(join(folder, 'nothing'), {}, inThisProcess), 'has no folder'],
  ['no such measure', () => conformance(folder, { measure: ['speed'] }, inThisProcess), "no measure 'speed'"],
  ['nothing left', () => conformance(folder, { filter: '*.q4' }, inThisProcess), 'no file of'],
])('refused: %s', async (_, call, message) => {
  await expect(call()).rejects.toThrow(message);
});

describe('pool', () => {
  const script = write(
    'worker.mjs',
    `process.on('message', (job) => {
       if (job === 'hang') return;
       if (job === 'die') process.exit(7);
       process.send({ kind: 'done', job });
     });
     process.on('disconnect', () => process.exit(0));
     process.send('ready');`,
  );

  test('a hanging or dying process is the outcome of its job; the others go on', async () => {
    const outcomes = await runPool(['a', 'hang', 'b', 'die', 'c'], { script, processes: 2, timeLimitMs: 500, jobsPerProcess: 2 });
    expect(outcomes).toEqual([
      { kind: 'done', job: 'a' },
      { kind: 'crash', reason: 'no answer after 0.5 s' },
      { kind: 'done', job: 'b' },
      { kind: 'crash', reason: 'the process ended with 7' },
      { kind: 'done', job: 'c' },
    ]);
  });
});

describe('text format', () => {
  test.each([
    [
      'order of elements and layout',
      'tables { preamble { name: "a" } size: 1 } tables { preamble { name: "b" } }',
      'tables <preamble:{name:"b"}>\n# x\ntables{size: 0x1,preamble{name:"a"}}',
    ],
    ['defaults', 'a { b: 0 c: false d: "" e: 1 }', 'a { e: 1 }'],
    ['escapes', 'v: "\\010\\000A"', "v: '\\x08\\0' '\\101'"],
    ['lists', 'ids: 1 ids: 2', 'ids: [2, 1]'],
    ['an empty type_info', 'type_info { }', ''],
  ])('the same: %s', (_, a, b) => expect(differences(a, b)).toEqual([]));

  test.each([
    ['order of members', 'members { name: "a" } members { name: "b" }', 'members { name: "b" } members { name: "a" }', 4],
    ['a value', 'tables { preamble { name: "a" } size: 1 }', 'tables { preamble { name: "a" } size: 2 }', 2],
    ['a choice that is there', 'type { bool { } }', 'type { error { } }', 2],
    ['an element', 'a: 1 a: 1', 'a: 1', 1],
  ])('not the same: %s', (_, a, b, n) => expect(differences(a, b)).toHaveLength(n));

  test('what is no text format', () => expect(() => differences('a {', '')).toThrow(SyntaxError));
});

// text, line
test.each([
  ['x.p4(3): [--Wwarn=unused] warning: w\nx.p4(7): [--Werror=type-error] error: e\nx.p4(9): [--Werror=a] error: f\n', 7],
  ['x.p4(4):syntax error, unexpected }\n', 4],
  ['[--Werror=not-found] error: no place\n', undefined],
])('first error of %j', (stderr, line) => expect(firstError(stderr)?.line).toBe(line));
