/** Where the package lies: the nearest folder above this file that holds our package.json (the tree, an installed package, a bench build). */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(from: string): string {
  return existsSync(join(from, 'package.json')) ? from : findRoot(dirname(from));
}

export const packageRoot = findRoot(dirname(fileURLToPath(import.meta.url)));
export const includeDir = join(packageRoot, 'p4', 'include');
export const shippedProgram = join(packageRoot, 'p4', 'k8s-lb.p4');

/** What runs before a controller has pushed a program. */
export const emptyProgram = join(packageRoot, 'p4', 'no-pipeline.p4');
export const protoDir = join(packageRoot, 'proto');

/** Of package.json. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }).version;
}
