/** Multicast groups as BMv2's commands build them: nodes (an instance and its ports) that are associated with groups. */
import { Refusal, type StfBackend } from './backend.ts';

export class Replication {
  private readonly backend: Pick<StfBackend, 'setMulticast'>;
  private readonly nodes: { readonly instance: number; ports: readonly number[] }[] = [];
  private readonly groups = new Map<number, number[]>();

  constructor(backend: Pick<StfBackend, 'setMulticast'>) {
    this.backend = backend;
  }

  createGroup(group: number): void {
    this.groups.set(group, []);
    this.backend.setMulticast(group, []);
  }

  createNode(instance: number, ports: readonly number[]): void {
    this.nodes.push({ instance, ports });
  }

  updateNode(node: number, ports: readonly number[]): void {
    this.node(node).ports = ports;
    for (const [group, nodes] of this.groups) if (nodes.includes(node)) this.publish(group, nodes);
  }

  associate(group: number, node: number): void {
    const nodes = this.groups.get(group);
    if (nodes === undefined) throw new Refusal(`multicast group ${group} does not exist`);
    this.node(node);
    nodes.push(node);
    this.publish(group, nodes);
  }

  private node(node: number): { readonly instance: number; ports: readonly number[] } {
    const found = this.nodes[node];
    if (found === undefined) throw new Refusal(`multicast node ${node} does not exist`);
    return found;
  }

  private publish(group: number, nodes: readonly number[]): void {
    const replicas = nodes.flatMap((n) => this.nodes[n]!.ports.map((port) => ({ port, instance: this.nodes[n]!.instance })));
    this.backend.setMulticast(group, replicas);
  }
}
