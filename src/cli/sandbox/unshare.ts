/**
 * Runs one of our scripts as the first process of new namespaces: network, mount and process, as an ordinary user below a new user namespace.
 *
 * Nothing is created outside of these, so nothing can be left behind: the namespaces end with their first process, and that one ends when
 * we do, whatever ended us (its stdin closes, and `--kill-child` holds if `unshare` is killed).
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { UserError } from '../errors.ts';

export interface SandboxOptions {
  /** The script, an URL beside the caller; called as `node script ...args`. */
  readonly script: URL;
  readonly args: readonly string[];
  /** Each line of its stdout, parsed as JSON. */
  readonly onLine: (line: unknown) => void;
  /** Open files that it gets as descriptors 3, 4, ... */
  readonly files?: readonly number[];
}

/** Runs the script to its end. Returns the signal that was sent to us meanwhile, if any; throws a UserError if namespaces cannot be made. */
export async function runInSandbox({ script, args, onLine, files }: SandboxOptions): Promise<NodeJS.Signals | undefined> {
  // `bridge` and others lie where an ordinary user's PATH does not look.
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };
  checkSystem(env);
  const child = spawn('unshare', [...unshareArguments(), process.execPath, fileURLToPath(script), ...args], {
    stdio: ['pipe', 'pipe', 'inherit', ...(files ?? [])],
    env,
    // A process group of its own: Ctrl-C reaches us alone, and we end the rest in order.
    detached: true,
  });
  const signal = endOn(child, ['SIGINT', 'SIGTERM', 'SIGHUP']);
  createInterface({ input: child.stdout! }).on('line', (text) => onLine(JSON.parse(text)));
  await new Promise<void>((done, failed) => {
    child.once('close', () => done());
    child.once('error', failed);
  });
  return signal.received;
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
function checkSystem(env: NodeJS.ProcessEnv): void {
  for (const [program, args, comes] of [
    ['ip', ['-V'], 'iproute2'],
    ['unshare', ['--version'], 'util-linux'],
  ] as const) {
    try {
      execFileSync(program, args, { stdio: 'ignore', env });
    } catch {
      throw new UserError('no-program', `cannot run '${program}'`, `install ${comes}`);
    }
  }
  try {
    execFileSync('unshare', [...unshareArguments(), 'true'], { stdio: ['ignore', 'ignore', 'pipe'], env });
  } catch (error) {
    const reason = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new UserError(
      'no-namespaces',
      `cannot make namespaces: ${reason}`,
      process.getuid!() === 0
        ? 'this needs CAP_SYS_ADMIN, in a container `--privileged`'
        : 'run it as root, or allow user namespaces (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone)',
    );
  }
}

/**
 * The inner side, first thing: a private /run for named network namespaces and files, the loopback interface up, and an end when the outer side's
 * end comes. When this process ends, by itself or not, the kernel ends all others here and takes everything back.
 */
export function enterSandbox(): void {
  process.stdin.on('close', () => process.exit(1)).resume();
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', '/run']);
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
}
