/** What a trace tells about a packet, in the order in which it happens. Values are plain; whoever prints knows the columns. */

import type { MissReason, TableEntry } from '../arena/index.ts';
import type { ApplyStmt } from '../p4/ir/ir.ts';

/** Place in the P4 source, as the IR has it. */
export type Span = ApplyStmt['span'];

/** A named bit string. */
export interface Named {
  readonly name: string;
  readonly width: number;
  readonly value: bigint;
}

export type TraceEvent =
  | { readonly kind: 'pass'; readonly pipeline: string; readonly pass: number; readonly length: number }
  | { readonly kind: 'state'; readonly parser: string; readonly state: string; readonly span: Span }
  | { readonly kind: 'extract'; readonly header: string; readonly fields: readonly Named[]; readonly span: Span }
  | { readonly kind: 'parserEnd'; readonly parser: string; readonly result: 'accept' | 'reject'; readonly error: string }
  | { readonly kind: 'assign'; readonly target: Named; readonly span: Span }
  | { readonly kind: 'setValid'; readonly header: string; readonly valid: boolean; readonly span: Span }
  | {
      readonly kind: 'apply';
      readonly table: string;
      readonly keys: readonly Named[];
      /** The entry that matched; why none did otherwise. */
      readonly entry?: TableEntry;
      readonly miss?: MissReason;
      readonly action: string;
      readonly params: readonly Named[];
      readonly span: Span;
    }
  /** A call of an extern or a change of an entry: what, of which object, with which arguments and results. */
  | {
      readonly kind: 'extern';
      readonly call: string;
      readonly object: string;
      readonly values: readonly Named[];
      readonly span: Span;
    }
  | { readonly kind: 'emit'; readonly header: string; readonly bytes: number; readonly span: Span }
  | { readonly kind: 'output'; readonly port: number }
  | { readonly kind: 'drop'; readonly reason: string };

export type Trace = (event: TraceEvent) => void;
