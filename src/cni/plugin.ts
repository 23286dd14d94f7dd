/**
 * The CNI operations on a running node. ADD: an address from the IPAM plugin, a veth pair, its end as a port, and forwarding and policy for the pod, all of it
 * before the answer; whatever fails takes back what went before. DEL: the same backwards, content with what is gone already.
 *
 * The state is written before the interface is made: whatever a crash leaves is known to the next start.
 */
import { delegate } from './ipam.ts';
import { addLink, hasHostLink, hostNameOf, linkFault, macOf, type PodLink, removeLink } from './link.ts';
import { CniError, type CniRequest, type CniResult, codes, readRequest } from './request.ts';
import { CniState, keyOf, type StoredAttachment } from './state.ts';

/** What the plugin needs of the running node. */
export interface CniNode {
  /** What pods have as their gateway. */
  readonly gateway: string;
  /** Why no pod can be added; undefined if all is well. */
  readonly fault: () => string | undefined;
  /** Opens an interface as a port with a number of its own. Throws. */
  addPort(interfaceName: string): Promise<number>;
  removePort(port: number): Promise<void>;
  /** Programs the data plane for these and no other attachments; what it refused. */
  program(attachments: readonly StoredAttachment[]): readonly string[];
  /** Waits until the cluster's labels of the pod are known, if they come from a place that knows all pods. False if they did not come. */
  waitForPod(namespace: string, name: string): Promise<boolean>;
}

export interface CniOptions {
  readonly node: CniNode;
  readonly stateFile: string;
  readonly say: (message: string) => void;
  /** Ethernet's less the tunnel's 50 bytes. */
  readonly mtu?: number;
}

const defaultMtu = 1450;

export class CniPlugin {
  readonly #options: CniOptions;
  readonly #state: CniState;
  /** Attachments that the data plane is programmed for. */
  readonly #active = new Map<string, StoredAttachment>();
  /** Operations under way: one at a time per container. */
  readonly #running = new Map<string, Promise<unknown>>();
  #collecting: Promise<unknown> = Promise.resolve();

  constructor(options: CniOptions) {
    this.#options = options;
    this.#state = new CniState(options.stateFile);
  }

  /** Takes up what the last run left: pods whose interface is there go on, others give their address back. */
  async restore(): Promise<void> {
    for (const stored of this.#state.all) {
      try {
        if (!(await hasHostLink(stored.link.hostName))) throw new Error('its interface is gone');
        const port = await this.#options.node.addPort(stored.link.hostName);
        const attachment = { ...stored, port };
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
    const pod = { namespace: args.K8S_POD_NAMESPACE ?? 'default', name: args.K8S_POD_NAME ?? containerId.toLowerCase() };
    const leased = await delegate(request, 'ADD');
    const undo: (() => Promise<unknown> | unknown)[] = [() => delegate(request, 'DEL')];
    try {
      const address = leased?.ips?.map((ip) => ip.address.split('/')[0]!).find((text) => !text.includes(':'));
      if (address === undefined) throw new CniError(codes.badConfig, `IPAM plugin '${config.ipam.type}' gave no IPv4 address`);
      const link: PodLink = {
        hostName: hostNameOf(containerId, ifname),
        netns,
        ifname,
        mac: macOf(containerId, ifname),
        mtu: config.mtu ?? mtu,
        address,
        gateway: node.gateway,
      };
      const stored: StoredAttachment = {
        containerId,
        link,
        pod,
        port: -1,
        environment: request.environment,
        config: config.raw,
      };
      undo.push(() => this.#state.remove(containerId, ifname));
      this.#state.add(stored);
      undo.push(() => removeLink(link.hostName));
      await addLink(link);
      const port = await node.addPort(link.hostName);
      undo.push(() => node.removePort(port));
      if (!(await node.waitForPod(pod.namespace, pod.name))) {
        throw new CniError(
          codes.tryAgainLater,
          `pod '${pod.namespace}/${pod.name}' is not known yet`,
          'its policies cannot be told',
        );
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
      await removeLink(hostNameOf(request.containerId, request.ifname));
      await delegate(request, 'DEL');
    }
    return undefined;
  }

  async #check(request: CniRequest): Promise<undefined> {
    const { containerId, ifname, config } = request;
    const stored = this.#active.get(keyOf(containerId, ifname));
    if (!stored) throw new CniError(codes.checkFailed, `'${ifname}' of container '${containerId}' is not attached`);
    const promised = config.prevResult?.ips?.map((ip) => ip.address.split('/')[0]);
    if (promised && !promised.includes(stored.link.address)) {
      throw new CniError(codes.checkFailed, `the pod has ${stored.link.address}, expected ${promised.join(', ')}`);
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
    if (fault !== undefined) throw new CniError(codes.notAvailable, 'no pod can be added', fault);
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
      await this.#options.node.removePort(active.port);
    }
    await removeLink(link.hostName);
    const environment = { ...stored.environment, CNI_COMMAND: 'DEL' };
    await delegate(readRequest(environment, JSON.stringify(stored.config)), 'DEL');
    this.#state.remove(containerId, link.ifname);
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
  const { hostName, ifname, mac, mtu, netns, address, gateway } = link;
  const withMtu = cniVersion === '1.1.0' ? { mtu } : {};
  const family = cniVersion.startsWith('0.') ? { version: '4' } : {};
  return {
    cniVersion,
    interfaces: [{ name: hostName }, { name: ifname, mac, ...withMtu, sandbox: netns }],
    ips: [{ ...family, address: `${address}/32`, gateway, interface: 1 }],
    routes: [{ dst: '0.0.0.0/0', gw: gateway }],
    ...(leased?.dns && { dns: leased.dns }),
  };
}

function messageOf(error: unknown): string {
  if (error instanceof CniError && error.details !== '') return `${error.message}: ${error.details}`;
  return error instanceof Error ? error.message : String(error);
}

function assertNever(value: never): never {
  throw new Error(`not reached: ${String(value)}`);
}
