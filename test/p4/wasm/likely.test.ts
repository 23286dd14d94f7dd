/**
 * The likely path (src/p4/wasm/likely): whatever packet comes, what comes out is what the interpreter says; and the packets that it is made for do take it.
 */
import { describe, expect, test } from 'vitest';
import { Arena, addEntry, descriptor, type KeyMatch, layoutArena, type MatchTable, packKey } from '../../../src/arena/index.ts';
import { makeMemory } from '../../../src/engine/index.ts';
import type { Program } from '../../../src/p4/ir/ir.ts';
import { passes } from '../../../src/p4/passes/index.ts';
import { encodeModule } from '../../../src/p4/wasm/encode.ts';
import { buildModule } from '../../../src/p4/wasm/module.ts';
import { compileK8s } from '../../manager/data-plane.ts';
import { compile } from '../ir/programs.ts';
import { type Both, both, start } from './both.ts';
import { Generator } from './generator.ts';

const hasLikelyPath = (p: Program): boolean => buildModule(p).module.functions.some((f) => f.name === 'packet');

describe('random programs that make and remove no header', () => {
  const seeds = Array.from({ length: 32 }, (_, i) => i + 1);
  test('most have a likely path', () => {
    const some = seeds.slice(0, 10);
    expect(some.filter((seed) => hasLikelyPath(new Generator(seed, true).program())).length).toBeGreaterThan(5);
  });
  test.each(seeds)('seed %i', (seed) => {
    const generator = new Generator(seed, true);
    const machine = both(generator.program());
    for (let round = 0; round < 3; round++) machine.run(Array.from({ length: 64 }, () => generator.packet()));
  });
});

