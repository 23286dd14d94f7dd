/**
 * What a container runtime asks of a CNI plugin (specification 1.1.0): the environment and the network configuration, checked; and errors with the
 * specification's codes. The client in native/cni sends both over a socket.
 */

export const supportedVersions = ['0.4.0', '1.0.0', '1.1.0'] as const;

export type Command = 'ADD' | 'DEL' | 'CHECK' | 'GC' | 'STATUS';

/** Codes of the specification that we use. */
export const codes = {
  incompatibleVersion: 1,
  unsupportedField: 2,
  /** Nothing of the container is here, and nothing has to be taken away. */
  containerUnknown: 3,
  badEnvironment: 4,
  ioFailure: 5,
  decodeFailure: 6,
  badConfig: 7,
  tryAgainLater: 11,
  notAvailable: 50,
  /** The same, and pods that exist may not be reached. */
  notAvailableAndLimited: 51,
  /** Ours: what exists is not what ADD made. */
  checkFailed: 100,
  /** Ours: the data plane refused. */
  refused: 101,
} as const;

export class CniError extends Error {
  readonly code: number;
  readonly details: string;

  constructor(code: number, message: string, details = '') {
    super(message);
    this.name = 'CniError';
    this.code = code;
    this.details = details;
  }
}

export interface IpConfig {
  readonly address: string;
  readonly gateway?: string;
  readonly interface?: number;
}

/** The result of ADD, of ours and of IPAM plugins. */
export interface CniResult {
  readonly cniVersion: string;
  readonly interfaces?: readonly {
    readonly name: string;
    readonly mac?: string;
    readonly mtu?: number;
    readonly sandbox?: string;
  }[];
  readonly ips?: readonly IpConfig[];
  readonly routes?: readonly { readonly dst: string; readonly gw?: string }[];
  readonly dns?: object;
}

/**
 * The paper's two kinds of pod interface: `adi`, a veth pair with a port of softipu of its own; `cdq`, one of many interfaces that share a port.
 */
export type InterfaceKind = 'adi' | 'cdq';

export interface Rate {
  readonly bitsPerSecond: number;
  readonly burstBits: number;
}

export interface NetworkConfig {
  readonly cniVersion: string;
  readonly name: string;
  readonly ipam: { readonly type: string };
  readonly prevResult?: CniResult;
  readonly validAttachments?: readonly { readonly containerID: string; readonly ifname: string }[];
  readonly mtu?: number;
  /** What pods get that do not say themselves; default adi. */
  readonly interface?: InterfaceKind;
  /** Rates in bits per second, bursts in bits; what is not limited is not there. */
  readonly bandwidth: { readonly ingress?: Rate; readonly egress?: Rate };
  /** As it came: IPAM plugins get all of it. */
  readonly raw: Readonly<Record<string, unknown>>;
}

export interface CniRequest {
  readonly command: Command;
  readonly containerId: string;
  readonly netns: string;
  readonly ifname: string;
  /** CNI_ARGS as pairs. */
  readonly args: Readonly<Record<string, string>>;
  /** Where plugins are. */
  readonly path: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly config: NetworkConfig;
}

/** A GSO frame with its headers. */
const leastBurstBits = 8 * 65_536;

/** Variables that a command cannot do without. */
const required: Readonly<Record<Command, readonly string[]>> = {
  ADD: ['CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME'],
  CHECK: ['CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME'],
  DEL: ['CNI_CONTAINERID', 'CNI_IFNAME'],
  GC: ['CNI_PATH'],
  STATUS: [],
};

/** `K=V\0K=V\0\0CONFIG` as the client sends it. */
export function splitMessage(bytes: Uint8Array): { environment: Record<string, string>; config: string } {
  const text = Buffer.from(bytes).toString('utf8');
  const end = text.startsWith('\0') ? 0 : text.indexOf('\0\0') + 1;
  const environment: Record<string, string> = {};
  for (const pair of text.slice(0, end).split('\0')) {
    const at = pair.indexOf('=');
    if (at > 0) environment[pair.slice(0, at)] = pair.slice(at + 1);
  }
  return { environment, config: text.slice(end + 1) };
}

/** Checks a request; throws CniError. */
export function readRequest(environment: Readonly<Record<string, string>>, configText: string): CniRequest {
  const config = readConfig(configText);
  const command = environment.CNI_COMMAND ?? '';
  if (!Object.hasOwn(required, command)) throw new CniError(codes.badEnvironment, `unknown CNI_COMMAND '${command}'`);
  const missing = required[command as Command].filter((name) => !environment[name]);
  if (missing.length > 0) throw new CniError(codes.badEnvironment, `${missing.join(', ')} not set`, `needed for ${command}`);
  const { CNI_CONTAINERID: containerId = '', CNI_NETNS: netns = '', CNI_IFNAME: ifname = '' } = environment;
  if (containerId !== '' && !/^[a-zA-Z0-9][\w.-]*$/.test(containerId)) {
    throw new CniError(codes.badEnvironment, `CNI_CONTAINERID '${containerId}' is no container id`);
  }
  if (ifname !== '' && (ifname.length > 15 || ifname === '.' || ifname === '..' || /[/:\s]/.test(ifname))) {
    throw new CniError(codes.badEnvironment, `CNI_IFNAME '${ifname}' is no interface name`);
  }
  if (netns !== '' && !netns.startsWith('/'))
    throw new CniError(codes.badEnvironment, `CNI_NETNS '${netns}' is no absolute path`);
  return {
    command: command as Command,
    containerId,
    netns,
    ifname,
    args: readArgs(environment.CNI_ARGS ?? ''),
    path: (environment.CNI_PATH ?? '').split(':').filter((directory) => directory !== ''),
    environment,
    config,
  };
}

