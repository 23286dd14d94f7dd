/**
 * Desired state: a pure function from the model to the entries that k8s-lb.p4 shall have. One file per stage of the program; this one lists them.
 *
 * The function looks at what is installed for one reason only: to keep the numbers of members and groups where they are.
 */
import type { Entity, EntityBuilder } from '../p4runtime/index.ts';
import { affinityProfiles } from './affinity.ts';
import { Neighbours, type Unresolved } from './context.ts';
import { type InstalledIds, nothingInstalled } from './ids.ts';
import { answerEntities, sourceEntities, tunnelEntities } from './links.ts';
import type { Model, Neighbour } from './model.ts';
import { PolicyStage } from './policy.ts';
import { familiesOf } from './prefixes.ts';
import { rateLimitEntities } from './rate-limits.ts';
import { routeEntities } from './routes.ts';
import { serviceEntities } from './services.ts';
import { masqueradeEntities, serviceAddressEntities, sourceKindEntities, sourceRangeEntities } from './sources.ts';

export interface Desired {
  readonly entities: readonly Entity[];
  /** Neighbours that some entry needs: those in `unresolved` are why an entry is left out. */
  readonly wanted: readonly Unresolved[];
  readonly unresolved: readonly Unresolved[];
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
  const forwarding = desiredForwarding(model, build, installed, learned);
  const policy = new PolicyStage(build);
  policy.update(model);
  return { ...forwarding, entities: [...forwarding.entities, ...policy.entities()] };
}

/** Everything but policy, whose stage (policy.ts) remembers the last model and looks at differences only. */
export function desiredForwarding(
  model: Model,
  build: EntityBuilder,
  installed: InstalledIds = nothingInstalled,
  learned: readonly Neighbour[] = [],
): Desired {
  const neighbours = new Neighbours(model, learned);
  const context = { model, build, installed, neighbours };
  const families = familiesOf(build);
  const entities = [
    ...tunnelEntities(context),
    ...answerEntities(context),
    ...sourceEntities(context),
    ...rateLimitEntities(context),
    ...families.flatMap((family) => [
      ...serviceEntities(context, family),
      ...serviceAddressEntities(context, family),
      ...sourceKindEntities(context, family),
      ...sourceRangeEntities(context, family),
      ...masqueradeEntities(context, family),
    ]),
    ...routeEntities(context),
  ];
  const profiles = affinityProfiles(model, installed);
  // The longest of those that share a profile comes first and counts.
  const expireMs = new Map([...profiles].reverse().map(([seconds, profile]) => [profile, seconds * 1000]));
  return { entities, wanted: neighbours.wanted, unresolved: neighbours.unresolved, expireMs };
}
