/** SCTP messages whose CRC32c is made and checked one bit after the other. */

/** RFC 9260 appendix A; as it lies in the packet. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

export function sctp(sourcePort: number, destinationPort: number, chunkBytes: number): Uint8Array {
  const bytes = new Uint8Array(12 + chunkBytes).map((_, i) => (i * 37) & 0xff);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, sourcePort);
  view.setUint16(2, destinationPort);
  view.setUint32(8, 0);
  view.setUint32(8, crc32c(bytes), true);
  return bytes;
}

/** Whether a message's checksum is right. */
export function isRight(message: Uint8Array): boolean {
  const copy = message.slice();
  const view = new DataView(copy.buffer);
  const found = view.getUint32(8, true);
  view.setUint32(8, 0);
  return crc32c(copy) === found;
}
