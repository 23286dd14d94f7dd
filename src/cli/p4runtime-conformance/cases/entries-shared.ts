/** What several tables of cases about entries build on. */
import type { Entity } from '../../../p4runtime/index.ts';
import { action, bytes, exact, found, raw, ternary } from '../notation.ts';

export const constants = [
  'constant small=1: found(value=11) [const]',
  'constant small=2: found(value=12) [const]',
  'initial small=1: found(value=21)',
];

export const two = (key: number, more: object = {}): Entity =>
  raw('exact_two', {
    match: [exact(1, key), exact(2, 1)],
    action: { action: { actionId: action('counted'), params: [{ paramId: 1, value: bytes(9) }] } },
    ...more,
  });

export const masked = (key: number, priority: number, more: object = {}): Entity =>
  raw('ternary_one', {
    match: [ternary(1, bytes(key), bytes(0xff))],
    priority,
    action: { action: { actionId: action('metered'), params: [{ paramId: 1, value: bytes(9) }] } },
    ...more,
  });

export const setDefault = (name: string, value: number): Entity => raw(name, { isDefaultAction: true, action: found(value) });
