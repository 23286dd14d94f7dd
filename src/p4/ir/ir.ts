/**
 * The intermediate representation: what lowering produces and every back end (interpreter, WebAssembly) takes, and nothing else.
 *
 * Everything that P4 resolves at compile time is gone: generics, structs, tuples, enums, sub-parsers, sub-controls, functions, run-time
 * stack indexes (expanded into comparisons), directions of parameters (copy-in, copy-out made explicit). What is left works on
 *  - scalar variables (`Var`), each a bit string of known width; `bool` has width 1; `error` and enums have their encoding's width;
 *  - header instances (`HeaderInstance`): validity plus fields; elements of stacks and members of unions are header instances too;
 *  - tables, and extern instances with state.
 * Values are bit strings: a signed operation says so in the node (`signed`). All variables are zero and all headers invalid when a packet
 * enters a pipeline. Fields of an invalid header read as 0 and ignore writes; setValid on an invalid header makes its fields 0 (P4-16 leaves
 * both open; back ends must agree). Recirculation keeps variables (PNA: metadata survives) unless the pipeline assigns them.
 * Control flow is structured: `block`/`loop` with labels, `break`/`continue` to an enclosing label; `goto` only between the states of one `parser`.
 */
import type { Span } from '../../diag/index.ts';

export type VarId = number;
export type HeaderId = number;
export type TableId = number;
export type ActionId = number;
export type ExternId = number;

export interface Program {
  /** Architecture that the package `main` belongs to. */
  readonly architecture: 'pna' | 'psa' | 'v1model' | 'ebpf' | 'ubpf';
  readonly vars: readonly Var[];
  readonly headerTypes: readonly HeaderType[];
  readonly headers: readonly HeaderInstance[];
  readonly actions: readonly Action[];
  readonly tables: readonly Table[];
  readonly externs: readonly Extern[];
  /** Members of `error`, index = encoding (index 0 is NoError). */
  readonly errors: readonly string[];
  /** What a packet runs through, one after the other; and what copies of it do, where the architecture has a traffic manager (`forCopies`). */
  readonly pipelines: readonly Pipeline[];
}

export interface Pipeline {
  readonly name: string;
  readonly body: readonly Stmt[];
  /**
   * Only copies run it (`copy`), packets that come in do not. `packet`: a copy starts with its bytes and no headers; `headers`: with the headers
   * and the parser's position that the packet had when the copy was made.
   */
  readonly forCopies?: 'packet' | 'headers';
}

export interface Var {
  readonly id: VarId;
  /** Dotted source name for traces, e.g. `meta.flow.srcPort`; temporaries start with `$`. */
  readonly name: string;
  readonly width: number;
}

export interface HeaderType {
  readonly name: string;
  readonly fields: readonly HeaderField[];
  /** Total of the fixed-width fields; always a multiple of 8 (others are refused). */
  readonly fixedBits: number;
  /** Index of the one varbit field, if any. */
  readonly varbitField?: number;
}

export interface HeaderField {
  readonly name: string;
  /** Bits; for the varbit field its maximum. */
  readonly width: number;
  /** From the header's first bit, counting the varbit field as empty. Fields behind it move by its current length. */
  readonly offsetBits: number;
}

export interface HeaderInstance {
  readonly id: HeaderId;
  /** e.g. `hdr.ipv4`, `hdr.vlan[1]`, `hdr.u.tcp`. */
  readonly name: string;
  /** Index into `headerTypes`. */
  readonly type: number;
}

// ---------------------------------------------------------------- expressions

