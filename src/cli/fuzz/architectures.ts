/** A random program of an architecture. A program is a function of its seed and architecture. */
import { pna } from './pna.ts';
import { Generator } from './program.ts';
import { psa } from './psa.ts';
import { v1model } from './v1model.ts';

export const architectures = ['v1model', 'pna', 'pna-old', 'psa', 'pna-passes'] as const;
export type ArchitectureName = (typeof architectures)[number];

/** Source text of the program of this seed. */
export function generate(seed: number, architecture: ArchitectureName): string {
  const g = new Generator(seed, architecture === 'pna-passes');
  switch (architecture) {
    case 'v1model':
      return v1model(g);
    case 'psa':
      return psa(g);
    default:
      return pna(g, architecture !== 'pna');
  }
}
