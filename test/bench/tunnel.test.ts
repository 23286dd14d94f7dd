/**
 * `softipu bench tunnel`: TCP from a pod through the service of a pod on a stock node, by the kernel's vxlan device that `softipu run` makes because the
 * node's address is the kernel's. Shows that bytes arrive both ways and that nothing is left behind; how fast is the benchmark's own question.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { run, whyNotPrivileged } from '../ports/netns.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const reason = whyNotPrivileged();

test.skipIf(reason)(`TCP crosses the kernel's vxlan device${reason ? ` (${reason})` : ''}`, { timeout: 120_000 }, () => {
  const output = execFileSync(process.execPath, [main, 'bench', 'tunnel', '--runs', '1', '--json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { measures } = JSON.parse(output) as { measures: { value: number | null }[] };
  expect(measures[0]?.value).toBeGreaterThan(0);
  expect(run('ip link show')).not.toContain('softipu-vxlan');
});
