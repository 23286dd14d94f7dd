/**
 * The IR as text, for `--emit ir`, tests and people: one statement per line, names instead of ids where they are unique.
 *
 *     meta.port = field hdr.ipv4.dstAddr[7:0]
 *     apply Main.routes (hdr.ipv4.dstAddr) hit=$hit#4 { Main.forward(port#7): … }
 */
import { assertNever } from './build.ts';
import type * as ir from './ir.ts';

type Line = string;

/** The whole program. */
export function printProgram(program: ir.Program): string {
  const p = new Printer(program);
  const lines: Line[] = [
    `program ${program.architecture}`,
    ...program.headers.map((h) => `header ${p.header(h.id)}: ${program.headerTypes[h.type]!.name}`),
    ...program.vars.map((v) => `var ${p.variable(v.id)}: ${v.width}`),
    ...program.externs.map(printExtern),
    ...program.tables.flatMap((t) => p.table(t)),
    ...program.pipelines.flatMap((pl) => [`pipeline ${pl.name} {`, ...indent(p.stmts(pl.body)), '}']),
  ];
  return lines.join('\n') + '\n';
}

/** Statements of a program, one per line. */
export function printStmts(program: ir.Program, stmts: readonly ir.Stmt[]): string {
  return new Printer(program).stmts(stmts).join('\n');
}

export function printExpr(program: ir.Program, e: ir.Expr): string {
  return new Printer(program).expr(e);
}

function indent(lines: readonly Line[]): Line[] {
  return lines.map((l) => `  ${l}`);
}

function printExtern(e: ir.Extern): Line {
  switch (e.kind) {
    case 'counter':
      return `counter ${e.name}[${e.size}] ${e.type}`;
    case 'directCounter':
      return `direct counter ${e.name} ${e.type}`;
    case 'meter':
      return `meter ${e.name}[${e.size}] ${e.unit}`;
    case 'directMeter':
      return `direct meter ${e.name} ${e.unit}`;
    case 'register':
      return `register ${e.name}[${e.size}] (${e.fields.map((f) => `${f.name}: ${f.width}`).join(', ')})`;
    case 'actionProfile':
      return `action profile ${e.name} size=${e.size}`;
    case 'actionSelector':
      return `action selector ${e.name} size=${e.size} groups=${e.maxGroups} maglev=${e.maglevSize}${e.maglevSlots === undefined ? '' : ` slots=${e.maglevSlots}`} hash=${e.algorithm} width=${e.outputWidth}`;
    case 'digest':
      return `digest ${e.name} (${e.fields.map((f) => `${f.name}: ${f.width}`).join(', ')})`;
    case 'valueSet':
      return `value set ${e.name} size=${e.size} (${e.keys.map((k) => `${k.name}: ${k.width} ${k.matchKind}`).join(', ')})`;
    default:
      return assertNever(e);
  }
}

const operators: Readonly<Record<ir.BinaryOp, string>> = {
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
  mod: '%',
  satAdd: '|+|',
  satSub: '|-|',
  shl: '<<',
  shr: '>>',
  and: '&',
  or: '|',
  xor: '^',
  eq: '==',
  ne: '!=',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
};

class Printer {
  private readonly program: ir.Program;
  private readonly varNames: ReadonlyMap<ir.VarId, string>;
  private readonly headerNames: string[];

  constructor(program: ir.Program) {
    this.program = program;
    const names = uniqueNames(program.vars.map((v) => v.name));
    this.varNames = new Map(program.vars.map((v, i) => [v.id, names[i]!]));
    this.headerNames = uniqueNames(program.headers.map((h) => h.name));
  }

  variable(id: ir.VarId): string {
    return this.varNames.get(id) ?? `var#${id}`;
  }

  header(id: ir.HeaderId): string {
    return this.headerNames[id] ?? `header#${id}`;
  }

  field(header: ir.HeaderId, field: number): string {
    const type = this.program.headerTypes[this.program.headers[header]?.type ?? -1];
    return `${this.header(header)}.${type?.fields[field]?.name ?? field}`;
  }

  target(t: ir.LValue): string {
    return t.kind === 'var' ? this.variable(t.id) : this.field(t.header, t.field);
  }

  exprs(all: readonly ir.Expr[]): string {
    return all.map((e) => this.expr(e)).join(', ');
  }

