/**
 * The topology of the privileged tests: two namespaces whose veth ends a forwarder joins in a third.
 *
 *   client 10.9.0.1, fd09::1  c0 <-veth-> r0 [port 0, forwarder, port 1] r1 <-veth-> b0  10.9.0.2, fd09::2 server
 */
import type { Port } from '../../src/engine/port.ts';
import { openPacketPort, type PacketPort, packetPortBytes } from '../../src/ports/index.ts';
import { type Change, Forwarder, makeArena } from './forwarder.ts';
import { Namespaces, run } from './netns.ts';

export class Joint {
  readonly namespaces = new Namespaces();
  readonly client: string;
  readonly router: string;
  readonly server: string;
  readonly ports: PacketPort[] = [];
  #forwarder: Forwarder | undefined;

  constructor(options: { readonly serverAddresses: boolean } = { serverAddresses: true }) {
    try {
      this.client = this.namespaces.add('c');
      this.router = this.namespaces.add('r');
      this.server = this.namespaces.add('s');
      this.namespaces.veth(this.client, 'c0', this.router, 'r0');
      this.namespaces.veth(this.server, 'b0', this.router, 'r1');
      run(`ip -n ${this.client} addr add 10.9.0.1/24 dev c0`);
      run(`ip -n ${this.client} addr add fd09::1/64 dev c0 nodad`);
      if (options.serverAddresses) this.addServerAddresses('b0');
    } catch (error) {
      this.namespaces.remove();
      throw error;
    }
  }

  addServerAddresses(device: string): void {
    run(`ip -n ${this.server} addr add 10.9.0.2/24 dev ${device}`);
    run(`ip -n ${this.server} addr add fd09::2/64 dev ${device} nodad`);
  }

  /** Opens both ports and joins them; `forth` and `back` change packets on their way; `also` takes a second way for packets of port 0. */
  join(
    forth?: Change,
    back?: Change,
    extraBytes = 0,
  ): { memory: WebAssembly.Memory; extra: { memory: WebAssembly.Memory; start: number; end: number } } {
    const bytes = packetPortBytes({ interface: 'r0' });
    const { memory, regions } = makeArena([bytes, bytes, extraBytes]);
    for (const [i, name] of ['r0', 'r1'].entries()) {
      this.ports.push(openPacketPort({ interface: name, netns: this.router }, i, regions[i]!));
    }
    const [a, b] = this.ports as [PacketPort, PacketPort];
    this.#forwarder = new Forwarder(memory, [
      { from: a, to: b, change: forth },
      { from: b, to: a, change: back },
    ]);
    return { memory, extra: regions[2]! };
  }

  /** What went wrong on any port. */
  drops(): Record<string, number> {
    const total: Record<string, number> = {};
    for (const port of this.ports) addDrops(total, port);
    return total;
  }

  async end(): Promise<void> {
    await this.#forwarder?.stop();
    for (const port of this.ports) port.close();
    this.namespaces.remove();
  }
}

function addDrops(total: Record<string, number>, port: Port): void {
  for (const [name, value] of Object.entries(port.stats)) {
    if (/Drops|Errors/.test(name) && value !== 0) total[name] = (total[name] ?? 0) + value;
  }
}
