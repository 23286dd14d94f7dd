/** The pod's interface: a veth pair, one end in the pod's network namespace, the other a port of ours. By `ip`, several steps per process. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { CniError, codes } from './request.ts';

export interface PodLink {
  readonly hostName: string;
  /** Path of the pod's network namespace. */
  readonly netns: string;
  readonly ifname: string;
  readonly mac: string;
  readonly mtu: number;
  readonly address: string;
  readonly gateway: string;
}

/** Name of our end: the same for the same attachment, so that a repeated DEL finds it. */
export function hostNameOf(containerId: string, ifname: string): string {
  return `su${createHash('sha256').update(`${containerId}/${ifname}`).digest('hex').slice(0, 12)}`;
}

/** A locally administered address that follows from the attachment. */
export function macOf(containerId: string, ifname: string): string {
  const bytes = createHash('sha256').update(`mac ${containerId}/${ifname}`).digest().subarray(0, 5);
  return ['02', ...[...bytes].map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
}

/** Makes the pair, the pod's address and its routes. Throws CniError; nothing is left then. */
export async function addLink(link: PodLink): Promise<void> {
  const { hostName, netns, ifname, mac, mtu, address, gateway } = link;
  if (await hasLink(netns, ifname)) {
    throw new CniError(codes.badEnvironment, `interface '${ifname}' exists already in '${netns}'`);
  }
  // What a broken attempt left under our own name.
  await removeLink(hostName);
  await run(
    ['ip', '-batch', '-'],
    [`link add ${hostName} mtu ${mtu} type veth peer name ${ifname} mtu ${mtu} address ${mac} netns ${netns}`],
  );
  try {
    await Promise.all([
      run(['ip', '-batch', '-'], [`link set ${hostName} addrgenmode none up`]),
      run(inside(netns, ['ip', '-batch', '-']), [
        'link set lo up',
        `link set ${ifname} up`,
        `address add ${address}/32 dev ${ifname}`,
        `route add ${gateway} dev ${ifname} scope link`,
        `route add default via ${gateway} dev ${ifname}`,
      ]),
    ]);
  } catch (error) {
    await removeLink(hostName);
    throw error;
  }
}

/** Takes the pair away, if it is there. */
export async function removeLink(hostName: string): Promise<void> {
  await run(['ip', 'link', 'delete', hostName]).catch(() => undefined);
}

export async function hasHostLink(hostName: string): Promise<boolean> {
  return run(['ip', 'link', 'show', hostName]).then(
    () => true,
    () => false,
  );
}

/** Why the pod's side is not as it was made; undefined if it is. */
export async function linkFault({ hostName, netns, ifname, mac, address }: PodLink): Promise<string | undefined> {
  if (!(await hasHostLink(hostName))) return `interface '${hostName}' is gone`;
  const text = await run(inside(netns, ['ip', '-json', 'address', 'show', ifname])).catch(() => undefined);
  if (text === undefined) return `interface '${ifname}' is not in '${netns}'`;
  const [found] = JSON.parse(text) as { address?: string; addr_info?: { local?: string }[] }[];
  if (found?.address !== mac) return `interface '${ifname}' has MAC address ${found?.address}, expected ${mac}`;
  if (!found.addr_info?.some(({ local }) => local === address)) return `interface '${ifname}' has not the address ${address}`;
  return undefined;
}

async function hasLink(netns: string, ifname: string): Promise<boolean> {
  await run(inside(netns, ['true']));
  return run(inside(netns, ['ip', 'link', 'show', ifname])).then(
    () => true,
    () => false,
  );
}

function inside(netns: string, command: readonly string[]): readonly string[] {
  return ['nsenter', `--net=${netns}`, '--', ...command];
}

/** What a command prints. Throws CniError with its message. */
function run([program, ...args]: readonly string[], lines: readonly string[] = []): Promise<string> {
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
