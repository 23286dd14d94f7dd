/** What every stage of the desired state is given: the model, a builder for the program's entities, and who is where. */
import type { EntityBuilder } from '../p4runtime/index.ts';
import type { Model, Neighbour, Port } from './model.ts';
import { familyOf } from './prefixes.ts';

export interface Context {
  readonly model: Model;
  readonly build: EntityBuilder;
  /** MAC address of a neighbour; asking for one that is not known puts it on the list of those to be asked for by ARP. */
  readonly neighbours: Neighbours;
}

/** A neighbour whose MAC address nobody knows yet, and the ARP request that would find it out. */
export interface Unresolved {
  readonly address: string;
  readonly port: number;
  readonly sourceAddress: string;
  readonly sourceMac: string;
  readonly vlan?: number;
}

export class Neighbours {
  readonly #macs: ReadonlyMap<string, string>;
  readonly #ports: ReadonlyMap<number, Port>;
  readonly #known: readonly Neighbour[];
  readonly #wanted = new Map<string, Unresolved>();
  readonly #unresolved = new Map<string, Unresolved>();

  /** The model's own neighbours count more than what was learned. */
  constructor(model: Model, learned: readonly Neighbour[]) {
    this.#known = [...learned, ...model.neighbours];
    this.#macs = new Map(this.#known.map((n) => [`${n.port} ${n.address}`, n.mac]));
    this.#ports = new Map(model.ports.map((port) => [port.number, port]));
  }

  /** Its MAC address, if known. */
  mac(address: string, portNumber: number): string | undefined {
    const port = this.#ports.get(portNumber);
    const key = `${portNumber} ${address}`;
    const mac = this.#macs.get(key);
    const sourceAddress = port?.addresses.find((own) => familyOf(own) === familyOf(address));
    if (port && sourceAddress !== undefined) {
      const question: Unresolved = {
        address,
        port: portNumber,
        sourceAddress,
        sourceMac: port.mac,
        ...(port.vlan !== undefined && { vlan: port.vlan }),
      };
      this.#wanted.set(key, question);
      if (mac === undefined) this.#unresolved.set(key, question);
    }
    return mac;
  }

  /** Addresses whose MAC address on a port is known. */
  addressesOn(port: number): string[] {
    return [...new Set(this.#known.filter((n) => n.port === port).map((n) => n.address))];
  }

  /** Everything that was asked for and is not known. */
  get unresolved(): readonly Unresolved[] {
    return [...this.#unresolved.values()];
  }

  /** Everything that was asked for. */
  get wanted(): readonly Unresolved[] {
    return [...this.#wanted.values()];
  }
}
