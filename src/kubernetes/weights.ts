/**
 * Weights of endpoints that their pods ask for (annotation softipu.io/weight), over time; they count more than what slices say. A slice is made anew if it
 * or the weight of one of its pods changed, and no other.
 */
import { DerivedList, difference, type EndpointSlice } from '../manager/index.ts';
import type { PodObject } from './objects.ts';

type Weights = ReadonlyMap<string, number>;

export class WeightedSlices {
  readonly #derived = new DerivedList<EndpointSlice>();
  #pods: readonly PodObject[] = [];
  #weights: Weights = new Map();
  #slices: readonly EndpointSlice[] = [];
  /** By pod, once a pod has a weight. */
  readonly #slicesOf = new Map<string, Set<EndpointSlice>>();

  /** The slices with the weights of these pods. O(what changed), of pods O(pods). */
  update(slices: readonly EndpointSlice[], pods: readonly PodObject[]): readonly EndpointSlice[] {
    const before = this.#weights;
    if (pods !== this.#pods) this.#weights = weightsOf(pods);
    this.#pods = pods;
    const weights = this.#weights;
    if (before.size === 0 && weights.size === 0) return slices;
    const { gone, come } = difference(this.#slices, slices);
    this.#slices = slices;
    for (const slice of gone) for (const pod of podsOf(slice)) this.#drop(pod, slice);
    for (const slice of come) for (const pod of podsOf(slice)) this.#add(pod, slice);
    const again = new Set<EndpointSlice>();
    if (weights !== before) {
      for (const pod of changedPods(before, weights)) for (const slice of this.#slicesOf.get(pod) ?? []) again.add(slice);
    }
    return this.#derived.update(slices, (slice) => withWeights(slice, weights), again);
  }

  #add(pod: string, slice: EndpointSlice): void {
    const slices = this.#slicesOf.get(pod);
    if (slices) slices.add(slice);
    else this.#slicesOf.set(pod, new Set([slice]));
  }

  #drop(pod: string, slice: EndpointSlice): void {
    const slices = this.#slicesOf.get(pod);
    slices?.delete(slice);
    if (slices?.size === 0) this.#slicesOf.delete(pod);
  }
}

/** By `namespace/name`. */
function weightsOf(pods: readonly PodObject[]): Weights {
  const weights = new Map<string, number>();
  for (const { namespace, name, weight } of pods) if (weight !== undefined) weights.set(`${namespace}/${name}`, weight);
  return weights;
}

/** Pods whose weight is another one, or that have one only before or after. */
function changedPods(before: Weights, after: Weights): string[] {
  const changed = [...after].filter(([pod, weight]) => before.get(pod) !== weight).map(([pod]) => pod);
  for (const pod of before.keys()) if (!after.has(pod)) changed.push(pod);
  return changed;
}

function podsOf({ endpoints }: EndpointSlice): string[] {
  return endpoints.flatMap(({ pod }) => pod ?? []);
}

function withWeights(slice: EndpointSlice, weights: Weights): EndpointSlice {
  if (!slice.endpoints.some(({ pod }) => pod !== undefined && weights.has(pod))) return slice;
  const endpoints = slice.endpoints.map((endpoint) => {
    const weight = endpoint.pod === undefined ? undefined : weights.get(endpoint.pod);
    return weight === undefined ? endpoint : { ...endpoint, weight };
  });
  return { ...slice, endpoints };
}
