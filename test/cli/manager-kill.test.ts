/**
 * Managers that die: the data plane forwards all the while, no established flow moves, and in the end it holds what the cluster's objects say. Runs the built
 * commands on load ports (load-scene.ts).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { loadProgram } from '../../src/cli/load-program.ts';
import { clientOf } from '../../src/cli/p4rt.ts';
import { shippedProgram } from '../../src/cli/package-root.ts';
import { nodeSettings, readConfig } from '../../src/cli/run.ts';
import { sleep, until } from '../../src/cli/sandbox/time.ts';
import { Manifests, toModel } from '../../src/kubernetes/index.ts';
import { desiredState } from '../../src/manager/desired.ts';
import { readInstalledIds } from '../../src/manager/ids.ts';
import { Ledger } from '../../src/manager/ledger.ts';
import { type Entity, EntityBuilder, printUpdate } from '../../src/p4runtime/index.ts';
import { decodeEntity } from '../../src/p4runtime/wire/decode.ts';
import { encodeEntity } from '../../src/p4runtime/wire/encode.ts';
import { explicitLong } from '../../src/p4runtime/wire/fields.ts';
import { counts, endScene, flowCount, isBuilt, type Scene, serviceManifest, startScene, writeManifest } from './load-scene.ts';

/** Services of 10,000 updates: each has two entries, two groups and, by a port of its own, sixteen members. */
const many = 500;
const perFile = 25;
/** Half of the files. */
const half = many / perFile / 2;
const endpoints = Array.from({ length: 16 }, (_, i) => 100 + i);
const load = 'perSecond=20000';
let scene: Scene | undefined;

afterEach(async () => {
  if (scene) await endScene(scene);
  scene = undefined;
});

test.skipIf(!isBuilt)('killed in the middle of 10,000 updates, and started again', { timeout: 600_000 }, async () => {
  const { node } = await established();
  const before = await counts(node);
  for (let file = 0; file < half; file++) {
    writeMany(file);
    expect(await until(60_000, async () => (await serviceEntries()) >= 2 * perFile * (file + 1))).toBe(true);
  }
  for (let file = half; file < 2 * half; file++) writeMany(file);
  await sleep(200);
  node.manager.kill();
  expect(await serviceEntries()).toBeLessThan(2 * many);
  // The cluster goes on changing: flows that are there must not care about a new endpoint.
  writeManifest(scene!.directory, 'web', serviceManifest('web', '10.96.0.10', [21, 22, 23, 24]));
  node.startManager();
  expect(await difference()).toEqual([]);
  expect(await serviceEntries()).toBe(2 * many + 2);
  await undisturbed(before);
});

test.skipIf(!isBuilt)('two managers: whoever stands by takes over', { timeout: 600_000 }, async () => {
  const { node } = await established();
  const before = await counts(node);
  const first = node.manager;
  const second = node.startManager();
  expect(await until(60_000, () => second.log.includes('standing by'))).toBe(true);
  for (let file = 0; file < half; file++) writeMany(file);
  await sleep(200);
  first.kill();
  expect(await until(60_000, () => second.log.includes('is ours'))).toBe(true);
  expect(await difference()).toEqual([]);
  // The one that stood by is asked to go, another one waits for that.
  const third = node.startManager();
  expect(await until(60_000, () => third.log.includes('standing by'))).toBe(true);
  for (let file = half; file < 2 * half; file++) writeMany(file);
  await second.stop();
  expect(await until(60_000, () => third.log.includes('is ours'))).toBe(true);
  expect(await difference()).toEqual([]);
  expect(await serviceEntries()).toBe(2 * many + 2);
  await undisturbed(before);
});

/** A scene whose flows are all in the flow cache. */
async function established(): Promise<Scene> {
  scene = await startScene(load, [21, 22, 23]);
  await scene.node.ready(60_000);
  const all = await until(30_000, async () => (await counts(scene!.node)).flows >= flowCount);
  if (!all) throw new Error(`not all flows came through:\n${scene.node.log}`);
  return scene;
}

function writeMany(file: number): void {
  const service = (n: number): string => serviceManifest(`s-${n}`, `10.97.${n >> 8}.${n & 255}`, endpoints, 1 + n);
  const text = Array.from({ length: perFile }, (_, i) => service(file * perFile + i)).join('---\n');
  writeManifest(scene!.directory, `many-${file}`, text);
}

async function serviceEntries(): Promise<number> {
  const row = (await scene!.node.ask('tables')).find(({ table }) => String(table).endsWith('.services'));
  return Number(row?.entries ?? 0);
}

/** Nothing was lost since, and no flow has moved. */
async function undisturbed(before: Awaited<ReturnType<typeof counts>>): Promise<void> {
  await sleep(1500);
  const after = await counts(scene!.node);
  const received = after.received - before.received;
  expect(received).toBeGreaterThan(20_000);
  expect({ lost: received - (after.sent - before.sent), moved: after.moved, flows: after.flows }).toEqual({
    lost: 0,
    moved: 0,
    flows: flowCount,
  });
}

/** Updates that would make the data plane what the objects say: waits until there are none, and answers those that are left. */
async function difference(): Promise<string[]> {
  const { directory, config: file, node } = scene!;
  const config = readConfig(file);
  const files = readdirSync(join(directory, 'manifests'))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({ path: name, text: readFileSync(join(directory, 'manifests', name), 'utf8') }));
  const { model } = toModel(new Manifests().update(files).objects, nodeSettings(config));
  const { p4info } = await loadProgram({ path: shippedProgram });
  const build = new EntityBuilder(p4info);
  const client = clientOf({ target: node.address });
  let left: string[] = [];
  try {
    await until(120_000, async () => {
      const installed = await readInstalled(client, build);
      const wanted = desiredState(model, build, readInstalledIds(build, installed)).entities;
      left = new Ledger(build.names, installed).plan([['all', wanted]]).map((update) => printUpdate(build.names, update));
      return left.length === 0;
    });
  } finally {
    client.close();
  }
  return left.slice(0, 5);
}

async function readInstalled(client: ReturnType<typeof clientOf>, { names }: EntityBuilder): Promise<Entity[]> {
  const filters: Entity[] = [
    { actionProfileMember: { actionProfileId: 0, memberId: 0 } },
    { actionProfileGroup: { actionProfileId: 0, groupId: 0, members: [] } },
    { tableEntry: { tableId: 0, match: [], meterConfig: { cir: 0n, cburst: 0n, pir: 0n, pburst: 0n } } },
  ];
  const learned = new Set(names.tables.all.filter((table) => table.pna?.addOnMiss).map(({ preamble }) => preamble.id));
  const { response } = await client.read({
    deviceId: explicitLong(1n),
    entities: filters.map((filter) => encodeEntity(names, filter)),
  });
  return (response ?? [])
    .map((message) => decodeEntity(names, message))
    .filter((e) => !('tableEntry' in e) || !(e.tableEntry.isConst || learned.has(e.tableEntry.tableId)));
}