describe('k8s-lb.p4', () => {
  const { ir } = compileK8s();
  const flows = [6, 17].flatMap((protocol) =>
    ['pass_unchanged', 'translate_destination', 'translate_source'].map((action, i) => ({
      protocol,
      action,
      source: 0x0a000001 + i,
      destination: 0x0a600001,
      ports: [1000 + i, 80] as const,
      params: i === 0 ? [] : [0x0af40101n, 8080n],
    })),
  );
  const place = (name: string): number => ir.tables.findIndex((t) => t.name.endsWith(name));
  const actionOf = (table: number, name: string): number =>
    ir.tables[table]!.actions.findIndex((a) => ir.actions.find((x) => x.id === a.action)!.name.endsWith(`.${name}`));

  function fill(arena: Arena): void {
    arena.setNetPort(1, true);
    arena.setExpireProfile(1, 100_000);
    const at = place('.flows');
    const table = arena.tables[at]!;
    for (const { protocol, action, source, destination, ports, params } of flows) {
      const key = packKey(table.layout, [source, destination, ...ports, protocol].map(BigInt));
      addEntry(table, arena.layout, key, { action: actionOf(at, action), params }, protocol === 6 ? 1 : 3, 1000);
    }
    const insert = (name: string, matches: readonly KeyMatch[], action: string, params: bigint[]): void => {
      const index = place(name);
      const to: MatchTable = arena.tables[index]!;
      to.insert({ matches, call: { kind: 'action', action: actionOf(index, action), params } });
    };
    const route = (value: bigint, prefixLength: number, action: string, params: bigint[]): void =>
      insert('.routes', [{ kind: 'lpm', value, prefixLength }], action, params);
    route(0x0af40101n, 32, 'to_port', [3n, 0x020000000001n, 0x020000000103n]);
    route(0x0a600000n, 16, 'to_port', [4n, 0x020000000001n, 0x020000000104n]);
    for (const n of [1, 2]) {
      const address = { kind: 'exact', value: 0x0a000000n + BigInt(n) } as const;
      insert('.pod_sources', [{ kind: 'exact', value: 20n }, address], 'source_ok', []);
    }
    insert('.pod_ports', [{ kind: 'exact', value: 20n }], 'source_spoofed', []);
  }

  interface Shape {
    readonly flow?: (typeof flows)[number];
    readonly vlan?: boolean;
    readonly versionIhl?: number;
    readonly fragment?: number;
    readonly ttl?: number;
    readonly tcpFlags?: number;
    readonly checksum?: number;
    readonly cut?: number;
    /** Bytes of zeros behind the rest. */
    readonly more?: number;
  }
  function packet(shape: Shape): string {
    const flow = shape.flow ?? flows[1]!;
    const hex = (value: number, bytes: number): string => value.toString(16).padStart(2 * bytes, '0');
    const l4 =
      flow.protocol === 6
        ? `00000001 00000002 50${hex(shape.tcpFlags ?? 0x10, 1)}1000 ${hex(shape.checksum ?? 0x1234, 2)} 0000`
        : `0010 ${hex(shape.checksum ?? 0x1234, 2)} 0102030405060708`;
    const all = `020000000001 020000000009 ${shape.vlan ? '81000005' : ''} 0800
      ${hex(shape.versionIhl ?? 0x45, 1)} 00 ${hex(0x50 + (shape.more ?? 0), 2)} 0001 ${hex(shape.fragment ?? 0, 2)} ${hex(shape.ttl ?? 64, 1)} ${hex(flow.protocol, 1)} 4321
      ${hex(flow.source, 4)} ${hex(flow.destination, 4)} ${hex(flow.ports[0], 2)} ${hex(flow.ports[1], 2)} ${l4} 00112233445566778899`;
    const bytes = all.replaceAll(/\s/g, '') + '00'.repeat(shape.more ?? 0);
    return bytes.slice(0, bytes.length - 2 * (shape.cut ?? 0));
  }

  test('packets of all kinds', () => {
    const machine: Both = both(ir);
    machine.change(fill);
    let x = 12345;
    const pick = <T>(list: readonly T[]): T => {
      x = (Math.imul(x, 1103515245) + 12345) >>> 0;
      return list[(x >>> 8) % list.length]!;
    };
    let sent = 0;
    for (let round = 0; round < 10; round++) {
      const packets = Array.from({ length: 48 }, () => ({
        inPort: pick([20, 20, 21, 21, 21, 1, 1, 5000]),
        hex: packet({
          flow: pick([...flows, ...flows, { ...flows[1]!, source: 0x0b000000 + round }]),
          vlan: pick([false, false, false, false, true]),
          versionIhl: pick([0x45, 0x45, 0x45, 0x45, 0x45, 0x45, 0x46, 0x44, 0x65]),
          fragment: pick([0, 0, 0, 0x4000, 0x4000, 0x2000, 0x0001]),
          ttl: pick([64, 64, 64, 2, 1, 0]),
          tcpFlags: pick([0x10, 0x10, 0x10, 0x10, 0x18, 0x02, 0x11, 0x04, 0x12]),
          checksum: pick([0x1234, 0, 0xffff, 0x8000]),
          cut: pick([0, 0, 0, 0, 0, 10, 14, 30]),
        }),
      }));
      sent += machine.run(packets, 1000 + 10 * round).filter((out) => out.reason === 0).length;
    }
    expect(sent).toBeGreaterThan(100);
  }, 120_000);

  test('packets of established flows need nothing else', () => {
    const { module, arena: spec } = buildModule(ir);
    const { functions } = module;
    const general = functions.findIndex((f) => f.name === 'packet');
    functions[general] = { ...functions[general]!, body: module.unreachable() };
    const wasm = new WebAssembly.Module(encodeModule(module));
    const layout = layoutArena(spec);
    const memory = makeMemory(layout.programEnd + 65536);
    const arena = new Arena(memory.buffer, layout);
    start(arena, ir);
    fill(arena);
    arena.setNow(0, 2_000_000_000n);
    const hooks = { mirror: () => {}, multicast: () => {} };
    const process = new WebAssembly.Instance(wasm, { env: { memory, ...hooks } }).exports.process as (...args: number[]) => void;
    const [at, buffer] = [layout.programEnd, layout.programEnd + 4096];
    const send = (shape: Shape, inPort: number): number => {
      const bytes = Buffer.from(packet(shape), 'hex');
      arena.bytes.set(bytes, buffer);
      for (const [field, value] of [
        [descriptor.addr, buffer],
        [descriptor.length, bytes.length],
        [descriptor.inPort, inPort],
      ] as const)
        arena.view.setUint32(at + field, value, true);
      process(layout.contexts, at, 1);
      return arena.view.getUint32(at + descriptor.outPort, true);
    };
    for (const flow of flows) {
      const port = flow.action === 'translate_destination' ? 3 : 4;
      // The longer ones are held against their port's MTU.
      for (const inPort of [1, 21])
        for (const more of [0, 1400])
          expect([flow.protocol, flow.action, more, send({ flow, more }, inPort)]).toEqual([
            flow.protocol,
            flow.action,
            more,
            port,
          ]);
    }
    expect(() => send({ ttl: 1 }, 21)).toThrow('unreachable');
  });
});

