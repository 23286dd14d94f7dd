/** Mutated programs: whatever the text, the front end answers with diagnostics, quickly, and with spans inside the text. */
import { expect, it } from 'vitest';
import { Diagnostics, makeSource, printDiagnostics } from '../../../src/diag/index.ts';
import { parseProgram } from '../../../src/p4/syntax/index.ts';
import { punctuation, reservedWords } from '../../../src/p4/syntax/tokens.ts';
import { allPrograms } from './programs.ts';

const seed = 20_260_101;
const rounds = 1500;

/** Xorshift: numbers below `n`, the same for the same seed. */
function makeRandom(state: number): (n: number) => number {
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}

const preprocessor =
  '#define F(x, y) x ## y #x\n#if F(1, 2) > 3 && defined(X)\nF(a, (b, c))\n#elif 1\n#include "self"\n#else\n#endif\n';
const seeds = [...Object.values(allPrograms), preprocessor];
const snippets = [
  ...reservedWords,
  ...punctuation,
  '>>',
  '"',
  '\\',
  '\n#',
  '\n#if 1\n',
  '\n#endif\n',
  '/*',
  '//',
  'é',
  '\0',
  '8w',
  ' ',
];

function mutate(text: string, random: (n: number) => number): string {
  const at = random(text.length + 1);
  const length = random(random(4) === 0 ? 200 : 8);
  switch (random(5)) {
    case 0:
      return text.slice(0, at) + text.slice(at + length);
    case 1:
      return text.slice(0, at) + snippets[random(snippets.length)] + text.slice(at);
    case 2:
      return text.slice(0, at) + text.slice(at, at + length) + text.slice(at);
    case 3: {
      const other = seeds[random(seeds.length)]!;
      const from = random(other.length);
      return text.slice(0, at) + other.slice(from, from + length) + text.slice(at + length);
    }
    default:
      return text.slice(0, at);
  }
}

it(`answers ${rounds} mutated programs (seed ${seed})`, () => {
  const random = makeRandom(seed);
  const readFile = (path: string): string | undefined => (path.endsWith('self') ? preprocessor : undefined);
  for (let round = 0; round < rounds; round++) {
    let text = seeds[random(seeds.length)]!;
    for (let i = 1 + random(6); i > 0; i--) text = mutate(text, random);
    const diag = new Diagnostics();
    const begin = performance.now();
    try {
      parseProgram(makeSource('fuzz.p4', text), { readFile }, diag);
      printDiagnostics(diag.all);
    } catch (error) {
      throw new Error(`round ${round} of seed ${seed}: ${String(error)}\n${text}`);
    }
    expect(performance.now() - begin, text).toBeLessThan(2000);
    for (const { span } of diag.all) {
      expect(span.start >= 0 && span.start <= span.end && span.end <= span.file.text.length, text).toBe(true);
    }
  }
});
