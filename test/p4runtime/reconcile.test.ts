/** From one program to the next: what is kept as it lies in memory, what is written again, what is refused. */
import { expect, test } from 'vitest';
import { Arena, layoutArena } from '../../src/arena/index.ts';
import { packProgram, type placeable, readDeviceConfig } from '../../src/cli/p4rt-program.ts';
import { programText } from '../../src/cli/p4runtime-conformance/notation.ts';
import { compileSource } from '../../src/cli/program.ts';
import { startProgram } from '../../src/engine/index.ts';
import { Device, EntityBuilder, printEntity, reconcile, type TableEntryLike } from '../../src/p4runtime/index.ts';

type Placeable = ReturnType<typeof placeable>;

/** What a client pushes: the module that `softipu compile` writes, or the source with something changed. */
function pushed(change: (source: string) => string = (source) => source, isCompiled = true): Placeable {
  const text = change(programText.toString());
  const { ir, p4info } = compileSource({ path: 'p4/p4runtime-conformance.p4' }).result;
  const config = isCompiled && text === programText.toString() ? packProgram(ir!, p4info!) : Buffer.from(text);
  const program = readDeviceConfig(config);
  if (typeof program === 'string') throw new Error(program);
  return program;
}

function start(program: Placeable, base: number): Device {
  const layout = layoutArena(program.at(base).arena);
  const arena = new Arena(new ArrayBuffer(layout.programEnd), layout);
  startProgram(arena, program.objects, { random: () => 1 });
  const target = { arena, atomically: <T>(change: () => T): T => change(), nowMs: () => 1000, inject: () => {} };
  return new Device({ target, p4info: program.p4info, program: program.objects });
}

function write(device: Device, likes: readonly TableEntryLike[]): void {
  const build = new EntityBuilder(device.names.info);
  const statuses = device.write(likes.map((like) => ({ type: 'INSERT', entity: { tableEntry: build.tableEntry(like) } })));
  expect(statuses.filter(({ code }) => code !== 'OK')).toEqual([]);
}

const lines = (device: Device): string[] =>
  device
    .readInstalled()
    .map((entity) => printEntity(device.names, entity))
    .sort();

const entries: TableEntryLike[] = [
  { table: 'exact_one', match: { key: 1 }, action: 'found', params: { value: 5 } },
  { table: 'lpm_one', match: { prefix: '10.1.0.0/16' }, action: 'found', params: { value: 6 } },
  { table: 'initial', match: { small: 9 }, action: 'found', params: { value: 7 } },
];

// Programs are compiled several times.
const timeout = 120_000;

test('a compiled program at another place is the same program: every table keeps its bytes', { timeout }, () => {
  const before = start(pushed(), 0);
  write(before, entries);
  const after = start(pushed(), 1 << 20);
  reconcile(before, after)();
  expect(lines(after)).toEqual(lines(before));
  const [a, b] = [before, after].map((device) => device.parts.arena.tables[0]!);
  expect([...b!.entries()].map(({ handle }) => handle)).toEqual([...a!.entries()].map(({ handle }) => handle));
});

test('what packets and ageing change before the data plane stands is carried over', { timeout }, () => {
  const before = start(pushed(), 0);
  const after = start(pushed(), 1 << 20);
  const place = before.parts.arena.tables.findIndex(({ layout }) => layout.spec.ageing !== 'none');
  const [old, next] = [before, after].map((device) => device.parts.arena.tables[place]!);
  const learned = (key: bigint) => ({
    matches: [{ kind: 'exact' as const, value: key }],
    call: { kind: 'action' as const, action: 0, params: old!.layout.params[0]!.map(() => key) },
  });
  const keys = (): unknown[] => [...next!.entries()].map(({ matches }) => matches[0]);
  for (const key of [1n, 2n]) old!.insert(learned(key));
  const finish = reconcile(before, after);
  for (const key of [1n, 2n]) old!.remove(learned(key));
  old!.insert(learned(3n));
  finish();
  expect(keys()).toEqual([{ kind: 'exact', value: 3n }]);
  // The last one goes, too, and the table is empty.
  const again = start(pushed(), 1 << 20);
  const last = reconcile(after, again);
  next!.remove(learned(3n));
  last();
  expect([again.parts.arena.tables[place]!.count, ...again.parts.arena.tables[place]!.handles()]).toEqual([0]);
  expect(again.parts.arena.tables[place]!.insert(learned(3n))).not.toBe('exists');
});

test('tables that have changed are written again, entries that the program brings itself among them', { timeout }, () => {
  const before = start(pushed(), 0);
  write(before, entries);
  const after = start(
    pushed((source) => source.replaceAll('size = 16;', 'size = 17;').replace('size = 512;', 'size = 600;'), false),
    0,
  );
  reconcile(before, after)();
  expect(lines(after)).toEqual(lines(before));
});

test('what does not fit is refused, and named', { timeout }, () => {
  const before = start(pushed(), 0);
  write(before, entries);
  const after = start(
    pushed((source) => source.replace('actions = { found; wide;', 'actions = { wide;'), false),
    0,
  );
  expect(() => reconcile(before, after)).toThrow(/cannot keep 'exact_one key=1/);
});
