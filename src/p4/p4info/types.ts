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
          return {
            name: m.name.name,
            value: toBytes(value?.kind === 'integer' ? BigInt.asUintN(width, value.value) : 0n, width),
          };
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

  /** Adds an enum that a key or parameter has; other types say nothing by themselves. */
  mention(type: Type): void {
    if (type.kind === 'serEnum' || type.kind === 'enum') this.specOf(type);
  }

  /** Adds a `type` declaration. */
  addNewType(type: Type & { kind: 'newtype' }): void {
    if (Object.hasOwn(this.info.newTypes, type.name)) return;
    const translated = translationOf(type);
    this.info.newTypes[type.name] = translated ?? { originalType: this.specOf(representation(type)) };
  }
}

/** What `@p4runtime_translation(uri, width or string)` says about a `type`. */
export function translationOf(
  type: Type & { kind: 'newtype' },
): (P4NewTypeSpec & { readonly translatedType: { sdnBitwidth?: number } }) | undefined {
  const annotation = type.declaration.annotations.find((a) => a.name === 'p4runtime_translation');
  if (!annotation) return undefined;
  const comma = annotation.tokens.indexOf(',');
  const uri = /^"(.*)"$/.exec(annotation.tokens[0] ?? '')?.[1];
  if (uri === undefined || comma !== 1) return undefined;
  const [first, , width] = annotation.tokens.slice(comma + 1);
  if (first === 'string') return { translatedType: { uri, sdnString: {} } };
  return { translatedType: { uri, sdnBitwidth: Number(first === 'bit' ? width : first) } };
}

/** What a `type` of a `type` comes down to. */
export function representation(type: Type): Type {
  return type.kind === 'newtype' ? representation(type.underlying) : type;
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

/** Big-endian, with all bytes of the width, as other compilers print it. */
export function toBytes(value: bigint, width: number): Uint8Array {
  const length = Math.max(1, Math.ceil(width / 8));
  const hex = value.toString(16).padStart(2 * length, '0');
  return Uint8Array.from({ length }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}
