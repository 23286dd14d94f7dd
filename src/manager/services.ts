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

export type Scope = 'cluster' | 'local';

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
  const scopes: Scope[] = [];
  for (const frontend of port.frontends) {
    const { inside, outside } = scopesOf(frontend);
    if (!scopes.includes(inside)) scopes.push(inside);
    if (!scopes.includes(outside)) scopes.push(outside);
  }
  const pools: Pool[] = [];
  for (const scope of scopes) {
    const targets = usable(port[scope]);
    if (targets.length === 0) continue;
    const weight = targets.reduce((sum, target) => sum + (target.weight || 1), 0);
    const { maglevSize } = port.service;
    // P4Runtime wants a slot for each unit of weight.
    const slots = maglevSize !== undefined && weight <= maglevSize ? maglevSize : undefined;
    const name = `${port.name} IPv${family} ${scope}${slots === undefined ? '' : ` ${slots} slots`}`;
    pools.push({ name, scope, targets, slots });
  }
  return pools;
}

/** An endpoint with weight 0 gets no new flows, unless all have. */
function usable(targets: readonly Target[]): readonly Target[] {
  if (targets.every(({ weight }) => weight !== 0)) return targets;
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

/** An endpoint of any number of pools. */
export function memberEntity(build: EntityBuilder, family: Family, { address, port }: Target, id: number): Entity {
  const profile = inFamily('endpoints', family);
  return { actionProfileMember: build.member({ profile, id, action: 'to_endpoint', params: { address, port } }) };
}

/** `members`: numbers of the pool's targets, in their order. */
export function groupEntity(
  build: EntityBuilder,
  family: Family,
  { targets, slots }: Pool,
  id: number,
  members: readonly number[],
): Entity {
  const weighted = targets.map(({ weight }, i) => ({ member: members[i]!, weight: weight || 1 }));
  const profile = inFamily('endpoints', family);
  const group = build.group({ profile, id, members: weighted, ...(slots !== undefined && { maxSize: slots }) });
  return { actionProfileGroup: group };
}

export function poolEntity(build: EntityBuilder, family: Family, name: string, id: number): Entity {
  return { tableEntry: build.tableEntry({ table: inFamily('pools', family), match: { pool: id }, group: id, metadata: name }) };
}

/** What frontends of a port say beside their address. */
export interface FrontendNumbers {
  /** Of the pools of each scope; 0: none. */
  readonly pools: Readonly<Record<Scope, number>>;
  readonly hasAny: boolean;
  /** The list of source ranges of load balancer addresses, 0: none; and the expire-time profile of affinity, 0: none. */
  readonly ranges: number;
  readonly affinity: number;
}

/** Entries of `services`, and of `service_addresses` for what is asked of cluster IPs beside their ports. */
export function frontendEntities(
  { model, build }: Pick<Context, 'model' | 'build'>,
  family: Family,
  frontends: readonly Frontend[],
  numbers: FrontendNumbers,
): Entity[] {
  const entities: Entity[] = frontends.map((frontend) => ({
    tableEntry: frontendEntry(model, build, family, frontend, numbers),
  }));
  const table = inFamily('service_addresses', family);
  for (const address of new Set(frontends.filter(({ kind }) => kind === 'cluster').map((frontend) => frontend.address))) {
    // The whole address.
    entities.push({ tableEntry: build.tableEntry({ table, match: { address }, action: 'wrong_port' }) });
  }
  return entities;
}

function frontendEntry(
  model: Model,
  build: EntityBuilder,
  family: Family,
  frontend: Frontend,
  { pools, hasAny, ranges, affinity }: FrontendNumbers,
): TableEntry {
  const { inside, outside } = scopesOf(frontend);
  const seconds = frontend.service.sessionAffinitySeconds;
  return build.tableEntry({
    table: inFamily('services', family),
    match: { address: frontend.address, port: frontend.port, protocol: protocolNumbers[frontend.protocol] },
    action: 'to_pool',
    params: {
      pool: pools[inside],
      outside_pool: pools[outside],
      masquerade: masqueradedSources(model, frontend),
      local: (inside === 'local' || outside === 'local') && hasAny ? 1 : 0,
      ranges: frontend.kind === 'loadBalancer' ? ranges : 0,
      affinity,
    },
    ...(seconds !== undefined && { metadata: `${affinityNote}${seconds}` }),
  });
}
