/**
 * The CNI operations on a running node. ADD: an address from the IPAM plugin, a veth pair, its end as a port, and forwarding and policy for the pod, all of it
 * before the answer; whatever fails takes back what went before. DEL: the same backwards, content with what is gone already.
 *
 * The state is written before the interface is made: whatever a crash leaves is known to the next start.
 */
import { existsSync } from 'node:fs';
import { delegate } from './ipam.ts';
import { addLink, hasHostLink, hostNameOf, isIpv6, linkFault, macOf, type PodAddress, type PodLink, removeLink } from './link.ts';
import { CniError, type CniRequest, type CniResult, codes, type InterfaceKind, isInterfaceKind, readRequest } from './request.ts';
import { SharedDevice } from './shared-device.ts';
import { CniState, keyOf, type StoredAttachment } from './state.ts';

/** What the plugin needs of the running node. */
export interface CniNode {
  /** What pods have as their gateways, one per family at most. */
  readonly gateways: readonly string[];
  /** Why no pod can be added; undefined if all is well. */
  readonly fault: () => string | undefined;
  /** Opens an interface as a port with a number of its own. Throws. */
  addPort(interfaceName: string): Promise<number>;
  removePort(port: number): Promise<void>;
  /** Programs the data plane for these and no other attachments; what it refused. */
  program(attachments: readonly StoredAttachment[]): readonly string[];
  /** Waits until the cluster's labels of the pod are known, if they come from a place that knows all pods. False if they did not come. */
  waitForPod(namespace: string, name: string): Promise<boolean>;
  /** The pod's annotation `softipu.io/interface`, if the pod is known and has it. */
  interfaceOf(namespace: string, name: string): string | undefined;
}

export interface CniOptions {
  readonly node: CniNode;
  readonly stateFile: string;
  readonly say: (message: string) => void;
  /** Ethernet's less the tunnel's 50 bytes. */
  readonly mtu?: number;
}

const defaultMtu = 1450;
/** Two limiters a pod, numbered in 16 bits; as many as the program's table holds. */
const maxNumber = 2047;

export class CniPlugin {
  readonly #options: CniOptions;
  readonly #state: CniState;
  /** Attachments that the data plane is programmed for. */
  readonly #active = new Map<string, StoredAttachment>();
  readonly #shared: SharedDevice;
  /** Operations under way: one at a time per container. */
  readonly #running = new Map<string, Promise<unknown>>();
  #collecting: Promise<unknown> = Promise.resolve();

  constructor(options: CniOptions) {
    this.#options = options;
    this.#state = new CniState(options.stateFile);
    this.#shared = new SharedDevice(options.node, options.stateFile);
  }

