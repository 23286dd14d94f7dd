/** What is wrong with a manifest, and where. */
export interface Problem {
  readonly file: string;
  /** 0 for what comes from no file. */
  readonly line: number;
  /** `spec.ports[0].port`; '' for the whole document. */
  readonly field: string;
  readonly message: string;
}

/** `services.yaml:12: spec.ports[0].port: expected a whole number from 1 to 65535, found 'http'` */
export function printProblem({ file, line, field, message }: Problem): string {
  return `${file}${line === 0 ? '' : `:${line}`}: ${field === '' ? '' : `${field}: `}${message}`;
}
