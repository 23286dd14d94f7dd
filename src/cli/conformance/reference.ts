/** What p4c printed for a program: the reference files beside the samples. */

export interface ReferenceMessage {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

const errorLine = /^(\S+?)\((\d+)\):\s*(?:\[--Werror=[^\]]*\]\s*error:\s*(.*)|(syntax error.*))$/;

/** The first error with a place in p4c's messages; undefined if there is none. */
export function firstError(stderr: string): ReferenceMessage | undefined {
  for (const line of stderr.split('\n')) {
    const found = errorLine.exec(line);
    if (found) return { file: found[1]!, line: Number(found[2]), text: found[3] ?? found[4] ?? '' };
  }
  return undefined;
}
