/**
 * `softipu check [node.yaml]`: what this machine lacks for softipu, and what that means. Nothing is changed; what can only be known by trying is tried in a
 * child process with namespaces of its own.
 */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { isSystemError, loadAddon } from '../ports/index.ts';
import { type NodeConfig, parseNodeConfig } from './config.ts';
import { UserError } from './errors.ts';
import { packageRoot } from './package-root.ts';

/** `lacks`: something that was asked for does not work; `limits`: it works with less. */
export type Verdict = 'ok' | 'limits' | 'lacks';

export interface Finding {
  readonly what: string;
  readonly verdict: Verdict;
  readonly detail: string;
}

/** The machine as the checks see it. */
export interface Machine {
  readonly kernel: string;
  readonly node: string;
  readonly uid: number;
  /** Effective capabilities, bit by number. */
  readonly capabilities: bigint;
  readonly hasFile: (path: string) => boolean;
  /** What is wrong when a command is run; undefined if it ends well. */
  readonly tryCommand: (program: string, ...args: readonly string[]) => string | undefined;
  readonly addonFault: () => string | undefined;
}

const capabilityNumbers = { NET_ADMIN: 12, NET_RAW: 13, SYS_ADMIN: 21, BPF: 39 } as const;
const leastKernel = [5, 15] as const;
/** tcx came with this one. */
const tcxKernel = [6, 6] as const;

export function checkCommand(file: string | undefined, options: { json?: boolean }): number {
  const config = file === undefined ? undefined : readNode(file);
  const findings = check(thisMachine(), config);
  const isGood = findings.every(({ verdict }) => verdict !== 'lacks');
  if (options.json) process.stdout.write(`${JSON.stringify({ ok: isGood, findings })}\n`);
  else {
    const width = Math.max(...findings.map(({ what }) => what.length));
    for (const { what, verdict, detail } of findings) {
      process.stdout.write(`${verdict.padEnd(6)}  ${what.padEnd(width)}  ${detail}\n`);
    }
  }
  return isGood ? 0 : 1;
}

/** Everything that softipu needs. Without a configuration: what `softipu run` with packet ports would. */
export function check(machine: Machine, config?: NodeConfig): Finding[] {
  const findings: Finding[] = [];
  const say = (what: string, verdict: Verdict, detail: string): void => void findings.push({ what, verdict, detail });
  const has = (name: keyof typeof capabilityNumbers): boolean =>
    ((machine.capabilities >> BigInt(capabilityNumbers[name])) & 1n) === 1n;
  const kernel = machine.kernel.split(/[.-]/).map(Number);
  const isAtLeast = ([major, minor]: readonly [number, number]): boolean =>
    kernel[0]! > major || (kernel[0] === major && kernel[1]! >= minor);

  say('kernel', isAtLeast(leastKernel) ? 'ok' : 'lacks', `${machine.kernel}, needed ${leastKernel.join('.')}`);
  say('node', Number(machine.node.split('.')[0]) >= 20 ? 'ok' : 'lacks', `${machine.node}, needed 20.19`);
  const addon = machine.addonFault();
  say('native addon', addon === undefined ? 'ok' : 'lacks', addon ?? 'loads');

  const wantsTap = config?.ports.some((port) => port.interface.startsWith('tap:')) ?? false;
  say(
    'packet ports',
    has('NET_RAW') ? 'ok' : 'lacks',
    has('NET_RAW') ? 'CAP_NET_RAW' : 'no CAP_NET_RAW: run it as root or add the capability',
  );
  say(
    'interfaces',
    has('NET_ADMIN') ? 'ok' : 'lacks',
    has('NET_ADMIN') ? 'CAP_NET_ADMIN' : 'no CAP_NET_ADMIN: run it as root or add the capability',
  );
  const hasTun = machine.hasFile('/dev/net/tun');
  say(
    'tun',
    hasTun ? 'ok' : wantsTap ? 'lacks' : 'limits',
    hasTun ? '/dev/net/tun' : 'no /dev/net/tun: no TAP ports (modprobe tun)',
  );
  const tcx = !isAtLeast(tcxKernel)
    ? `kernel before ${tcxKernel.join('.')}`
    : has('BPF') || has('SYS_ADMIN')
      ? undefined
      : 'no CAP_BPF';
  say(
    'tcx',
    tcx === undefined ? 'ok' : 'limits',
    tcx === undefined
      ? 'the kernel’s own stack is kept out of ports'
      : `${tcx}: the kernel’s own stack sees the packets of ports too`,
  );

  for (const [program, args, use, isNeeded] of [
    ['ip', ['-V'], 'pods’ interfaces, demo', config?.cni !== undefined],
    ['nsenter', ['--version'], 'pods’ interfaces', config?.cni !== undefined],
    ['unshare', ['--version'], 'demo and benchmarks', false],
  ] as const) {
    const fault = machine.tryCommand(program, ...args);
    say(
      program,
      fault === undefined ? 'ok' : isNeeded ? 'lacks' : 'limits',
      fault === undefined ? use : `${fault}; needed for ${use}`,
    );
  }
  const namespaces =
    machine.uid === 0
      ? machine.tryCommand('unshare', '--net', 'true')
      : machine.tryCommand('unshare', '--user', '--map-root-user', '--net', 'true');
  say(
    machine.uid === 0 ? 'network namespaces' : 'user namespaces',
    namespaces === undefined ? 'ok' : 'limits',
    namespaces === undefined
      ? 'demo and benchmarks'
      : `${namespaces}; no demo (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone)`,
  );
  if (config?.cni) {
    const client = join(packageRoot, 'build/native/Release/softipu-cni');
    say('CNI client', machine.hasFile(client) ? 'ok' : 'lacks', client);
    say(
      'pods’ namespaces',
      has('SYS_ADMIN') ? 'ok' : 'lacks',
      has('SYS_ADMIN') ? 'CAP_SYS_ADMIN' : 'no CAP_SYS_ADMIN: pods’ network namespaces cannot be entered',
    );
  }
  for (const { interface: spec } of config?.ports ?? []) {
    const name = /^(?:packet:)?([^:,]+)$/.exec(spec)?.[1];
    if (name === undefined) continue;
    const isThere = machine.hasFile(`/sys/class/net/${name}`);
    say(`interface ${name}`, isThere ? 'ok' : 'lacks', isThere ? 'is there' : 'there is no such interface');
  }
  return findings;
}

function readNode(file: string): NodeConfig {
  try {
    return parseNodeConfig(file, readFileSync(file, 'utf8'));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new UserError('unreadable-config', `cannot read '${file}': ${(error as Error).message}`);
  }
}

function thisMachine(): Machine {
  const status = readFileSync('/proc/self/status', 'utf8');
  return {
    kernel: release(),
    node: process.versions.node,
    uid: process.getuid!(),
    capabilities: BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`),
    hasFile: (path) => {
      try {
        accessSync(path, constants.F_OK);
        return true;
      } catch {
        return false;
      }
    },
    tryCommand: (program, ...args) => {
      try {
        execFileSync(program, args, {
          stdio: 'pipe',
          timeout: 5000,
          env: { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` },
        });
        return undefined;
      } catch (error) {
        const { code, stderr } = error as { code?: string; stderr?: Buffer };
        return code === 'ENOENT' ? 'not installed' : (stderr?.toString().trim() || (error as Error).message).split('\n')[0];
      }
    },
    addonFault: () => {
      try {
        loadAddon();
        return undefined;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
  };
}
