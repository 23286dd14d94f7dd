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
import { type ActionProfileGroup, type ActionProfileMember, type Entity, printAction } from '../p4runtime/index.ts';
import { affinityProfiles } from './affinity.ts';
import type { Context } from './context.ts';
import type { Target } from './endpoints.ts';
import { type BalancedPort, balancedPorts, type Frontend } from './frontends.ts';
import { affinityNote, allocateIds } from './ids.ts';
import { protocolNumbers } from './model.ts';
import { addressNumber, type Family, inFamily } from './prefixes.ts';
import { rangeListOf, rangeLists } from './sources.ts';

/** Kinds of sources, SOURCE_* of k8s-lb.p4. */
const outside = 1;
const cluster = 2;
const node = 4;

type Scope = 'cluster' | 'local';

/** Pool that has no endpoints. */
const noPool = 0;

/** Members, groups, pools and frontends of all services in one family. */
export function serviceEntities(context: Context, family: Family): Entity[] {
  const ports = balancedPorts(context.model, family);
  const pools = poolsOf(ports, family);
  const poolIds = allocateIds(pools.keys(), context.installed.pools);
  return [...poolEntities(context, family, pools, poolIds), ...frontendEntities(context, family, ports, poolIds)];
}

/** The pools that frontends use, by name; none without endpoints. */
function poolsOf(ports: readonly BalancedPort[], family: Family): Map<string, readonly Target[]> {
  const pools = new Map<string, readonly Target[]>();
  for (const port of ports) {
    for (const frontend of port.frontends) {
      const { inside, outside } = scopesOf(frontend);
      for (const scope of [inside, outside]) {
        if (usable(port[scope]).length > 0) pools.set(poolName(port, scope, family), usable(port[scope]));
      }
    }
  }
  return pools;
}

function poolName(port: BalancedPort, scope: Scope, family: Family): string {
  return `${port.name} IPv${family} ${scope}`;
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

function masqueradedSources({ model }: Context, { kind, service }: Frontend): number {
  if (model.node.masqueradeAll) return outside | cluster | node;
  if (kind === 'cluster') return model.node.clusterCIDRs ? outside | node : 0;
  return service.externalTrafficPolicy === 'Local' ? node : outside | cluster | node;
}

function poolEntities(
  { build, installed }: Context,
  family: Family,
  pools: ReadonlyMap<string, readonly Target[]>,
  poolIds: ReadonlyMap<string, number>,
): Entity[] {
  const profile = inFamily('endpoints', family);
  const member = ({ address, port }: Target, id = 0): ActionProfileMember =>
    build.member({ profile, id, action: 'to_endpoint', params: { address, port } });
  const text = (target: Target): string => printAction(build.names, member(target).action!);
  const targets = new Map([...pools.values()].flat().map((target) => [text(target), target]));
  const memberIds = allocateIds(targets.keys(), installed.members);
  const groups = [...pools].map(
    ([name, list]): ActionProfileGroup =>
      build.group({
        profile,
        id: poolIds.get(name)!,
        members: list.map((target) => ({ member: memberIds.get(text(target))!, weight: target.weight || 1 })),
      }),
  );
  const entries = [...pools.keys()].map((name) =>
    build.tableEntry({
      table: inFamily('pools', family),
      match: { pool: poolIds.get(name)! },
      group: poolIds.get(name)!,
      metadata: name,
    }),
  );
  return [
    ...[...targets].map(([name, target]) => ({ actionProfileMember: member(target, memberIds.get(name)!) })),
    ...groups.map((actionProfileGroup) => ({ actionProfileGroup })),
    ...entries.map((tableEntry) => ({ tableEntry })),
  ];
}

function frontendEntities(
  context: Context,
  family: Family,
  ports: readonly BalancedPort[],
  poolIds: ReadonlyMap<string, number>,
): Entity[] {
  const { build, model, installed } = context;
  const profiles = affinityProfiles(model, installed);
  const ranges = allocateIds(rangeLists(model, family).keys(), installed.ranges);
  return ports.flatMap((port) =>
    port.frontends.map((frontend) => {
      const scopes = scopesOf(frontend);
      const pool = (scope: Scope): number => poolIds.get(poolName(port, scope, family)) ?? noPool;
      const rangeList = rangeListOf(model, frontend, family);
      const seconds = frontend.service.sessionAffinitySeconds;
      const tableEntry = build.tableEntry({
        table: inFamily('services', family),
        match: { address: frontend.address, port: frontend.port, protocol: protocolNumbers[frontend.protocol] },
        action: 'to_pool',
        params: {
          pool: pool(scopes.inside),
          outside_pool: pool(scopes.outside),
          masquerade: masqueradedSources(context, frontend),
          local: [scopes.inside, scopes.outside].includes('local') && port.hasAny ? 1 : 0,
          ranges: rangeList === undefined ? 0 : ranges.get(rangeList)!,
          affinity: seconds === undefined ? 0 : profiles.get(seconds)!,
        },
        ...(seconds !== undefined && { metadata: `${affinityNote}${seconds}` }),
      });
      return { tableEntry };
    }),
  );
}

/** Endpoints of the pools, `address port` as numbers, by the pool's number: for who looks at entries that name them. */
export function poolMembers(context: Pick<Context, 'model' | 'installed'>, family: Family): Map<number, Set<string>> {
  const pools = poolsOf(balancedPorts(context.model, family), family);
  const ids = allocateIds(pools.keys(), context.installed.pools);
  return new Map(
    [...pools].map(([name, list]) => [
      ids.get(name)!,
      new Set(list.map(({ address, port }) => `${addressNumber(address)} ${port}`)),
    ]),
  );
}
