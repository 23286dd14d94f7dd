/** Policy semantics as desired entries: rows of policies and flows, and then random policies, pods and prefixes against the plain evaluator. */
import { describe, expect, test } from 'vitest';
import { desiredState } from '../../src/manager/index.ts';
import { EntityBuilder, printEntity } from '../../src/p4runtime/index.ts';
import { makeP4Info } from '../p4runtime/program.ts';
import { Evaluator } from './evaluate.ts';
import { k8sProgram } from './k8s-program.ts';
import { emptyModel, localPod } from './models.ts';
import { naivelyAllowed } from './naive-policy.ts';
import { onDb, pods, podsWith, rows, rule, tcp } from './policy-rows.ts';
import { randomModel, randomOf } from './random-model.ts';

const build = new EntityBuilder(makeP4Info(k8sProgram));

describe('policy', () => {
  describe.each(rows)('$name', ({ policies, clusterPolicies, allowed, denied }) => {
    const model = { ...emptyModel, pods, policies, ...(clusterPolicies && { clusterPolicies }) };
    const evaluator = new Evaluator(build.names, desiredState(model, build).entities);
    const cases = [...(allowed ?? []).map((f) => [f, true] as const), ...(denied ?? []).map((f) => [f, false] as const)];
    test.each(cases)('%s: %s', (flow, expected) => {
      const [, from, to, port, protocol] = /^(\S+) > ([\d.]+)(?::(\d+))?(?:\/(\d+))?$/.exec(flow)!;
      const args = [from!, to!, Number(port ?? 80), Number(protocol ?? 6)] as const;
      expect(evaluator.isAllowed(...args)).toBe(expected);
      expect(naivelyAllowed(model, ...args)).toBe(expected);
    });
  });

  test('addresses that no policy tells apart are one peer; unmentioned ones have no entry', () => {
    const many = [...pods, localPod('web2', 5, { app: 'web' }), localPod('free', 6, { app: 'free' })];
    const { entities } = desiredState(
      { ...emptyModel, pods: many, policies: [onDb({ ingress: [rule([podsWith('web')], [tcp(80)])] })] },
      build,
    );
    const text = entities
      .map((e) => printEntity(build.names, e))
      .filter((line) => /^(source_id|destination_id|policy_)/.test(line));
    expect(text.sort()).toEqual([
      'destination_identities address=10.1.0.2/32: destination_is(pod=1, rules=1, peer=0)',
      'policy_peers pod=1 peer=1: rules_are(rules_for_peer=2)',
      'policy_peers pod=1 peer=2: rules_are(rules_for_peer=0)',
      'policy_ports rules=2 protocol=6 port=80/16: allow()',
      'source_identities address=10.1.0.1/32: source_is(pod=0, rules=0, peer=1)',
      'source_identities address=10.1.0.5/32: source_is(pod=0, rules=0, peer=1)',
      'source_identities address=10.2.0.3/32: source_is(pod=0, rules=0, peer=1)',
      'source_identities address=192.168.50.1/32: source_is(pod=0, rules=0, peer=2)',
    ]);
  });
});

describe('random policies agree with the plain evaluator', () => {
  test.each([1, 2, 3, 4])(
    'seed %i',
    (seed) => {
      const random = randomOf(seed);
      for (let round = 0; round < 150; round++) {
        const model = randomModel(random);
        const evaluator = new Evaluator(build.names, desiredState(model, build).entities);
        const addresses = [...model.pods.flatMap((p) => p.addresses), '10.0.1.63', '10.0.0.5', '172.16.0.1'];
        for (let flow = 0; flow < 12; flow++) {
          const from = addresses[random(addresses.length)]!;
          const to = addresses[random(addresses.length)]!;
          const port = 1 + random(9);
          const protocol = [6, 17, 132, 1][random(4)]!;
          const expected = naivelyAllowed(model, from, to, port, protocol);
          if (evaluator.isAllowed(from, to, port, protocol) !== expected) {
            expect.fail(
              `seed ${seed} round ${round}: ${from} > ${to}:${port}/${protocol} expected ${expected}\n${JSON.stringify(model, undefined, 1)}`,
            );
          }
        }
      }
    },
    120_000,
  );
});
