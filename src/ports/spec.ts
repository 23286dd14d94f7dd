/**
 * How a user names a port:
 *
 *   veth0   packet:veth0   packet:veth0,netns=blue,frames=4096,frameBytes=2048,isolate=no,keep=4789
 *   tap:tap0   tap:tap0,netns=blue
 *   xdp:eth1   xdp:eth1,netns=blue,queue=0,chunks=4096
 *   pcap:in.pcap,out.pcap   pcap:in.pcap   pcap:,out.pcap
 *   memory
 *   load:packets.pcap   load:packets.pcap,perSecond=10000,waits=yes   load:      (load.ts)
 */
import { OperatorError } from './errors.ts';
import type { PacketPortOptions } from './packet.ts';
import type { TapPortOptions } from './tap.ts';
import type { XdpPortOptions } from './xdp.ts';

export type PortSpec =
  | ({ readonly kind: 'packet' } & PacketPortOptions)
  | ({ readonly kind: 'tap' } & TapPortOptions)
  | ({ readonly kind: 'xdp' } & XdpPortOptions)
  | { readonly kind: 'pcap'; readonly input?: string; readonly output?: string }
  | { readonly kind: 'memory' }
  | { readonly kind: 'load'; readonly input?: string; readonly perSecond?: number; readonly waits: boolean };

/** Longest interface name of Linux (IFNAMSIZ - 1). */
const maxName = 15;

/** Throws OperatorError bad-port-spec. */
export function parsePortSpec(text: string): PortSpec {
  if (text === 'memory') return { kind: 'memory' };
  const [, kind = 'packet', rest = ''] = /^(?:([a-z]+):)?(.*)$/s.exec(text)!;
  switch (kind) {
    case 'pcap':
      return parsePcap(text, rest);
    case 'load': {
      const [file = '', ...pairs] = rest.split(',');
      const options = parseOptions(text, pairs, ['perSecond', 'waits']);
      const waits = parseFlag(text, options, 'waits') ?? false;
      return { kind, input: file || undefined, perSecond: parseNumber(text, options, 'perSecond'), waits };
    }
    case 'packet': {
      const { name, options } = parseInterface(text, rest, ['netns', 'frames', 'frameBytes', 'isolate', 'keep']);
      return {
        kind,
        interface: name,
        netns: options.get('netns'),
        frames: parseNumber(text, options, 'frames'),
        frameBytes: parseNumber(text, options, 'frameBytes'),
        keep: parseNumber(text, options, 'keep'),
        isolate: parseFlag(text, options, 'isolate'),
      };
    }
    case 'tap': {
      const { name, options } = parseInterface(text, rest, ['netns']);
      return { kind, interface: name, netns: options.get('netns') };
    }
    case 'xdp': {
      const { name, options } = parseInterface(text, rest, ['netns', 'queue', 'chunks']);
      const [queue, chunks] = ['queue', 'chunks'].map((key) => parseNumber(text, options, key));
      return { kind, interface: name, netns: options.get('netns'), queue, chunks };
    }
    default:
      throw bad(text, `no kind of port '${kind}'`, 'kinds are packet, tap, xdp, pcap, memory and load');
  }
}

function parsePcap(text: string, rest: string): PortSpec {
  const [input, output, more] = rest.split(',');
  if (more !== undefined || (!input && !output)) throw bad(text, 'expected one or two files', 'write pcap:in.pcap,out.pcap');
  return { kind: 'pcap', input: input || undefined, output: output || undefined };
}

function parseInterface(text: string, rest: string, allowed: readonly string[]): { name: string; options: Map<string, string> } {
  const [name = '', ...pairs] = rest.split(',');
  if (name === '' || name.length > maxName || /[\s/]/.test(name)) {
    throw bad(text, `'${name}' is no interface name`, `up to ${maxName} characters without space or slash`);
  }
  return { name, options: parseOptions(text, pairs, allowed) };
}

function parseOptions(text: string, pairs: readonly string[], allowed: readonly string[]): Map<string, string> {
  const options = new Map<string, string>();
  for (const pair of pairs) {
    const [key = '', value = ''] = pair.split('=', 2);
    if (!allowed.includes(key) || value === '')
      throw bad(text, `no option '${pair}'`, `options are ${allowed.join(', ')}, each as key=value`);
    options.set(key, value);
  }
  return options;
}

function parseNumber(text: string, options: ReadonlyMap<string, string>, key: string): number | undefined {
  const value = options.get(key);
  if (value === undefined) return undefined;
  if (!/^\d{1,9}$/.test(value)) throw bad(text, `${key} is '${value}'`, 'write a number');
  return Number(value);
}

function parseFlag(text: string, options: ReadonlyMap<string, string>, key: string): boolean | undefined {
  const value = options.get(key);
  if (value === undefined) return undefined;
  if (value !== 'yes' && value !== 'no') throw bad(text, `${key} is '${value}'`, 'write yes or no');
  return value === 'yes';
}

function bad(text: string, what: string, help: string): OperatorError {
  return new OperatorError('bad-port-spec', `port '${text}': ${what}`, help);
}
