/**
 * Keeping the kernel's IP stack out where bpf(2) is not permitted: a netdev chain of nftables that drops at ingress. Packet sockets see what arrives
 * before it. One table per interface, in the interface's namespace; it goes when the port closes, and its chain with the interface.
 */
import { execFileSync } from 'node:child_process';

export interface NftIsolationOptions {
  readonly interface: string;
  /** Path of the interface's network namespace, empty for our own. */
  readonly netns: string;
  /** UDP port that the kernel keeps, with ARP; 0: none. */
  readonly keptUdpPort: number;
}

/** Applies, or applies anew. False where `nft` is missing, old or not permitted. */
export function isolateByNft({ interface: name, netns, keptUdpPort }: NftIsolationOptions): boolean {
  const kept = keptUdpPort === 0 ? '' : `ether type arp accept; udp dport ${keptUdpPort} accept;`;
  const table = tableName(name);
  const rules = `table netdev ${table} { }
delete table netdev ${table}
table netdev ${table} {
  chain ingress { type filter hook ingress device "${name}" priority 0; policy drop; ${kept} }
}
`;
  return nft(netns, rules);
}

export function removeNftIsolation({ interface: name, netns }: NftIsolationOptions): void {
  nft(netns, `delete table netdev ${tableName(name)}\n`);
}

/** Names of tables are words: other characters of an interface's name by their numbers. */
function tableName(name: string): string {
  return `softipu_${name.replace(/[^a-zA-Z0-9]/g, (c) => `_${c.charCodeAt(0)}_`)}`;
}

function nft(netns: string, rules: string): boolean {
  const [program, args] = netns === '' ? ['nft', ['-f', '-']] : ['nsenter', [`--net=${netns}`, '--', 'nft', '-f', '-']];
  // Root's tools are where an ordinary user's PATH does not look.
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };
  try {
    execFileSync(program as string, args as string[], { input: rules, stdio: ['pipe', 'ignore', 'ignore'], env, timeout: 5000 });
    return true;
  } catch {
    return false;
  }
}
