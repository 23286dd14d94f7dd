/** Statements. Jumps are values that travel outwards until somebody takes them: `undefined` means that execution goes on behind the statement. */
import { type DropReason, type Label, type LValue, maxRounds, type Stmt } from '../p4/ir/ir.ts';
import { runAddEntry, runApply, runTimer } from './apply.ts';
import { concatBytes } from './bits.ts';
import { runCopy, runCutPayload, runTruncate } from './copies.ts';
import { evaluate } from './evaluate.ts';
import { runAllocateFlowId, runCount, runDigest, runMeter, runRandom, runRegisterRead, runRegisterWrite } from './externs.ts';
import { runAdvance, runExtract, runLookahead, runParser } from './parse.ts';
import { headerBytes, type State, setHeaderValid } from './state.ts';
import { named, traceExtern } from './tracing.ts';

export type Completion =
  | undefined
  | { readonly kind: 'break' | 'continue'; readonly label: Label }
  | { readonly kind: 'goto'; readonly state: number | 'accept' | 'reject' }
  /** The packet is dropped here and now. */
  | { readonly kind: 'abort'; readonly reason: DropReason };

/** Passes that a packet may make through a pipeline. */
const maxPasses = 16;
const mirrorSlots = 4;

export function execute(body: readonly Stmt[], state: State): Completion {
  for (const s of body) {
    const end = step(s, state);
    if (end !== undefined) return end;
  }
  return undefined;
}

