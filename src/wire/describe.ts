/** Packets for people: one line in the manner of tcpdump, and every field of every header. */
import { decode } from './decode.ts';
import { toHex } from './hexdump.ts';
import { icmpv6, neighbourTarget } from './icmpv6.ts';

/** One line: `02:.. > 02:.., 10.0.0.1 > 10.0.0.2, tcp 1234 > 80 [S] seq 1 ack 0, 3 bytes`. */
export function summary(packet: Uint8Array): string {
  const { layers, payload, problem } = decode(packet);
  const parts = layers.map(({ header, bytes }) => {
    const target = header === icmpv6 ? neighbourTarget(bytes) : undefined;
    return target === undefined ? header.describe(bytes) : `${header.describe(bytes)} ${target}`;
  });
  // Bytes that are no Ethernet frame at all are only that: tests of languages send them.
  if (problem !== undefined && layers.length > 0) parts.push(`(${problem})`);
  return [...parts, `${payload.length} bytes`].join(', ');
}

/** The summary, then one line per header with its fields, options and payload in hex. Ends in a newline. */
export function describe(packet: Uint8Array): string {
  const { layers, payload, trailer, problem } = decode(packet);
  const lines = [summary(packet)];
  for (const { header, bytes, length } of layers) {
    const fields = header.list(bytes).map(({ name, text }) => `${name} ${text}`);
    if (length > header.minBytes) fields.push(`options ${toHex(bytes.subarray(header.minBytes, length))}`);
    lines.push(`  ${header.name.padEnd(8)} ${fields.join(', ')}`);
  }
  if (problem !== undefined) lines.push(`  problem  ${problem}`);
  if (payload.length > 0) lines.push(`  payload  ${shorten(payload)}`);
  if (trailer.length > 0) lines.push(`  trailer  ${shorten(trailer)}`);
  return `${lines.join('\n')}\n`;
}

function shorten(bytes: Uint8Array): string {
  const shown = toHex(bytes.subarray(0, 32));
  return bytes.length > 32 ? `${shown}.. (${bytes.length} bytes)` : shown;
}
