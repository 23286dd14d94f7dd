/**
 * Things that select pods, found by the pod: instead of asking each selector, a pod asks for those that want one of its labels, and then asks these
 * whole. A selector that wants no single value (`NotIn`, `Exists`, empty) is asked by every pod of the namespaces that it is about.
 */
import { type LabelSelector, type Labels, selects } from './model.ts';
import type { PodSelection } from './policy-rules.ts';

/** What selectors look at: pods that are alike here are asked once. */
export interface Selectable {
  readonly namespace: string;
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
}

export class SelectorIndex<T> {
  readonly #buckets = new Map<string, Map<T, PodSelection>>();

  add(item: T, selection: PodSelection): void {
    const key = bucketOf(selection);
    const bucket = this.#buckets.get(key);
    if (bucket) bucket.set(item, selection);
    else this.#buckets.set(key, new Map([[item, selection]]));
  }

  delete(item: T, selection: PodSelection): void {
    const key = bucketOf(selection);
    const bucket = this.#buckets.get(key);
    bucket?.delete(item);
    if (bucket?.size === 0) this.#buckets.delete(key);
  }

  /** Items that select these pods. O(labels of the namespace * labels + items that want one of them). */
  matching(pods: Selectable): T[] {
    const result: T[] = [];
    const wheres = [`in ${pods.namespace}`, '', ...Object.entries(pods.namespaceLabels).map(requirementKey)];
    const whats = ['', ...Object.entries(pods.labels).map(requirementKey)];
    for (const where of wheres) {
      for (const what of whats) {
        for (const [item, selection] of this.#buckets.get(`${where}|${what}`) ?? []) {
          if (selectsPods(selection, pods)) result.push(item);
        }
      }
    }
    return result;
  }
}

export function selectsPods({ namespace, namespaceSelector, podSelector }: PodSelection, pods: Selectable): boolean {
  const isThere = namespace === undefined ? selects(namespaceSelector ?? [], pods.namespaceLabels) : namespace === pods.namespace;
  return isThere && selects(podSelector, pods.labels);
}

/** Each selection is in one bucket, and each pod that it selects looks there. */
function bucketOf({ namespace, namespaceSelector, podSelector }: PodSelection): string {
  const where = namespace === undefined ? firstValue(namespaceSelector ?? []) : `in ${namespace}`;
  return `${where}|${firstValue(podSelector)}`;
}

function firstValue(selector: LabelSelector): string {
  const wanted = selector.find(({ operator, values }) => operator === 'In' && values.length === 1);
  return wanted ? requirementKey([wanted.key, wanted.values[0]!]) : '';
}

function requirementKey([key, value]: readonly [string, string]): string {
  return `${key}=${value}`;
}
