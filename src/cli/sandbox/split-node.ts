/**
 * A node in two processes: `softipu switch`, in a network namespace of its own if it is told one, which has the ports, and `softipu manager` outside of it, which has none. They share
 * nothing but a P4Runtime connection on a unix socket.
 */
import { dirname, join } from 'node:path';
import { readConfig } from '../run.ts';
import { Child, type NodeUnderTest, type Row } from './node.ts';

/** What the control plane knows; the rest is asked of the data plane. */
const ofManager = ['services', 'flows', 'notifications', 'neighbours', 'unresolved'];

export class SplitNode implements NodeUnderTest {
  readonly dataPlane: Child;
  readonly address: string;
  readonly #config: string;
  #manager: Child;

  /** Ports are those of node.yaml. Unless it is given a program the switch begins without one, and gets it from the manager. */
  constructor(config: string, namespace?: string, program?: string) {
    const directory = dirname(config);
    const { ports } = readConfig(config);
    const isNet = ports.filter(({ kind }) => kind === 'net').map(({ number }) => number);
    this.#config = config;
    this.address = `unix:${join(directory, 'p4runtime.sock')}`;
    const socket = join(directory, 'switch.sock');
    const arguments_ = [
      'switch',
      ...(program === undefined ? [] : [program]),
      ...ports.flatMap((port) => ['-i', `${port.number}@${port.interface}`]),
      ...(isNet.length > 0 ? ['--net', isNet.join()] : []),
      ...['--p4runtime', this.address, '-s', socket],
    ];
    this.dataPlane = new Child(arguments_, socket, namespace === undefined ? [] : ['ip', 'netns', 'exec', namespace]);
    this.#manager = this.startManager();
  }

  /** Another manager; the first one is started by the constructor. */
  startManager(options: readonly string[] = []): Child {
    const { controlSocket } = readConfig(this.#config);
    const manager = new Child(['manager', this.#config, '--p4runtime', this.address, ...options], controlSocket);
    this.#manager = manager;
    return manager;
  }

  /** The manager that was started last. */
  get manager(): Child {
    return this.#manager;
  }

  /** Ports are open, and the manager has the data plane. */
  async ready(timeoutMs: number): Promise<void> {
    const started = performance.now();
    await this.dataPlane.ready(timeoutMs, async () => (await this.dataPlane.ask('ports')).length > 0);
    await this.#manager.ready(timeoutMs - (performance.now() - started), async () => (await this.ask('services')).length > 0);
  }

  ask(op: string): Promise<readonly Row[]> {
    return (ofManager.includes(op) ? this.#manager : this.dataPlane).ask(op);
  }

  get log(): string {
    return `${this.dataPlane.log}${this.#manager.log}`;
  }

  async stop(): Promise<void> {
    await Promise.all([this.#manager.stop(), this.dataPlane.stop()]);
  }
}
