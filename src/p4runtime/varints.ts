/** Protobuf messages that have only uint32 and bool fields, numbered from 1: enough for our extern entries, and no library in the pure part. */

/** Values by field number less one; absent fields are 0. undefined: these bytes are no such message. */
export function readVarints(bytes: Uint8Array): number[] | undefined {
  const fields: number[] = [];
  let at = 0;
  const varint = (): number | undefined => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) return undefined;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return undefined;
  };
  while (at < bytes.length) {
    const tag = varint();
    const value = varint();
    if (tag === undefined || value === undefined || (tag & 7) !== 0 || tag < 8 || tag > 127 || value > 0xffff_ffff)
      return undefined;
    fields[(tag >> 3) - 1] = value;
  }
  return Array.from(fields, (value) => value ?? 0);
}

/** Zeros are left out, as in proto3. */
export function writeVarints(fields: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  fields.forEach((value, i) => {
    if (value === 0) return;
    bytes.push((i + 1) << 3);
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
    bytes.push(rest);
  });
  return Uint8Array.from(bytes);
}
