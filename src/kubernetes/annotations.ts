/** What softipu itself lets one say about an object, in annotations `softipu.io/...`. Values of annotations are text; mistakes are told at their place. */
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