  expr(e: ir.Expr): string {
    switch (e.kind) {
      case 'const':
        return `${e.width}w${e.value < 10n ? e.value : `0x${e.value.toString(16)}`}`;
      case 'var':
        return this.variable(e.id);
      case 'field':
        return this.field(e.header, e.field);
      case 'valid':
        return `valid(${this.header(e.header)})`;
      case 'unary':
        return `${e.op === 'neg' ? '-' : e.width === 1 ? '!' : '~'}${this.expr(e.operand)}`;
      case 'binary':
        return `(${this.expr(e.left)} ${operators[e.op]}${e.signed ? 's' : ''} ${this.expr(e.right)})`;
      case 'concat':
        return `(${this.expr(e.left)} ++ ${this.expr(e.right)})`;
      case 'slice':
        return `${this.expr(e.operand)}[${e.high}:${e.low}]`;
      case 'resize':
        return `${e.signed ? 'sext' : 'zext'}${e.width}(${this.expr(e.operand)})`;
      case 'mux':
        return `(${this.expr(e.condition)} ? ${this.expr(e.then)} : ${this.expr(e.else)})`;
      case 'logical':
        return `(${this.expr(e.left)} ${e.op === 'and' ? '&&' : '||'} ${this.expr(e.right)})`;
      case 'onesSum':
        return `onesSum(${e.parts.map((p) => (p.negate ? '-' : '') + this.expr(p.value)).join(', ')})`;
      case 'hash':
        return `hash${e.width} ${e.algorithm}(${this.exprs(e.data)})`;
      case 'intrinsic':
        return `$${e.name}`;
      case 'varbitSum':
        return `varbitSum(${this.header(e.header)})`;
      case 'varbitEqual':
        return `varbitEqual(${this.header(e.left)}, ${this.header(e.right)})`;
      case 'isNetPort':
        return `isNetPort(${this.expr(e.port)})`;
      case 'inValueSet':
        return `inValueSet(${this.extern(e.set)}, ${this.exprs(e.keys)})`;
      default:
        return assertNever(e);
    }
  }

  extern(id: ir.ExternId): string {
    return this.program.externs[id]?.name ?? `extern#${id}`;
  }

  tableName(id: ir.TableId): string {
    return this.program.tables[id]?.name ?? `table#${id}`;
  }

  action(id: ir.ActionId): string {
    return this.program.actions[id]?.name ?? `action#${id}`;
  }

  table(t: ir.Table): Line[] {
    const flags = [
      t.isConst ? 'const' : '',
      t.addOnMiss ? 'addOnMiss' : '',
      t.idleTimeout === 'none' ? '' : `idleTimeout=${t.idleTimeout}`,
      t.whenFull === 'evict' ? 'whenFull=evict' : '',
      t.implementation === undefined ? '' : `implementation=${this.extern(t.implementation)}`,
      t.directCounter === undefined ? '' : `counter=${this.extern(t.directCounter)}`,
      t.directMeter === undefined ? '' : `meter=${this.extern(t.directMeter)}`,
    ].filter((f) => f !== '');
    const call = (c: ir.ActionCall): string => `${this.action(c.action)}(${c.args.join(', ')})`;
    return [
      `table ${[t.name, `size=${t.size}`, ...flags].join(' ')} {`,
      ...t.keys.map((k) => `  key ${k.name}: ${k.width} ${k.matchKind}`),
      ...t.actions.map((a) => {
        const params = this.program.actions[a.action]?.params.map((p) => `${p.name}: ${p.width}`).join(', ') ?? '';
        return `  action ${this.action(a.action)}(${params})${a.tableOnly ? ' tableonly' : ''}${a.defaultOnly ? ' defaultonly' : ''}`;
      }),
      `  ${t.isDefaultConst ? 'const ' : ''}default ${call(t.defaultAction)}`,
      ...t.entries.map((e) => `  entry ${e.matches.map(printMatch).join(', ')} -> ${call(e.call)} priority=${e.priority}`),
      '}',
    ];
  }

  stmts(all: readonly ir.Stmt[]): Line[] {
    return all.flatMap((s) => this.stmt(s));
  }

  block(head: string, body: readonly ir.Stmt[]): Line[] {
    return [`${head} {`, ...indent(this.stmts(body)), '}'];
  }

