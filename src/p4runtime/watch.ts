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

/** Number of the port that is watched, if one is; whatever it is. */
export function watchedPort({ watchPort, watch }: Watch): number | undefined {
  return watchPort?.length ? Number(fromBytes(watchPort)) : watch || undefined;
}

/** As `watchedPort`. Throws INVALID_ARGUMENT if there is no such port. */
export function checkWatch(watch: Watch, ports: Ports, what: string): number | undefined {
  const port = watchedPort(watch);
  if (port === undefined || (port >= 0 && port <= 0xffff_ffff && ports.has(port))) return port;
  throw new StatusError('INVALID_ARGUMENT', `${what}: there is no port ${port} to watch`);
}
