/** P4Info: ids as other compilers choose them, aliases, the text form. */
import { describe, expect, test } from 'vitest';
import { aliases, assignIds, printP4Info } from '../../../src/p4/p4info/index.ts';
import { compile } from '../ir/programs.ts';

describe('ids', () => {
  test.each([
    ['action', 'NoAction', 21257015],
    ['table', 'MyIC.tbl', 39967501],
    ['actionProfile', 'MyIC.as', 294316857],
    ['counter', 'cIngress.counter', 304351549],
    ['register', 'MyIngress.h.c1.r', 385061251],
    ['digest', 'test_digest_t', 387015589],
  ] as const)('%s %s', (kind, name, id) => {
    expect(assignIds(kind, [name]).get(name)).toBe(id);
  });

  test('@id decides, with or without prefix; who would collide moves on', () => {
    const ids = assignIds(
      'action',
      ['a', 'b', 'NoAction'],
      new Map([
        ['a', 5],
        ['b', 21257015],
      ]),
    );
    expect([...ids]).toEqual([
      ['a', 0x01000005],
      ['b', 21257015],
      ['NoAction', 21257016],
    ]);
  });
});

test('aliases: the shortest suffix that is unique', () => {
  expect([...aliases(['C.a.t', 'C.b.t', 'D.u', 'NoAction', 'u'])]).toEqual([
    ['C.a.t', 'a.t'],
    ['C.b.t', 'b.t'],
    ['D.u', 'D.u'],
    ['NoAction', 'NoAction'],
    ['u', 'u'],
  ]);
});

test('the text form', () => {
  const { p4info, diagnostics } = compile({
    locals: `
      Register<bit<16>, bit<8>>(8) reg;
      @my(1, "x") action go(PortId_t port, @id(7) bit<8> v) { send_to_port(port); meta.x = v; meta.y = reg.read(v); }
      table t {
        key = { istd.input_port: exact; hdr.h.d: lpm @name("dst"); }
        actions = { go; @defaultonly NoAction; }
        size = 16;
      }`,
    apply: 't.apply();',
  });
  expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
  expect(printP4Info(p4info!)).toBe(`# proto-file: p4/config/v1/p4info.proto
# proto-message: p4.config.v1.P4Info

pkg_info {
  arch: "pna"
}
tables {
  preamble {
    id: ${assignIds('table', ['C.t']).get('C.t')}
    name: "C.t"
    alias: "t"
  }
  match_fields {
    id: 1
    name: "istd.input_port"
    bitwidth: 32
    match_type: EXACT
    type_name {
      name: "PortId_t"
    }
  }
  match_fields {
    id: 2
    name: "dst"
    bitwidth: 32
    match_type: LPM
  }
  action_refs {
    id: ${assignIds('action', ['C.go']).get('C.go')}
  }
  action_refs {
    id: 21257015
    annotations: "@defaultonly"
    scope: DEFAULT_ONLY
  }
  initial_default_action {
    action_id: 21257015
  }
  size: 16
}
actions {
  preamble {
    id: ${assignIds('action', ['C.go']).get('C.go')}
    name: "C.go"
    alias: "go"
    annotations: "@my(1, \\"x\\")"
  }
  params {
    id: 1
    name: "port"
    bitwidth: 32
    type_name {
      name: "PortId_t"
    }
  }
  params {
    id: 7
    name: "v"
    bitwidth: 8
  }
}
actions {
  preamble {
    id: 21257015
    name: "NoAction"
    alias: "NoAction"
    annotations: "@noWarn(\\"unused\\")"
  }
}
registers {
  preamble {
    id: ${assignIds('register', ['C.reg']).get('C.reg')}
    name: "C.reg"
    alias: "reg"
  }
  type_spec {
    bitstring {
      bit {
        bitwidth: 16
      }
    }
  }
  size: 8
}
type_info {
  new_types {
    key: "PortId_t"
    value {
      translated_type {
        uri: "p4.org/pna/v1/PortId_t"
        sdn_bitwidth: 32
      }
    }
  }
}
`);
});
