/** From P4-16 source text to the syntax tree: preprocessor, lexer, parser, and the way back to text. */
export type * as ast from './ast.ts';
export { parseProgram } from './parse.ts';
export { type PreprocessOptions, preprocess } from './preprocess.ts';
export { printExpression, printKeyset, printTypeRef } from './print.ts';
