/** What the inner process tells the outer one, and how it is printed. */

export interface CheckResult {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly ms: number;
}

export interface Summary {
  readonly ok: boolean;
  /** Until the node was ready for packets. */
  readonly preparedMs: number;
  readonly totalMs: number;
  /** As the node's control socket gives them. */
  readonly ports: readonly Readonly<Record<string, unknown>>[];
}

export type Line =
  | { readonly check: CheckResult }
  | { readonly summary: Summary }
  | { readonly problem: string }
  /** Last words of the node, when a check has failed. */
  | { readonly log: string };

export const heading = `
  client    10.244.1.10 --+
  intruder  10.244.1.11 --+
  web-1     10.244.1.21 --+-- softipu run -------- node-b -- web-remote 10.244.2.21
  web-2     10.244.1.22 --+   service 10.96.0.10   Linux, vxlan device
  web-3     10.244.1.23 --+   policy, VXLAN

`;

/** One line per check. */
export function printCheck({ name, ok, detail, ms }: CheckResult): string {
  return `${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(17)} ${detail}  [${(ms / 1000).toFixed(1)} s]\n`;
}

/** Packets in and out per port, then the verdict. */
export function printSummary({ ok, ports, preparedMs, totalMs }: Summary, passed: number, count: number): string {
  const lines = ports.map((p) => {
    const name = String(p.name ?? p.interface ?? p.port ?? '?');
    return `  ${name.padEnd(16)} ${String(p.rxPackets ?? '-').padStart(9)} packets in  ${String(p.txPackets ?? '-').padStart(9)} out\n`;
  });
  const verdict = ok ? `all ${count} checks hold` : `${count - passed} of ${count} checks failed`;
  return `\n${lines.join('')}\n${verdict}; ${(totalMs / 1000).toFixed(1)} s, ${(preparedMs / 1000).toFixed(1)} s of it before the first packet\n`;
}
