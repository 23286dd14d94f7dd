/** Consistent hashing: which member owns which slot of a lookup table, as a pure function of the members. */
export { buildMaglev, isPrime, type MaglevMember } from './maglev.ts';
export { maglevSize } from './size.ts';
