/** Watch ports of group members (P4Runtime specification, "Group Programming"): a member whose port is down gets no packets. */
import { fromBytes } from './bytes.ts';
import type { Watch } from './entities.ts';
import { StatusError } from './status.ts';

/** The ports of the device, as far as groups care. */
export interface Ports {
  /** undefined asks for no port: always up. */
  isUp(port: number | undefined): boolean;
  has(port: number): boolean;
}

/** Where nobody says anything about ports, all of them are there and up. */
export const allPortsUp: Ports = { isUp: () => true, has: () => true };

/** Number of the port that is watched, if one is. */
export function checkWatch({ watchPort, watch }: Watch, ports: Ports, what: string): number | undefined {
  if (watchPort === undefined || watchPort.length === 0) {
    if (watch === undefined || watch === 0) return undefined;
    if (watch < 0 || !ports.has(watch)) throw new StatusError('INVALID_ARGUMENT', `${what}: there is no port ${watch} to watch`);
    return watch;
  }
  const number = fromBytes(watchPort);
  if (number > 0xffff_ffffn || !ports.has(Number(number))) {
    throw new StatusError('INVALID_ARGUMENT', `${what}: there is no port ${number} to watch`);
  }
  return Number(number);
}
