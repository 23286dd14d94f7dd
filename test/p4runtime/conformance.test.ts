/**
 * The conformance suite against the service in this process, over real gRPC on a unix socket: all cases that need no data plane. The rest runs against
 * `softipu switch` by `npm run p4runtime-conformance`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Arena, layoutArena } from '../../src/arena/index.ts';
import { allCases } from '../../src/cli/p4runtime-conformance/cases/index.ts';
import { fuzz } from '../../src/cli/p4runtime-conformance/fuzz.ts';
import { program, programText } from '../../src/cli/p4runtime-conformance/notation.ts';
import { Tester } from '../../src/cli/p4runtime-conformance/tester.ts';
import { protoDir } from '../../src/cli/package-root.ts';
import { startProgram } from '../../src/engine/index.ts';
import { Protocol } from '../../src/p4runtime/grpc/proto.ts';
import { type RunningServer, serve } from '../../src/p4runtime/grpc/server.ts';
import { Device } from '../../src/p4runtime/index.ts';
import { P4RuntimeService } from '../../src/p4runtime/server/service.ts';

const directory = mkdtempSync(join(tmpdir(), 'softipu-conformance-'));
const protocol = Protocol.load(protoDir);
let server: RunningServer;
let tester: Tester;

function makeDevice(): Device {
  const layout = layoutArena(program.at(0).arena);
  const arena = new Arena(new ArrayBuffer(layout.programEnd), layout);
  startProgram(arena, program.objects, { random: () => 1 });
  const target = {
    arena,
    atomically: <T>(change: () => T): T => change(),
    nowMs: () => 1000,
    inject: () => {},
    portStates: new Map([
      [0, true],
      [1, true],
    ]),
  };
  return new Device({ target, p4info: program.p4info, program: program.objects });
}

beforeAll(async () => {
  program.at(0);
  const service = new P4RuntimeService({
    deviceId: 1n,
    target: { verify: async () => undefined, shadow: makeDevice, commit: async () => makeDevice() },
    p4info: { from: (message) => protocol.p4infoFrom(message) },
    nowNs: () => 1n,
  });
  server = await serve(service, protocol, `unix:${join(directory, 'p4runtime.sock')}`);
  tester = new Tester(protocol, server.address, program.p4info, programText);
}, 60_000);

afterAll(() => {
  server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

test('before a pipeline: no reads, no writes, no config', async () => {
  tester.primary.claim({ id: 1000n });
  await tester.primary.next('arbitration');
  expect((await tester.write([])).code).toBe('FAILED_PRECONDITION');
  expect((await tester.read([])).code).toBe('FAILED_PRECONDITION');
  expect((await tester.client.getPipeline({ deviceId: { low: 1, high: 0 } })).response).toEqual({});
  await tester.push();
});

const needsDataPlane = /^(packet|stream|pipeline):/;
const cases = allCases.filter(({ name }) => !needsDataPlane.test(name) && !/filter of packets|read needs no session/.test(name));

test.each(cases.map((each) => [each.name, each] as const))('%s', async (_, each) => {
  await tester.clean();
  await tester.run(each);
});

test('2,000 mutated updates: every status as the model says', async () => {
  await tester.clean();
  expect((await fuzz(tester, 2000, 1)).problems).toEqual([]);
});
