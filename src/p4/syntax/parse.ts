/** The parser's entry: preprocessed tokens to the syntax tree (grammar: p4program). The other parse-*.ts files follow the grammar's parts. */
import type { Diagnostics, SourceFile } from '../../diag/index.ts';
import type { Declaration, Program } from './ast.ts';
import { Cursor } from './cursor.ts';
import { declarationStarters, parseDeclaration } from './parse-declarations.ts';
import { type PreprocessOptions, preprocessTokens } from './preprocess.ts';

/**
 * Preprocesses and parses a program. All mistakes go to `diag`; the tree holds what could be read. Never throws for any text.
 * Parser and control bodies with mistakes stay in the tree with what was right in them: do not go on to check a program with errors.
 */
export function parseProgram(source: SourceFile, options: PreprocessOptions, diag: Diagnostics): Program {
  const tokens = preprocessTokens(source, options, diag);
  const p = new Cursor(tokens, diag);
  const declarations: Declaration[] = [];
  while (!p.at('end')) {
    if (p.accept(';')) continue;
    const before = p.pos;
    const declaration = p.recovering(() => parseDeclaration(p), declarationStarters);
    if (declaration) declarations.push(declaration);
    else if (p.at('}') && p.pos === before) skipStrayBrace(p);
    else if (p.at('}')) p.advance();
  }
  return { kind: 'program', declarations, span: { file: source, start: 0, end: source.text.length } };
}

function skipStrayBrace(p: Cursor): void {
  p.report(p.token.span, "expected a declaration, found '}'");
  p.advance();
}