function step(s: Stmt, state: State): Completion {
  switch (s.kind) {
    case 'assign': {
      const value = evaluate(s.value, state);
      assign(s.target, value, state);
      state.trace?.({ kind: 'assign', target: named(nameOf(s.target, state), s.target.width, value), span: s.span });
      return undefined;
    }
    case 'assignSlice': {
      const before = evaluate(s.target, state);
      const mask = ((1n << BigInt(s.high - s.low + 1)) - 1n) << BigInt(s.low);
      const value = (before & ~mask) | ((evaluate(s.value, state) << BigInt(s.low)) & mask);
      assign(s.target, value, state);
      state.trace?.({ kind: 'assign', target: named(nameOf(s.target, state), s.target.width, value), span: s.span });
      return undefined;
    }
    case 'setValid': {
      const header = state.headers.get(s.header)!;
      setHeaderValid(header, s.valid);
      state.trace?.({ kind: 'setValid', header: header.name, valid: s.valid, span: s.span });
      return undefined;
    }
    case 'copyHeader': {
      const source = state.headers.get(s.source)!;
      const target = state.headers.get(s.target)!;
      target.isValid = source.isValid;
      target.values = [...source.values];
      target.varbitBits = source.varbitBits;
      return undefined;
    }
    case 'copyVarbit': {
      const source = state.headers.get(s.source)!;
      const target = state.headers.get(s.target)!;
      if (!target.isValid) return undefined;
      // A source that is longer than the target's maximum loses its end.
      const max = target.type.fields[target.type.varbitField!]!.width;
      const bits = source.isValid ? source.varbitBits : 0;
      target.varbitBits = Math.min(bits, max);
      const value = source.isValid ? source.values[source.type.varbitField!]! : 0n;
      target.values[target.type.varbitField!] = value >> BigInt(bits - target.varbitBits);
      return undefined;
    }
    case 'if':
      return execute(evaluate(s.condition, state) !== 0n ? s.then : s.else, state);
    case 'switch': {
      const value = evaluate(s.value, state);
      return execute(s.cases.find((c) => c.values.includes(value))?.body ?? s.default, state);
    }
    case 'block': {
      const end = execute(s.body, state);
      return end?.kind === 'break' && end.label === s.label ? undefined : end;
    }
    case 'loop':
      while (state.rounds < maxRounds) {
        state.rounds++;
        const end = execute(s.body, state);
        if (end?.kind === 'break' && end.label === s.label) return undefined;
        if (end !== undefined && !(end.kind === 'continue' && end.label === s.label)) return end;
      }
      return { kind: 'abort', reason: 'loop-limit' };
    case 'break':
    case 'continue':
      return { kind: s.kind, label: s.label };
    case 'apply':
      return runApply(s, state);
    case 'parser':
      return runParser(s, state);
    case 'goto':
      return { kind: 'goto', state: s.state };
    case 'extract':
      return runExtract(s, state);
    case 'lookahead':
      return runLookahead(s, state);
    case 'advance':
      return runAdvance(s, state);
    case 'setParserError':
      state.parserError = Number(evaluate(s.error, state));
      return undefined;
    case 'deparse':
      return runDeparse(s.body, state);
    case 'emit': {
      const header = state.headers.get(s.header)!;
      if (!header.isValid) return undefined;
      const bytes = headerBytes(header);
      state.emitted.push(bytes);
      state.trace?.({ kind: 'emit', header: header.name, bytes: bytes.length, span: s.span });
      return undefined;
    }
    case 'nextPass':
      if (state.pass + 1 >= maxPasses) return { kind: 'abort', reason: 'recirculation-limit' };
      state.pass++;
      state.packetLength = state.bytes.length;
      return undefined;
    case 'output':
      state.fate = { kind: 'output', port: Number(evaluate(s.port, state)) };
      return undefined;
    case 'drop':
      state.fate = { kind: 'drop', reason: s.reason };
      return undefined;
    case 'mirror': {
      const slot = Number(evaluate(s.slot, state));
      const session = evaluate(s.session, state);
      if (slot < mirrorSlots) state.mirrors.set(slot, Number(session));
      traceExtern(state, 'mirror_packet', '', s.span, () => [named('slot', 8, BigInt(slot)), named('session', 16, session)]);
      return undefined;
    }
    case 'multicast': {
      const group = evaluate(s.group, state);
      state.fate = { kind: 'multicast', group: Number(group) };
      traceExtern(state, 'multicast', '', s.span, () => [named('group', s.group.width, group)]);
      return undefined;
    }
    case 'copy':
      runCopy(s, state);
      return undefined;
    case 'truncate':
      runTruncate(s, state);
      return undefined;
    case 'cutPayload':
      runCutPayload(s, state);
      return undefined;
    case 'addEntry':
      runAddEntry(s, state);
      return undefined;
    case 'restartExpireTimer':
    case 'setEntryExpireTime':
    case 'getEntryExpireTime':
    case 'isFirstHitOfPeriod':
      runTimer(s, state);
      return undefined;
    case 'count':
      runCount(s, state);
      return undefined;
    case 'meter':
      runMeter(s, state);
      return undefined;
    case 'registerRead':
      runRegisterRead(s, state);
      return undefined;
    case 'registerWrite':
      runRegisterWrite(s, state);
      return undefined;
    case 'random':
      runRandom(s, state);
      return undefined;
    case 'digest':
      runDigest(s, state);
      return undefined;
    case 'allocateFlowId':
      runAllocateFlowId(s, state);
      return undefined;
    default:
      return assertNever(s);
  }
}

function assign(target: LValue, value: bigint, state: State): void {
  if (target.kind === 'var') {
    state.vars.set(target.id, value);
    return;
  }
  const header = state.headers.get(target.header)!;
  if (header.isValid) header.values[target.field] = value;
}

function nameOf(target: LValue, state: State): string {
  if (target.kind === 'var') return state.program.vars.find((v) => v.id === target.id)!.name;
  const header = state.headers.get(target.header)!;
  return `${header.name}.${header.type.fields[target.field]!.name}`;
}

/** Emitted headers take the place of what the parser consumed; the payload stays where it is. */
function runDeparse(body: readonly Stmt[], state: State): Completion {
  state.emitted = [];
  const end = execute(body, state);
  if (end !== undefined) return end;
  const headers = concatBytes(state.emitted);
  const consumed = state.cursorBits / 8;
  state.headroom += consumed - headers.length;
  if (state.headroom < 0) return { kind: 'abort', reason: 'no-headroom' };
  state.bytes = concatBytes([headers, state.bytes.subarray(consumed)]);
  state.cursorBits = 0;
  state.packetLength = state.bytes.length;
  return undefined;
}

function assertNever(value: never): never {
  throw new Error(`not reached: ${JSON.stringify(value)}`);
}