export type Expr =
  | { readonly kind: 'const'; readonly width: number; readonly value: bigint }
  | { readonly kind: 'var'; readonly width: number; readonly id: VarId }
  /** Field of a header (never the varbit field). An invalid header's fields read as 0. */
  | { readonly kind: 'field'; readonly width: number; readonly header: HeaderId; readonly field: number }
  | { readonly kind: 'valid'; readonly width: 1; readonly header: HeaderId }
  /** `not` is bitwise; on width 1 it is also `!`. */
  | { readonly kind: 'unary'; readonly width: number; readonly op: 'neg' | 'not'; readonly operand: Expr }
  | BinaryExpr
  | { readonly kind: 'concat'; readonly width: number; readonly left: Expr; readonly right: Expr }
  /** Bits high..low of the operand, width high - low + 1. */
  | { readonly kind: 'slice'; readonly width: number; readonly operand: Expr; readonly high: number; readonly low: number }
  /** Widens (zero- or, if `signed`, sign-extending) or truncates to `width`. */
  | { readonly kind: 'resize'; readonly width: number; readonly signed: boolean; readonly operand: Expr }
  /** Only the chosen side is evaluated. */
  | { readonly kind: 'mux'; readonly width: number; readonly condition: Expr; readonly then: Expr; readonly else: Expr }
  /** Short-circuit. */
  | { readonly kind: 'logical'; readonly width: 1; readonly op: 'and' | 'or'; readonly left: Expr; readonly right: Expr }
  /**
   * Ones-complement sum of 16-bit words, folded, not complemented (RFC 1071). Each part's width is a multiple of 16; a negated part is
   * subtracted word by word (RFC 1624). Used for InternetChecksum and csum16.
   */
  | {
      readonly kind: 'onesSum';
      readonly width: 16;
      readonly parts: readonly { readonly value: Expr; readonly negate: boolean }[];
    }
  | { readonly kind: 'hash'; readonly width: number; readonly algorithm: HashAlgorithm; readonly data: readonly Expr[] }
  | { readonly kind: 'intrinsic'; readonly width: number; readonly name: Intrinsic }
  /** Ones-complement sum of a varbit field as 16-bit words, the last one padded with zeros; 0 if the header is invalid. */
  | { readonly kind: 'varbitSum'; readonly width: 16; readonly header: HeaderId }
  /** Whether the varbit fields of two headers have the same length and bits; an invalid header's is empty. */
  | { readonly kind: 'varbitEqual'; readonly width: 1; readonly left: HeaderId; readonly right: HeaderId }
  /** Whether a port belongs to the network (PNA is_net_port); everything else is a host port. */
  | { readonly kind: 'isNetPort'; readonly width: 1; readonly port: Expr }
  /** Whether the keys are in a parser value set. */
  | { readonly kind: 'inValueSet'; readonly width: 1; readonly set: ExternId; readonly keys: readonly Expr[] };

export interface BinaryExpr {
  readonly kind: 'binary';
  readonly width: number;
  readonly op: BinaryOp;
  /** Signedness of the operands: matters for satAdd, satSub, shr, div, mod, lt, le, gt, ge. */
  readonly signed: boolean;
  /** Same width as `right`, except for shl and shr, whose right side is an unsigned amount of any width (amounts >= width shift everything out). */
  readonly left: Expr;
  readonly right: Expr;
}

/** Comparisons have width 1. Division by zero gives 0 (a packet raises no exception). */
export type BinaryOp =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'mod'
  | 'satAdd'
  | 'satSub'
  | 'shl'
  | 'shr'
  | 'and'
  | 'or'
  | 'xor'
  | 'eq'
  | 'ne'
  | 'lt'
  | 'le'
  | 'gt'
  | 'ge';

/**
 * `data` of a hash is the concatenation of its expressions, most significant first, zero-padded on the right to whole bytes.
 * `targetDefault` is our own seeded 32-bit mixer (see arena/hash.ts). Results are truncated or zero-extended to the expression's width.
 */
export type HashAlgorithm = 'identity' | 'crc32' | 'crc16' | 'onesComplement16' | 'xor16' | 'targetDefault' | 'toeplitz';

