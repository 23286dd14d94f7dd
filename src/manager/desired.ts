/**
 * Desired state: a pure function from the model to the entries that k8s-lb.p4 shall have. One file per stage of the program; this one lists them.
 *
 * The function looks at what is installed for one reason only: to keep the numbers of members, groups and identities where they are.
 */
import type { Entity, EntityBuilder } from '../p4runtime/index.ts';
import { Neighbours, type Unresolved } from './context.ts';
import { identify, identityEntities } from './identities.ts';
import { type InstalledIds, nothingInstalled } from './ids.ts';
import { arpEntities, sourceEntities, tunnelEntities } from './links.ts';
import type { Model, Neighbour } from './model.ts';
import { policyEntities } from './policy.ts';
import { rateLimitEntities } from './rate-limits.ts';
import { routeEntities } from './routes.ts';
import { serviceEntities } from './services.ts';

export interface Desired {
  readonly entities: readonly Entity[];
  /** Neighbours that some entry needs: those in `unresolved` are why an entry is left out. */
  readonly wanted: readonly Unresolved[];
  readonly unresolved: readonly Unresolved[];
}

/** `learned`: what ARP has taught, beside the model's own neighbours. */
export function desiredState(
  model: Model,
  build: EntityBuilder,
  installed: InstalledIds = nothingInstalled,
  learned: readonly Neighbour[] = [],
): Desired {
  const neighbours = new Neighbours(model, learned);
  const context = { model, build, installed, neighbours };
  const identities = identify(model, installed.identities);
  const entities = [
    ...tunnelEntities(context),
    ...arpEntities(context),
    ...sourceEntities(context),
    ...rateLimitEntities(context),
    ...serviceEntities(context),
    ...identityEntities(context, identities),
    ...policyEntities(context, identities),
    ...routeEntities(context),
  ];
  return { entities, wanted: neighbours.wanted, unresolved: neighbours.unresolved };
}
