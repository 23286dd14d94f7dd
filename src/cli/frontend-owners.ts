/** Whose an address and port is that packets were sent to: the service of the model that answers there. Made anew when the model has changed and somebody asks. */
import type { Model } from '../manager/index.ts';
import { frontendsOf, nodePortAddresses, protocolNumbers } from '../manager/index.ts';
import { fromBigint, parseAddress, printAddress } from '../wire/index.ts';

export interface ServiceName {
  readonly namespace: string;
  readonly name: string;
}

/** `10.96.0.1:80`, `[fd00:96::1]:80`; the address of `width` bits as a number. */
export function socketText(address: bigint, port: bigint, width: number): string {
  const text = addressText(address, width);
  return width === 32 ? `${text}:${port}` : `[${text}]:${port}`;
}

export function addressText(address: bigint, width: number): string {
  return printAddress(fromBigint(address, width / 8));
}

export function protocolName(protocol: number): string {
  return Object.entries(protocolNumbers).find(([, number]) => number === protocol)?.[0] ?? String(protocol);
}

export class FrontendOwners {
  readonly #model: () => Model | undefined;
  #made: Model | undefined;
  #sockets = new Map<string, ServiceName>();
  #addresses = new Map<string, ServiceName>();

  constructor(model: () => Model | undefined) {
    this.#model = model;
  }

  /** Of an address and port as `socketText` prints them. */
  at(protocol: number, socket: string): ServiceName | undefined {
    this.#update();
    return this.#sockets.get(`${protocol} ${socket}`);
  }

  /** Of an address that services alone have (not a node's), whatever the port. */
  ofAddress(address: string): ServiceName | undefined {
    this.#update();
    return this.#addresses.get(address);
  }

  #update(): void {
    const model = this.#model();
    if (model === this.#made) return;
    this.#made = model;
    this.#sockets = new Map();
    this.#addresses = new Map();
    const nodeAddresses = model ? nodePortAddresses(model) : [];
    for (const service of model?.services ?? []) {
      for (const servicePort of service.ports) {
        for (const { kind, protocol, address, port } of frontendsOf(service, servicePort, nodeAddresses)) {
          const bytes = parseAddress(address);
          const text = bytes ? printAddress(bytes) : address;
          const key = `${protocolNumbers[protocol]} ${text.includes(':') ? `[${text}]` : text}:${port}`;
          if (!this.#sockets.has(key)) this.#sockets.set(key, service);
          if (kind !== 'node' && !this.#addresses.has(text)) this.#addresses.set(text, service);
        }
      }
    }
  }
}
