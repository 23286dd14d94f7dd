/**
 * Types as P4Info describes them (P4Runtime specification, "P4Info type information"): the specification of a type, and the table of those it names.
 */
import type { CheckedProgram } from '../types/checked.ts';
import type { HeaderType, Type } from '../types/types.ts';
import type { P4BitstringLikeTypeSpec, P4DataTypeSpec, P4Member, P4NewTypeSpec, P4TypeInfo } from './p4info.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] extends Readonly<Record<string, infer V>> ? Record<string, V> : T[K] };

/** Collects the named types that specifications mention. */
export class TypeTable {
  private readonly checked: CheckedProgram;
  private readonly info: Writable<P4TypeInfo> = {
    structs: {},
    headers: {},
    headerUnions: {},
    enums: {},
    serializableEnums: {},
    newTypes: {},
  };

  constructor(checked: CheckedProgram) {
    this.checked = checked;
  }

  get typeInfo(): P4TypeInfo {
    return this.info;
  }

  /** Specification of a type; what it names is added to the table. */
  specOf(type: Type): P4DataTypeSpec {
    switch (type.kind) {
      case 'bool':
        return { bool: {} };
      case 'bits':
        return { bitstring: bitstring(type) };
      case 'varbit':
        return { bitstring: { varbit: { maxBitwidth: type.width } } };
      case 'error':
        this.info.error ??= { members: this.checked.errors };
        return { error: {} };
      case 'tuple':
        return { tuple: { members: type.elements.map((t) => this.specOf(t)) } };
      case 'unknownStruct':
        return { tuple: { members: type.elements.map((t) => this.specOf(t)) } };
      case 'struct': {
        const { name } = type;
        if (!Object.hasOwn(this.info.structs, name)) {
          this.info.structs[name] = { members: [] };
          this.info.structs[name] = { members: type.fields.map((f) => ({ name: f.name, typeSpec: this.specOf(f.type) })) };
        }
        return { struct: { name } };
      }
      case 'header':
        this.info.headers[type.name] = { members: headerMembers(type) };
        return { header: { name: type.name } };
      case 'headerUnion': {
        const members = type.fields.map((f) => {
          this.specOf(f.type);
          return { name: f.name, header: { name: f.type.kind === 'header' ? f.type.name : '' } };
        });
        this.info.headerUnions[type.name] = { members };
        return { headerUnion: { name: type.name } };
      }
      case 'stack': {
        this.specOf(type.element);
        const name = type.element.kind === 'header' || type.element.kind === 'headerUnion' ? type.element.name : '';
        return type.element.kind === 'headerUnion'
          ? { headerUnionStack: { headerUnion: { name }, size: type.size } }
          : { headerStack: { header: { name }, size: type.size } };
      }
      case 'enum':
        this.info.enums[type.name] = { members: type.declaration.members.map((m) => ({ name: m.name.name })) };
        return { enum: { name: type.name } };
      case 'serEnum': {
        const { width } = type.underlying;
        const members = type.declaration.members.map((m) => {
          const value = m.value && this.checked.constantOf(m.value);
          return { name: m.name.name, value: toBytes(value?.kind === 'integer' ? BigInt.asUintN(width, value.value) : 0n) };
        });
        this.info.serializableEnums[type.name] = { underlyingType: { bitwidth: width }, members };
        return { serializableEnum: { name: type.name } };
      }
      case 'newtype':
        this.addNewType(type);
        return { newType: { name: type.name } };
      default:
        return { tuple: { members: [] } };
    }
  }

  /** Adds a `type` declaration. */
  addNewType(type: Type & { kind: 'newtype' }): void {
    if (Object.hasOwn(this.info.newTypes, type.name)) return;
    const translated = translationOf(type);
    this.info.newTypes[type.name] = translated ?? { originalType: this.specOf(type.underlying) };
  }
}

/** What `@p4runtime_translation(uri, width or string)` says about a `type`. */
export function translationOf(
  type: Type & { kind: 'newtype' },
): (P4NewTypeSpec & { readonly translatedType: { sdnBitwidth?: number } }) | undefined {
  const annotation = type.declaration.annotations.find((a) => a.name === 'p4runtime_translation');
  const [uri, width] = annotation?.args ?? [];
  if (uri?.value.kind !== 'string') return undefined;
  const value = width?.value;
  if (value?.kind === 'integer') return { translatedType: { uri: uri.value.value, sdnBitwidth: Number(value.value) } };
  const digits = /^\d+$/.exec(annotation?.tokens.at(-1) ?? '');
  const spec = digits ? { sdnBitwidth: Number(digits[0]) } : { sdnString: {} };
  return { translatedType: { uri: uri.value.value, ...spec } };
}

function bitstring(type: Type & { kind: 'bits' }): P4BitstringLikeTypeSpec {
  return type.signed ? { int: { bitwidth: type.width } } : { bit: { bitwidth: type.width } };
}

/** Fields of a header; those of a struct inside have dotted names. */
function headerMembers(type: HeaderType): P4Member<P4BitstringLikeTypeSpec>[] {
  const members: P4Member<P4BitstringLikeTypeSpec>[] = [];
  const add = (t: Type, name: string): void => {
    switch (t.kind) {
      case 'bits':
        members.push({ name, typeSpec: bitstring(t) });
        return;
      case 'bool':
        members.push({ name, typeSpec: { bit: { bitwidth: 1 } } });
        return;
      case 'varbit':
        members.push({ name, typeSpec: { varbit: { maxBitwidth: t.width } } });
        return;
      case 'serEnum':
      case 'newtype':
        add(t.underlying, name);
        return;
      case 'struct':
        for (const f of t.fields) add(f.type, `${name}.${f.name}`);
        return;
      default:
        return;
    }
  };
  for (const f of type.fields) add(f.type, f.name);
  return members;
}

/** Shortest big-endian form; 0 is one zero byte. */
export function toBytes(value: bigint): Uint8Array {
  const hex = value.toString(16);
  const even = hex.length % 2 ? `0${hex}` : hex;
  return Uint8Array.from({ length: even.length / 2 }, (_, i) => Number.parseInt(even.slice(2 * i, 2 * i + 2), 16));
}
