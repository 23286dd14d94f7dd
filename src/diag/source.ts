/** Source files and spans in them. Offsets count UTF-16 code units from the start of the file's text. */

export interface SourceFile {
  /** Path as the user gave it (or as `#include` found it): what messages print. */
  readonly path: string;
  readonly text: string;
}

/** Half-open range [start, end) of `file.text`. */
export interface Span {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
}

export function makeSource(path: string, text: string): SourceFile {
  return { path, text };
}

/** A span for things no source line stands for (built-in declarations). */
export const noSpan: Span = { file: { path: '<built-in>', text: '' }, start: 0, end: 0 };

/** 1-based line and column of an offset; a tab and a character outside of the BMP count one column each. Cost: O(offset). */
export function lineAndColumn(file: SourceFile, offset: number): { line: number; column: number } {
  let line = 1;
  let lineStart = 0;
  const end = Math.min(offset, file.text.length);
  for (let i = 0; i < end; i++) {
    if (file.text.charCodeAt(i) === 10) {
      line++;
      lineStart = i + 1;
    }
  }
  return { line, column: [...file.text.slice(lineStart, end)].length + 1 };
}
