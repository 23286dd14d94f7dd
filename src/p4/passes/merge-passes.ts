/**
 * Lets a packet that is recirculated go straight on with the next pass, where writing it and parsing it again would change nothing (old dialect of PNA):
 *
 *   loop: parser, control, deparse                  parser, control for pass 0, control for pass 1, deparse
 *
 * A control that tells its passes apart (`istd.pass == 0`) is copied once per pass with the number put in; what that leaves out of each copy is
 * what makes the way straight. If the passes do not end that way, the parser moves in front of the loop and the deparser behind it.
 *
 * When parsing again changes nothing is said in same-parse.ts. Besides: the program mirrors nothing, since a mirror's copy shows what is deparsed, and has
 * no loops of its own, whose rounds are counted together with the passes.
 *
 * Must have run: propagate-values, which brings the pass's number to where it is asked for.
 */
import { constant, rebuild } from '../ir/build.ts';
import type { Expr, Program, Stmt, Table, VarId } from '../ir/ir.ts';
import { expressionsOf, forEachExpr, forEachStmt, mapBodies, mapExpressions, someStmt } from '../ir/walk.ts';
import { propagateIn } from './propagate-values.ts';
import { parsesAlike } from './same-parse.ts';

/** Passes that a program may be written out for. */
const maxCopies = 4;

type Of<K extends Stmt['kind']> = Extract<Stmt, { kind: K }>;

/** The loop of passes as `arch/pna.ts` makes it. */
interface Loop {
  readonly block: Of<'block'>;
  readonly loop: Of<'loop'>;
  readonly parser: Of<'parser'>;
  /** Behind the parser: pre control and main control. */
  readonly control: readonly Stmt[];
  readonly deparse: Of<'deparse'>;
  /** Whether the packet is sent, or goes through one more pass. */
  readonly sends: Expr;
  readonly isAgain: Expr;
  /** Where the control says what is to become of the packet, and the value for one more pass. */
  readonly fate: VarId;
  readonly again: bigint;
  /** Assignments in front of the next pass. */
  readonly resets: readonly Stmt[];
  /** Behind the passes: the packet's fate. */
  readonly end: readonly Stmt[];
}

export function mergePasses(program: Program): Program {
  const [pipeline, ...others] = program.pipelines;
  const found = pipeline && others.length === 0 ? findLoop(pipeline.body) : undefined;
  if (!found) return program;
  const body = written(program, found) ?? looped(program, found);
  return body ? { ...program, pipelines: [{ ...pipeline!, body }] } : program;
}

/** Each pass written out; undefined if there is no end to them, or a packet cannot go straight on from one to the next. */
function written(program: Program, found: Loop): Stmt[] | undefined {
  if (!readsPass(found.control)) return undefined;
  const tables: ReadonlyMap<number, Table> = new Map(program.tables.map((t) => [t.id, t]));
  const out: Stmt[] = [found.parser];
  for (let pass = 0; pass < maxCopies; pass++) {
    const control = propagateIn(tables, atPass(found.control, pass));
    if (!goesOn(control, found)) return propagateIn(tables, [{ ...found.block, body: [...out, ...control, ...leave(found)] }]);
    const again = nextPass(program, found, control);
    if (!again) return undefined;
    const label = `pass${pass}`;
    out.push({ kind: 'block', label, body: [...control, ifAgain(found, [...again, { kind: 'break', label }]), ...leave(found)] });
  }
  return undefined;
}

/** The loop with the parser in front of it. */
function looped(program: Program, found: Loop): Stmt[] | undefined {
  const again = nextPass(program, found, found.control);
  if (!again) return undefined;
  const { block, loop, parser, control } = found;
  const next: Stmt[] = [...again, { kind: 'nextPass' }, { kind: 'continue', label: loop.label }];
  return [{ ...block, body: [parser, { ...loop, body: [...control, ifAgain(found, next), ...leave(found)] }] }];
}

/** What takes the place of deparsing and parsing between `control` and the next pass; undefined if it is needed. */
function nextPass(program: Program, { parser, deparse, resets }: Loop, control: readonly Stmt[]): Stmt[] | undefined {
  const edits = deparse.body.filter((s) => s.kind !== 'emit');
  const parserResets = parsesAlike(program, parser, [...control, ...edits, ...resets], deparse);
  return parserResets && [...edits, ...resets, ...parserResets];
}

/** Deparse the packet if it is sent, and end. */
function leave({ sends, deparse, end }: Loop): Stmt[] {
  return [{ kind: 'if', condition: sends, then: [deparse], else: [], span: deparse.span }, ...end];
}

function ifAgain({ isAgain, deparse }: Loop, then: readonly Stmt[]): Stmt {
  return { kind: 'if', condition: isAgain, then, else: [], span: deparse.span };
}

/** Whether the control may ask for one more pass. */
function goesOn(control: readonly Stmt[], { fate, again }: Loop): boolean {
  return someStmt(control, (s) => {
    if (s.kind !== 'assign' && s.kind !== 'assignSlice') return false;
    if (s.target.kind !== 'var' || s.target.id !== fate) return false;
    return s.kind === 'assignSlice' || s.value.kind !== 'const' || s.value.value === again;
  });
}

function readsPass(control: readonly Stmt[]): boolean {
  let found = false;
  forEachStmt(control, (s) => {
    for (const e of expressionsOf(s)) forEachExpr(e, (part) => (found ||= part.kind === 'intrinsic' && part.name === 'pass'));
  });
  return found;
}

/** A copy of the statements with the number of the pass put in. */
function atPass(stmts: readonly Stmt[], pass: number): Stmt[] {
  const put = (e: Expr): Expr =>
    e.kind === 'intrinsic' && e.name === 'pass' ? constant(e.width, pass) : rebuild(e, (part) => put(part));
  return stmts.map((s) => ({ ...mapBodies(mapExpressions(s, put), (body) => atPass(body, pass)) }));
}

function findLoop(body: readonly Stmt[]): Loop | undefined {
  const [block, ...behind] = body;
  if (block?.kind !== 'block' || behind.length > 0) return undefined;
  const [loop, ...more] = block.body;
  if (loop?.kind !== 'loop' || more.length > 0) return undefined;
  const [parser, ...rest] = loop.body;
  const at = rest.findIndex((s) => s.kind === 'if' && s.then.some((inner) => inner.kind === 'deparse'));
  const [guard, next, ...end] = rest.slice(at);
  if (parser?.kind !== 'parser' || guard?.kind !== 'if' || guard.condition.kind !== 'logical' || next?.kind !== 'if')
    return undefined;
  const [deparse] = guard.then;
  const isAgain = next.condition;
  if (deparse?.kind !== 'deparse' || isAgain.kind !== 'binary' || isAgain.left.kind !== 'var' || isAgain.right.kind !== 'const')
    return undefined;
  const glue = next.then.slice(-2).map((s) => s.kind);
  if (glue[0] !== 'nextPass' || glue[1] !== 'continue') return undefined;
  // Headers are as invalid in front of the next pass as the parser would find them.
  const resets = next.then.slice(0, -2).filter((s) => s.kind !== 'setValid' || s.valid);
  const control = rest.slice(0, at);
  if (someStmt(control, (s) => s.kind === 'loop')) return undefined;
  return {
    block,
    loop,
    parser,
    control,
    deparse,
    sends: guard.condition.left,
    isAgain,
    fate: isAgain.left.id,
    again: isAgain.right.value,
    resets,
    end,
  };
}
