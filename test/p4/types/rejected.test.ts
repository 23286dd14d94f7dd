/**
 * Every program in ../rejected must be refused with exactly the diagnostics that its `//~` comments announce, on their lines.
 * `//~ error[code]`, `//~ warning[code]`; several on a line when a line has several.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkText } from './helpers.ts';

const folder = new URL('../rejected/', import.meta.url);

for (const name of readdirSync(folder).filter((f) => f.endsWith('.p4'))) {
  test(name, () => {
    const text = readFileSync(new URL(name, folder), 'utf8');
    const { found } = checkText(text, name);
    expect(found).toEqual(announced(text));
    expect(found.some((f) => f.includes('error['))).toBe(true);
  });
}

function announced(text: string): string[] {
  return text.split('\n').flatMap((line, i) => {
    const comment = line.split('//~')[1] ?? '';
    return [...comment.matchAll(/(?:error|warning)\[[a-z0-9-]+\]/g)].map((m) => `${i + 1}: ${m[0]}`);
  });
}
