/**
 * Which variables are kept as raw bytes (see bytes.ts) instead of as numbers: those that are copied, matched and hashed more often than computed
 * with. "Wire order is the native order": addresses and ports that go from the packet into keys and from entries back into the packet are never swapped.
 */
import type { Expr, LValue, Program, Stmt, VarId } from '../ir/ir.ts';
import { childrenOf, expressionsOf, forEachStmt } from '../ir/walk.ts';

/** How the place that a value comes from or goes to has it. */
type Form = 'raw' | 'number' | 'either';

/** Variables to keep raw: whole bytes, more than one. */
export function rawVariables(program: Program): ReadonlySet<VarId> {
  let raw: ReadonlySet<VarId> = new Set();
  // A copy from one variable to another votes for the form that the other had in the round before.
  for (let round = 0; round < 3; round++) {
    const next = vote(program, raw);
    const isSame = next.size === raw.size && [...next].every((id) => raw.has(id));
    raw = next;
    if (isSame) break;
  }
  return raw;
}

function vote(program: Program, before: ReadonlySet<VarId>): ReadonlySet<VarId> {
  const score = new Map<VarId, number>();
  const count = (id: VarId, form: Form): void => {
    if (form !== 'either') score.set(id, (score.get(id) ?? 0) + (form === 'raw' ? 1 : -1));
  };

  /** Form in which an expression comes for free. */
  const formOf = (e: Expr): Form => {
    switch (e.kind) {
      case 'const':
        return 'either';
      case 'var':
        return before.has(e.id) ? 'raw' : 'either';
      case 'field':
        return isAligned(program, e) ? 'raw' : 'number';
      case 'onesSum':
        return 'raw';
      case 'mux':
        return formOf(e.then);
      case 'unary':
        return e.op === 'not' ? formOf(e.operand) : 'number';
      default:
        return 'number';
    }
  };

  /** Counts the variables in an expression that is wanted in a form. */
  const use = (e: Expr, wanted: Form): void => {
    switch (e.kind) {
      case 'var':
        count(e.id, wanted);
        return;
      case 'binary':
        if (e.op === 'eq' || e.op === 'ne') {
          use(e.left, formOf(e.right));
          use(e.right, formOf(e.left));
        } else {
          const form = e.op === 'and' || e.op === 'or' || e.op === 'xor' ? wanted : 'number';
          use(e.left, form);
          use(e.right, form);
        }
        return;
      case 'mux':
        use(e.condition, 'number');
        use(e.then, wanted);
        use(e.else, wanted);
        return;
      case 'unary':
        use(e.operand, e.op === 'not' ? wanted : 'number');
        return;
      case 'onesSum':
      case 'hash':
      case 'inValueSet':
        for (const operand of childrenOf(e)) use(operand, 'raw');
        return;
      case 'concat':
      case 'resize':
        for (const operand of childrenOf(e)) use(operand, wanted === 'raw' && operand.width % 8 === 0 ? 'raw' : 'number');
        return;
      default:
        for (const operand of childrenOf(e)) use(operand, 'number');
    }
  };

  const formOfTarget = (target: LValue): Form =>
    target.kind === 'var' ? (before.has(target.id) ? 'raw' : 'either') : isAligned(program, target) ? 'raw' : 'number';

  const visit = (s: Stmt): void => {
    switch (s.kind) {
      case 'assign':
        use(s.value, formOfTarget(s.target));
        if (s.target.kind === 'var') count(s.target.id, formOf(s.value));
        return;
      case 'switch':
        use(s.value, 'either');
        return;
      case 'apply':
        program.tables
          .find((t) => t.id === s.table)
          ?.keys.forEach((key, i) => {
            use(s.keys[i]!, key.matchKind === 'range' ? 'number' : 'raw');
          });
        for (const body of s.bodies) for (const param of body.params) count(param, 'raw');
        return;
      case 'lookahead':
        count(s.target, 'raw');
        return;
      case 'registerRead':
        use(s.index, 'number');
        for (const target of s.targets) count(target, 'raw');
        return;
      case 'registerWrite':
        use(s.index, 'number');
        for (const value of s.values) use(value, 'raw');
        return;
      case 'addEntry':
        use(s.profile, 'number');
        for (const arg of s.args) use(arg, 'raw');
        return;
      case 'digest':
        for (const field of s.fields) use(field, 'raw');
        return;
      default:
        for (const e of expressionsOf(s)) use(e, 'number');
    }
  };

  for (const pipeline of program.pipelines) forEachStmt(pipeline.body, visit);
  return new Set(program.vars.filter((v) => v.width > 8 && v.width % 8 === 0 && (score.get(v.id) ?? 0) > 0).map((v) => v.id));
}

/** Whether a field is whole bytes. */
export function isAligned(program: Program, place: Extract<LValue, { kind: 'field' }>): boolean {
  const header = program.headers.find((h) => h.id === place.header)!;
  const field = program.headerTypes[header.type]!.fields[place.field]!;
  return field.width % 8 === 0 && field.offsetBits % 8 === 0;
}
