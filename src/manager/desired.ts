/**
 * Desired state: the entries that k8s-lb.p4 shall have for a model, in parts. Services (service-stage.ts) and policy (policy.ts) remember the last model and
 * look at differences only; the rest is few and made anew. `desiredState` puts everything together, as a pure function.
 */
import type { Entity, EntityBuilder } from '../p4runtime/index.ts';
import { Neighbours, type Unresolved } from './context.ts';
import { errorSourceEntities } from './icmp-errors.ts';
import { type InstalledIds, nothingInstalled } from './ids.ts';
import { keyOf } from './ledger.ts';
import { answerEntities, sourceEntities, tunnelEntities } from './links.ts';
import type { Model, Neighbour } from './model.ts';
import { PolicyStage } from './policy.ts';
import { familiesOf } from './prefixes.ts';
import { rateLimitEntities } from './rate-limits.ts';
import { routeEntities } from './routes.ts';
import { ServiceStage } from './service-stage.ts';
import { masqueradeEntities, sourceKindEntities } from './sources.ts';

export interface DesiredRoutes {
  readonly entities: readonly Entity[];
  /** Neighbours that some entry needs: those in `unresolved` are why an entry is left out. */
  readonly wanted: readonly Unresolved[];
  readonly unresolved: readonly Unresolved[];
}

export interface Desired extends DesiredRoutes {
  /** Expire-time profiles of session affinity, in milliseconds by profile. */
  readonly expireMs: ReadonlyMap<number, number>;
}

/** Everything. `learned`: what ARP has taught, beside the model's own neighbours. */
export function desiredState(
  model: Model,
  build: EntityBuilder,
  installed: InstalledIds = nothingInstalled,
  learned: readonly Neighbour[] = [],
): Desired {
  const routes = desiredRoutes(model, build, learned);
  const policy = new PolicyStage(build);
  policy.update(model);
  const { parts, expireMs } = new ServiceStage(build, installed).update(model);
  // Ports of services share members.
  const services = new Map(parts.flatMap(([, entities]) => entities.map((entity) => [keyOf(build.names, entity), entity])));
  return { ...routes, entities: [...routes.entities, ...services.values(), ...policy.entities()], expireMs };
}

/** Everything but services and policy: pods, links, routes, and who clients are. No service and no endpoint is looked at. */
export function desiredRoutes(model: Model, build: EntityBuilder, learned: readonly Neighbour[] = []): DesiredRoutes {
  const neighbours = new Neighbours(model, learned);
  const context = { model, build, neighbours };
  const entities = [
    ...tunnelEntities(context),
    ...answerEntities(context),
    ...sourceEntities(context),
    ...rateLimitEntities(context),
    ...familiesOf(build).flatMap((family) => [
      ...sourceKindEntities(context, family),
      ...masqueradeEntities(context, family),
      ...errorSourceEntities(context, family),
    ]),
    ...routeEntities(context),
  ];
  return { entities, wanted: neighbours.wanted, unresolved: neighbours.unresolved };
}
