/** Where the package lies: source tree and installed package have the same shape, two levels above src/cli and dist/cli. */
import { fileURLToPath } from 'node:url';

export const packageRoot = fileURLToPath(new URL('../..', import.meta.url));
export const includeDir = fileURLToPath(new URL('../../p4/include', import.meta.url));
export const shippedProgram = fileURLToPath(new URL('../../p4/k8s-lb.p4', import.meta.url));
