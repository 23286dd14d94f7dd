/** Hex and bytes: dumps for people, and the plain hex strings of STF files. */

/** Lines of 16 bytes: offset, hex, printable ASCII. `marked` bytes get an asterisk in front. */
export function hexdump(bytes: Uint8Array, marked: (offset: number) => boolean = () => false): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const hex = row.map((b, i) => `${marked(at + i) ? '*' : ' '}${b.toString(16).padStart(2, '0')}`);
    const left = hex.slice(0, 8).join('').padEnd(24);
    const right = hex.slice(8).join('').padEnd(24);
    const ascii = row.map((b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : '.')).join('');
    lines.push(`${at.toString(16).padStart(4, '0')} ${left} ${right}  ${ascii}\n`);
  }
  return lines.join('');
}

/** Lower-case hex digits without gaps. */
export function toHex(bytes: Uint8Array): string {
  return [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');
}

/** Bytes of hex digits (white space is skipped), undefined if there is anything else or half a byte. */
export function fromHex(text: string): Uint8Array | undefined {
  const digits = text.replace(/\s+/g, '');
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) return undefined;
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}
