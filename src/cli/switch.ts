/**
 * `softipu switch`: any P4 program between ports, until a signal. Entries come from the program itself (`entries`, default actions) and from P4Runtime
 * clients, which may also replace the program, or bring the first one.
 */
import { readFileSync } from 'node:fs';
import { Device } from '../p4runtime/index.ts';
import { serveControl } from './control-socket.ts';
import { UserError } from './errors.ts';
import { inspectHandlers } from './inspect.ts';
import { loadProgram } from './load-program.ts';
import { LiveTarget, serveP4Runtime } from './p4rt-server.ts';
import { emptyProgram } from './package-root.ts';
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
  /** Where P4Runtime is served. */
  readonly p4runtime?: string;
  readonly deviceId?: string;
  /** `CERTIFICATE,KEY[,CLIENT_CA]`: files. */
  readonly p4runtimeTls?: string;
  /** Entries must fulfil the program's annotations. */
  readonly restrictions?: boolean;
}

const refreshMs = 1000;

export async function switchCommand(path: string | undefined, options: SwitchOptions): Promise<number> {
  if (path === undefined && options.p4runtime === undefined) {
    throw new UserError('no-program', 'there is no program to run', 'name a P4 file, or let a controller bring one: --p4runtime');
  }
  const ports = parsePorts(options.interface, options.net);
  const program = await loadProgram({ path: path ?? emptyProgram, includeDirs: options.I, defines: options.D });
  const runtime = await Runtime.start({
    program,
    ports,
    hashSeed: 0,
    onWarning: say,
    isReplaceable: options.p4runtime !== undefined,
  });
  const cleanUp: (() => void)[] = [];
  try {
    const { handlers, refresh } = inspectHandlers(runtime);
    runtime.on('portState', (name, state) => say(`port '${name}' is ${state}`));
    const failed = new Promise<string>((done) => runtime.once('fatal', done));
    const server = await serveControl(options.socket, handlers);
    cleanUp.push(() => server.close());
    await refresh();
    const timer = setInterval(() => void refresh(), refreshMs);
    cleanUp.push(() => clearInterval(timer));
    let where = '';
    if (options.p4runtime !== undefined) {
      const device = new Device({
        target: new LiveTarget(runtime, runtime.arena, true),
        p4info: program.p4info,
        program: program.objects,
        enforcesRestrictions: options.restrictions,
      });
      const p4runtime = await serveP4Runtime(
        runtime,
        path === undefined ? undefined : { device, deviceConfig: readFileSync(path) },
        {
          address: options.p4runtime,
          deviceId: parseDeviceId(options.deviceId),
          tls: parseTls(options.p4runtimeTls),
          enforcesRestrictions: options.restrictions,
        },
      );
      cleanUp.push(() => p4runtime.stop());
      where = `; P4Runtime at '${p4runtime.address}'`;
    }
    const names = ports.map((p) => `${p.number}@${p.spec}`).join(', ');
    process.stderr.write(`softipu: '${path ?? 'no program'}' runs on ${names}; control socket '${options.socket}'${where}\n`);
    const end = await Promise.race([askForSignal(), failed]);
    if (end !== undefined) throw new Error(end);
  } finally {
    for (const clean of cleanUp.reverse()) clean();
    await runtime.stop();
  }
  return 0;
}

/** Throws UserError. */
export function parseDeviceId(text = '1'): bigint {
  if (/^\d+$/.test(text) && BigInt(text) > 0n && BigInt(text) < 2n ** 64n) return BigInt(text);
  throw new UserError('bad-device-id', `'${text}' is no device id`, 'device ids are whole numbers from 1');
}

/** `CERTIFICATE,KEY[,CLIENT_CA]`. Throws UserError. */
export function parseTls(text: string | undefined): { certificate: string; key: string; clientCa?: string } | undefined {
  if (text === undefined) return undefined;
  const [certificate, key, clientCa, more] = text.split(',');
  if (!certificate || !key || more !== undefined) {
    throw new UserError(
      'bad-tls',
      `'${text}' names no certificate and key`,
      'write CERTIFICATE,KEY or CERTIFICATE,KEY,CLIENT_CA',
    );
  }
  return { certificate, key, ...(clientCa && { clientCa }) };
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