  /** An IPAM plugin that gives an address twice would take the first pod's traffic away. */
  #refuseTaken(link: PodLink): void {
    for (const { link: other, pod } of this.#active.values()) {
      const taken = other.addresses.find(({ address }) => link.addresses.some((own) => own.address === address));
      if (!taken) continue;
      const details = `pod '${pod.namespace}/${pod.name}' has it; the IPAM plugin gave it twice`;
      throw new CniError(codes.refused, `the address ${taken.address} is taken`, details);
    }
  }

  /** Takes up what the last run left: pods whose interface is there go on, others give their address back. */
  async restore(): Promise<void> {
    for (const stored of this.#state.all) {
      try {
        if (!(await hasHostLink(stored.link.hostName))) throw new Error('its interface is gone');
        const attachment = { ...stored, port: await this.#open(stored.link) };
        this.#state.add(attachment);
        this.#active.set(keyOf(stored.containerId, stored.link.ifname), attachment);
      } catch (error) {
        this.#options.say(`pod '${stored.pod.namespace}/${stored.pod.name}': ${messageOf(error)}; its address is given back`);
        await this.#release(stored).catch((problem: unknown) => this.#options.say(messageOf(problem)));
      }
    }
    this.#program();
  }

  /** Does what a runtime asks. Returns what stdout shall have; throws CniError. */
  async call(request: CniRequest): Promise<object | undefined> {
    switch (request.command) {
      case 'ADD':
        return this.#exclusive(request.containerId, () => this.#add(request));
      case 'DEL':
        return this.#exclusive(request.containerId, () => this.#delete(request));
      case 'CHECK':
        return this.#exclusive(request.containerId, () => this.#check(request));
      case 'GC':
        return this.#collect(request);
      case 'STATUS':
        return this.#status(request);
      default:
        return assertNever(request.command);
    }
  }

  async #add(request: CniRequest): Promise<CniResult> {
    const { containerId, netns, ifname, args, config } = request;
    const { node, mtu = defaultMtu } = this.#options;
    const fault = node.fault();
    if (fault !== undefined) throw new CniError(codes.tryAgainLater, 'the node is not ready', fault);
    if (this.#state.get(containerId, ifname)) {
      throw new CniError(codes.badEnvironment, `'${ifname}' of container '${containerId}' is attached already`);
    }
    if (!existsSync(netns)) throw new CniError(codes.containerUnknown, `there is no network namespace '${netns}'`);
    const pod = { namespace: args.K8S_POD_NAMESPACE ?? 'default', name: args.K8S_POD_NAME ?? containerId.toLowerCase() };
    // Its annotations are needed before its interface is made.
    if (!(await node.waitForPod(pod.namespace, pod.name))) {
      const details = 'its policies cannot be told';
      throw new CniError(codes.tryAgainLater, `pod '${pod.namespace}/${pod.name}' is not known yet`, details);
    }
    const kind = this.#kindOf(request, pod);
    const leased = await delegate(request, 'ADD');
    const undo: (() => Promise<unknown> | unknown)[] = [() => delegate(request, 'DEL')];
    try {
      const link: PodLink = {
        kind,
        hostName: kind === 'cdq' ? this.#shared.hostName : hostNameOf(containerId, ifname),
        netns,
        ifname,
        mac: macOf(containerId, ifname),
        mtu: config.mtu ?? mtu,
        addresses: toPodAddresses(leased, node.gateways, config.ipam.type),
      };
      this.#refuseTaken(link);
      const stored: StoredAttachment = {
        containerId,
        link,
        pod,
        port: -1,
        number: this.#freeNumber(),
        bandwidth: config.bandwidth,
        environment: request.environment,
        config: config.raw,
      };
      undo.push(() => this.#state.remove(containerId, ifname));
      this.#state.add(stored);
      // The shared device has to be there before an interface hangs on it; a pair of one's own before it is a port.
      let port = -1;
      if (kind === 'cdq') {
        port = await this.#open(link);
        undo.push(() => this.#close(link, port));
      }
      await addLink(link, this.#shared.parent);
      undo.push(() => removeLink(link));
      if (kind === 'adi') {
        port = await this.#open(link);
        undo.push(() => this.#close(link, port));
      }
      const attachment = { ...stored, port };
      this.#active.set(keyOf(containerId, ifname), attachment);
      undo.push(() => {
        this.#active.delete(keyOf(containerId, ifname));
        this.#program();
      });
      const errors = this.#program();
      if (errors.length > 0) throw new CniError(codes.refused, 'the data plane refused the pod', errors.join('; '));
      this.#state.add(attachment);
      return resultOf(attachment, config.cniVersion, leased);
    } catch (error) {
      for (const step of undo.reverse()) {
        await Promise.resolve()
          .then(step)
          .catch((problem: unknown) => this.#options.say(`CNI, taking back: ${messageOf(problem)}`));
      }
      throw error;
    }
  }

  async #delete(request: CniRequest): Promise<undefined> {
    const stored = this.#state.get(request.containerId, request.ifname);
    if (stored) await this.#release(stored);
    else {
      await removeLink({ kind: 'adi', hostName: hostNameOf(request.containerId, request.ifname), netns: '', ifname: '' });
      await delegate(request, 'DEL');
    }
    return undefined;
  }

  async #check(request: CniRequest): Promise<undefined> {
    const { containerId, ifname, config } = request;
    const stored = this.#active.get(keyOf(containerId, ifname));
    if (!stored) throw new CniError(codes.containerUnknown, `'${ifname}' of container '${containerId}' is not attached`);
    const promised = config.prevResult?.ips?.map((ip) => ip.address.split('/')[0]);
    const has = stored.link.addresses.map(({ address }) => address);
    if (promised && !has.every((address) => promised.includes(address))) {
      throw new CniError(codes.checkFailed, `the pod has ${has.join(', ')}, expected ${promised.join(', ')}`);
    }
    const fault = await linkFault({ ...stored.link, netns: request.netns });
    if (fault !== undefined) throw new CniError(codes.checkFailed, fault);
    await delegate(request, 'CHECK');
    return undefined;
  }

  /** Takes away every attachment of this network that the runtime does not name. Nothing else runs meanwhile. */
  #collect(request: CniRequest): Promise<undefined> {
    const all = Promise.allSettled([this.#collecting, ...this.#running.values()]);
    const work = all.then(async () => {
      const valid = new Set(request.config.validAttachments?.map(({ containerID, ifname }) => keyOf(containerID, ifname)));
      const problems: string[] = [];
      for (const stored of this.#state.all) {
        if (stored.config.name !== request.config.name || valid.has(keyOf(stored.containerId, stored.link.ifname))) continue;
        await this.#release(stored).catch((error: unknown) => problems.push(messageOf(error)));
      }
      await delegate(request, 'GC').catch((error: unknown) => problems.push(messageOf(error)));
      if (problems.length > 0) throw new CniError(codes.ioFailure, 'not everything could be taken away', problems.join('; '));
      return undefined;
    });
    this.#collecting = work.catch(() => undefined);
    return work;
  }

  async #status(request: CniRequest): Promise<undefined> {
    const fault = this.#options.node.fault();
    const code = this.#state.all.length > 0 ? codes.notAvailableAndLimited : codes.notAvailable;
    if (fault !== undefined) throw new CniError(code, 'no pod can be added', fault);
    await delegate(request, 'STATUS');
    return undefined;
  }

  /** Data plane, interface and address, in this order; the address last, so that nobody gets it too early. */
  async #release(stored: StoredAttachment): Promise<void> {
    const { containerId, link } = stored;
    const active = this.#active.get(keyOf(containerId, link.ifname));
    if (active) {
      this.#active.delete(keyOf(containerId, link.ifname));
      this.#program();
      if (link.kind === 'adi') await this.#close(link, active.port);
    }
    await removeLink(link);
    if (active && link.kind === 'cdq') await this.#close(link, active.port);
    const environment = { ...stored.environment, CNI_COMMAND: 'DEL' };
    await delegate(readRequest(environment, JSON.stringify(stored.config)), 'DEL');
    this.#state.remove(containerId, link.ifname);
  }

  /** What the call's arguments, the pod or the configuration say, in this order. */
  #kindOf({ args, config }: CniRequest, { namespace, name }: StoredAttachment['pod']): InterfaceKind {
    const given = args.SOFTIPU_INTERFACE ?? this.#options.node.interfaceOf(namespace, name) ?? config.interface ?? 'adi';
    if (isInterfaceKind(given)) return given;
    throw new CniError(codes.badConfig, `pod '${namespace}/${name}' asks for interface '${given}', expected 'adi' or 'cdq'`);
  }

  /** A number for the pod's rate limiters. */
  #freeNumber(): number {
    const taken = new Set(this.#state.all.map(({ number }) => number));
    let number = 1;
    while (taken.has(number)) number++;
    if (number > maxNumber) throw new CniError(codes.notAvailable, `there are ${maxNumber} pods already`);
    return number;
  }

  async #open(link: PodLink): Promise<number> {
    return link.kind === 'cdq' ? (await this.#shared.acquire()).port : this.#options.node.addPort(link.hostName);
  }

  async #close(link: PodLink, port: number): Promise<void> {
    if (link.kind === 'cdq') await this.#shared.release();
    else await this.#options.node.removePort(port);
  }

  #program(): readonly string[] {
    return this.#options.node.program([...this.#active.values()]);
  }

  /** One operation at a time per container, none while garbage is collected. */
  async #exclusive<T>(containerId: string, run: () => Promise<T>): Promise<T> {
    const before = Promise.allSettled([this.#collecting, this.#running.get(containerId)]);
    const result = before.then(run);
    const settled = result.catch(() => undefined);
    this.#running.set(containerId, settled);
    void settled.then(() => {
      if (this.#running.get(containerId) === settled) this.#running.delete(containerId);
    });
    return result;
  }
}

function resultOf({ link }: StoredAttachment, cniVersion: string, leased: CniResult | undefined): CniResult {
  const { hostName, ifname, mac, mtu, netns, addresses } = link;
  const withMtu = cniVersion === '1.1.0' ? { mtu } : {};
  const family = (address: string) => (cniVersion.startsWith('0.') ? { version: isIpv6(address) ? '6' : '4' } : {});
  return {
    cniVersion,
    interfaces: [{ name: hostName }, { name: ifname, mac, ...withMtu, sandbox: netns }],
    ips: addresses.map(({ address, gateway }) => ({
      ...family(address),
      address: `${address}/${isIpv6(address) ? 128 : 32}`,
      gateway,
      interface: 1,
    })),
    routes: addresses.map(({ address, gateway }) => ({ dst: isIpv6(address) ? '::/0' : '0.0.0.0/0', gw: gateway })),
    ...(leased?.dns && { dns: leased.dns }),
  };
}

/** The first address of each family, with the gateway of its family. Throws CniError if there is none at all. */
function toPodAddresses(leased: CniResult | undefined, gateways: readonly string[], ipam: string): PodAddress[] {
  const given = leased?.ips?.map((ip) => ip.address.split('/')[0]!) ?? [];
  const found = [false, true].flatMap((wantsIpv6) => {
    const address = given.find((text) => isIpv6(text) === wantsIpv6);
    const gateway = gateways.find((text) => isIpv6(text) === wantsIpv6);
    if (address === undefined) return [];
    if (gateway !== undefined) return [{ address, gateway }];
    const family = wantsIpv6 ? 'IPv6' : 'IPv4';
    throw new CniError(codes.badConfig, `IPAM plugin '${ipam}' gave ${address}, but the node has no ${family} gateway`);
  });
  if (found.length === 0) throw new CniError(codes.badConfig, `IPAM plugin '${ipam}' gave no address`);
  return found;
}

function messageOf(error: unknown): string {
  if (error instanceof CniError && error.details !== '') return `${error.message}: ${error.details}`;
  return error instanceof Error ? error.message : String(error);
}

function assertNever(value: never): never {
  throw new Error(`not reached: ${String(value)}`);
}
