/** What softipu itself lets one say about an object, in annotations `softipu.io/...`. Values of annotations are text; mistakes are told at their place. */
import type { Bandwidth, Rate } from '../manager/index.ts';
import type { Field } from './field.ts';

const prefix = 'softipu.io/';

/** An annotation of an object. */
export function annotation(object: Field, name: string): Field {
  return object.get('metadata').get('annotations').get(`${prefix}${name}`);
}

/** A whole number in text; undefined if it is absent or reported. */
export function wholeNumber(field: Field, low: number, high: number): number | undefined {
  const text = field.string();
  if (text === undefined) return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (value >= low && value <= high) return value;
  field.fail(`expected a whole number from ${low} to ${high}, found '${text}'`);
  return undefined;
}

/** Share of new flows: of a pod, or of every endpoint of a slice. */
export function readWeight(object: Field): number | undefined {
  return wholeNumber(annotation(object, 'weight'), 0, maxWeight);
}

const maxWeight = 1000;

/**
 * What a pod may receive and send, by the annotations `kubernetes.io/ingress-bandwidth` and `kubernetes.io/egress-bandwidth` that container runtimes read too:
 * a quantity of bits per second. The burst is a second's worth, and at least a frame of 64 KiB.
 */
export function readBandwidth(object: Field): Omit<Bandwidth, 'number'> {
  const annotations = object.get('metadata').get('annotations');
  const rate = (direction: 'ingress' | 'egress'): Rate | undefined => {
    const bitsPerSecond = quantity(annotations.get(`kubernetes.io/${direction}-bandwidth`));
    if (bitsPerSecond === undefined) return undefined;
    return { bitsPerSecond, burstBits: Math.max(bitsPerSecond, leastBurstBits) };
  };
  const [ingress, egress] = [rate('ingress'), rate('egress')];
  return { ...(ingress && { ingress }), ...(egress && { egress }) };
}

const leastBurstBits = 8 * 65_536;
const units: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };

/** A quantity as kubelet takes it for bandwidth: 1k to 1P. */
function quantity(field: Field): number | undefined {
  const text = field.string();
  if (text === undefined) return undefined;
  const [, digits, unit] = /^(\d{1,12}(?:\.\d{1,6})?)([kMG]?|[KMG]i)$/.exec(text) ?? [];
  const value = digits === undefined ? Number.NaN : Math.round(Number(digits) * units[unit!]!);
  if (value >= 1000 && value <= 1e15) return value;
  field.fail(`expected bits per second from 1k to 1P, such as 10M, found '${text}'`);
  return undefined;
}
