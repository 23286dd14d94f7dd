/** Packets between program and control plane: the bits of the `@controller_header` in front of them, and P4Runtime's metadata. */
import type { P4Info } from '../p4/p4info/p4info.ts';
import { fromBytes, toBytes } from './bytes.ts';
import { checkValue } from './check.ts';
import type { PacketIn, PacketOut } from './entities.ts';
import { StatusError } from './status.ts';

/** Takes the header `packet_in` off; undefined if the packet is shorter than it. */
export function toPacketIn(info: P4Info, bytes: Uint8Array): PacketIn | undefined {
  const fields = fieldsOf(info, 'packet_in');
  const length = headerBytes(fields);
  if (bytes.length < length) return undefined;
  let rest = BigInt(8 * length);
  const header = fromBytes(bytes.subarray(0, length));
  const metadata = fields.map(({ id, bitwidth }) => {
    rest -= BigInt(bitwidth);
    return { metadataId: id, value: toBytes((header >> rest) & ((1n << BigInt(bitwidth)) - 1n)) };
  });
  return { payload: bytes.slice(length), metadata };
}

/** A packet out must bring exactly the fields of the program's header. Throws StatusError. */
export function checkPacketOut(info: P4Info, { metadata }: PacketOut): void {
  const fields = fieldsOf(info, 'packet_out');
  const refuse = (message: string): never => {
    throw new StatusError('INVALID_ARGUMENT', `packet out: ${message}`);
  };
  for (const { metadataId, value } of metadata) {
    const field = fields.find(({ id }) => id === metadataId) ?? refuse(`the program has no metadata field ${metadataId}`);
    checkValue(value, field.bitwidth, () => `packet out, metadata '${field.name}'`);
  }
  for (const { id, name } of fields) {
    const given = metadata.filter(({ metadataId }) => metadataId === id).length;
    if (given !== 1) refuse(`metadata '${name}' is ${given === 0 ? 'missing' : 'given twice'}`);
  }
}

/** Puts the header `packet_out` on. Fields that are not given are 0. */
export function fromPacketOut(info: P4Info, { payload, metadata }: PacketOut): Uint8Array {
  const fields = fieldsOf(info, 'packet_out');
  const length = headerBytes(fields);
  let header = 0n;
  for (const { id, bitwidth } of fields) {
    const value = metadata.find(({ metadataId }) => metadataId === id)?.value ?? Uint8Array.of(0);
    header = (header << BigInt(bitwidth)) | (fromBytes(value) & ((1n << BigInt(bitwidth)) - 1n));
  }
  const bytes = new Uint8Array(length + payload.length);
  const head = toBytes(header);
  if (length > 0) bytes.set(head, length - head.length);
  bytes.set(payload, length);
  return bytes;
}

function fieldsOf(info: P4Info, header: string) {
  return info.controllerPacketMetadata.find(({ preamble }) => preamble.name === header)?.metadata ?? [];
}

function headerBytes(fields: readonly { readonly bitwidth: number }[]): number {
  return fields.reduce((sum, { bitwidth }) => sum + bitwidth, 0) / 8;
}