function readConfig(text: string): NetworkConfig {
  let raw: Record<string, unknown>;
  try {
    raw = JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new CniError(codes.decodeFailure, 'the network configuration is no JSON', error instanceof Error ? error.message : '');
  }
  const { cniVersion, name, ipam, mtu, prevResult, runtimeConfig } = raw;
  if (typeof cniVersion !== 'string' || !(supportedVersions as readonly string[]).includes(cniVersion)) {
    throw new CniError(
      codes.incompatibleVersion,
      `cniVersion '${String(cniVersion ?? '')}' is not supported`,
      `supported are ${supportedVersions.join(', ')}`,
    );
  }
  if (typeof name !== 'string' || name === '') throw new CniError(codes.badConfig, "the configuration has no 'name'");
  if (!isRecord(ipam) || typeof ipam.type !== 'string' || !/^[^/\s]+$/.test(ipam.type)) {
    throw new CniError(
      codes.badConfig,
      "the configuration has no 'ipam.type'",
      'addresses come from an IPAM plugin such as host-local',
    );
  }
  if (mtu !== undefined && !(typeof mtu === 'number' && Number.isInteger(mtu) && mtu >= 68 && mtu <= 65535)) {
    throw new CniError(codes.badConfig, `'mtu' is '${String(mtu)}', expected a number from 68 to 65535`);
  }
  if (raw.interface !== undefined && !isInterfaceKind(raw.interface)) {
    throw new CniError(codes.badConfig, `'interface' is '${String(raw.interface)}', expected 'adi' or 'cdq'`);
  }
  for (const field of ['portMappings', 'ips', 'mac']) {
    if (isRecord(runtimeConfig) && runtimeConfig[field] !== undefined) {
      throw new CniError(
        codes.unsupportedField,
        `'runtimeConfig.${field}' is not supported`,
        'leave the capability out of the configuration',
      );
    }
  }
  const valid = raw['cni.dev/valid-attachments'] ?? raw['cni.dev/attachments'];
  return {
    cniVersion,
    name,
    ipam: { type: ipam.type },
    ...(isRecord(prevResult) && { prevResult: prevResult as unknown as CniResult }),
    ...(Array.isArray(valid) && { validAttachments: valid as { containerID: string; ifname: string }[] }),
    ...(typeof mtu === 'number' && { mtu }),
    ...(isInterfaceKind(raw.interface) && { interface: raw.interface }),
    bandwidth: readBandwidth(isRecord(runtimeConfig) ? runtimeConfig.bandwidth : undefined),
    raw,
  };
}

/** The capability `bandwidth`: ingressRate and egressRate in bits per second, ingressBurst and egressBurst in bits. A rate of 0 is none. */
function readBandwidth(value: unknown): NetworkConfig['bandwidth'] {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) throw new CniError(codes.badConfig, "'runtimeConfig.bandwidth' is no object");
  const number = (field: string): number => {
    const given = value[field] ?? 0;
    if (typeof given !== 'number' || !Number.isSafeInteger(given) || given < 0) {
      throw new CniError(codes.badConfig, `'runtimeConfig.bandwidth.${field}' is '${String(given)}', expected a number of bits`);
    }
    return given;
  };
  const rate = (direction: 'ingress' | 'egress'): Rate | undefined => {
    const [bitsPerSecond, burstBits] = [number(`${direction}Rate`), number(`${direction}Burst`)];
    if (bitsPerSecond === 0) return undefined;
    // A frame of 64 KiB with offloads must pass at all: a second's worth, if nothing is said.
    if (burstBits === 0) return { bitsPerSecond, burstBits: Math.max(bitsPerSecond, leastBurstBits) };
    if (burstBits < leastBurstBits) {
      throw new CniError(
        codes.badConfig,
        `'runtimeConfig.bandwidth.${direction}Burst' is ${burstBits}, expected at least ${leastBurstBits}`,
        'a frame of 64 KiB has to fit',
      );
    }
    return { bitsPerSecond, burstBits };
  };
  const [ingress, egress] = [rate('ingress'), rate('egress')];
  return { ...(ingress && { ingress }), ...(egress && { egress }) };
}

export function isInterfaceKind(value: unknown): value is InterfaceKind {
  return value === 'adi' || value === 'cdq';
}

function readArgs(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(';').flatMap((pair) => {
      const at = pair.indexOf('=');
      return at > 0 ? [[pair.slice(0, at), pair.slice(at + 1)]] : [];
    }),
  );
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
