/**
 * Toeplitz hashing as network cards spread flows over queues (receive-side scaling): the exclusive or of the 32-bit windows into a secret key
 * that begin at the places of the data's set bits. The key is the one of 40 bytes that RSS is published with; data beyond it take it from its start again.
 */
export const toeplitzKey: readonly number[] = [
  0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae,
  0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
];

/** `count` bytes of the key from byte `at` on, as a number. */
export function toeplitzWindow(at: number, count: number): bigint {
  let window = 0n;
  for (let i = 0; i < count; i++) window = (window << 8n) | BigInt(toeplitzKey[(at + i) % toeplitzKey.length]!);
  return window;
}