test('a likely path that grows beyond what the engine optimises is left out', () => {
  const program = (statements: number): Program => {
    const sums = Array.from({ length: statements }, (_, i) => `meta.w = meta.w * (meta.w ^ ${i + 1});`).join(' ');
    const apply = `meta.w = (bit<256>)hdr.h.d; ${sums} hdr.h.d = meta.w[255:224]; send_to_port((PortId_t)2);`;
    return compile({ meta: 'bit<256> w;', apply }, passes).ir!;
  };
  expect(hasLikelyPath(program(2))).toBe(true);
  expect(hasLikelyPath(program(200))).toBe(false);
});

describe('masked tables', () => {
  const kinds = ['lpm', 'ternary', 'range'] as const;
  type Kind = (typeof kinds)[number];
  let state = 1;
  const random = (n: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % n;
  };
  /** Few different bits, at the ends of bytes and between, so that keys are inside many entries, beside others, and share tuples. */
  const value = (): number => [0, 1, 0x0f, 0x10, 0x80, 0xff][random(6)]! * 0x0101 * 0x0001_0001;
  const near = (): bigint => BigInt((value() ^ (random(3) << random(31))) >>> 0);

  function match(kind: Kind): KeyMatch {
    switch (kind) {
      case 'lpm':
        return { kind, value: near(), prefixLength: [0, 5, 8, 12, 16, 20, 24, 27, 28, 31, 32][random(11)]! };
      case 'ternary':
        return {
          kind,
          value: near(),
          mask: [0n, 0xff00_0000n, 0xfff0_0000n, 0xffff_ff80n, 0xffff_ffffn, 0x00ff_00f0n][random(6)]!,
        };
      case 'range': {
        const low = near();
        return { kind, low, high: low | near() };
      }
    }
  }

  test.each(kinds)('%s: entries that share a tuple, in any number', (kind) => {
    const locals = `
      action hit(PortId_t port, bit<16> id) { send_to_port(port); hdr.h.c = id; }
      action miss() { send_to_port((PortId_t)9); }
      table t { key = { hdr.h.d: ${kind}; hdr.h.a: exact; } actions = { hit; miss; } default_action = miss(); size = 256; }`;
    const ir = compile({ locals, apply: 't.apply();' }, passes).ir!;
    expect(hasLikelyPath(ir)).toBe(true);
    for (let round = 0; round < 20; round++) {
      const machine = both(ir);
      for (let id = 0n; id < 1n + BigInt(random(100)); id++) {
        const entry = {
          matches: [match(kind), { kind: 'exact', value: BigInt(random(2)) } as const],
          priority: 1 + random(5),
          call: { kind: 'action', action: 0, params: [2n, id] } as const,
        };
        machine.change((arena) => arena.tables[0]!.insert(entry));
      }
      const hex = (n: number | bigint, digits: number): string => n.toString(16).padStart(digits, '0');
      machine.run(Array.from({ length: 64 }, () => `0${random(2)} 00 0000 ${hex(near(), 8)}`));
    }
  });
});
