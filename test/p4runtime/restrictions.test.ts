/** @entry_restriction and @action_restriction: the language, and entries that violate what a program says. */
import { describe, expect, test } from 'vitest';
import { Arena, layoutArena } from '../../src/arena/index.ts';
import { readDeviceConfig } from '../../src/cli/p4rt-program.ts';
import { programText } from '../../src/cli/p4runtime-conformance/notation.ts';
import { startProgram } from '../../src/engine/index.ts';
import { parseConstraint } from '../../src/p4runtime/constraints.ts';
import { Device, EntityBuilder, type TableEntryLike } from '../../src/p4runtime/index.ts';

const numbers: Readonly<Record<string, bigint>> = { a: 5n, 'hdr.ipv4.dst': 0x0a000001n, '::priority': 7n };
const holds = (text: string): boolean => parseConstraint(text).holds((name) => numbers[name]);

describe('the language', () => {
  test.each([
    ['a == 5', true],
    ['a != 5', false],
    ['a == 0x5 && !(a < 0b101)', true],
    ['a == 1 || a >= 5', true],
    ['a == 1 -> false', true],
    ['a == 5 -> a == 6', false],
    ['a == 5; a > 4; true;', true],
    ['a == 5; false', false],
    ['::priority < 8', true],
    ["hdr.ipv4.dst == ipv4('10.0.0.1')", true],
    ['// nothing but a comment\n a /* here */ == 5', true],
    ['a > -1', true],
  ])('%s', (text, expected) => expect(holds(text)).toBe(expected));

  test.each([
    ['a ==', "expected a value, found 'the end'"],
    ['(a == 5', "expected ')', found 'the end'"],
    ['a == 5 5', "'5' is not expected here"],
    ['a == 5 && a', 'a number stands where true or false is expected'],
    ['a # 5', "'# 5' is not understood"],
    ["a == ipv4('300')", "'300' is no ipv4 address"],
  ])('%s', (text, message) => expect(() => holds(text)).toThrow(message));
});

describe('a program with restrictions', () => {
  const { device, build } = start((source) =>
    source
      .replace('    table exact_one {', '    @entry_restriction("key != 0; key < 1000")\n    table exact_one {')
      .replace(
        '    table mixed {',
        '    @entry_restriction("kind == 1 -> key::mask == 0xffffffff", " ; value::low >= 10 && ::priority < 100")\n    table mixed {',
      )
      .replace('    action found(', '    @action_restriction("value != 13")\n    action found('),
  );
  const write = (like: TableEntryLike): string => {
    const [status] = device.write([{ type: 'INSERT', entity: { tableEntry: build.tableEntry(like) } }]);
    return `${status!.code}${status!.message.includes('violates') ? ' violates' : ''}`;
  };
  const one = (key: number, value = 1): TableEntryLike => ({
    table: 'exact_one',
    match: { key },
    action: 'found',
    params: { value },
  });
  const mixed = (match: object, priority = 5): TableEntryLike =>
    ({ table: 'mixed', match: { kind: 1, ...match }, priority, action: 'found', params: { value: 1 } }) as TableEntryLike;

  test.each([
    ['a key as it shall be', one(5), 'OK'],
    ['a key that it must not have', one(0), 'INVALID_ARGUMENT violates'],
    ['a key that is too high', one(1000), 'INVALID_ARGUMENT violates'],
    ['a parameter that it must not have', one(6, 13), 'INVALID_ARGUMENT violates'],
    ['a full mask and a range', mixed({ key: 9, value: { low: 10, high: 20 } }), 'OK'],
    [
      'a mask that is not full',
      mixed({ key: { value: 0x0a000000, mask: 0xff000000 }, value: { low: 10, high: 20 } }),
      'INVALID_ARGUMENT violates',
    ],
    ['a range that begins too early', mixed({ key: 9, value: { low: 9, high: 20 } }), 'INVALID_ARGUMENT violates'],
    ['a priority that is too high', mixed({ key: 9, value: { low: 10, high: 20 } }, 100), 'INVALID_ARGUMENT violates'],
  ])('%s', (_, like, expected) => expect(write(like)).toBe(expected));
});

test('a restriction of a key that there is not is found when the program comes', () => {
  const withTypo = (source: string): string =>
    source.replace('    table exact_one {', '    @entry_restriction("kye != 0")\n    table exact_one {');
  expect(() => start(withTypo)).toThrow("the restriction 'kye != 0' of 'MainControl.exact_one': the table has no key 'kye'");
});

function start(change: (source: string) => string): { device: Device; build: EntityBuilder } {
  const program = readDeviceConfig(Buffer.from(change(programText.toString())));
  if (typeof program === 'string') throw new Error(program);
  const layout = layoutArena(program.at(0).arena);
  const arena = new Arena(new ArrayBuffer(layout.programEnd), layout);
  startProgram(arena, program.objects, { random: () => 1 });
  const target = { arena, atomically: <T>(work: () => T): T => work(), nowMs: () => 1000, inject: () => {} };
  const options = { target, p4info: program.p4info, program: program.objects, enforcesRestrictions: true };
  return { device: new Device(options), build: new EntityBuilder(program.p4info) };
}
