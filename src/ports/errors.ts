/**
 * What the operator has to put right: no permission, no such interface, no addon. Kind 2 of the four kinds of error (style guide section 6).
 *
 * An OperatorError carries a stable code for programs, a sentence for people, and the next step. System calls of the addon fail with
 * `syscall` and `errno`; `explainSystemError` turns them into one of these.
 */

export type OperatorErrorCode =
  | 'addon-missing'
  | 'addon-stale'
  | 'bad-port-spec'
  | 'interface-busy'
  | 'interface-down'
  | 'no-memory'
  | 'no-permission'
  | 'no-such-file'
  | 'no-such-interface'
  | 'no-such-netns'
  | 'not-a-pcap'
  | 'not-ethernet'
  | 'system-call-failed'
  | 'tun-missing';

export class OperatorError extends Error {
  override readonly name = 'OperatorError';
  readonly code: OperatorErrorCode;
  /** What to do about it, one sentence. */
  readonly help: string;

  constructor(code: OperatorErrorCode, message: string, help: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.help = help;
  }
}

/** What the addon throws. */
export interface SystemError extends Error {
  readonly syscall: string;
  readonly errno: number;
}

export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'syscall' in error && 'errno' in error;
}

/** Linux errno values, the same on x86-64 and arm64. */
export const errno = {
  EPERM: 1,
  ENOENT: 2,
  ENXIO: 6,
  ENOMEM: 12,
  EACCES: 13,
  EBUSY: 16,
  ENODEV: 19,
  EINVAL: 22,
  ENETDOWN: 100,
} as const;

/** The OperatorError for what a system call said about interface `name`; other errors are returned as they are. */
export function explainSystemError(error: unknown, name: string, netns: string | undefined): unknown {
  if (!isSystemError(error)) return error;
  const where = netns === undefined ? '' : ` in network namespace '${netns}'`;
  const make = (code: OperatorErrorCode, message: string, help: string): OperatorError =>
    new OperatorError(code, message, help, error);
  if (error.syscall === 'setns' && error.errno === errno.ENOENT) {
    return make('no-such-netns', `no network namespace '${netns}'`, `'ip netns list' shows those that have a name`);
  }
  if (error.syscall === '/dev/net/tun' && [errno.ENOENT, errno.ENODEV, errno.ENXIO].includes(error.errno as 2)) {
    return make(
      'tun-missing',
      'this system has no /dev/net/tun',
      `load the module with 'modprobe tun', or give the container that device`,
    );
  }
  switch (error.errno) {
    case errno.EPERM:
    case errno.EACCES:
      return make(
        'no-permission',
        `not permitted to open interface '${name}'${where} (${error.syscall})`,
        error.syscall === '/dev/net/tun'
          ? 'run as root, or make /dev/net/tun readable and writable for this user'
          : `run as root, grant CAP_NET_RAW and CAP_NET_ADMIN, or start inside 'unshare -Urnm'`,
      );
    case errno.ENODEV:
      return make('no-such-interface', `no interface '${name}'${where}`, `'ip link' shows the interfaces of this namespace`);
    case errno.ENETDOWN:
      return make('interface-down', `interface '${name}'${where} is down`, `'ip link set ${name} up' brings it up`);
    case errno.EBUSY:
      return make(
        'interface-busy',
        `interface '${name}'${where} is in use by another process`,
        'end that process, or choose another name',
      );
    case errno.ENOMEM:
      return make('no-memory', `no memory for the ring of '${name}' (${error.syscall})`, 'ask for fewer frames: frames=1024');
    default:
      return make(
        'system-call-failed',
        `interface '${name}'${where}: ${error.message}`,
        'this may be a defect of softipu: please report it',
      );
  }
}