export type Intrinsic =
  /** 32: number of the port the packet came from. */
  | 'inputPort'
  /** 64: ns, given with the batch; the same for all packets of a batch. */
  | 'timestampNs'
  /** 32: the packet's bytes now (at the pipeline's start, or after the last deparse). */
  | 'packetLength'
  /** 32: encoding of the parser error of the last parse. */
  | 'parserError'
  /** 32: number of finished passes, 0 first. */
  | 'pass'
  /** 1: the packet was put back in by a mirror or loopback. */
  | 'loopedBack'
  /** 32, only in pipelines for copies: port and instance of the replica. */
  | 'copyPort'
  | 'copyInstance'
  /** 16: ones-complement sum of what the parser has not extracted, as 16-bit words, the last one padded with zeros. */
  | 'payloadSum'
  /** 32: bytes of what the parser has not extracted. */
  | 'payloadLength'
  /** 32: bytes of the longest frame that the packet, as it came in, is on a wire. */
  | 'segmentLength';

// ---------------------------------------------------------------- statements

export type LValue =
  | { readonly kind: 'var'; readonly width: number; readonly id: VarId }
  | { readonly kind: 'field'; readonly width: number; readonly header: HeaderId; readonly field: number };

export type Label = string;

export type Stmt =
  | { readonly kind: 'assign'; readonly target: LValue; readonly value: Expr; readonly span: Span }
  /** Assign bits high..low of the target only. */
  | {
      readonly kind: 'assignSlice';
      readonly target: LValue;
      readonly high: number;
      readonly low: number;
      readonly value: Expr;
      readonly span: Span;
    }
  | { readonly kind: 'setValid'; readonly header: HeaderId; readonly valid: boolean; readonly span: Span }
  /** Copies validity, fixed fields and varbit field; both of the same header type. */
  | { readonly kind: 'copyHeader'; readonly target: HeaderId; readonly source: HeaderId; readonly span: Span }
  /** Copies length and bits of the varbit field between headers of any type; nothing else changes. Ignored if the target is invalid; an invalid source has length 0. */
  | { readonly kind: 'copyVarbit'; readonly target: HeaderId; readonly source: HeaderId; readonly span: Span }
  | {
      readonly kind: 'if';
      readonly condition: Expr;
      readonly then: readonly Stmt[];
      readonly else: readonly Stmt[];
      /** The branch that the programmer says is seldom taken (`@unlikely`). */
      readonly unlikely?: 'then' | 'else';
      readonly span: Span;
    }
  | {
      readonly kind: 'switch';
      readonly value: Expr;
      readonly cases: readonly { readonly values: readonly bigint[]; readonly body: readonly Stmt[] }[];
      readonly default: readonly Stmt[];
      readonly span: Span;
    }
  /** `break label` leaves it. */
  | { readonly kind: 'block'; readonly label: Label; readonly body: readonly Stmt[] }
  /**
   * Repeats until `break`; `continue label` starts the next round; reaching the end of the body also starts the next round. A packet
   * whose loops together begin more than `maxRounds` rounds is dropped, reason `loop-limit`.
   */
  | { readonly kind: 'loop'; readonly label: Label; readonly body: readonly Stmt[] }
  | { readonly kind: 'break' | 'continue'; readonly label: Label }
  | ApplyStmt
  | ParserStmt
  | { readonly kind: 'goto'; readonly state: number | 'accept' | 'reject' }
  /** Parser only. Moves the cursor behind the header and makes it valid, or sets parserError and goes to reject (PacketTooShort, HeaderTooShort, ParserInvalidArgument). */
  | { readonly kind: 'extract'; readonly header: HeaderId; readonly varbitBits?: Expr; readonly span: Span }
  /** Parser only. Reads the next bits without moving; PacketTooShort like extract. */
  | {
      readonly kind: 'lookahead';
      readonly target: VarId;
      readonly width: number;
      readonly offsetBits: number;
      readonly span: Span;
    }
  /** Parser only. Amount in bits; not a multiple of 8: ParserInvalidArgument. */
  | { readonly kind: 'advance'; readonly bits: Expr; readonly span: Span }
  /** Sets the parser error intrinsic; does not jump. */
  | { readonly kind: 'setParserError'; readonly error: Expr; readonly span: Span }
  /** Runs `body`, in which `emit`s append valid headers; then the packet is emitted headers + unparsed payload. */
  | { readonly kind: 'deparse'; readonly body: readonly Stmt[]; readonly span: Span }
  | { readonly kind: 'emit'; readonly header: HeaderId; readonly span: Span }
  /** Starts the next pass of the enclosing pipeline: `pass` + 1, packetLength renewed. Too many passes (16): drop, reason `recirculation-limit`. Only as pipeline glue, followed by `continue`. */
  | { readonly kind: 'nextPass' }
  /** The packet's fate, set at the end of a pipeline. Several: the last wins; none: drop. A drop for the reason `none` is not counted: its copies live on. */
  | { readonly kind: 'output'; readonly port: Expr }
  | { readonly kind: 'drop'; readonly reason: DropReason }
  /** Copy of the packet to a mirror session; per slot the last session wins. */
  | { readonly kind: 'mirror'; readonly slot: Expr; readonly session: Expr; readonly span: Span }
  | { readonly kind: 'multicast'; readonly group: Expr; readonly span: Span }
  | CopyStmt
  /** The packet keeps at most so many of its bytes. */
  | { readonly kind: 'truncate'; readonly bytes: Expr; readonly span: Span }
  /** At most so many bytes stay behind what was extracted, and the packet's offload metadata is forgotten. */
  | { readonly kind: 'cutPayload'; readonly bytes: Expr; readonly span: Span }
  // tables: add on miss and ageing (inside an action body of `table`)
  /** Adds `action(args)` for the key that `table` just missed; target (width 1, optional) = 1 if added. */
  | {
      readonly kind: 'addEntry';
      readonly table: TableId;
      readonly action: ActionId;
      readonly args: readonly Expr[];
      readonly profile: Expr;
      readonly target?: VarId;
      readonly span: Span;
    }
  | { readonly kind: 'restartExpireTimer'; readonly table: TableId; readonly span: Span }
  /** softipu.p4 `get_entry_expire_time`: target (width 8) = expire-time profile (entryHead.profile) of the entry that `table`'s apply found; 0 on a miss. */
  | { readonly kind: 'getEntryExpireTime'; readonly table: TableId; readonly target: VarId; readonly span: Span }
  /** softipu.p4 `is_first_hit_of_period`: target (width 1), see arena/ageing.ts; 0 on a miss. */
  | { readonly kind: 'isFirstHitOfPeriod'; readonly table: TableId; readonly target: VarId; readonly span: Span }
  | { readonly kind: 'setEntryExpireTime'; readonly table: TableId; readonly profile: Expr; readonly span: Span }
  // externs with state
  /** `index` absent: direct counter, of the entry that `table`'s apply found. `increment` absent: packetLength bytes. Always one packet. */
  | { readonly kind: 'count'; readonly extern: ExternId; readonly index?: Expr; readonly increment?: Expr; readonly span: Span }
  /** target (width 2): color by the program's encoding (0 red, 1 green, 2 yellow in PNA; lowering maps). */
  | {
      readonly kind: 'meter';
      readonly extern: ExternId;
      readonly index?: Expr;
      readonly color?: Expr;
      readonly length?: Expr;
      readonly target?: VarId;
      readonly span: Span;
    }
  | {
      readonly kind: 'registerRead';
      readonly extern: ExternId;
      readonly index: Expr;
      readonly targets: readonly VarId[];
      readonly span: Span;
    }
  | {
      readonly kind: 'registerWrite';
      readonly extern: ExternId;
      readonly index: Expr;
      readonly values: readonly Expr[];
      readonly span: Span;
    }
  /** Uniform in [low, high], both included. */
  | { readonly kind: 'random'; readonly target: VarId; readonly low: Expr; readonly high: Expr; readonly span: Span }
  | { readonly kind: 'digest'; readonly extern: ExternId; readonly fields: readonly Expr[]; readonly span: Span }
  /** Unique 32-bit flow id (PNA allocate_flow_id). */
  | { readonly kind: 'allocateFlowId'; readonly target: VarId; readonly span: Span };

