/**
 * Sends a flow's first packet through desired entries as k8s-lb.p4 would: service, policy, route. Reads the entities' text, so that it shares nothing
 * with the code that made them but the names.
 */
import { type Entity, fromBytes, type P4Names, printEntity } from '../../src/p4runtime/index.ts';

export interface Flow {
  readonly from: string;
  readonly to: string;
  readonly port?: number;
  readonly protocol?: number;
}

export type Outcome =
  | {
      readonly drop:
        | 'NO_ENDPOINT'
        | 'NO_LOCAL_ENDPOINT'
        | 'SOURCE_RANGE'
        | 'WRONG_PORT'
        | 'UNALLOCATED'
        | 'DENIED_EGRESS'
        | 'DENIED_INGRESS'
        | 'NO_ROUTE';
    }
  /** Every place where it can land, and the action that carries it there. */
  | { readonly lands: readonly string[]; readonly by: string };

interface Line {
  readonly match: ReadonlyMap<string, string>;
  readonly priority: number;
  readonly action: string;
}

export class Evaluator {
  readonly #lines = new Map<string, Line[]>();
  readonly #members = new Map<string, string>();
  readonly #groups = new Map<string, string[]>();

  constructor(names: P4Names, entities: readonly Entity[]) {
    for (const entity of entities) {
      const text = printEntity(names, entity);
      const colon = text.indexOf(': ');
      const words = text.slice(0, colon).split(' ');
      const rest = text.slice(colon + 2);
      if (words[0] === 'member') this.#members.set(words[2]!, rest);
      else if (words[0] === 'group') this.#groups.set(words[2]!, rest.split(', '));
      else this.#addLine(words[0]!, words.slice(1), rest);
    }
  }

  send({ from, to, port = 80, protocol = 6 }: Flow): Outcome {
    const targets = this.#targets(from, to, port, protocol);
    if (!Array.isArray(targets)) return targets;
    const outcomes = targets.map((target) => this.#forward(from, target.address, target.port, protocol));
    const drop = outcomes.find((outcome) => typeof outcome !== 'string');
    if (drop) return drop as Outcome;
    return { lands: targets.map((t) => `${t.address}:${t.port}`), by: [...new Set(outcomes)].join(' | ') };
  }

  #forward(from: string, to: string, port: number, protocol: number): string | Outcome {
    if (from !== to) {
      const source = this.#identity('source_identities', from);
      const destination = this.#identity('destination_identities', to);
      if (!this.#rulesAllow(source.pod, source.rules, destination.peer, port, protocol)) return { drop: 'DENIED_EGRESS' };
      if (!this.#rulesAllow(destination.pod, destination.rules, source.peer, port, protocol)) return { drop: 'DENIED_INGRESS' };
    }
    return this.#best('routes', { destination: to })?.action ?? { drop: 'NO_ROUTE' };
  }

  /** Whether policy lets the flow pass, whatever routes say. */
  isAllowed(from: string, to: string, port: number, protocol: number): boolean {
    const outcome = this.#forward(from, to, port, protocol);
    return typeof outcome === 'string' || ('drop' in outcome && outcome.drop === 'NO_ROUTE');
  }

  /** Where the service sends a client, or why not. */
  #targets(from: string, to: string, port: number, protocol: number): { address: string; port: number }[] | Outcome {
    const service = this.#best('services', { address: to, port: String(port), protocol: String(protocol) });
    if (!service) {
      const address = this.#best('service_addresses', { address: to })?.action;
      if (address) return { drop: address === 'wrong_port()' ? 'WRONG_PORT' : 'UNALLOCATED' };
      return [{ address: to, port }];
    }
    const param = (name: string): string => new RegExp(`\\b${name}=(\\d+)`).exec(service.action)![1]!;
    const ranges = param('ranges');
    if (ranges !== '0' && !this.#best('source_ranges', { ranges, source: from })) return { drop: 'SOURCE_RANGE' };
    const isInside = this.#best('source_kinds', { source: from }) !== undefined;
    const pool = this.#best('pools', { pool: param(isInside ? 'pool' : 'outside_pool') });
    if (!pool) return { drop: param('local') === '1' ? 'NO_LOCAL_ENDPOINT' : 'NO_ENDPOINT' };
    const [, id] = pool.action.split(' ');
    return this.#groups.get(id!)!.map((member) => {
      const match = /^to_endpoint\(address=(.*), port=(\d+)\)$/.exec(this.#members.get(member.split(' ')[0]!)!)!;
      return { address: match[1]!, port: Number(match[2]) };
    });
  }

  #rulesAllow(pod: number, base: number, peer: number, port: number, protocol: number): boolean {
    if (pod === 0) return true;
    const pair = this.#best('policy_peers', { pod: String(pod), peer: String(peer) })?.action;
    const rules = pair === undefined ? base : Number(/rules_for_peer=(\d+)/.exec(pair)![1]);
    if (rules < 2) return rules === 0;
    const isKnown = [6, 17, 132].includes(protocol);
    const key = { rules: String(rules), protocol: String(isKnown ? protocol : 0), port: String(isKnown ? port : 0) };
    return this.#best('policy_ports', key) !== undefined;
  }

  #identity(table: string, address: string): { pod: number; rules: number; peer: number } {
    const action = this.#best(table, { address })?.action ?? 'pod=0, rules=0, peer=0';
    const [pod, rules, peer] = /pod=(\d+), rules=(\d+), peer=(\d+)/.exec(action)!.slice(1).map(Number);
    return { pod: pod!, rules: rules!, peer: peer! };
  }

  #best(table: string, key: Readonly<Record<string, string>>): Line | undefined {
    const hits = (this.#lines.get(table) ?? []).filter(({ match }) =>
      [...match].every(([field, pattern]) => fits(pattern, key[field]!, field === 'port' ? 16 : 32)),
    );
    return hits.sort((a, b) => b.priority - a.priority)[0];
  }

  #addLine(table: string, fields: readonly string[], action: string): void {
    const match = new Map(fields.filter((f) => f !== '*').map((f) => f.split('=') as [string, string]));
    const prefix = [...match.values()].find((v) => v.includes('/'));
    const priority = Number(match.get('priority') ?? (prefix ? prefix.split('/')[1] : 0));
    match.delete('priority');
    const lines = this.#lines.get(table);
    if (lines) lines.push({ match, priority, action });
    else this.#lines.set(table, [{ match, priority, action }]);
  }
}

function fits(pattern: string, value: string, width: number): boolean {
  if (pattern.includes('..') && !pattern.includes('/')) {
    const [low, high] = pattern.split('..').map(Number);
    return low! <= Number(value) && Number(value) <= high!;
  }
  if (!pattern.includes('/')) return pattern === value;
  const [prefix, length] = pattern.split('/');
  return number(prefix!) >> BigInt(width - Number(length)) === number(value) >> BigInt(width - Number(length));
}

function number(address: string): bigint {
  // 0.0.0.0/8 and below are printed as plain numbers.
  return address.includes('.') ? fromBytes(Uint8Array.from(address.split('.'), Number)) : BigInt(address);
}
