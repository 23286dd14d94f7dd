/** Default entries. */
import { action, bytes, defaultOf, entry, exact, found, insert, lines, modify, one, raw, remove } from '../notation.ts';
import type { Case } from '../tester.ts';
import { setDefault } from './entries-shared.ts';

export const defaultCases: readonly Case[] = [
  { name: 'GetDefault', steps: [{ read: defaultOf('exact_one'), finds: ['exact_one default: NoAction()'] }] },
  {
    name: 'SetDefault',
    steps: [
      { write: modify(setDefault('exact_one', 3)) },
      { read: defaultOf('exact_one'), finds: ['exact_one default: found(value=3)'] },
    ],
  },
  {
    name: 'ResetDefault',
    steps: [
      { write: modify(setDefault('exact_one', 3)) },
      { write: modify(defaultOf('exact_one')) },
      { read: defaultOf('exact_one'), finds: ['exact_one default: NoAction()'] },
    ],
  },
  { name: 'InvalidSetDefault: insert', steps: [{ write: insert(setDefault('exact_one', 3)), says: 'INVALID_ARGUMENT' }] },
  { name: 'default entry: delete', steps: [{ write: remove(setDefault('exact_one', 3)), says: 'INVALID_ARGUMENT' }] },
  {
    name: 'default entry with a match',
    steps: [
      {
        write: modify(raw('exact_one', { isDefaultAction: true, match: [exact(1, 5)], action: found(1) })),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'default entry with a priority',
    steps: [
      {
        write: modify(
          raw('ternary_one', {
            isDefaultAction: true,
            priority: 1,
            action: { action: { actionId: action('NoAction'), params: [] } },
          }),
        ),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'default entry with an idle timeout',
    steps: [
      {
        write: modify(
          raw('idle', {
            isDefaultAction: true,
            idleTimeoutNs: 1_000_000_000n,
            action: { action: { actionId: action('NoAction'), params: [] } },
          }),
        ),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'MatchTableConstDefaultAction.MutateParam',
    steps: [{ write: modify(setDefault('lpm_one', 3)), says: 'PERMISSION_DENIED' }],
  },
  {
    name: 'MatchTableConstDefaultAction.MutateAction',
    steps: [
      {
        write: modify(
          raw('lpm_one', { isDefaultAction: true, action: { action: { actionId: action('NoAction'), params: [] } } }),
        ),
        says: 'PERMISSION_DENIED',
      },
    ],
  },
  {
    name: 'MatchTableConstDefaultAction.GetBeforeSet',
    steps: [{ read: defaultOf('lpm_one'), finds: ['lpm_one default: found(value=0)'] }],
  },
  { name: 'const default action cannot be reset', steps: [{ write: modify(defaultOf('lpm_one')), says: 'PERMISSION_DENIED' }] },
  {
    name: 'default entry of a keyless table',
    steps: [
      { write: modify(setDefault('keyless', 3)) },
      { read: defaultOf('keyless'), finds: ['keyless default: found(value=3)'] },
    ],
  },
  {
    name: 'default action of another table',
    steps: [
      {
        write: modify(raw('exact_one', { isDefaultAction: true, action: { action: { actionId: action('aged'), params: [] } } })),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'default action without its parameter',
    steps: [
      {
        write: modify(raw('exact_one', { isDefaultAction: true, action: { action: { actionId: action('found'), params: [] } } })),
        says: 'INVALID_ARGUMENT',
      },
    ],
  },
  {
    name: 'MatchTableActionAnnotations.TableOnly: not as default',
    steps: [
      {
        write: modify(
          raw('exact_one', {
            isDefaultAction: true,
            action: { action: { actionId: action('only_in_table'), params: [{ paramId: 1, value: bytes(1) }] } },
          }),
        ),
        says: 'PERMISSION_DENIED',
      },
    ],
  },
  {
    name: 'MatchTableActionAnnotations.TableOnly: in an entry',
    steps: [{ write: insert(entry({ table: 'exact_one', match: { key: 1 }, action: 'only_in_table', params: { value: 1 } })) }],
  },
  {
    name: 'MatchTableActionAnnotations.DefaultOnly: not in an entry',
    steps: [
      { write: insert(entry({ table: 'exact_one', match: { key: 1 }, action: 'only_default' })), says: 'PERMISSION_DENIED' },
    ],
  },
  {
    name: 'MatchTableActionAnnotations.DefaultOnly: as default',
    steps: [
      { write: modify(entry({ table: 'exact_one', isDefaultAction: true, action: 'only_default' })) },
      { read: defaultOf('exact_one'), finds: ['exact_one default: only_default()'] },
    ],
  },
  {
    name: 'MatchTableActionAnnotations.TableAndDefault',
    steps: [{ write: [insert(one(1, 1)), modify(setDefault('exact_one', 1))] }],
  },
  {
    name: 'ExactOne.ZeroKeyAndDefaultEntry',
    steps: [
      { write: [insert(one(0, 4)), modify(setDefault('exact_one', 3))] },
      { read: lines('exact_one'), finds: ['exact_one key=0: found(value=4)'] },
      { read: defaultOf('exact_one'), finds: ['exact_one default: found(value=3)'] },
    ],
  },
  {
    name: 'default entries are no entries',
    steps: [{ write: modify(setDefault('exact_one', 3)) }, { read: lines('exact_one'), finds: [] }],
  },
  {
    name: 'the default entry of a table with an action profile',
    steps: [{ read: defaultOf('selected'), finds: ['selected default: NoAction()'] }],
  },
];
