/**
 * RECONCILE_AND_COMMIT under load: the program is replaced again and again while packets come as fast as the data plane takes them; none is lost,
 * no flow moves.
 * Runs the built commands on load ports (load-scene.ts).
 */
import { afterEach, expect, test } from 'vitest';
import { deviceConfigOf, P4rtConnection } from '../../src/cli/p4rt.ts';
import { shippedProgram } from '../../src/cli/package-root.ts';
import { sleep, until } from '../../src/cli/sandbox/time.ts';
import { counts, endScene, flowCount, isBuilt, type Scene, startScene } from './load-scene.ts';

let scene: Scene | undefined;

afterEach(async () => {
  if (scene) await endScene(scene);
  scene = undefined;
});

test.skipIf(!isBuilt)('a program takes over from another one between two batches', { timeout: 600_000 }, async () => {
  scene = await startScene();
  const { node } = scene;
  await node.ready(120_000);
  expect(await until(60_000, async () => (await counts(node)).flows >= flowCount)).toBe(true);
  const before = await counts(node);
  // Another controller takes over. Its programs differ from the manager's: in the port of VXLAN, and in sizes of tables that hold entries.
  const connection = new P4rtConnection({ target: node.address, electionId: '1000' });
  await connection.arbitrate();
  for (const defines of [['VXLAN_PORT=4790'], ['SERVICES=2048'], []]) {
    const { deviceConfig, p4info } = deviceConfigOf(shippedProgram, defines);
    const answer = await connection.client.setPipeline({
      ...connection.header,
      action: 5,
      config: { p4info: connection.client.protocol.p4infoMessage(p4info), p4DeviceConfig: deviceConfig },
    });
    expect(answer).toMatchObject({ code: 'OK' });
    await sleep(1200);
  }
  connection.close();
  // The manager takes over again, finds everything in place and goes on.
  expect(await until(60_000, () => (node.manager.log.match(/is ours/g) ?? []).length === 2)).toBe(true);
  await sleep(1500);
  const after = await counts(node);
  const received = after.received - before.received;
  expect(received).toBeGreaterThan(100_000);
  expect({ lost: received - (after.sent - before.sent), moved: after.moved, flows: after.flows }).toEqual({
    lost: 0,
    moved: 0,
    flows: flowCount,
  });
});
