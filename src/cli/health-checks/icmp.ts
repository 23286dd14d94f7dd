/**
 * Echo requests (RFC 792, RFC 4443) by raw sockets of the optional package `raw-socket`: a native module that may not have been built, so it is loaded when the
 * first such check comes. One socket for each family; an answer is known by its sender, our identifier and its number.
 */
import { randomBytes } from 'node:crypto';
import { internetChecksum } from '../../wire/index.ts';
import type { Probe } from './probes.ts';

/** What we use of raw-socket. */
interface RawSocket {
  on(event: 'message', listener: (packet: Buffer, source: string) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  send(packet: Buffer, offset: number, length: number, address: string, done: (error: Error | null) => void): void;
  close(): void;
}
interface RawModule {
  readonly Protocol: { readonly ICMP: number; readonly ICMPv6: number };
  readonly AddressFamily: { readonly IPv4: number; readonly IPv6: number };
  createSocket(options: { readonly protocol: number; readonly addressFamily: number }): RawSocket;
}

export interface Echo {
  readonly probe: Probe;
  close(): void;
}

const echoBytes = 16;
const kinds = { 4: { request: 8, reply: 0 }, 6: { request: 128, reply: 129 } } as const;
type Family = keyof typeof kinds;

/** Rejects with an Error that says what is missing. */
export async function openEcho(load: () => Promise<unknown> = loadRawSocket): Promise<Echo> {
  const loaded = (await load().catch((error: Error) => {
    throw new Error(`the optional package 'raw-socket' is not there: ${error.message.split('\n')[0]}`);
  })) as RawModule & { readonly default?: RawModule };
  const raw = loaded.default ?? loaded;
  const identifier = randomBytes(2).readUInt16BE(0);
  const waiting = new Map<string, () => void>();
  const sockets = new Map<Family, RawSocket>();
  let sequence = 0;

  const socketOf = (family: Family): RawSocket => {
    const known = sockets.get(family);
    if (known) return known;
    const socket = raw.createSocket({
      protocol: family === 4 ? raw.Protocol.ICMP : raw.Protocol.ICMPv6,
      addressFamily: family === 4 ? raw.AddressFamily.IPv4 : raw.AddressFamily.IPv6,
    });
    socket.on('message', (packet, source) => {
      // Of IPv4 the header comes along.
      const message = family === 4 ? packet.subarray((packet[0]! & 15) * 4) : packet;
      if (message.length < 8 || message[0] !== kinds[family].reply || message.readUInt16BE(4) !== identifier) return;
      waiting.get(`${source} ${message.readUInt16BE(6)}`)?.();
    });
    socket.on('error', () => {});
    sockets.set(family, socket);
    return socket;
  };
  // Whether it is permitted is known now, and not at the first question.
  try {
    socketOf(4);
  } catch (error) {
    throw new Error(`cannot open a raw socket: ${(error as Error).message}`);
  }
  const probe: Probe = (address, { timeoutMs }) =>
    new Promise((done) => {
      const family = address.includes(':') ? 6 : 4;
      sequence = (sequence + 1) & 0xffff;
      const key = `${address} ${sequence}`;
      const end = (problem?: string): void => {
        clearTimeout(timer);
        waiting.delete(key);
        done(problem);
      };
      const timer = setTimeout(() => end(`no echo within ${timeoutMs} ms`), timeoutMs);
      waiting.set(key, () => end());
      try {
        const request = echoRequest(family, identifier, sequence);
        socketOf(family).send(request, 0, request.length, address, (error) => {
          if (error) end(error.message);
        });
      } catch (error) {
        end((error as Error).message);
      }
    });
  return { probe, close: () => sockets.forEach((socket) => void socket.close()) };
}

/** The kernel fills in the checksum of ICMPv6, which covers addresses. */
function echoRequest(family: Family, identifier: number, sequence: number): Buffer {
  const message = Buffer.alloc(echoBytes);
  message[0] = kinds[family].request;
  message.writeUInt16BE(identifier, 4);
  message.writeUInt16BE(sequence, 6);
  if (family === 4) message.writeUInt16BE(internetChecksum(message), 2);
  return message;
}

async function loadRawSocket(): Promise<unknown> {
  // No types, and none wanted where it is not installed.
  const name: string = 'raw-socket';
  return await import(name);
}
