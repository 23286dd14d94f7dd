/**
 * Who is primary (P4Runtime specification, "Client Arbitration and Controller Replication").
 *
 * Per role the highest election id that was ever seen is remembered for the server's life. The stream that has it is primary; if that stream is gone there
 * is none until somebody comes with an id at least as high. Every change is told to all streams of the role.
 */
import type { AnyMessage } from '../entities.ts';
import { StatusError } from '../status.ts';
import type { RoleConfig } from './roles.ts';

/** What a stream's client says. */
export interface Claim {
  readonly deviceId: bigint;
  /** '' is the default role. */
  readonly role: string;
  readonly hasRole: boolean;
  readonly config?: { readonly any: AnyMessage; readonly parsed: RoleConfig };
  /** Unset: never primary. 0 is an id like any other. */
  readonly electionId?: bigint;
}

/** What a stream hears about its role. */
export interface Notice {
  readonly deviceId: bigint;
  readonly role: string;
  readonly hasRole: boolean;
  readonly config?: AnyMessage;
  readonly electionId?: bigint;
  readonly code: 'OK' | 'ALREADY_EXISTS' | 'NOT_FOUND';
}

/** One stream, from the first message to its end. */
export interface Member {
  readonly notify: (notice: Notice) => void;
  claim?: Claim;
}

interface Role {
  readonly members: Set<Member>;
  highest?: bigint;
  config?: Claim['config'];
  hadPrimary: boolean;
}

export class Arbitration {
  readonly #deviceId: bigint;
  readonly #maxStreams: number;
  readonly #onPrimary: (role: string) => void;
  readonly #roles = new Map<string, Role>();

  /** `onPrimary`: a role got another primary. */
  constructor(deviceId: bigint, maxStreams: number, onPrimary: (role: string) => void = () => {}) {
    this.#deviceId = deviceId;
    this.#maxStreams = maxStreams;
    this.#onPrimary = onPrimary;
  }

  /** A MasterArbitrationUpdate. Throws StatusError: then the stream ends. */
  update(member: Member, claim: Claim): void {
    if (claim.deviceId !== this.#deviceId) {
      if (member.claim) throw new StatusError('FAILED_PRECONDITION', 'a stream cannot change its device');
      throw new StatusError('NOT_FOUND', `there is no device ${claim.deviceId}, this one is ${this.#deviceId}`);
    }
    if (member.claim && member.claim.role !== claim.role) {
      throw new StatusError('FAILED_PRECONDITION', `a stream cannot change its role: it has '${member.claim.role}'`);
    }
    const role = this.#roles.get(claim.role) ?? { members: new Set(), hadPrimary: false };
    const { electionId } = claim;
    const twin = [...role.members].some((m) => m !== member && m.claim?.electionId === electionId);
    if (electionId !== undefined && twin) {
      throw new StatusError('INVALID_ARGUMENT', `another stream has the election id ${electionId}`);
    }
    if (!role.members.has(member) && role.members.size >= this.#maxStreams) {
      throw new StatusError('RESOURCE_EXHAUSTED', `there are ${role.members.size} streams for this role already`);
    }
    this.#roles.set(claim.role, role);
    const before = primaryOf(role);
    const past = role.highest;
    const isFirst = !member.claim;
    const isSame = !isFirst && member.claim?.electionId === electionId;
    role.members.add(member);
    member.claim = claim;
    if (electionId !== undefined && (past === undefined || electionId >= past)) {
      const isConfigNew = !sameConfig(role.config, claim.config);
      role.highest = electionId;
      role.hadPrimary = true;
      role.config = claim.config;
      if (before === member && isSame && !isConfigNew) {
        this.#tell(role, member);
        return;
      }
      if (before !== member) this.#onPrimary(claim.role);
      for (const other of role.members) if (other !== member) this.#tell(role, other);
      this.#tell(role, member);
    } else if (before === member) this.#tellAll(role);
    else this.#tell(role, member);
  }

  /** The stream has ended. */
  leave(member: Member): void {
    const role = member.claim && this.#roles.get(member.claim.role);
    if (!role?.members.has(member)) return;
    const wasPrimary = primaryOf(role) === member;
    role.members.delete(member);
    if (wasPrimary) this.#tellAll(role);
  }

  isPrimary(member: Member): boolean {
    const role = member.claim && this.#roles.get(member.claim.role);
    return role !== undefined && primaryOf(role) === member;
  }

  /** Checks a Write or SetForwardingPipelineConfig. Throws StatusError. */
  requirePrimary(role: string, electionId: bigint | undefined): void {
    const state = this.#roles.get(role);
    if (!state && role !== '') throw new StatusError('NOT_FOUND', `nobody has announced a role '${role}'`);
    const primary = state && primaryOf(state);
    if (!primary || electionId === undefined || electionId !== state.highest) {
      throw new StatusError('PERMISSION_DENIED', primary ? 'another client is primary' : 'there is no primary client');
    }
  }

  config(role: string): RoleConfig | undefined {
    return this.#roles.get(role)?.config?.parsed;
  }

  hasRole(role: string): boolean {
    return role === '' || this.#roles.has(role);
  }

  /** Configurations of all other roles. */
  others(role: string): RoleConfig[] {
    return [...this.#roles].flatMap(([name, { config }]) => (name === role || !config ? [] : [config.parsed]));
  }

  /** The primary of each role that has one. */
  primaries(): { readonly role: string; readonly member: Member }[] {
    return [...this.#roles].flatMap(([role, state]) => {
      const member = primaryOf(state);
      return member ? [{ role, member }] : [];
    });
  }

  #tellAll(role: Role): void {
    for (const member of role.members) this.#tell(role, member);
  }

  #tell(role: Role, member: Member): void {
    const primary = primaryOf(role);
    const { deviceId, role: name, hasRole } = member.claim!;
    member.notify({
      deviceId,
      role: name,
      hasRole,
      ...(role.config && { config: role.config.any }),
      ...(role.hadPrimary && { electionId: role.highest }),
      code: primary === member ? 'OK' : primary ? 'ALREADY_EXISTS' : 'NOT_FOUND',
    });
  }
}

function primaryOf({ members, highest }: Role): Member | undefined {
  if (highest === undefined) return undefined;
  for (const member of members) if (member.claim?.electionId === highest) return member;
  return undefined;
}

function sameConfig(a: Claim['config'], b: Claim['config']): boolean {
  if (!a || !b) return a === b;
  return a.any.typeUrl === b.any.typeUrl && a.any.value.join() === b.any.value.join();
}