/**
 * Makes copies of the packet that run through pipeline `to` later, each on its own: for every replica of a clone session (`session`) or multicast group
 * (`group`), or just one (`self`: resubmitted, recirculated). A copy starts with all variables 0 but for `fields`, whose values are those of now, and
 * with the bytes as they came in or as the last deparse left them. A chain of copies of copies ends after 16 (drop reason `recirculation-limit`).
 */
export interface CopyStmt {
  readonly kind: 'copy';
  readonly to: number;
  readonly via: CopyVia;
  /** Session or group; one that is not configured gives no copies. */
  readonly id: Expr;
  readonly fields: readonly { readonly target: VarId; readonly value: Expr }[];
  readonly span: Span;
}

/** Index = encoding for the embedder. */
export const copyVias = ['self', 'session', 'group'] as const;
export type CopyVia = (typeof copyVias)[number];

/** Rounds of all loops together that a packet may begin, so that none can hold up the data plane for long. */
export const maxRounds = 65_536;

/** Why a packet was dropped, as the program or engine sees it. Index = encoding in descriptors and counters. */
export type DropReason = (typeof dropReasons)[number];
export const dropReasons = [
  'none',
  'program',
  'recirculation-limit',
  'no-headroom',
  'parser-reject',
  'no-destination',
  'unknown-port',
  'port-down',
  'queue-full',
  'too-big',
  'runt',
  'clone-pool-empty',
  'loop-limit',
] as const;

