/**
 * Addresses by delegation: the IPAM plugin that the configuration names is found in CNI_PATH and run with our environment and the whole configuration. A plugin
 * that does not know the configuration's version (Debian's host-local knows 1.0.0) is spoken to in the newest that both know.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { CniError, type CniRequest, type CniResult, codes, isRecord, supportedVersions } from './request.ts';

const timeoutMs = 20_000;

/** Runs the IPAM plugin for `command`. Throws CniError: its own, or that it is not there. */
export async function delegate(request: CniRequest, command: CniRequest['command']): Promise<CniResult | undefined> {
  const { type } = request.config.ipam;
  const program = findPlugin(type, request.path);
  const version = await commonVersion(program, request);
  if ((command === 'GC' || command === 'STATUS') && version !== '1.1.0') return undefined;
  const config = JSON.stringify({ ...request.config.raw, cniVersion: version });
  const answer = await runPlugin(program, { ...request.environment, CNI_COMMAND: command }, config);
  if (command !== 'ADD') return undefined;
  if (!isRecord(answer)) throw new CniError(codes.decodeFailure, `IPAM plugin '${type}' printed no result`);
  return answer as unknown as CniResult;
}

function findPlugin(type: string, path: readonly string[]): string {
  for (const directory of path) {
    const program = join(directory, type);
    try {
      accessSync(program, constants.X_OK);
      return program;
    } catch {
      // The next one.
    }
  }
  throw new CniError(
    codes.badConfig,
    `IPAM plugin '${type}' is not in CNI_PATH`,
    `looked in ${path.join(', ') || 'no directory'}`,
  );
}

async function commonVersion(program: string, request: CniRequest): Promise<string> {
  const { cniVersion } = request.config;
  const environment = { ...request.environment, CNI_COMMAND: 'VERSION' };
  const answer = await runPlugin(program, environment, JSON.stringify({ cniVersion })).catch(() => undefined);
  const theirs =
    isRecord(answer) && Array.isArray(answer.supportedVersions) ? (answer.supportedVersions as unknown[]) : [cniVersion];
  if (theirs.includes(cniVersion)) return cniVersion;
  const common = supportedVersions.filter((version) => theirs.includes(version) && version <= cniVersion).at(-1);
  if (common === undefined) {
    throw new CniError(
      codes.incompatibleVersion,
      `IPAM plugin '${request.config.ipam.type}' knows no version that we know`,
      theirs.join(', '),
    );
  }
  return common;
}

/** Runs a plugin; what it prints as JSON, undefined if it prints nothing. Throws CniError. */
async function runPlugin(program: string, environment: Readonly<Record<string, string>>, stdin: string): Promise<unknown> {
  const { code, out, err } = await new Promise<{ code: number | null; out: string; err: string }>((done, failed) => {
    const child = spawn(program, [], { env: { ...environment }, stdio: ['pipe', 'pipe', 'pipe'], timeout: timeoutMs });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.on('error', (error) => failed(new CniError(codes.ioFailure, `cannot run '${program}'`, error.message)));
    child.on('close', (status) => done({ code: status, out, err }));
    child.stdin.on('error', () => {});
    child.stdin.end(stdin);
  });
  let answer: unknown;
  try {
    answer = out.trim() === '' ? undefined : JSON.parse(out);
  } catch {
    throw new CniError(codes.decodeFailure, `'${program}' printed no JSON`, out.slice(0, 200));
  }
  if (code === 0) return answer;
  if (isRecord(answer) && typeof answer.code === 'number') {
    throw new CniError(answer.code, String(answer.msg ?? `'${program}' failed`), String(answer.details ?? ''));
  }
  throw new CniError(codes.ioFailure, `'${program}' failed`, err.trim().slice(0, 500));
}
