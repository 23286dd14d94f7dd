/**
 * Bad input, as a person meets it: one clear message, the right exit code, nothing half started. Runs the built command.
 *
 *   exit 1: the input is wrong; exit 2: the command line is wrong
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const main = join(root, 'dist/cli/main.js');
const isRoot = process.getuid?.() === 0;
let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'softipu-test-'));
});

afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

function file(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

function softipu(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd: root,
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { code: status, out: stdout, err: stderr };
}

const reflect = (main = 'PNA_NIC(P(), C(), D()) main;'): string => `#include <bmv2/pna.p4>
struct h_t {}
struct m_t {}
parser P(packet_in p, out h_t h, inout m_t m, in pna_main_parser_input_metadata_t i) { state start { transition accept; } }
control C(inout h_t h, inout m_t m, in pna_main_input_metadata_t i, inout pna_main_output_metadata_t o) { apply { send_to_port(i.input_port); } }
control D(packet_out p, inout h_t h, in m_t m, in pna_main_output_metadata_t o) { apply {} }
${main}
`;

const node = (more: string): string => `node: {name: n}
control: ./c.sock
${more}
`;

interface Case {
  readonly name: string;
  readonly args: () => string[];
  readonly code: number;
  readonly err: RegExp;
}

const cases: readonly Case[] = [
  { name: 'no command', args: () => [], code: 2, err: /Usage: softipu/ },
  { name: 'unknown command', args: () => ['swich'], code: 2, err: /unknown command 'swich'[\s\S]*Did you mean switch/ },
  { name: 'misspelt option', args: () => ['demo', '--sconds', '3'], code: 2, err: /unknown option '--sconds'[\s\S]*--seconds/ },
  { name: 'option value', args: () => ['demo', '--seconds', 'x'], code: 2, err: /expected a whole number/ },
  { name: 'missing argument', args: () => ['compile'], code: 2, err: /missing required argument/ },
  { name: 'no such program', args: () => ['compile', 'nosuch.p4'], code: 1, err: /^softipu: cannot read 'nosuch\.p4'/ },
  {
    name: 'mistake in a program',
    args: () => ['compile', file('wrong.p4', 'header h_t { bit<8> a; }\ncontrol c(inout h_t h) {\n\tapply { h.b = 1; }\n}\n')],
    code: 1,
    err: /wrong\.p4:3:\d+: error\[unknown-field\][^\n]*\n +3 \| \tapply \{ h\.b = 1; \}\n +\| \t +\^/,
  },
  { name: 'program without main', args: () => ['compile', file('nomain.p4', reflect('')), '--emit', 'ir'], code: 1, err: /main/ },
  {
    name: 'switch: program without main',
    args: () => ['switch', file('nomain2.p4', reflect('')), '-i', '0@lo'],
    code: 1,
    err: /main/,
  },
  { name: 'switch: no port', args: () => ['switch', file('r.p4', reflect())], code: 2, err: /required option '-i/ },
  {
    name: 'switch: not a port',
    args: () => ['switch', file('r1.p4', reflect()), '-i', 'eth0'],
    code: 1,
    err: /'eth0' is not a port/,
  },
  {
    name: 'switch: a number twice',
    args: () => ['switch', file('r2.p4', reflect()), '-i', '0@a', '-i', '0@b'],
    code: 1,
    err: /port 0 is given twice/,
  },
  {
    name: 'switch: bad port spec',
    args: () => ['switch', file('r3.p4', reflect()), '-i', '0@packet:a,nosuch=1'],
    code: 1,
    err: /nosuch/,
  },
  { name: 'run: no such file', args: () => ['run', 'nosuch.yaml'], code: 1, err: /cannot read 'nosuch\.yaml'/ },
  { name: 'run: not YAML', args: () => ['run', file('bad.yaml', 'node: [')], code: 1, err: /bad\.yaml:1/ },
  {
    name: 'run: every mistake with its line',
    args: () => [
      'run',
      file(
        'many.yaml',
        'node: {nam: n}\ngateway: {mac: zz}\npodCIDR: 10.0.0.0/99\nports:\n  - {interface: a, kind: nett}\n  - {interface: a, kind: pod}\n',
      ),
    ],
    code: 1,
    err: /many\.yaml:1: unknown field 'node\.nam'; did you mean 'name'[\s\S]*:2: gateway\.mac[\s\S]*:3: podCIDR[\s\S]*:5: ports\[0\]\.kind: expected one of[\s\S]*ports\[1\]\.pod: is missing/,
  },
  {
    name: 'run: a program that is not for nodes',
    args: () => [
      'run',
      file('other.yaml', node(`program: ${file('reflect.p4', reflect())}\nports: [{interface: lo, kind: net}]`)),
    ],
    code: 1,
    err: /has no table 'flows'/,
  },
  {
    name: 'no node answers',
    args: () => ['flows', '-s', join(dir, 'nobody.sock')],
    code: 1,
    err: /cannot ask the node[\s\S]*is `softipu run` running/,
  },
  { name: 'stf: not a pair', args: () => ['stf', 'a.p4'], code: 1, err: /./ },
  {
    name: 'stf: mistake in the script',
    args: () => ['stf', file('r4.p4', reflect()), file('r4.stf', 'packet x 00\n')],
    code: 1,
    err: /r4\.stf:1/,
  },
];

describe.skipIf(!existsSync(main))('bad input (needs `npm run build`)', () => {
  test.each(cases)('$name', ({ args, code, err }) => {
    const result = softipu(...args());
    expect(result.err + result.out).toMatch(err);
    expect({ code: result.code, trace: /\n\s+at /.test(result.err) }).toEqual({ code, trace: false });
  });

  test('diagnostics as JSON', () => {
    const result = softipu('compile', file('wrong2.p4', 'const bit<8> x = y;\n'), '--json');
    expect(result.code).toBe(1);
    expect(JSON.parse(result.out)).toMatchObject({
      ok: false,
      diagnostics: [{ severity: 'error', line: 1, column: 18, endLine: 1, endColumn: 19 }],
    });
  });

  test('stdout carries results only', () => {
    const result = softipu('compile', file('good.p4', reflect()), '--emit', 'p4info');
    expect(result).toMatchObject({ code: 0, err: '' });
    expect(result.out).toContain('arch: "pna"');
  });

  test.skipIf(!isRoot)('an interface that is not there (as root)', () => {
    const config = file('noif.yaml', node('ports: [{interface: nosuch0, kind: net}]'));
    expect(softipu('run', config)).toMatchObject({ code: 1, err: expect.stringMatching(/nosuch0/) });
    expect(existsSync(join(dir, 'c.sock'))).toBe(false);
  });

  test.skipIf(!isRoot)('no permission (as root, which gives it up)', () => {
    const config = file('noperm.yaml', node('ports: [{interface: lo, kind: net}]'));
    const { status, stderr } = spawnSync(
      'setpriv',
      ['--bounding-set=-all', '--inh-caps=-all', process.execPath, main, 'run', config],
      { encoding: 'utf8', timeout: 20_000 },
    );
    expect(stderr).toMatch(/permi|CAP_NET_RAW/i);
    expect(status).toBe(1);
  });

  test.skipIf(!isRoot)('a control socket that another node has (as root)', async () => {
    const path = join(dir, 'taken.sock');
    const other = createServer(() => {});
    await new Promise<void>((done) => other.listen(path, done));
    const child = spawn('unshare', ['-n', process.execPath, main, 'switch', file('r5.p4', reflect()), '-i', '0@lo', '-s', path]);
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    const code = await new Promise<number | null>((done) => child.once('close', done));
    other.close();
    expect(err).toMatch(/another softipu answers on/);
    expect(code).toBe(1);
  });
});
