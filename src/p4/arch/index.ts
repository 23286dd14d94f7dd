/** The architectures that softipu knows, by the package that `main` is an instance of. */
import type { Architecture } from './architecture.ts';
import { ebpf, xdp } from './ebpf.ts';
import { pna } from './pna.ts';
import { psa } from './psa.ts';
import { ubpf } from './ubpf.ts';
import { v1model } from './v1model.ts';

export type { Architecture } from './architecture.ts';

export const architectures: readonly Architecture[] = [pna, psa, v1model, ebpf, xdp, ubpf];

/** The architecture whose package has this name. */
export function architectureOf(packageName: string): Architecture | undefined {
  return architectures.find((a) => a.packageName === packageName);
}
