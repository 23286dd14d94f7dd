/**
 * Random parsers: a state for each header, stack, union or varbit header, in their order, with jumps ahead, loops over stacks, and now and then a jump
 * back. What is selected on are fields, metadata, what lies ahead, and a value set.
 */
import type { Generator } from './program.ts';
import type { Statements } from './statements.ts';
import { bit, type HeaderType, type Place, type Scalar, type UnionType, widthOf } from './types.ts';

interface Step {
  readonly name: string;
  /** `pkt.extract(..);` and its like. */
  readonly lines: () => string[];
  /** A field that the step has just filled. */
  readonly fields: readonly Place<Scalar>[];
  readonly repeats: boolean;
}

export function parserText(
  g: Generator,
  make: Statements,
  name: string,
  parameters: string,
  starts: readonly string[],
): string[] {
  const { random, expr } = make;
  const locals: string[] = [];
  const steps: Step[] = [];
  const before: string[] = [];
  const valueSet = random.oneIn(3) ? { name: 'vs', width: random.pick([4, 8, 16, 40]) } : undefined;
  if (valueSet) locals.push(`value_set<bit<${valueSet.width}>>(4) vs;`);
  for (const f of g.headers.fields) {
    const path = `hdr.${f.name}`;
    if (f.type.kind === 'header') steps.push(headerStep(make, f.name, path, f.type));
    else if (f.type.kind === 'struct') {
      for (const inner of f.type.fields) {
        if (inner.type.kind === 'header')
          steps.push(headerStep(make, `${f.name}_${inner.name}`, `${path}.${inner.name}`, inner.type));
      }
    } else if (f.type.kind === 'union') steps.push(unionStep(make, f.name, path, f.type));
    else if (f.type.kind === 'stack') {
      const { element } = f.type;
      const next =
        element.kind === 'header'
          ? `pkt.extract(${path}.next);`
          : `pkt.extract(${path}.next.${random.pick(element.fields).name});`;
      const last =
        element.kind === 'header'
          ? element.fields.map((x): Place<Scalar> => ({ path: `${path}.last.${x.name}`, type: x.type, isWritable: false }))
          : [];
      const index: Place<Scalar>[] = [{ path: `${path}.lastIndex`, type: bit(32), isWritable: false }];
      steps.push({ name: f.name, lines: () => [next], fields: [...last, ...(random.oneIn(4) ? index : [])], repeats: true });
    }
  }
  // A header by way of a sub-parser.
  const viaSub = steps.find((s) => s.name === 'a1');
  const subType = g.headerTypes[1];
  if (viaSub && subType && !subType.varbit && random.oneIn(3)) {
    before.push(...subParser(g, `${name}Sub`, subType));
    locals.push(`${name}Sub() sub;`);
    const at = steps.indexOf(viaSub);
    const leave = random.oneIn(2) ? [`if (${expr.condition(1)}) { ${random.pick(['break', 'continue'])}; }`] : [];
    const rounds = random.oneIn(2) ? `bit<8> i in 0..${random.below(3)}` : `bit<8> i = 0; i < ${random.between(1, 4)}; i = i + 1`;
    const apply = 'sub.apply(pkt, meta, hdr.a1);';
    const lines = random.oneIn(2) ? [apply] : [`for (${rounds}) {`, ...leave, apply, 'meta.m = meta.m + (bit<16>)i;', '}'];
    steps[at] = { ...viaSub, lines: () => lines };
  }
  const states: string[] = [];
  const order = steps.map((s) => `parse_${s.name}`);
  for (const [i, step] of steps.entries()) {
    const lines = make.scope.inside(() => {
      const body = [...(random.oneIn(4) ? make.body({ kind: 'parser' }, 1, 2) : []), ...step.lines()];
      if (random.oneIn(8))
        body.push(`pkt.advance(${random.oneIn(2) ? `32w${8 * random.below(4)}` : expr.bits(32, 1).concat(' & 32w31')});`);
      if (random.oneIn(6))
        body.push(`verify(${expr.condition(1)}, error.${random.pick(['Odd', 'NoMatch', 'ParserInvalidArgument'])});`);
      if (random.oneIn(5)) {
        const type = bit(random.pick([1, 8, 12, 16, 48, 112]));
        const v = make.name('look');
        body.push(`bit<${widthOf(type)}> ${v} = pkt.lookahead<bit<${widthOf(type)}>>();`);
        make.scope.add({ path: v, type, isWritable: true });
      }
      if (random.oneIn(4)) body.push(...make.body({ kind: 'parser' }, 1, 2));
      return [...body, ...transition(i, step)];
    });
    states.push(`state ${order[i]} {`, ...lines, '}');
  }
  function target(from: number, repeats: boolean): string {
    if (repeats && random.oneIn(3)) return order[from]!;
    if (random.oneIn(20)) return 'reject';
    if (random.oneIn(25)) return random.pick(order);
    const later = order.slice(from + 1);
    return later.length === 0 || random.oneIn(8) ? 'accept' : random.oneIn(2) ? later[0]! : random.pick(later);
  }
  function transition(from: number, { fields, repeats }: Step): string[] {
    if (random.oneIn(3) && !repeats) return [`transition ${order[from + 1] ?? 'accept'};`];
    if (valueSet && random.oneIn(3)) {
      return [
        `transition select(${expr.bits(valueSet.width, 1)}) {`,
        `vs: ${target(from, repeats)};`,
        `default: ${order[from + 1] ?? 'accept'};`,
        '}',
      ];
    }
    const subjects = random.many(1, 3, () => {
      const chosen = fields.length > 0 && random.oneIn(2) ? random.pick(fields) : undefined;
      if (chosen && chosen.type.kind === 'bit') return { text: chosen.path, width: chosen.type.width };
      const width = random.pick([1, 4, 8, 8, 16, 32, 40]);
      return { text: random.oneIn(4) ? `pkt.lookahead<bit<${width}>>()` : expr.bits(width, 1), width };
    });
    const targets = new Set<string>();
    const cases = random.many(1, 5, () => {
      const sets = subjects.map(({ width }) => keySet(make, width));
      const to = target(from, repeats);
      targets.add(to);
      return `${sets.length === 1 ? sets[0] : `(${sets.join(', ')})`}: ${to};`;
    });
    // The last state can always end, and a loop be left: a parser that cannot is refused.
    const goesOn = targets.has('accept') || order.slice(from + 1).some((state) => targets.has(state));
    const onwards = order[from + 1] ?? 'accept';
    const picked = repeats || from === order.length - 1 ? onwards : target(from, false);
    const otherwise = goesOn || order.indexOf(picked) > from || picked === 'accept' ? picked : onwards;
    const last = random.oneIn(6) && goesOn ? [] : [`default: ${otherwise};`];
    return [`transition select(${subjects.map((s) => s.text).join(', ')}) {`, ...cases, ...last, '}'];
  }
  const start = [
    'state start {',
    ...starts,
    ...(random.oneIn(3) ? make.body({ kind: 'parser' }, 1, 3) : []),
    `transition ${order[0] ?? 'accept'};`,
    '}',
  ];
  return [...before, `parser ${name}(${parameters}) {`, ...locals, ...start, ...states, '}'];
}

