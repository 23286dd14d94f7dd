/**
 * `softipu switch`: any P4 program between ports, until a signal. Entries come from the program itself (`entries`, default actions) and from the
 * control socket; P4Runtime over gRPC is not there yet.
 */

import { serveControl } from './control-socket.ts';
import { UserError } from './errors.ts';
import { inspectHandlers } from './inspect.ts';
import { loadProgram } from './program.ts';
import { Runtime, type RuntimePort } from './runtime.ts';
import { say } from './say.ts';
import { askForSignal } from './signals.ts';

export interface SwitchOptions {
  /** `N@SPEC` each. */
  readonly interface: readonly string[];
  /** Numbers of network ports, comma-separated. */
  readonly net?: string;
  readonly I: readonly string[];
  readonly D: readonly string[];
  readonly socket: string;
}

const refreshMs = 1000;

export async function switchCommand(path: string, options: SwitchOptions): Promise<number> {
  const ports = parsePorts(options.interface, options.net);
  const program = loadProgram({ path, includeDirs: options.I, defines: options.D });
  const runtime = await Runtime.start({ program, ports, hashSeed: 0, onWarning: say });
  try {
    const { handlers, refresh } = inspectHandlers(runtime);
    runtime.on('portState', (name, state) => say(`port '${name}' is ${state}`));
    const failed = new Promise<string>((done) => runtime.once('fatal', done));
    const server = await serveControl(options.socket, handlers);
    await refresh();
    const timer = setInterval(() => void refresh(), refreshMs);
    process.stderr.write(
      `softipu: '${path}' runs on ${ports.map((p) => `${p.number}@${p.spec}`).join(', ')}; control socket '${options.socket}'\n`,
    );
    const end = await Promise.race([askForSignal(), failed]);
    clearInterval(timer);
    server.close();
    if (end !== undefined) throw new Error(end);
  } finally {
    await runtime.stop();
  }
  return 0;
}

/** `0@veth0` -> port 0 on veth0. Throws UserError on anything else, and on numbers given twice. */
export function parsePorts(specs: readonly string[], net: string | undefined): RuntimePort[] {
  const netPorts = new Set((net ?? '').split(',').filter((n) => n !== ''));
  const ports = specs.map((text) => {
    const match = /^(\d+)@(.+)$/.exec(text);
    const number = Number(match?.[1]);
    if (!match || number > 2047)
      throw new UserError(
        'bad-port',
        `'${text}' is not a port`,
        "write number and interface, e.g. '0@veth0'; numbers go up to 2047",
      );
    return { number, spec: match[2]!, isNet: netPorts.has(match[1]!) };
  });
  const twice = ports.find((p, i) => ports.findIndex((q) => q.number === p.number) !== i);
  if (twice) throw new UserError('bad-port', `port ${twice.number} is given twice`);
  const unknown = [...netPorts].find((n) => !ports.some((p) => String(p.number) === n));
  if (unknown !== undefined) throw new UserError('bad-port', `--net names port ${unknown}, which there is not`);
  return ports;
}
