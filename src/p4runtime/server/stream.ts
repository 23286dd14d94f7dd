/** One client's StreamChannel: arbitration first, then packets out and digest acknowledgements. What is wrong is answered with a StreamError. */

import { canonical } from '../bytes.ts';
import type { Device } from '../device.ts';
import type { AnyMessage } from '../entities.ts';
import { codeNumbers, type Status, StatusError, statusOf } from '../status.ts';
import { decodeAny } from '../wire/decode.ts';
import { big, bytes, explicitLong, flag, list, type Message, num, own, sub, text } from '../wire/fields.ts';
import type { Arbitration, Claim, Member, Notice } from './arbitration.ts';
import type { RoleConfig } from './roles.ts';

export interface StreamHost {
  readonly arbitration: Arbitration;
  readonly device: Device | undefined;
}

/** Decodes softipu.v1.RoleConfig; undefined if the bytes are none. */
export type RoleConfigReader = (any: AnyMessage) => Message | undefined;

export class Stream {
  readonly member: Member;
  readonly send: (response: Message) => void;
  readonly #host: StreamHost;
  readonly #end: (status: Status) => void;
  readonly #onClosed: () => void;
  /** Set by the transport, which can decode the message. */
  readRoleConfig: RoleConfigReader = () => undefined;

  constructor(host: StreamHost, send: (response: Message) => void, end: (status: Status) => void, onClosed: () => void) {
    this.#host = host;
    this.send = send;
    this.#end = end;
    this.#onClosed = onClosed;
    this.member = { notify: (notice) => send({ arbitration: toArbitration(notice) }) };
  }

  receive(request: Message): void {
    const arbitration = sub(request, 'arbitration');
    if (arbitration) {
      const status = statusOf(() => this.#host.arbitration.update(this.member, this.#claim(arbitration)));
      if (status.code === 'OK') return;
      this.closed();
      this.#end(status);
      return;
    }
    const packet = sub(request, 'packet');
    const ack = sub(request, 'digestAck');
    const status = statusOf(() => {
      if (packet) this.#packetOut(packet);
      else if (ack) this.#ack(ack);
      else if (own(request, 'other')) throw new StatusError('UNIMPLEMENTED', 'no messages but those of P4Runtime are understood');
      else throw new StatusError('INVALID_ARGUMENT', 'the message is empty');
    });
    if (status.code === 'OK') return;
    this.send({
      error: {
        canonicalCode: codeNumbers[status.code],
        message: status.message,
        space: 'softipu',
        code: codeNumbers[status.code],
        ...(packet
          ? { packetOut: { packetOut: packet } }
          : ack
            ? { digestListAck: { digestListAck: ack } }
            : { other: { other: sub(request, 'other') } }),
      },
    });
  }

  /** The client has gone, or was sent away. */
  closed(): void {
    this.#host.arbitration.leave(this.member);
    this.#onClosed();
  }

  #packetOut(message: Message): void {
    this.#requirePrimary('send packets');
    const { device } = this.#host;
    if (!device) throw new StatusError('FAILED_PRECONDITION', 'no forwarding pipeline was set yet');
    device.sendPacket({
      payload: bytes(message, 'payload'),
      metadata: list(message, 'metadata').map((m) => ({
        metadataId: num(m, 'metadataId'),
        value: canonical(bytes(m, 'value')),
      })),
    });
  }

  #ack(message: Message): void {
    this.#requirePrimary('acknowledge digests');
    const { device } = this.#host;
    const digestId = num(message, 'digestId');
    if (!device?.names.digests.byId(digestId)) {
      throw new StatusError('INVALID_ARGUMENT', `the program has no digest with the id ${digestId}`);
    }
    device.ackDigest(digestId, BigInt.asUintN(64, big(message, 'listId')));
  }

  #requirePrimary(what: string): void {
    if (!this.#host.arbitration.isPrimary(this.member)) {
      throw new StatusError('PERMISSION_DENIED', `only a primary client may ${what}`);
    }
  }

  #claim(m: Message): Claim {
    const role = sub(m, 'role');
    const any = role && sub(role, 'config');
    const id = sub(m, 'electionId');
    return {
      deviceId: BigInt.asUintN(64, big(m, 'deviceId')),
      role: role ? roleName(role, 'name', 'id') : '',
      hasRole: role !== undefined,
      ...(any && { config: { any: decodeAny(any), parsed: this.#roleConfig(decodeAny(any)) } }),
      ...(id && { electionId: (BigInt.asUintN(64, big(id, 'high')) << 64n) | BigInt.asUintN(64, big(id, 'low')) }),
    };
  }

  #roleConfig(any: AnyMessage): RoleConfig {
    const message = this.readRoleConfig(any);
    if (!message) throw new StatusError('INVALID_ARGUMENT', `the role's config '${any.typeUrl}' is no softipu.v1.RoleConfig`);
    const ids = (field: string): Set<number> => new Set((message[field] ?? []) as readonly number[]);
    const filter = sub(message, 'packetInFilter');
    return {
      exclusiveP4Ids: ids('exclusiveP4Ids'),
      sharedP4Ids: ids('sharedP4Ids'),
      ...(filter && {
        packetInFilter: { metadataId: num(filter, 'metadataId'), value: canonical(bytes(filter, 'value')) },
      }),
      receivesPacketIns: flag(message, 'receivesPacketIns'),
      canPushPipeline: flag(message, 'canPushPipeline'),
    };
  }
}

/** A role by name, or by the number that older clients give; '' is the default role. */
export function roleName(message: Message, name: string, id: string): string {
  const number = big(message, id);
  return text(message, name) || (number === 0n ? '' : `#${BigInt.asUintN(64, number)}`);
}

function toArbitration({ deviceId, role, hasRole, config, electionId, code }: Notice): Message {
  const byNumber = /^#(\d+)$/.exec(role);
  const what = byNumber ? { id: explicitLong(BigInt(byNumber[1]!)) } : { name: role };
  return {
    deviceId: explicitLong(deviceId),
    ...(hasRole && {
      role: { ...what, ...(config && { config: { type_url: config.typeUrl, value: config.value } }) },
    }),
    ...(electionId !== undefined && {
      electionId: { high: explicitLong(electionId >> 64n), low: explicitLong(BigInt.asUintN(64, electionId)) },
    }),
    status: {
      code: codeNumbers[code],
      message: { OK: 'you are primary', ALREADY_EXISTS: 'another client is primary', NOT_FOUND: 'there is no primary' }[code],
    },
  };
}
