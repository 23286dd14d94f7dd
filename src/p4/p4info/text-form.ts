/** Protobuf's text form, line by line. A scalar that has its default is left out. */

export type Line = string;

export function message(name: string, body: readonly Line[]): Line[] {
  return [`${name} {`, ...body.map((l) => `  ${l}`), '}'];
}

export function number(name: string, value: number | bigint | undefined): Line[] {
  return value === undefined || value === 0 || value === 0n ? [] : [`${name}: ${value}`];
}

export function flag(name: string, value: boolean): Line[] {
  return value ? [`${name}: true`] : [];
}

export function word(name: string, value: string, byDefault?: string): Line[] {
  return value === byDefault ? [] : [`${name}: ${value}`];
}

export function text(name: string, value: string | undefined): Line[] {
  return value === undefined || value === '' ? [] : [`${name}: ${quoted(value)}`];
}

function quoted(value: string): string {
  return `"${value.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}

export function bytes(name: string, value: Uint8Array): Line[] {
  const escaped = [...value].map((b) =>
    b >= 0x20 && b < 0x7f && b !== 0x22 && b !== 0x5c ? String.fromCharCode(b) : `\\${b.toString(8).padStart(3, '0')}`,
  );
  return [`${name}: "${escaped.join('')}"`];
}
