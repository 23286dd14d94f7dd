/**
 * Sets of destination ports of all protocols at once, as sorted, disjoint, inclusive intervals on one line:
 *
 *   0               every protocol without ports that policies know
 *   65536 + port    TCP        131072 + port   UDP        196608 + port   SCTP
 *
 * So "everything" and "everything but TCP 22" are as plain as "TCP 80", and tiers of rules are unions, intersections and differences.
 */
import { type Protocol, protocolNumbers } from './model.ts';

/** low, high, low, high, ... */
export type PortSet = readonly number[];

const ports = 65536;
const protocols: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];

export const noPorts: PortSet = [];
export const allPorts: PortSet = [0, 0, ports, 4 * ports - 1];

/** Ports `low` to `high` of a protocol; all of its ports if none are said. */
export function portRange(protocol: Protocol, low = 0, high = low === 0 ? ports - 1 : low): PortSet {
  const base = (protocols.indexOf(protocol) + 1) * ports;
  return [base + low, base + high];
}

export function isEverything(set: PortSet): boolean {
  return set.length === 4 && set[1] === 0 && set[2] === ports && set[3] === 4 * ports - 1;
}

export function union(sets: readonly PortSet[]): PortSet {
  let result: PortSet = noPorts;
  for (const set of sets) result = result.length === 0 ? set : set.length === 0 ? result : unionOfTwo(result, set);
  return result;
}

function unionOfTwo(a: PortSet, b: PortSet): PortSet {
  const result: number[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    const isFromA = j >= b.length || (i < a.length && a[i]! <= b[j]!);
    const low = isFromA ? a[i]! : b[j]!;
    const high = isFromA ? a[i + 1]! : b[j + 1]!;
    if (isFromA) i += 2;
    else j += 2;
    const last = result.length - 1;
    // Those that touch become one; what lies at 0 has no neighbour
    if (last > 0 && low <= result[last]! + 1) result[last] = Math.max(result[last]!, high);
    else result.push(low, high);
  }
  return result;
}

export function intersection(a: PortSet, b: PortSet): PortSet {
  const result: number[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const low = Math.max(a[i]!, b[j]!);
    const high = Math.min(a[i + 1]!, b[j + 1]!);
    if (low <= high) result.push(low, high);
    if (a[i + 1]! < b[j + 1]!) i += 2;
    else j += 2;
  }
  return result;
}

/** What is in `a` and not in `b`. */
export function difference(a: PortSet, b: PortSet): PortSet {
  const result: number[] = [];
  let j = 0;
  for (let i = 0; i < a.length; i += 2) {
    let low = a[i]!;
    const high = a[i + 1]!;
    while (j < b.length && b[j + 1]! < low) j += 2;
    for (let k = j; k < b.length && b[k]! <= high; k += 2) {
      if (b[k]! > low) result.push(low, b[k]! - 1);
      low = b[k + 1]! + 1;
    }
    if (low <= high) result.push(low, high);
  }
  return result;
}

/** Protocol number (0: the others) and port prefix. */
export interface PortPrefix {
  readonly protocol: number;
  readonly port: number;
  readonly length: number;
}

/** The fewest prefixes that make up the set: at most 30 for each interval of a protocol (RFC 1519's aggregation, backwards). */
export function toPrefixes(set: PortSet): PortPrefix[] {
  const result: PortPrefix[] = [];
  for (let i = 0; i < set.length; i += 2) {
    for (let low = set[i]!; low <= set[i + 1]!; ) {
      let size = 1;
      while (size < ports && low % (2 * size) === 0 && low + 2 * size - 1 <= set[i + 1]!) size *= 2;
      const protocol = low < ports ? 0 : protocolNumbers[protocols[Math.floor(low / ports) - 1]!];
      result.push({ protocol, port: low % ports, length: 16 - Math.log2(size) });
      low += size;
    }
  }
  return result;
}

/** Where a port lies on the line. */
export function portPlace(protocol: number, port: number): number {
  const index = protocols.findIndex((name) => protocolNumbers[name] === protocol);
  return index < 0 ? 0 : (index + 1) * ports + port;
}

export function includes(set: PortSet, place: number): boolean {
  for (let i = 0; i < set.length; i += 2) if (set[i]! <= place && place <= set[i + 1]!) return true;
  return false;
}
