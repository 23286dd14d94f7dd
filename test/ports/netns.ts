/**
 * Network namespaces and veth pairs of a test, removed after it in any case; and what this process may do.
 *
 * Root may do all of it. An ordinary user may run these tests too, without TAP and tcx:
 *   unshare -Urnm sh -c 'mount -t tmpfs tmpfs /run && npx vitest run test/ports'
 */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** Why tests with kernel interfaces cannot run here, or undefined. */
export function whyNotPrivileged(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  const name = `ipu-try-${process.pid}`;
  try {
    run(`ip netns add ${name}`);
    run(`ip netns del ${name}`);
  } catch {
    return 'needs iproute2 and the right to make network namespaces';
  }
  return undefined;
}

/** Root of the machine, not only of a user namespace: bpf(2) and buffers of any size. */
export function isInitialUser(): boolean {
  return /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'));
}

/** Why no TAP can be made, or undefined. */
export function whyNoTap(): string | undefined {
  try {
    closeSync(openSync('/dev/net/tun', 'r+'));
    return undefined;
  } catch {
    return 'needs a /dev/net/tun that may be opened';
  }
}

/** Runs a command line without shell and returns its output. */
export function run(command: string): string {
  const [file, ...args] = command.split(/\s+/);
  return execFileSync(file!, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Runs `node -e script` in a namespace; resolves with its output when it ends with 0, rejects otherwise. */
export function runNode(netns: string, script: string): Promise<string> {
  return runIn(netns, [process.execPath, '-e', script]);
}

/** Runs a command in a namespace, asynchronously: the forwarder in this process goes on. */
export function runIn(netns: string, command: readonly string[], timeoutMs = 15_000): Promise<string> {
  return runArgs(['netns', 'exec', netns, ...command], timeoutMs);
}

function runArgs(args: string[], timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (data) => (out += data));
    child.stderr.on('data', (data) => (err += data));
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.on('close', (code) => {
      clearTimeout(timer);
      if (code === 0) resolve(out);
      else reject(new Error(`ip ${args.join(' ').slice(0, 120)}: exit ${code}\n${err}${out}`));
    });
  });
}

let made = 0;

/** Namespaces with names of their own; `remove` deletes them and all interfaces in them. */
export class Namespaces {
  readonly #names: string[] = [];

  /** Makes a namespace whose name begins with `label`. */
  add(label: string): string {
    const name = `ipu-${label}-${process.pid}-${made++}`;
    run(`ip netns add ${name}`);
    this.#names.push(name);
    run(`ip -n ${name} link set lo up`);
    // No router solicitations and the like: counters of tests stay exact.
    for (const scope of ['all', 'default']) {
      run(`ip netns exec ${name} sysctl -qw net.ipv6.conf.${scope}.accept_dad=0 net.ipv6.conf.${scope}.router_solicitations=0`);
    }
    return name;
  }

  /** A veth pair between two namespaces, both ends up. */
  veth(netnsA: string, a: string, netnsB: string, b: string): void {
    run(`ip link add ${a} netns ${netnsA} type veth peer name ${b} netns ${netnsB}`);
    run(`ip -n ${netnsA} link set ${a} up`);
    run(`ip -n ${netnsB} link set ${b} up`);
  }

  remove(): void {
    for (const name of this.#names.splice(0)) {
      try {
        run(`ip netns del ${name}`);
      } catch {
        // Gone already.
      }
    }
  }
}
