/** P4Info: model, construction, text form. */
export { buildP4Info } from './build.ts';
export { printEntries } from './entries.ts';
export { aliases, assignIds, type IdKind, idPrefixes, jenkinsOneAtATime } from './ids.ts';
export type * from './p4info.ts';
export { printP4Info } from './print.ts';
