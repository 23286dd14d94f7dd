/** `metadata` and selectors, which all kinds have alike (k8s.io/apimachinery: ObjectMeta, LabelSelector). */
import type { LabelRequirement, LabelSelector, Labels, Protocol } from '../manager/index.ts';
import type { Field } from './field.ts';

export interface Metadata {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly annotations: Readonly<Record<string, string>>;
}

export const protocols = ['TCP', 'UDP', 'SCTP'] as const;

/** Reads `metadata`; undefined if it has no name, which is reported. `isNamespaced`: the namespace is 'default' unless something else is said. */
export function readMetadata(object: Field, isNamespaced: boolean): Metadata | undefined {
  const metadata = object.get('metadata');
  const name = metadata.get('name');
  if (!metadata.required() || !name.required()) return undefined;
  const text = name.string();
  if (text === undefined) return undefined;
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(text)) {
    name.fail(`expected lower case letters, digits, '-' and '.', found '${text}'`);
  }
  return {
    namespace: isNamespaced ? (metadata.get('namespace').string() ?? 'default') : '',
    name: text,
    labels: metadata.get('labels').strings(),
    annotations: metadata.get('annotations').strings(),
  };
}

export function readProtocol(field: Field): Protocol {
  return field.oneOf(protocols) ?? 'TCP';
}

/** A LabelSelector; one without requirements selects everything. */
export function readSelector(selector: Field): LabelSelector {
  selector.only(['matchLabels', 'matchExpressions']);
  const labels = Object.entries(selector.get('matchLabels').strings()).map(
    ([key, value]): LabelRequirement => ({ key, operator: 'In', values: [value] }),
  );
  const expressions = selector
    .get('matchExpressions')
    .items()
    .map((expression): LabelRequirement => {
      expression.only(['key', 'operator', 'values']);
      const operator = expression.get('operator');
      const list = expression.get('values');
      const values = list.items().flatMap((value) => value.string() ?? []);
      expression.get('key').required();
      operator.required();
      const result = {
        key: expression.get('key').string() ?? '',
        operator: operator.oneOf(['In', 'NotIn', 'Exists', 'DoesNotExist'] as const) ?? ('In' as const),
        values,
      };
      const needsValues = result.operator === 'In' || result.operator === 'NotIn';
      if (needsValues && operator.exists && values.length === 0) list.fail(`'${result.operator}' needs at least one value`);
      if (!needsValues && values.length > 0) list.fail(`'${result.operator}' takes no values`);
      return result;
    });
  return [...labels, ...expressions];
}
