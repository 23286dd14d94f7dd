/**
 * Many random models, one after the other, through one manager: after each the tables are exactly what the model wants, policy is still right with the
 * numbers that were kept, and the transaction held nothing that was there already.
 */
import { expect, test } from 'vitest';
import { IpuManager, type Model } from '../../src/manager/index.ts';
import { printEntity } from '../../src/p4runtime/index.ts';
import { makeDevice } from '../p4runtime/program.ts';
import { Evaluator } from './evaluate.ts';
import { k8sProgram } from './k8s-program.ts';
import { service, slice } from './models.ts';
import { naivelyAllowed } from './naive-policy.ts';
import { randomModel, randomOf } from './random-model.ts';

/** The same world, some of it changed: a few pods, policies, services and endpoints come and go. */
function changed(model: Model, other: Model, random: (below: number) => number): Model {
  const mix = <T>(a: readonly T[], b: readonly T[], key: (item: T) => string): T[] => {
    const kept = a.filter(() => random(5) !== 0);
    const keys = new Set(kept.map(key));
    return [...kept, ...b.filter((item) => random(3) === 0 && !keys.has(key(item)))].slice(0, 12);
  };
  const services = Array.from({ length: 6 }, (_, i) => service(`s${i}`, `10.96.0.${i}`)).filter(() => random(4) !== 0);
  const endpoints = (): string[] => Array.from({ length: 5 }, (_, i) => `10.0.0.${i}`).filter(() => random(2) === 0);
  return {
    ...model,
    pods: mix(model.pods, other.pods, (pod) => pod.addresses[0]!),
    policies: mix(model.policies, other.policies, (policy) => `${policy.namespace}/${policy.name}`),
    clusterPolicies: mix(model.clusterPolicies ?? [], other.clusterPolicies ?? [], (policy) => policy.name),
    namespaces: random(4) === 0 ? other.namespaces : model.namespaces,
    node: random(6) === 0 ? { ...model.node, addresses: ['10.0.1.63', `10.0.0.${random(4)}`] } : model.node,
    services,
    endpointSlices: services.map((s) => slice(s.name, endpoints())),
  };
}

test.each([1, 2, 3])('seed %i', (seed) => {
  const random = randomOf(seed * 7919);
  const { device, build } = makeDevice(k8sProgram);
  const manager = new IpuManager({ device, build });
  let model = randomModel(random);
  for (let round = 0; round < 30; round++) {
    model = changed(model, randomModel(random), random);
    const before = new Set(manager.installed.map((e) => printEntity(build.names, e)));
    const { transaction, errors } = manager.setModel(model, round);
    expect(errors).toEqual([]);
    const superfluous = transaction.filter(
      ({ type, entity }) => before.has(printEntity(build.names, entity)) !== (type === 'DELETE'),
    );
    expect(superfluous).toEqual([]);
    const installed = device.readInstalled();
    const text = installed.map((e) => printEntity(build.names, e)).sort();
    expect(text).toEqual(manager.installed.map((e) => printEntity(build.names, e)).sort());
    expect(manager.setModel(model, round).transaction).toEqual([]);
    const evaluator = new Evaluator(build.names, installed);
    const addresses = [...model.pods.flatMap((p) => p.addresses), '10.0.1.63', '172.16.0.1'];
    for (let flow = 0; flow < 20; flow++) {
      const from = addresses[random(addresses.length)]!;
      const to = addresses[random(addresses.length)]!;
      const port = 1 + random(9);
      const protocol = [6, 17, 132, 1][random(4)]!;
      expect(evaluator.isAllowed(from, to, port, protocol), `round ${round}: ${from} > ${to}:${port}/${protocol}`).toBe(
        naivelyAllowed(model, from, to, port, protocol),
      );
    }
  }
});
