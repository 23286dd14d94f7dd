/**
 * Fields of decoded protobuf messages, typed. A message is an object with the fields that were on the wire as its own properties; the others are defaults
 * of its prototype. So `own` tells a field that is set from one that is not, as P4Runtime needs for messages and members of a oneof.
 */

/** A decoded message, or one to be encoded: camelCase names. */
export type Message = Readonly<Record<string, unknown>>;

/** 64-bit numbers as protobufjs has them. */
interface LongLike {
  readonly low: number;
  readonly high: number;
  readonly unsigned?: boolean;
}

export function own(message: Message, field: string): boolean {
  return Object.hasOwn(message, field) && message[field] !== undefined && message[field] !== null;
}

export function num(message: Message, field: string): number {
  const value = message[field];
  return typeof value === 'number' ? value : 0;
}

export function text(message: Message, field: string): string {
  const value = message[field];
  return typeof value === 'string' ? value : '';
}

export function flag(message: Message, field: string): boolean {
  return message[field] === true;
}

export function bytes(message: Message, field: string): Uint8Array {
  const value = message[field];
  return value instanceof Uint8Array ? Uint8Array.prototype.slice.call(value) : new Uint8Array();
}

/** Signed or unsigned, as the field says. */
export function big(message: Message, field: string): bigint {
  const value = message[field];
  if (typeof value === 'number') return BigInt(value);
  if (typeof value !== 'object' || value === null) return 0n;
  const { low, high, unsigned } = value as LongLike;
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  return unsigned ? bits : BigInt.asIntN(64, bits);
}

export function sub(message: Message, field: string): Message | undefined {
  return own(message, field) ? (message[field] as Message) : undefined;
}

export function list(message: Message, field: string): readonly Message[] {
  const value = message[field];
  return Array.isArray(value) ? (value as Message[]) : [];
}

/** A 64-bit number to be encoded; 0 is left out. */
export function long(value: bigint | undefined): LongLike | undefined {
  if (value === undefined || value === 0n) return undefined;
  return explicitLong(value);
}

/** As `long`, 0 included: for fields of a message whose presence counts. */
export function explicitLong(value: bigint): LongLike {
  return { low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)), unsigned: false };
}
