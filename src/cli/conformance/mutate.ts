/**
 * Wrong programs out of right ones: tokens exchanged, dropped, doubled or moved, or the text cut off. Names take the place of names and numbers of
 * numbers more often than not, so that many mutants still parse and go on to the checker, and some to the back end.
 */
import { Random } from '../fuzz/random.ts';

/** Tokens that are worth trying anywhere. */
const always = [
  '0',
  '1',
  '4294967296',
  '8w255',
  '-1',
  '_',
  '...',
  '{',
  '}',
  '(',
  ')',
  '<',
  '>',
  ';',
  'apply',
  'bit',
  'int',
  'varbit',
];

/** The same seed and text give the same mutant. */
export function mutate(text: string, seed: number): string {
  const random = new Random(seed);
  const tokens = text.match(/"[^"\n]*"|[A-Za-z_]\w*|\d\w*|\s+|./gs) ?? [];
  const solid = tokens.flatMap((token, i) => (token.trim() === '' ? [] : [i]));
  if (solid.length === 0) return text;
  if (random.oneIn(5)) return text.slice(0, random.below(text.length));
  const pool = [...new Set(solid.map((i) => tokens[i]!)), ...always];
  for (let n = random.between(1, 4); n > 0; n--) {
    const at = random.pick(solid);
    const token = tokens[at]!;
    const alike = pool.filter((other) => kindOf(other) === kindOf(token));
    tokens[at] = random.weighted([
      [6, () => random.pick(alike.length > 0 ? alike : pool)],
      [2, () => random.pick(pool)],
      [2, () => ''],
      [2, () => `${token} ${token}`],
      [
        2,
        () => {
          const other = random.pick(solid);
          const moved = tokens[other]!;
          tokens[other] = token;
          return moved;
        },
      ],
    ]);
  }
  return tokens.join('');
}

function kindOf(token: string): string {
  return /^[A-Za-z_]/.test(token) ? 'name' : /^[0-9]/.test(token) ? 'number' : token;
}
