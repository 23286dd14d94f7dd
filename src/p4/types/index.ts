/** From the syntax tree to a checked program: names, types, constants (P4-16 §6 to §18). */
export { checkProgram } from './check.ts';
export type { BoundArgument, CheckedProgram, ConstValue, Referent, ResolvedCall } from './checked.ts';
export { isOptional } from './infer.ts';
export { decay, equalTypes, printType, type Substitution, sizeRange, substitute, widthOf, zipSubstitution } from './relations.ts';
export type * from './types.ts';
