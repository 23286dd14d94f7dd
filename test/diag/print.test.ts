/** The printed form of diagnostics: columns, tabs, wide characters, spans over lines and at the ends of files. */
import { describe, expect, it } from 'vitest';
import { Diagnostics, lineAndColumn, makeSource, noSpan, printDiagnostic, printDiagnostics } from '../../src/diag/index.ts';

const show = (text: string, start: number, end: number, help?: string): string => {
  const span = { file: makeSource('t.p4', text), start, end };
  return printDiagnostic({ severity: 'error', code: 'x', message: 'm', span, ...(help && { help }) });
};

describe('printDiagnostic', () => {
  it.each([
    ['marks the span', 'ab cd ef\n', 3, 5, 't.p4:1:4: error[x]: m\n    1 | ab cd ef\n      |    ^^\n'],
    ['copies tabs', '\n\tx\ty\n', 4, 5, 't.p4:2:4: error[x]: m\n    2 | \tx\ty\n      | \t \t^\n'],
    ['counts characters, not bytes', 'é𝒳 x', 4, 5, 't.p4:1:4: error[x]: m\n    1 | é𝒳 x\n      |    ^\n'],
    ['gives wide characters two columns', '漢字 x', 3, 4, 't.p4:1:4: error[x]: m\n    1 | 漢字 x\n      |      ^\n'],
    ['marks the first line of a long span', 'a {  \n b }', 2, 9, 't.p4:1:3: error[x]: m\n    1 | a {  \n      |   ^\n'],
    ['drops carriage returns', 'ab\r\ncd\r\n', 4, 6, 't.p4:2:1: error[x]: m\n    2 | cd\n      | ^^\n'],
    ['points behind the last character', 'ab', 2, 2, 't.p4:1:3: error[x]: m\n    1 | ab\n      |   ^\n'],
    ['points behind the last line', 'ab\n', 3, 3, 't.p4:2:1: error[x]: m\n    2 | \n      | ^\n'],
  ])('%s', (_name, text, start, end, expected) => {
    expect(show(text, start, end)).toBe(expected);
  });

  it('puts help behind the caret and notes below', () => {
    const file = makeSource('t.p4', 'header h {}\nx = y;\n');
    const diag = new Diagnostics();
    const notes = [{ message: "'h' is declared here", span: { file, start: 7, end: 8 } }, { message: 'no place' }];
    diag.warning('unknown-name', { file, start: 12, end: 13 }, "there is no 'x'", { help: "did you mean 'h'?", notes });
    expect(printDiagnostics(diag.all)).toBe(
      [
        "t.p4:2:1: warning[unknown-name]: there is no 'x'",
        '    2 | x = y;',
        "      | ^ did you mean 'h'?",
        "  t.p4:1:8: note: 'h' is declared here",
        '  note: no place',
        '',
      ].join('\n'),
    );
    expect(diag.hasErrors).toBe(false);
  });

  it('prints what no source line stands for', () => {
    expect(printDiagnostic({ severity: 'error', code: 'x', message: 'm', span: noSpan })).toBe('<built-in>: error[x]: m\n');
  });
});

describe('lineAndColumn', () => {
  it.each([
    [0, 1, 1],
    [2, 1, 3],
    [3, 2, 1],
    [99, 3, 2],
  ])('offset %i is line %i, column %i', (offset, line, column) => {
    expect(lineAndColumn(makeSource('t', 'ab\ncd\ne'), offset)).toEqual({ line, column });
  });
});
