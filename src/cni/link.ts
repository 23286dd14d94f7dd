/**
 * The pod's interface. `adi`: a veth pair, one end in the pod's network namespace, the other a port of ours. `cdq`: a macvlan interface on the far end of
 * the veth pair that all such pods share (shared-device.ts); in mode vepa, so that pods see each other through us only. By `ip`, several steps per process.
 */
import { createHash } from 'node:crypto';
import { run } from './process.ts';
import { CniError, codes, type InterfaceKind } from './request.ts';

export interface PodLink {
  readonly kind: InterfaceKind;
  /** The interface that is our port: the pod's own, or the one it shares. */
  readonly hostName: string;
  /** Path of the pod's network namespace. */
  readonly netns: string;
  readonly ifname: string;
  readonly mac: string;
  readonly mtu: number;
  readonly addresses: readonly PodAddress[];
}

/** One per family. */
export interface PodAddress {
  readonly address: string;
  readonly gateway: string;
}

export const isIpv6 = (address: string): boolean => address.includes(':');

/** Name of our end of a pair: the same for the same attachment, so that a repeated DEL finds it. */
export function hostNameOf(containerId: string, ifname: string): string {
  return `su${createHash('sha256').update(`${containerId}/${ifname}`).digest('hex').slice(0, 12)}`;
}

/** A locally administered address that follows from the attachment. */
export function macOf(containerId: string, ifname: string): string {
  const bytes = createHash('sha256').update(`mac ${containerId}/${ifname}`).digest().subarray(0, 5);
  return ['02', ...[...bytes].map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
}

/** Makes the interface, the pod's addresses and its routes. `parent`: what a cdq interface hangs on. Throws CniError; nothing is left then. */
export async function addLink(link: PodLink, parent: string): Promise<void> {
  const { kind, hostName, netns, ifname, mac, mtu } = link;
  if (await hasLink(netns, ifname)) {
    throw new CniError(codes.badEnvironment, `interface '${ifname}' exists already in '${netns}'`);
  }
  // What a broken attempt left under our own name.
  if (kind === 'adi') await removeLink(link);
  await ip([
    kind === 'adi'
      ? `link add ${hostName} mtu ${mtu} type veth peer name ${ifname} mtu ${mtu} address ${mac} netns ${netns}`
      : `link add link ${parent} name ${ifname} netns ${netns} mtu ${mtu} address ${mac} type macvlan mode vepa`,
  ]);
  try {
    await Promise.all([
      ...(kind === 'adi' ? [ip([`link set ${hostName} addrgenmode none up`])] : []),
      run(inside(netns, ['ip', '-batch', '-']), podLines(link)),
    ]);
  } catch (error) {
    await removeLink(link);
    throw error;
  }
}

/** Addresses are usable at once: nobody else can have them, so there is no need to ask (RFC 4862 section 5.4). */
function podLines({ ifname, addresses }: PodLink): string[] {
  return [
    'link set lo up',
    `link set ${ifname} up`,
    ...addresses.flatMap(({ address, gateway }) =>
      isIpv6(address)
        ? [
            `-6 address add ${address}/128 dev ${ifname} nodad`,
            `-6 route add ${gateway}/128 dev ${ifname}`,
            `-6 route add default via ${gateway} dev ${ifname}`,
          ]
        : [
            `address add ${address}/32 dev ${ifname}`,
            `route add ${gateway} dev ${ifname} scope link`,
            `route add default via ${gateway} dev ${ifname}`,
          ],
    ),
  ];
}

/** Takes the interface away, if it is there. One of kind cdq goes with its namespace at the latest. */
export async function removeLink({
  kind,
  hostName,
  netns,
  ifname,
}: Pick<PodLink, 'kind' | 'hostName' | 'netns' | 'ifname'>): Promise<void> {
  const gone = kind === 'adi' ? run(['ip', 'link', 'delete', hostName]) : run(inside(netns, ['ip', 'link', 'delete', ifname]));
  await gone.catch(() => undefined);
}

export async function hasHostLink(hostName: string): Promise<boolean> {
  return run(['ip', 'link', 'show', hostName]).then(
    () => true,
    () => false,
  );
}

/** Why the pod's side is not as it was made; undefined if it is. */
export async function linkFault({ hostName, netns, ifname, mac, addresses }: PodLink): Promise<string | undefined> {
  if (!(await hasHostLink(hostName))) return `interface '${hostName}' is gone`;
  const text = await run(inside(netns, ['ip', '-json', 'address', 'show', ifname])).catch(() => undefined);
  if (text === undefined) return `interface '${ifname}' is not in '${netns}'`;
  const [found] = JSON.parse(text) as { address?: string; addr_info?: { local?: string }[] }[];
  if (found?.address !== mac) return `interface '${ifname}' has MAC address ${found?.address}, expected ${mac}`;
  const missing = addresses.filter(({ address }) => !found.addr_info?.some(({ local }) => local === address));
  if (missing.length > 0) return `interface '${ifname}' has not the address ${missing.map((m) => m.address).join(', ')}`;
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

function ip(lines: readonly string[]): Promise<string> {
  return run(['ip', '-batch', '-'], lines);
}
