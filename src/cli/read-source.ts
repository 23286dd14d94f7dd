/** The compiler's view of the file system. */
import { readFileSync } from 'node:fs';

/** Reads a file; undefined if it cannot be read. */
export function readSource(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
