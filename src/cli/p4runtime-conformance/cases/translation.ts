/** Translated types: what the controller sees is not what the data plane has. */
import type { Entity } from '../../../p4runtime/index.ts';
import { action, exact, insert, raw } from '../notation.ts';
import type { Case } from '../tester.ts';

const translated = (vlan: number[], port: string): Entity =>
  raw('translated', {
    match: [exact(1, ...vlan), { fieldId: 2, exact: { value: new TextEncoder().encode(port) } }],
    action: { action: { actionId: action('named'), params: [{ paramId: 1, value: new TextEncoder().encode('7') }] } },
  });

export const translationCases: readonly Case[] = [
  {
    name: 'translated types: a narrower key and a string',
    run: async (t) => {
      t.expect('write', (await t.write([insert(translated([0x0f, 0xff], '12'))])).code, 'OK');
      t.expect(
        'found',
        (
          await t.read([
            raw('translated', {
              match: [exact(1, 0x0f, 0xff), { fieldId: 2, exact: { value: new TextEncoder().encode('12') } }],
            }),
          ])
        ).response?.length,
        1,
      );
    },
  },
  {
    name: 'translated types: in the controller’s width, not in the data plane’s',
    steps: [{ write: insert(translated([0xff, 0xff], '12')), says: 'OUT_OF_RANGE' }],
  },
  {
    name: 'translated types: wider than the controller’s width',
    steps: [{ write: insert(translated([1, 0, 0], '12')), says: 'OUT_OF_RANGE' }],
  },
  {
    name: 'translated types: a string that stands for nothing',
    steps: [{ write: insert(translated([1], 'eth7')), says: 'INVALID_ARGUMENT' }],
  },
];
