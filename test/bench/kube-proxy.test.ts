/** The baselines' rules are what the programs that load them accept; without these, or the right to use them, that is skipped. */
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { iptablesRules, nftRules } from '../../src/cli/bench/kube-proxy.ts';

function load(command: readonly string[], rules: string): string {
  try {
    execFileSync('unshare', ['--net', '--', ...command], { input: rules, stdio: ['pipe', 'ignore', 'pipe'] });
    return 'accepted';
  } catch (error) {
    return String((error as { stderr?: Buffer }).stderr ?? error);
  }
}

const cannot = (command: readonly string[]): boolean => load([...command, '--version'], '') !== 'accepted';

describe.skipIf(cannot(['nft']))('nftables', () => {
  test('rules load', () => expect(load(['nft', '-f', '-'], nftRules())).toBe('accepted'));
});
describe.skipIf(cannot(['iptables-restore']))('iptables', () => {
  test('rules load', () => expect(load(['iptables-restore'], iptablesRules())).toBe('accepted'));
});
