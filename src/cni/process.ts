/** Commands of the host that make interfaces. */
import { spawn } from 'node:child_process';
import { CniError, codes } from './request.ts';

/** What a command prints; `lines` are its stdin. Throws CniError with its message. */
export function run([program, ...args]: readonly string[], lines: readonly string[] = []): Promise<string> {
  return new Promise((done, failed) => {
    const child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.on('data', (text: Buffer) => {
      out += text.toString();
    });
    child.stderr.on('data', (text: Buffer) => {
      err += text.toString();
    });
    child.on('error', (error) => failed(new CniError(codes.ioFailure, `cannot run '${program}'`, error.message)));
    child.on('close', (status) =>
      status === 0
        ? done(out)
        : failed(new CniError(codes.ioFailure, `'${[program, ...args].join(' ')}' failed`, err.trim().slice(0, 500))),
    );
    child.stdin.on('error', () => {});
    child.stdin.end(lines.map((line) => `${line}\n`).join(''));
  });
}
