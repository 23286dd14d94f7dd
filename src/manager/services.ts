/**
 * Services: an entry per (cluster IP, port, protocol) that points to a group of the selector `endpoints`, whose members are the endpoints. Services
 * with the same endpoint share its member. A service without endpoints points to the member that refuses.
 *
 * Which endpoints count is kube-proxy's rule (pkg/proxy/topology.go): those that are ready; if there are none, those that terminate and still
 * serve. internalTrafficPolicy Local looks at this node's endpoints only.
 */
import {
  type ActionProfileGroup,
  type ActionProfileMember,
  type Entity,
  printAction,
  printKey,
  type TableEntry,
} from '../p4runtime/index.ts';
import type { Context } from './context.ts';
import { allocateIds } from './ids.ts';
import { type Endpoint, type EndpointSlice, type Model, protocolNumbers, type Service, type ServicePort } from './model.ts';

const profile = 'endpoints';

/** An endpoint as one service port sees it. */
interface Target {
  readonly address: string;
  readonly port: number;
}

interface Frontend {
  readonly address: string;
  readonly port: ServicePort;
  readonly targets: readonly Target[];
}

/** Members, groups and entries of all services. */
export function serviceEntities(context: Context): Entity[] {
  const { build, installed, model } = context;
  const { names } = build;
  const frontends = toFrontends(model);

  const endpointMember = ({ address, port }: Target, id = 0): ActionProfileMember =>
    build.member({ profile, id, action: 'to_endpoint', params: { address, port } });
  const refusingMember = (id = 0): ActionProfileMember => build.member({ profile, id, action: 'no_endpoint' });
  const text = (member: ActionProfileMember): string => printAction(names, member.action!);
  const members = new Map<string, (id: number) => ActionProfileMember>();
  for (const { targets } of frontends) {
    for (const target of targets) members.set(text(endpointMember(target)), (id) => endpointMember(target, id));
    if (targets.length === 0) members.set(text(refusingMember()), refusingMember);
  }
  const memberIds = allocateIds(members.keys(), installed.members);

  const entry = ({ address, port }: Frontend, to: { readonly member?: number; readonly group?: number }): TableEntry =>
    build.tableEntry({
      table: 'services',
      match: { address, port: port.port, protocol: protocolNumbers[port.protocol] },
      ...to,
    });
  const key = (frontend: Frontend): string => printKey(names, { tableEntry: entry(frontend, {}) });
  const groupIds = allocateIds(frontends.filter((f) => f.targets.length > 0).map(key), installed.groups);

  const groups: ActionProfileGroup[] = [];
  const entries: TableEntry[] = [];
  for (const frontend of frontends) {
    const { targets } = frontend;
    if (targets.length === 0) {
      entries.push(entry(frontend, { member: memberIds.get(text(refusingMember()))! }));
      continue;
    }
    const id = groupIds.get(key(frontend))!;
    groups.push(build.group({ profile, id, members: targets.map((t) => memberIds.get(text(endpointMember(t)))!) }));
    entries.push(entry(frontend, { group: id }));
  }
  return [
    ...[...members].map(([name, make]) => ({ actionProfileMember: make(memberIds.get(name)!) })),
    ...groups.map((actionProfileGroup) => ({ actionProfileGroup })),
    ...entries.map((tableEntry) => ({ tableEntry })),
  ];
}

/** Endpoints that a port of a service sends to, each once, in the order of address and port. O(slices of the service). */
export function endpointsOf(model: Model, service: Service, port: ServicePort): readonly Target[] {
  return targetsOf(model.node.name, service, port, slicesByService(model).get(`${service.namespace}/${service.name}`) ?? []);
}

function toFrontends(model: Model): Frontend[] {
  const slices = slicesByService(model);
  const frontends = new Map<string, Frontend>();
  for (const service of model.services) {
    for (const port of service.ports) {
      // The program has no SCTP: the packets of such a service find no route.
      if (port.protocol === 'SCTP') continue;
      const targets = targetsOf(model.node.name, service, port, slices.get(`${service.namespace}/${service.name}`) ?? []);
      for (const address of service.clusterIPs.filter(isIpv4)) {
        const key = `${address} ${port.port} ${port.protocol}`;
        if (!frontends.has(key)) frontends.set(key, { address, port, targets });
      }
    }
  }
  return [...frontends.values()];
}

/** Slices by `namespace/service`. */
export function slicesByService(model: Model): Map<string, EndpointSlice[]> {
  const result = new Map<string, EndpointSlice[]>();
  for (const slice of model.endpointSlices) {
    if (slice.addressType === 'IPv6') continue;
    const key = `${slice.namespace}/${slice.service}`;
    const slices = result.get(key);
    if (slices) slices.push(slice);
    else result.set(key, [slice]);
  }
  return result;
}

function targetsOf(nodeName: string, service: Service, port: ServicePort, slices: readonly EndpointSlice[]): Target[] {
  const candidates = slices.flatMap((slice) =>
    slice.ports
      .filter((p) => p.name === port.name && p.protocol === port.protocol)
      .flatMap((p) => slice.endpoints.map((endpoint) => ({ endpoint, port: p.port }))),
  );
  const isHere = (e: Endpoint): boolean => service.internalTrafficPolicy === 'Cluster' || e.nodeName === nodeName;
  const local = candidates.filter(({ endpoint }) => isHere(endpoint));
  const ready = local.filter(({ endpoint }) => endpoint.ready);
  const chosen = ready.length > 0 ? ready : local.filter(({ endpoint: e }) => e.serving && e.terminating);
  // The addresses of one endpoint are interchangeable: consumers take the first.
  const targets = chosen.flatMap(({ endpoint, port: number }) =>
    endpoint.addresses.slice(0, 1).map((address) => ({ address, port: number })),
  );
  const unique = new Map(targets.map((target) => [`${target.address} ${target.port}`, target]));
  return [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, target]) => target);
}

/** What the tables of the program take. */
function isIpv4(address: string): boolean {
  return !address.includes(':');
}