export interface ApplyStmt {
  readonly kind: 'apply';
  readonly table: TableId;
  /** One per key of the table, evaluated in order before the lookup. */
  readonly keys: readonly Expr[];
  /** Set to 1 on hit, 0 on miss. */
  readonly hit?: VarId;
  /** Set to the index, within the table's `actions`, of the action that ran. */
  readonly actionRun?: VarId;
  /** One per action of the table, same order: parameters are set from the entry, then the body runs. */
  readonly bodies: readonly { readonly params: readonly VarId[]; readonly body: readonly Stmt[] }[];
  readonly span: Span;
}

/** A parse: cursor at the packet's start, states run until accept or reject. Both go on behind the statement; reject left parserError set. */
export interface ParserStmt {
  readonly kind: 'parser';
  readonly name: string;
  readonly start: number;
  readonly states: readonly {
    readonly name: string;
    readonly body: readonly Stmt[];
    /** Annotated `@unlikely`. */
    readonly isUnlikely?: boolean;
    readonly span: Span;
  }[];
}

// ---------------------------------------------------------------- control-plane objects

export interface Annotation {
  readonly name: string;
  /** The body as written; string literals unquoted when they are the whole body. */
  readonly body: string;
  /** The body as written, for P4Info; absent: `body`. */
  readonly text?: string;
}

export interface ActionParam {
  readonly name: string;
  readonly width: number;
  readonly signed: boolean;
  readonly annotations: readonly Annotation[];
  /** Name of the `type` that it was declared with, for P4Info. */
  readonly typeName?: string;
}

export interface Action {
  readonly id: ActionId;
  /** Fully qualified control-plane name, e.g. `MainControl.set_destination`. */
  readonly name: string;
  /** Control-plane (directionless) parameters only. */
  readonly params: readonly ActionParam[];
  readonly annotations: readonly Annotation[];
  readonly span: Span;
}

export type MatchKind = 'exact' | 'lpm' | 'ternary' | 'range' | 'optional' | 'selector';

export interface TableKey {
  readonly name: string;
  readonly width: number;
  readonly matchKind: MatchKind;
  readonly annotations: readonly Annotation[];
  readonly typeName?: string;
}

/** One key of an entry. A don't-care is mask 0, prefix 0, or the full range. */
export type KeyMatch =
  | { readonly kind: 'exact'; readonly value: bigint }
  | { readonly kind: 'lpm'; readonly value: bigint; readonly prefixLength: number }
  | { readonly kind: 'ternary'; readonly value: bigint; readonly mask: bigint }
  | { readonly kind: 'range'; readonly low: bigint; readonly high: bigint }
  /** value absent: any. */
  | { readonly kind: 'optional'; readonly value?: bigint };

export interface ActionCall {
  readonly action: ActionId;
  readonly args: readonly bigint[];
}

