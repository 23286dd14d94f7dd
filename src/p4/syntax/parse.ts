/** The parser's entry: preprocessed tokens to the syntax tree (grammar: p4program). The other parse-*.ts files follow the grammar's parts. */
import type { Diagnostics, SourceFile } from '../../diag/index.ts';
import type { Declaration, Program } from './ast.ts';
import { Cursor } from './cursor.ts';
import { declarationStarters, parseDeclaration } from './parse-declarations.ts';
import { type PreprocessOptions, preprocessTokens } from './preprocess.ts';
import type { Token } from './tokens.ts';

/**
 * Preprocesses and parses a program. All mistakes go to `diag`; the tree holds what could be read. Never throws for any text.
 * Parser and control bodies with mistakes stay in the tree with what was right in them: do not go on to check a program with errors.
 */
export function parseProgram(source: SourceFile, options: PreprocessOptions, diag: Diagnostics): Program {
  const tokens = preprocessTokens(source, options, diag);
  const p = new Cursor(tokens, diag);
  const declarations: Declaration[] = [];
  const program: Program = { kind: 'program', declarations, span: { file: source, start: 0, end: source.text.length } };
  if (refuseP414(tokens, diag)) return program;
  while (!p.at('end')) {
    if (p.accept(';')) continue;
    const before = p.pos;
    const declaration = p.recovering(() => parseDeclaration(p), declarationStarters);
    if (declaration) declarations.push(declaration);
    else if (p.at('}') && p.pos === before) skipStrayBrace(p);
    else if (p.at('}')) p.advance();
  }
  return program;
}

/** A P4-14 program gives one message, not one per line: `header_type h {` and `parser p {` begin nothing in P4-16. */
function refuseP414(tokens: readonly Token[], diag: Diagnostics): boolean {
  const sign = tokens.find(
    (t, i) => t.lineStart && (t.text === 'header_type' || t.text === 'parser') && tokens[i + 2]?.kind === '{',
  );
  if (sign) diag.error('p4-14', sign.span, `expected a P4-16 program, found '${sign.text}' as in P4-14`);
  return sign !== undefined;
}

function skipStrayBrace(p: Cursor): void {
  p.report(p.token.span, "expected a declaration, found '}'");
  p.advance();
}
