/**
 * Services: an entry of `services` per frontend, which names pools of endpoints; an entry of `pools` per pool, which points to a group of the selector
 * `endpoints`, whose members are the endpoints. Services with the same endpoint share its member. A pool without endpoints is pool 0.
 *
 * What a frontend does is table 1.2 of kube-proxy's behaviours (pkg/proxy/nftables/proxier.go):
 *
 *   frontend                 clients of the cluster     the node itself          clients outside
 *   cluster IP, Cluster      all endpoints              all                      all, masqueraded if clusterCIDRs are known
 *   cluster IP, Local        this node's                this node's              this node's, likewise
 *   others, Cluster          all, masqueraded           all, masqueraded         all, masqueraded
 *   others, Local            all                        all, masqueraded         this node's
 */
import type { Entity, EntityBuilder, TableEntry } from '../p4runtime/index.ts';
import type { Context } from './context.ts';
import type { Target } from './endpoints.ts';
import type { BalancedPort, Frontend } from './frontends.ts';
import { affinityNote } from './ids.ts';
import { type Model, protocolNumbers } from './model.ts';
import { type Family, inFamily } from './prefixes.ts';

/** Kinds of sources, SOURCE_* of k8s-lb.p4. */
const outside = 1;
const cluster = 2;
const node = 4;

type Scope = 'cluster' | 'local';

/** Pool that has no endpoints. */
const noPool = 0;

/** What a port of a service has a number for. */
export interface PortNumbers {
  /** Of a pool by its name, and of a member by its name. */
  readonly pool: (name: string) => number;
  readonly member: (name: string) => number;
  /** The list of source ranges of load balancer addresses, 0: none; and the expire-time profile of affinity, 0: none. */
  readonly ranges: number;
  readonly affinity: number;
}

/** Endpoints that a port's clients are spread over. */
export interface Pool {
  /** `default/web:http/TCP IPv4 cluster`, with the slots that it shall have at least: a group's size never changes. */
  readonly name: string;
  readonly scope: Scope;
  readonly targets: readonly Target[];
  readonly slots: number | undefined;
}

/** The pools that a port's frontends use; none without endpoints. */
export function poolsOf(port: BalancedPort, family: Family): Pool[] {
  const scopes = new Set(port.frontends.flatMap((frontend) => Object.values(scopesOf(frontend))));
  return [...scopes].flatMap((scope) => {
    const targets = usable(port[scope]);
    if (targets.length === 0) return [];
    const weight = targets.reduce((sum, target) => sum + (target.weight || 1), 0);
    const { maglevSize } = port.service;
    // P4Runtime wants a slot for each unit of weight.
    const slots = maglevSize !== undefined && weight <= maglevSize ? maglevSize : undefined;
    const name = `${port.name} IPv${family} ${scope}${slots === undefined ? '' : ` ${slots} slots`}`;
    return [{ name, scope, targets, slots }];
  });
}

/** Members, groups, pools and frontends of one port of a service in one family. */
export function portEntities(
  { model, build }: Pick<Context, 'model' | 'build'>,
  family: Family,
  port: BalancedPort,
  pools: readonly Pool[],
  numbers: PortNumbers,
): Entity[] {
  return [
    ...pools.flatMap((pool) => poolEntities(build, family, pool, numbers)),
    ...port.frontends.map((frontend) => ({ tableEntry: frontendEntry(model, build, family, port, pools, frontend, numbers) })),
  ];
}

/** What identifies a member. */
export function memberName({ address, port }: Pick<Target, 'address' | 'port'>): string {
  return `${address} ${port}`;
}

/** An endpoint with weight 0 gets no new flows, unless all have. */
function usable(targets: readonly Target[]): readonly Target[] {
  const weighty = targets.filter(({ weight }) => weight !== 0);
  return weighty.length > 0 ? weighty : targets;
}

/** Which endpoints a frontend's clients get: those of the cluster and the node itself, and the rest. */
function scopesOf({ kind, service }: Frontend): { readonly inside: Scope; readonly outside: Scope } {
  if (kind === 'cluster') {
    const scope = service.internalTrafficPolicy === 'Local' ? 'local' : 'cluster';
    return { inside: scope, outside: scope };
  }
  return { inside: 'cluster', outside: service.externalTrafficPolicy === 'Local' ? 'local' : 'cluster' };
}

/** Where the clients of a frontend are sent: those of the cluster to a cluster IP, those from outside to others. */
export function endpointsOf(port: BalancedPort, frontend: Frontend): readonly Target[] {
  const { inside, outside } = scopesOf(frontend);
  return usable(port[frontend.kind === 'cluster' ? inside : outside]);
}

function masqueradedSources(model: Model, { kind, service }: Frontend): number {
  if (model.node.masqueradeAll) return outside | cluster | node;
  if (kind === 'cluster') return model.node.clusterCIDRs ? outside | node : 0;
  return service.externalTrafficPolicy === 'Local' ? node : outside | cluster | node;
}

function poolEntities(build: EntityBuilder, family: Family, { name, targets, slots }: Pool, numbers: PortNumbers): Entity[] {
  const profile = inFamily('endpoints', family);
  const id = numbers.pool(name);
  const members = targets.map((target) => ({ target, member: numbers.member(memberName(target)), weight: target.weight || 1 }));
  const group = build.group({ profile, id, members, ...(slots !== undefined && { maxSize: slots }) });
  const pool = build.tableEntry({ table: inFamily('pools', family), match: { pool: id }, group: id, metadata: name });
  return [
    ...members.map(({ target: { address, port }, member }) => ({
      actionProfileMember: build.member({ profile, id: member, action: 'to_endpoint', params: { address, port } }),
    })),
    { actionProfileGroup: group },
    { tableEntry: pool },
  ];
}

function frontendEntry(
  model: Model,
  build: EntityBuilder,
  family: Family,
  port: BalancedPort,
  pools: readonly Pool[],
  frontend: Frontend,
  numbers: PortNumbers,
): TableEntry {
  const scopes = scopesOf(frontend);
  const pool = (scope: Scope): number => {
    const known = pools.find((each) => each.scope === scope);
    return known ? numbers.pool(known.name) : noPool;
  };
  const seconds = frontend.service.sessionAffinitySeconds;
  return build.tableEntry({
    table: inFamily('services', family),
    match: { address: frontend.address, port: frontend.port, protocol: protocolNumbers[frontend.protocol] },
    action: 'to_pool',
    params: {
      pool: pool(scopes.inside),
      outside_pool: pool(scopes.outside),
      masquerade: masqueradedSources(model, frontend),
      local: [scopes.inside, scopes.outside].includes('local') && port.hasAny ? 1 : 0,
      ranges: frontend.kind === 'loadBalancer' ? numbers.ranges : 0,
      affinity: numbers.affinity,
    },
    ...(seconds !== undefined && { metadata: `${affinityNote}${seconds}` }),
  });
}
