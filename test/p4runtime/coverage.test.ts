/** The checklist of public test names against our cases; and what needs a port that goes down. */
import { expect, test } from 'vitest';
import { Arena, layoutArena } from '../../src/arena/index.ts';
import { allCases } from '../../src/cli/p4runtime-conformance/cases/index.ts';
import { coverage, elsewhere, notAmongThese, publicNames } from '../../src/cli/p4runtime-conformance/coverage.ts';
import { insert, member, profile, program } from '../../src/cli/p4runtime-conformance/notation.ts';
import { startProgram } from '../../src/engine/index.ts';
import { Device } from '../../src/p4runtime/index.ts';

const cases = allCases.map(({ name }) => name);
const all = Object.values(publicNames).join(' ').trim().split(/\s+/);

test('every public name has a case or a reason', () => {
  const { covered, excused, missing } = coverage(cases);
  expect(missing).toEqual([]);
  expect(covered + [...all].filter((name) => excused.has(name)).length).toBe(all.length);
  expect(cases.length).toBeGreaterThanOrEqual(250);
});

test('the tables name public names and our own cases only', () => {
  const listed = [...Object.keys(elsewhere), ...Object.values(notAmongThese).join(' ').trim().split(/\s+/)];
  expect(listed.filter((name) => !all.includes(name))).toEqual([]);
  expect(Object.values(elsewhere).filter((part) => !cases.some((name) => name.includes(part)))).toEqual([]);
});

test('WatchPortEnforcer: a member whose port goes down owns no slots, and is what it was when the port is back', {
  timeout: 120_000,
}, () => {
  const layout = layoutArena(program.at(0).arena);
  const arena = new Arena(new ArrayBuffer(layout.programEnd), layout);
  startProgram(arena, program.objects, { random: () => 1 });
  const portStates = new Map([
    [0, true],
    [1, true],
  ]);
  const target = { arena, atomically: <T>(change: () => T): T => change(), nowMs: () => 1000, inject: () => {}, portStates };
  const device = new Device({ target, p4info: program.p4info, program: program.objects });
  const members = [1, 2].map((memberId) => ({ memberId, weight: 1, watchPort: Uint8Array.from([memberId - 1]) }));
  const statuses = device.write([
    insert(member(1, 11)),
    insert(member(2, 12)),
    insert({ actionProfileGroup: { actionProfileId: profile('next_hops'), groupId: 1, members } }),
  ]);
  expect(statuses.map(({ code }) => code)).toEqual(['OK', 'OK', 'OK']);
  const [place] = arena.profiles.flatMap((each) => each.groups().map((group) => ({ each, group })));
  const owners = (): number[] => [...new Set(place!.each.slots(place!.group))].sort();
  const before = [...place!.each.slots(place!.group)];
  portStates.set(1, false);
  device.portChanged(1);
  expect(owners()).toEqual([0]);
  portStates.set(1, true);
  device.portChanged(1);
  expect([...place!.each.slots(place!.group)]).toEqual(before);
});
