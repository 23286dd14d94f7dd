/**
 * Mutated programs: whatever the text, parsing and checking end, in time and without an exception. Tokens of the rejected programs are
 * exchanged, dropped and doubled, names with names and numbers with numbers, so that many mutants still parse. The seed is printed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Diagnostics, makeSource, printDiagnostics } from '../../../src/diag/index.ts';
import { parseProgram } from '../../../src/p4/syntax/index.ts';
import { checkProgram } from '../../../src/p4/types/index.ts';

const folder = new URL('../rejected/', import.meta.url);
const texts = readdirSync(folder)
  .filter((f) => f.endsWith('.p4'))
  .sort()
  .map((f) => readFileSync(new URL(f, folder), 'utf8').replace(/\/\/.*/g, ''));

const seed = Number(process.env.FUZZ_SEED ?? 20_211);
const rounds = Number(process.env.FUZZ_ROUNDS ?? 3000);
const slowMs = 2000;

/** A small generator of numbers below 2^32 (xorshift), so that a seed repeats a run. */
function randomFrom(state: number): (below: number) => number {
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function kindOf(token: string): string {
  return /^[A-Za-z_]/.test(token) ? 'name' : /^[0-9]/.test(token) ? 'number' : token;
}

function mutate(text: string, random: (below: number) => number, pool: readonly string[]): string {
  const tokens = text.match(/[A-Za-z_]\w*|\d\w*|\s+|./g) ?? [];
  const solid = tokens.map((t, i) => ({ t, i })).filter(({ t }) => t.trim() !== '');
  for (let n = 1 + random(3); n > 0; n--) {
    const { t, i } = solid[random(solid.length)]!;
    const sort = random(8);
    if (sort === 0) tokens[i] = '';
    else if (sort === 1) tokens[i] = `${t} ${t}`;
    else {
      const same = pool.filter((p) => kindOf(p) === kindOf(t));
      tokens[i] = (sort < 7 && same.length ? same : pool)[random(sort < 7 && same.length ? same.length : pool.length)]!;
    }
  }
  return tokens.join('');
}

test(`no mutant throws or hangs (seed ${seed})`, { timeout: 120_000 }, () => {
  const random = randomFrom(seed);
  const pool = [...new Set(texts.join('\n').match(/[A-Za-z_]\w*|\d\w*|[^\s\w]/g) ?? []), '0', '4294967296', '8w255', '_', '...'];
  let parsed = 0;
  for (let round = 0; round < rounds; round++) {
    const original = texts[random(texts.length)]! + (random(3) === 0 ? texts[random(texts.length)]! : '');
    const text = mutate(original, random, pool);
    const start = performance.now();
    try {
      const diag = new Diagnostics();
      const program = parseProgram(makeSource('mutant.p4', text), {}, diag);
      if (!diag.hasErrors) parsed++;
      // What the parser recovered from a wrong text is checked too: nobody does so, but it is one more way to break the checker.
      const checked = checkProgram(program, diag);
      expect(checked.program).toBe(program);
      printDiagnostics(diag.all);
    } catch (e) {
      throw new Error(`round ${round} of seed ${seed}\n${text}`, { cause: e });
    }
    expect(performance.now() - start, `round ${round} of seed ${seed}\n${text}`).toBeLessThan(slowMs);
  }
  expect(parsed).toBeGreaterThan(rounds / 10);
});

test('deep nesting is refused, not overflowed; shared parts are looked at once', () => {
  const lines = (n: number, line: (i: number) => string): string => Array.from({ length: n }, (_, i) => line(i)).join('\n');
  // A struct of twice its predecessor: small to write, huge when spread out.
  const doubling = `struct s0 { bit<8> a; } ${lines(60, (i) => `struct s${i + 1} { s${i} a; s${i} b; }`)}`;
  const deep = [
    `const int x = ${'('.repeat(5000)}1${')'.repeat(5000)};`,
    `const int x = ${'-'.repeat(5000)}1;`,
    `const int x = ${'1 + '.repeat(5000)}1;`,
    `typedef ${'tuple<'.repeat(3000)}bit${'>'.repeat(3000)} t;`,
    `control c() { apply { ${'{'.repeat(5000)}${'}'.repeat(5000)} } }`,
    `control c(in bool b) { apply { ${'if (b) ; else '.repeat(3000)} ; } }`,
    `${doubling}
     struct g<T> { T v; }
     header h { s60 f; }
     extern packet_out { void emit<T>(in T hdr); }
     parser p(packet_out o, inout s60 a, inout g<s60> b, inout tuple<s60, s60> t) {
       state start { bool c = a == a; c = b == b; c = t == t; o.emit(a); transition select(t) { default: accept; } }
     }`,
    `struct g<T> { T v; T w; } control c() { apply { ${'g<'.repeat(60)}bit${'>'.repeat(60)} x; x.v = x.w; } }`,
    `typedef tuple<bit, bit> t0; ${lines(60, (i) => `typedef tuple<t${i}, t${i}> t${i + 1};`)}
     extern void f<T>(in T a);
     control c(inout t60 a, out bit<8> b) { apply { f(a); b = a; t60 d = a; bool e = d == a; } }`,
    `const int a0 = 1 << 60000; ${lines(40, (i) => `const int a${i + 1} = a${i} * a${i};`)}`,
  ];
  for (const text of deep) {
    const diag = new Diagnostics();
    const start = performance.now();
    checkProgram(parseProgram(makeSource('deep.p4', text), {}, diag), diag);
    printDiagnostics(diag.all);
    expect(performance.now() - start, text.slice(0, 60)).toBeLessThan(slowMs);
  }
});