  stmt(s: ir.Stmt): Line[] {
    switch (s.kind) {
      case 'assign':
        return [`${this.target(s.target)} = ${this.expr(s.value)}`];
      case 'assignSlice':
        return [`${this.target(s.target)}[${s.high}:${s.low}] = ${this.expr(s.value)}`];
      case 'setValid':
        return [`${s.valid ? 'setValid' : 'setInvalid'} ${this.header(s.header)}`];
      case 'copyHeader':
        return [`copy ${this.header(s.target)} = ${this.header(s.source)}`];
      case 'copyVarbit':
        return [`copyVarbit ${this.header(s.target)} = ${this.header(s.source)}`];
      case 'if': {
        const then = this.block(`if ${this.expr(s.condition)}`, s.then);
        return s.else.length ? [...then.slice(0, -1), '} else {', ...indent(this.stmts(s.else)), '}'] : then;
      }
      case 'switch':
        return [
          `switch ${this.expr(s.value)} {`,
          ...s.cases.flatMap((c) => indent(this.block(`case ${c.values.join(', ')}`, c.body))),
          ...(s.default.length ? indent(this.block('default', s.default)) : []),
          '}',
        ];
      case 'block':
      case 'loop':
        return this.block(`${s.kind} ${s.label}`, s.body);
      case 'break':
      case 'continue':
        return [`${s.kind} ${s.label}`];
      case 'apply':
        return this.apply(s);
      case 'parser':
        return [
          `parser ${s.name} {`,
          ...s.states.flatMap((st, i) => indent(this.block(`state ${i} ${st.name}${i === s.start ? ' (start)' : ''}`, st.body))),
          '}',
        ];
      case 'goto':
        return [`goto ${s.state}`];
      case 'extract':
        return [`extract ${this.header(s.header)}${s.varbitBits ? ` varbit ${this.expr(s.varbitBits)}` : ''}`];
      case 'lookahead':
        return [`${this.variable(s.target)} = lookahead ${s.width} at ${s.offsetBits}`];
      case 'advance':
        return [`advance ${this.expr(s.bits)}`];
      case 'setParserError':
        return [
          `parserError = ${s.error.kind === 'const' ? (this.program.errors[Number(s.error.value)] ?? s.error.value) : this.expr(s.error)}`,
        ];
      case 'deparse':
        return this.block('deparse', s.body);
      case 'emit':
        return [`emit ${this.header(s.header)}`];
      case 'nextPass':
        return ['nextPass'];
      case 'output':
        return [`output ${this.expr(s.port)}`];
      case 'drop':
        return [`drop ${s.reason}`];
      case 'mirror':
        return [`mirror slot ${this.expr(s.slot)} session ${this.expr(s.session)}`];
      case 'multicast':
        return [`multicast ${this.expr(s.group)}`];
      case 'copy': {
        const fields = s.fields.map((f) => `${this.variable(f.target)} = ${this.expr(f.value)}`).join(', ');
        return [`copy to ${this.program.pipelines[s.to]?.name ?? s.to} ${s.via} ${this.expr(s.id)} {${fields}}`];
      }
      case 'truncate':
        return [`truncate ${this.expr(s.bytes)}`];
      case 'cutPayload':
        return [`cut payload ${this.expr(s.bytes)}`];
      case 'addEntry':
        return [
          `${s.target === undefined ? '' : `${this.variable(s.target)} = `}addEntry ${this.tableName(s.table)} ${this.action(s.action)}(${this.exprs(s.args)}) profile ${this.expr(s.profile)}`,
        ];
      case 'restartExpireTimer':
        return [`restartExpireTimer ${this.tableName(s.table)}`];
      case 'getEntryExpireTime':
        return [`${this.variable(s.target)} = getEntryExpireTime ${this.tableName(s.table)}`];
      case 'isFirstHitOfPeriod':
        return [`${this.variable(s.target)} = isFirstHitOfPeriod ${this.tableName(s.table)}`];
      case 'setEntryExpireTime':
        return [`setEntryExpireTime ${this.tableName(s.table)} ${this.expr(s.profile)}`];
      case 'count':
        return [
          `count ${this.extern(s.extern)}${s.index ? `[${this.expr(s.index)}]` : ''}${s.increment ? ` by ${this.expr(s.increment)}` : ''}`,
        ];
      case 'meter':
        return [
          `${s.target === undefined ? '' : `${this.variable(s.target)} = `}meter ${this.extern(s.extern)}${s.index ? `[${this.expr(s.index)}]` : ''}${s.color ? ` color ${this.expr(s.color)}` : ''}${s.length ? ` length ${this.expr(s.length)}` : ''}`,
        ];
      case 'registerRead':
        return [`${s.targets.map((t) => this.variable(t)).join(', ')} = read ${this.extern(s.extern)}[${this.expr(s.index)}]`];
      case 'registerWrite':
        return [`write ${this.extern(s.extern)}[${this.expr(s.index)}] = ${this.exprs(s.values)}`];
      case 'random':
        return [`${this.variable(s.target)} = random ${this.expr(s.low)} .. ${this.expr(s.high)}`];
      case 'digest':
        return [`digest ${this.extern(s.extern)}(${this.exprs(s.fields)})`];
      case 'allocateFlowId':
        return [`${this.variable(s.target)} = allocateFlowId`];
      default:
        return assertNever(s);
    }
  }

  private apply(s: ir.ApplyStmt): Line[] {
    const results = [
      s.hit === undefined ? '' : ` hit=${this.variable(s.hit)}`,
      s.actionRun === undefined ? '' : ` actionRun=${this.variable(s.actionRun)}`,
    ];
    const table = this.program.tables[s.table];
    return [
      `apply ${this.tableName(s.table)}(${this.exprs(s.keys)})${results.join('')} {`,
      ...s.bodies.flatMap((b, i) => {
        const name = this.action(table?.actions[i]?.action ?? -1);
        return indent(this.block(`${name}(${b.params.map((v) => this.variable(v)).join(', ')})`, b.body));
      }),
      '}',
    ];
  }
}

function printMatch(m: ir.KeyMatch): string {
  switch (m.kind) {
    case 'exact':
      return String(m.value);
    case 'lpm':
      return `${m.value}/${m.prefixLength}`;
    case 'ternary':
      return `${m.value} &&& ${m.mask}`;
    case 'range':
      return `${m.low}..${m.high}`;
    case 'optional':
      return m.value === undefined ? '_' : String(m.value);
    default:
      return assertNever(m);
  }
}

/** The name alone where it is the only one, else with the number of the variable. */
function uniqueNames(names: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const n of names) counts.set(n, (counts.get(n) ?? 0) + 1);
  return names.map((n, i) => (counts.get(n) === 1 ? n : `${n}#${i}`));
}
