/**
 * What programs of several passes are made of, so that most of them may go straight from one pass to the next: parsers that extract headers in their order and
 * select on fields which the control leaves alone, mostly; recirculation that depends on the pass.
 */
import type { Expressions } from './expressions.ts';
import type { Generator } from './program.ts';
import { bit, type Place, type Scalar, widthOf } from './types.ts';

/** `recirculate();` in some pass, or under a condition of any kind. */
export function recirculation(e: Expressions): string {
  const { random } = e;
  const pass = `(PassNumberUint_t)istd.pass ${random.pick(['==', '<', '!='])} 3w${random.below(3)}`;
  const condition = random.weighted([
    [4, () => pass],
    [2, () => `(${pass}) && ${e.condition(1)}`],
    [1, () => e.condition(1)],
  ]);
  return `if (${condition}) { recirculate(); }`;
}

/** Headers one after the other, each state selecting on its header's first field or going on. */
export function plainParser(g: Generator, name: string, parameters: string): string[] {
  const { random } = g;
  const lines = [`parser ${name}(${parameters}) {`, 'state start {'];
  if (random.oneIn(2)) lines.push(`meta.m = 16w${random.below(100)};`);
  lines.push('transition s0;', '}');
  const headers = g.headers.fields;
  headers.forEach((h, i) => {
    lines.push(`state s${i} {`, `pkt.extract(hdr.${h.name});`);
    const [key, other] = keysOf(g, i);
    if (random.oneIn(8)) lines.push(`meta.m = 16w${random.below(100)};`);
    if (random.oneIn(12)) lines.push(`verify(${key.path} != ${literal(g, key)}, error.Odd);`);
    if (random.oneIn(12) && other) lines.push(`meta.m = (bit<16>)((16w0 ++ (bit<${widthOf(other.type)}>)${other.path})[15:0]);`);
    if (random.oneIn(15)) lines.push(`if (istd.pass == (PassNumber_t)1) { meta.m = 3; }`);
    const later = headers.slice(i + 1).map((_, k) => `s${i + 1 + k}`);
    const next = (): string =>
      later.length === 0 ? 'accept' : random.pick([later[0]!, later[0]!, 'accept', random.pick(later)]);
    const subject: Place<Scalar> = random.oneIn(12) ? { path: 'meta.m', type: bit(16), isWritable: true } : key;
    if (random.oneIn(3)) lines.push(`transition ${next()};`);
    else
      lines.push(
        `transition select(${subject.path}) {`,
        ...random.many(1, 3, () => `${literal(g, subject)}: ${next()};`),
        `default: ${next()};`,
        '}',
      );
    lines.push('}');
  });
  return [...lines, '}'];
}

/** Headers and metadata as the control has them: the fields that the parser selects on are seldom written. */
export function editableRoots(g: Generator): Place[] {
  const writable = g.headers.fields.flatMap((_, i) => {
    const [key, ...others] = keysOf(g, i);
    return g.random.oneIn(4) ? [key, ...others] : others;
  });
  return [{ path: 'hdr', type: g.headers, isWritable: false }, { path: 'meta', type: g.meta, isWritable: true }, ...writable];
}

/** The fields of header `index` that are plain bits; the first one, or else any, is what the parser selects on. */
function keysOf(g: Generator, index: number): [Place<Scalar>, ...Place<Scalar>[]] {
  const type = g.headerTypes[index]!;
  const fields = type.fields
    .filter((f) => f.type.kind === 'bit')
    .map((f): Place<Scalar> => ({ path: `hdr.a${index}.${f.name}`, type: f.type, isWritable: true }));
  const [first, ...others] = fields;
  if (first) return [first, ...others];
  return [{ path: `hdr.a${index}.isValid()`, type: { kind: 'bool' }, isWritable: false }];
}

function literal(g: Generator, { type }: Place<Scalar>): string {
  if (type.kind !== 'bit') return g.random.oneIn(2) ? 'true' : 'false';
  return `${type.width}w${g.random.oneIn(2) ? BigInt.asUintN(type.width, BigInt(g.random.below(4))) : g.random.bits(type.width)}`;
}
