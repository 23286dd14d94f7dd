/**
 * The device that pods of kind `cdq` share: a veth pair, one end our port, the other the parent of the pods' macvlan interfaces. It comes with the first such
 * pod and goes with the last.
 *
 *   pod a: eth0 (macvlan) --+
 *   pod b: eth0 (macvlan) --+-- parent ===veth=== port of softipu
 */
import { createHash } from 'node:crypto';
import { hasHostLink } from './link.ts';
import { run } from './process.ts';

/** The largest that pods may ask for; what they get is their own. */
const mtu = 65_535;

export interface SharedPort {
  /** Our end. */
  readonly hostName: string;
  readonly parent: string;
  /** In the P4 program. */
  readonly port: number;
}

export interface PortMaker {
  addPort(interfaceName: string): Promise<number>;
  removePort(port: number): Promise<void>;
}

export class SharedDevice {
  readonly #ports: PortMaker;
  readonly hostName: string;
  readonly parent: string;
  #users = 0;
  #port: number | undefined;
  /** One change after the other. */
  #last: Promise<unknown> = Promise.resolve();

  /** `owner`: what tells one softipu of a network namespace from another. */
  constructor(ports: PortMaker, owner: string) {
    this.#ports = ports;
    const id = createHash('sha256').update(owner).digest('hex').slice(0, 9);
    this.hostName = `suq${id}`;
    this.parent = `sup${id}`;
  }

  /** One more pod; makes the device if there is none. Throws CniError. */
  acquire(): Promise<SharedPort> {
    return this.#inTurn(async () => {
      if (this.#port === undefined) {
        if (!(await hasHostLink(this.hostName))) {
          const { hostName, parent } = this;
          await run(
            ['ip', '-batch', '-'],
            [
              `link add ${hostName} mtu ${mtu} type veth peer name ${parent} mtu ${mtu}`,
              `link set ${hostName} addrgenmode none up`,
              `link set ${parent} addrgenmode none up`,
            ],
          );
        }
        this.#port = await this.#ports.addPort(this.hostName).catch(async (error: unknown) => {
          if (this.#users === 0) await this.#remove();
          throw error;
        });
      }
      this.#users++;
      return { hostName: this.hostName, parent: this.parent, port: this.#port };
    });
  }

  /** One pod less. */
  release(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#users > 0) this.#users--;
      if (this.#users > 0) return;
      const port = this.#port;
      this.#port = undefined;
      if (port !== undefined) await this.#ports.removePort(port);
      await this.#remove();
    });
  }

  async #remove(): Promise<void> {
    await run(['ip', 'link', 'delete', this.hostName]).catch(() => undefined);
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#last.then(change);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