function headerStep(make: Statements, name: string, path: string, type: HeaderType): Step {
  const { random, expr } = make;
  const fields = type.fields.map((f): Place<Scalar> => ({ path: `${path}.${f.name}`, type: f.type, isWritable: false }));
  const size = (): string => {
    const most = type.varbit!.bits;
    if (random.oneIn(10)) return expr.bits(32, 1);
    if (random.oneIn(8)) return `32w${random.below(most + 9)}`;
    return `((32w0 ++ ${expr.bits(4, 1)})[31:0] << 3)`;
  };
  return {
    name,
    lines: () => [type.varbit ? `pkt.extract(${path}, ${size()});` : `pkt.extract(${path});`],
    fields,
    repeats: false,
  };
}

function unionStep(make: Statements, name: string, path: string, type: UnionType): Step {
  const member = make.random.pick(type.fields);
  return {
    name,
    lines: () => [`pkt.extract(${path}.${member.name});`],
    fields: member.type.fields.map((f) => ({ path: `${path}.${member.name}.${f.name}`, type: f.type, isWritable: false })),
    repeats: false,
  };
}

function subParser(g: Generator, name: string, type: HeaderType): string[] {
  const { random } = g;
  const field = type.fields.find((f) => f.type.kind === 'bit');
  const width = field ? widthOf(field.type) : 8;
  const subject = field ? `h.${field.name}` : 'pkt.lookahead<bit<8>>()';
  return [
    `parser ${name}(packet_in pkt, inout Meta meta, out ${type.name} h) {`,
    'state start {',
    random.oneIn(3) ? 'meta.m = meta.m + 1;' : '',
    'pkt.extract(h);',
    `transition select(${subject}) {`,
    `${width}w${random.bits(width)}: more;`,
    random.oneIn(3) ? `${width}w${random.bits(width)}: reject;` : '',
    'default: accept;',
    '}',
    '}',
    'state more {',
    'meta.m = meta.m ^ 16w0x5a5a;',
    'transition accept;',
    '}',
    '}',
  ].filter((l) => l !== '');
}

function keySet(make: Statements, width: number): string {
  const { random } = make;
  const value = (): bigint => BigInt.asUintN(width, random.oneIn(2) ? BigInt(random.below(4)) : random.bits(width));
  return random.weighted([
    [6, () => `${width}w${value()}`],
    [2, () => `${width}w${value()} &&& ${width}w${value()}`],
    [
      1,
      () => {
        const ends = [value(), value()].sort((a, b) => (a < b ? -1 : 1));
        return `${width}w${ends[0]}..${width}w${ends[1]}`;
      },
    ],
    [1, () => '_'],
  ]);
}
