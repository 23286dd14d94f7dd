/** The intermediate representation: its types, builders, lowering, printer. */
export type * from './ir.ts';
export { dropReasons } from './ir.ts';
export { type Lowered, lowerProgram } from './lower/index.ts';
export { printExpr, printProgram, printStmts } from './print.ts';
