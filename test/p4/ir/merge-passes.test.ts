/** Programs of several passes: which go straight from one to the next, and that packets do not notice. */
import { describe, expect, test } from 'vitest';
import { passes } from '../../../src/p4/passes/index.ts';
import { both } from '../wasm/both.ts';
import { compile, errors, irText, type Parts } from './programs.ts';

const first = 'istd.pass == (PassNumber_t)0';
const send = 'send_to_port((PortId_t)32w2);';
/** Header h decides whether e follows. */
const parts: Parts = {
  dialect: 'old',
  top: 'header e_t { bit<8> n; bit<8> m; }',
  headers: 'e_t e;',
  parser: `state start { pkt.extract(hdr.h); transition select(hdr.h.a) { 1: more; default: accept; } }
    state more { pkt.extract(hdr.e); transition accept; }`,
  deparse: 'pkt.emit(hdr.h); pkt.emit(hdr.e);',
};
const twoPasses = `if (${first}) { hdr.h.b = hdr.h.b + 1; meta.x = hdr.h.b; recirculate(); } else { hdr.e.n = meta.x; ${send} }`;
const packets = [
  '01 02 0003 00000004 05 06 07',
  '01 02 0003 00000004',
  '00 ff 0003 00000004 05 06',
  '01 02',
  '01 02 0003 00000004 05',
];

function agree(program: Parts, list: readonly string[] = packets): void {
  const result = compile(program, passes);
  expect(errors(result)).toEqual([]);
  both(result.ir!, result.described!).run(list);
}

describe('programs whose packets go straight on', () => {
  test.each([
    { name: 'two passes', apply: twoPasses },
    {
      name: 'three passes',
      apply: `if ((PassNumberUint_t)istd.pass < 2) { hdr.h.b = hdr.h.b + 1; recirculate(); } else { ${send} }`,
    },
    { name: 'only some packets', apply: `${send} if (${first} && hdr.h.b == 2) { hdr.h.b = 9; recirculate(); }` },
    {
      name: 'the last pass adds a header',
      apply: `if (${first}) { hdr.h.b = 9; recirculate(); } else { hdr.e.setValid(); hdr.e.n = hdr.h.b; ${send} }`,
    },
  ])('$name: no passes are left', ({ apply }) => {
    const text = irText({ ...parts, apply }, passes);
    expect(text).not.toContain('nextPass');
    expect(text).not.toContain('$pass');
    expect(text.match(/^parser /gm)).toHaveLength(1);
    agree({ ...parts, apply });
  });

  test('without an end in sight the parser stands in front of the loop', () => {
    const apply = `hdr.h.b = hdr.h.b + 1; if (hdr.h.b < 200) { recirculate(); } else { ${send} }`;
    const text = irText({ ...parts, apply }, passes);
    expect(text).toMatch(/parser P[\s\S]*loop pass/);
    expect(text).toContain('nextPass');
    agree({ ...parts, apply }, [...packets, '01 c3 0003 00000004 05 06', '00 80 0003 00000004']);
  });

  test('what the parser sets first is set again', () => {
    const parser = parts.parser!.replace('state start {', 'state start { meta.x = 7;');
    const apply = `if (${first}) { hdr.h.b = meta.x; meta.x = 9; recirculate(); } else { hdr.h.c = (bit<16>)meta.x; ${send} }`;
    expect(irText({ ...parts, parser, apply }, passes)).not.toContain('nextPass');
    agree({ ...parts, parser, apply });
  });
});

describe('programs that have to be parsed again', () => {
  const again = `if (${first}) { hdr.h.b = 5; recirculate(); } else { ${send} }`;
  const state = (text: string): string => parts.parser!.replace('state start {', `state start { ${text}`);
  test.each<{ name: string } & Partial<Parts>>([
    {
      name: 'a field that the parser selects on changes',
      apply: `if (${first}) { hdr.h.a = hdr.h.b - 1; recirculate(); } else { hdr.e.n = 3; ${send} }`,
    },
    {
      name: 'a header goes',
      apply: `if (${first}) { hdr.e.setInvalid(); recirculate(); } else { hdr.h.d[7:0] = hdr.e.m; ${send} }`,
    },
    {
      name: 'a header comes',
      apply: `if (${first}) { hdr.e.setValid(); hdr.e.n = 1; recirculate(); } else { hdr.e.m = 3; ${send} }`,
    },
    {
      name: 'the parser copies a field that changes',
      parser: parts.parser!.replace('pkt.extract(hdr.h);', 'pkt.extract(hdr.h); meta.x = hdr.h.b;'),
      apply: `if (${first}) { hdr.h.b = 5; recirculate(); } else { hdr.h.c = (bit<16>)meta.x; ${send} }`,
    },
    {
      name: 'what the parser set has changed',
      parser: parts.parser!.replace('pkt.extract(hdr.e);', 'pkt.extract(hdr.e); meta.x = 5;'),
      apply: `if (${first}) { meta.x = 6; recirculate(); } else { hdr.h.b = meta.x; ${send} }`,
    },
    {
      name: 'the parser goes by metadata',
      parser: parts.parser!.replace('select(hdr.h.a)', 'select(meta.x)'),
      apply: `if (${first}) { meta.x = 1; recirculate(); } else { hdr.e.n = 3; ${send} }`,
    },
    {
      name: 'the parser counts',
      parser: state('meta.x = meta.x + 1;'),
      apply: `if (${first}) { recirculate(); } else { hdr.h.b = meta.x; ${send} }`,
    },
    { name: 'the parser asks for the pass', parser: state(`if (${first}) { meta.x = 4; }`), apply: again },
    {
      name: 'the parser looks ahead',
      parser: parts.parser!.replace('select(hdr.h.a)', 'select(pkt.lookahead<bit<8>>())'),
      apply: again,
    },
    {
      name: 'the parser skips bytes',
      parser: parts.parser!.replace('pkt.extract(hdr.h);', 'pkt.extract(hdr.h); pkt.advance(8);'),
      apply: again,
    },
    { name: 'a header is not written', deparse: 'pkt.emit(hdr.h);', apply: again },
    { name: 'headers are written in another order', deparse: 'pkt.emit(hdr.e); pkt.emit(hdr.h);', apply: again },
    {
      name: 'a header is written under a condition',
      deparse: 'pkt.emit(hdr.h); if (hdr.h.b == 5) { pkt.emit(hdr.e); }',
      apply: again,
    },
  ])('$name', (changed) => {
    const program = { ...parts, ...changed };
    expect(irText(program, passes)).toMatch(/loop pass \{\nparser P/);
    agree(program);
  });
});
