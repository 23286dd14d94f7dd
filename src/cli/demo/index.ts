/**
 * `softipu demo`: the main job on real traffic, in a little cluster of network namespaces that it makes for itself.
 *
 * The command runs itself again below `unshare`: as root in new network, mount and process namespaces, as an ordinary user in a new user
 * namespace, too. Nothing is created outside of these, so nothing can be left behind: the namespaces end with their first process, and that
 * one ends when we do, whatever ended us (its stdin closes, and `--kill-child` holds if `unshare` is killed).
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { UserError } from '../errors.ts';
import { type CheckResult, heading, type Line, printCheck, printSummary, type Summary } from './report.ts';

const inside = fileURLToPath(new URL(`./inside${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url));

/** Seconds that the traffic may take unless told otherwise: the whole demo stays under a minute. */
const defaultSeconds = 45;

/** Runs the demo. With `json`, progress goes to stderr and one JSON object to stdout. Exit code 0 only if all checks hold. */
export async function demoCommand(options: { seconds?: number; json?: boolean }): Promise<number> {
  checkSystem();
  const progress = (text: string): void => void (options.json ? process.stderr : process.stdout).write(text);
  progress(heading);
  // `bridge` and others lie where an ordinary user's PATH does not look.
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };
  const child = spawn('unshare', [...unshareArguments(), process.execPath, inside, String(options.seconds ?? defaultSeconds)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env,
    // A process group of its own: Ctrl-C reaches us alone, and we end the rest in order.
    detached: true,
  });
  const signal = endOn(child, ['SIGINT', 'SIGTERM', 'SIGHUP']);
  const checks: CheckResult[] = [];
  let summary: Summary | undefined;
  let problem: string | undefined;
  createInterface({ input: child.stdout! }).on('line', (text) => {
    const line = JSON.parse(text) as Line;
    if ('check' in line) {
      checks.push(line.check);
      progress(printCheck(line.check));
    } else if ('problem' in line) {
      problem = line.problem;
      process.stderr.write(`softipu: ${problem}\n`);
    } else if ('log' in line) process.stderr.write(`softipu run printed:\n${line.log}\n`);
    else summary = line.summary;
  });
  await new Promise<void>((done, failed) => {
    child.once('close', () => done());
    child.once('error', failed);
  });
  if (signal.received !== undefined) return 128 + (signal.received === 'SIGINT' ? 2 : 15);
  const passed = checks.filter((c) => c.ok).length;
  if (summary !== undefined) progress(printSummary(summary, passed, checks.length));
  const ok = summary?.ok ?? false;
  if (options.json)
    process.stdout.write(
      `${JSON.stringify({ ok, checks, problem, seconds: (summary?.totalMs ?? 0) / 1000, ports: summary?.ports })}\n`,
    );
  return ok ? 0 : 1;
}

function unshareArguments(): string[] {
  const user = process.getuid!() === 0 ? [] : ['--user', '--map-root-user'];
  return [...user, '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--'];
}

/** Ends the child when one of the signals comes; closing its stdin lets it go by itself first. */
function endOn(child: ChildProcess, signals: readonly NodeJS.Signals[]): { received?: NodeJS.Signals } {
  const state: { received?: NodeJS.Signals } = {};
  const end = (signal: NodeJS.Signals): void => {
    state.received = signal;
    child.stdin!.end();
    setTimeout(() => child.kill('SIGKILL'), 1000).unref();
  };
  for (const signal of signals) process.on(signal, end);
  child.once('close', () => {
    for (const signal of signals) process.off(signal, end);
  });
  child.stdin!.on('error', () => {});
  return state;
}

/** What must be there; says what to do if it is not. */
function checkSystem(): void {
  for (const [program, args, comes] of [
    ['ip', ['-V'], 'iproute2'],
    ['unshare', ['--version'], 'util-linux'],
  ] as const) {
    try {
      execFileSync(program, args, { stdio: 'ignore' });
    } catch {
      throw new UserError('no-program', `cannot run '${program}'`, `install ${comes}`);
    }
  }
  try {
    execFileSync('unshare', [...unshareArguments(), 'true'], { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    const reason = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new UserError(
      'no-namespaces',
      `cannot make namespaces: ${reason}`,
      process.getuid!() === 0
        ? 'the demo needs CAP_SYS_ADMIN, in a container `--privileged`'
        : 'run it as root, or allow user namespaces (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone)',
    );
  }
}
