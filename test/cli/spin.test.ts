/** node.yaml's `spin`: how long a data-plane thread looks for packets. */
import { expect, test } from 'vitest';
import { parseNodeConfig } from '../../src/cli/config.ts';
import { spinAlways } from '../../src/ports/index.ts';

const config = (spin: string) =>
  parseNodeConfig('node.yaml', `node: {name: a}\nmanifests: .\n${spin}\nports: [{interface: eth0, kind: net}]\n`);

test.each([
  ['', undefined],
  ['spin: 0us', 0],
  ['spin: 250us', 250],
  ['spin: 2ms', 2000],
  ['spin: always', spinAlways],
])('"%s"', (text, spinUs) => {
  expect(config(text).spinUs).toBe(spinUs);
});

test.each(['spin: sometimes', 'spin: 100', 'spin: 1s'])('"%s" is refused with its line', (text) => {
  expect(() => config(text)).toThrow(/node\.yaml:3.*expected a time such as '100us', or 'always'/);
});