export interface Table {
  readonly id: TableId;
  readonly name: string;
  readonly keys: readonly TableKey[];
  readonly actions: readonly {
    readonly action: ActionId;
    readonly tableOnly: boolean;
    readonly defaultOnly: boolean;
    readonly annotations: readonly Annotation[];
  }[];
  /** Number of entries that must fit. */
  readonly size: number;
  readonly defaultAction: ActionCall;
  readonly isDefaultConst: boolean;
  /** Entries of the program, in order; higher `priority` wins. */
  readonly entries: readonly {
    readonly matches: readonly KeyMatch[];
    readonly call: ActionCall;
    readonly priority: number;
    readonly isConst: boolean;
  }[];
  /** `const entries`: the control plane may not write the table. */
  readonly isConst: boolean;
  /** The action profile or selector that the entries refer to. */
  readonly implementation?: ExternId;
  /** With a selector: what runs, as after a miss, when the group that was hit has no members (absent: the default action). */
  readonly emptyGroupAction?: ActionCall;
  readonly directCounter?: ExternId;
  readonly directMeter?: ExternId;
  readonly addOnMiss: boolean;
  readonly idleTimeout: 'none' | 'notify' | 'autoDelete';
  /** What add_entry does when the table is full: refuse (default), or evict the entry nearest its expiry (`@softipu_when_full("evict")`). */
  readonly whenFull: 'refuse' | 'evict';
  readonly annotations: readonly Annotation[];
  readonly span: Span;
}

export type Extern =
  | {
      readonly kind: 'counter';
      readonly id: ExternId;
      readonly name: string;
      readonly size: number;
      readonly type: 'packets' | 'bytes' | 'both';
      readonly annotations: readonly Annotation[];
    }
  | {
      readonly kind: 'directCounter';
      readonly id: ExternId;
      readonly name: string;
      readonly table: TableId;
      readonly type: 'packets' | 'bytes' | 'both';
      readonly annotations: readonly Annotation[];
    }
  | {
      readonly kind: 'meter';
      readonly id: ExternId;
      readonly name: string;
      readonly size: number;
      readonly unit: 'packets' | 'bytes';
      readonly annotations: readonly Annotation[];
    }
  | {
      readonly kind: 'directMeter';
      readonly id: ExternId;
      readonly name: string;
      readonly table: TableId;
      readonly unit: 'packets' | 'bytes';
      readonly annotations: readonly Annotation[];
    }
  | {
      readonly kind: 'register';
      readonly id: ExternId;
      readonly name: string;
      readonly size: number;
      readonly fields: readonly { readonly name: string; readonly width: number }[];
      readonly initial: readonly bigint[];
      readonly annotations: readonly Annotation[];
    }
  | {
      readonly kind: 'actionProfile';
      readonly id: ExternId;
      readonly name: string;
      readonly size: number;
      readonly annotations: readonly Annotation[];
    }
  /**
   * `size`: members; `maxGroups`: groups; `maglevSize`: most slots of a group's Maglev table (prime, 65537 unless `@softipu_maglev_size(n)`);
   * `maglevSlots`: slots of all tables together, if `@softipu_maglev_slots(n)` says it.
   */
  | {
      readonly kind: 'actionSelector';
      readonly id: ExternId;
      readonly name: string;
      readonly size: number;
      readonly maxGroups: number;
      readonly maglevSize: number;
      readonly maglevSlots?: number;
      readonly algorithm: HashAlgorithm;
      readonly outputWidth: number;
      readonly annotations: readonly Annotation[];
    }
  | {
      readonly kind: 'digest';
      readonly id: ExternId;
      readonly name: string;
      readonly fields: readonly { readonly name: string; readonly width: number }[];
      readonly typeName?: string;
      readonly annotations: readonly Annotation[];
    }
  | {
      readonly kind: 'valueSet';
      readonly id: ExternId;
      readonly name: string;
      readonly size: number;
      readonly keys: readonly TableKey[];
      readonly annotations: readonly Annotation[];
    };
