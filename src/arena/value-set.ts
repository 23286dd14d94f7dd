/**
 * Parser value sets: members of value and mask per key, looked through in order.
 *
 *   base: u32 count | 12 bytes free | member 0: values packed, masks packed | member 1 ...
 */
import { type KeyMatch, toMasked } from './entry.ts';
import type { FieldPlace } from './layout.ts';
import { type Memory, readFields, setU32, u32, writeFields } from './memory.ts';

interface ValueSetLayout {
  readonly base: number;
  readonly memberBytes: number;
  readonly fields: readonly FieldPlace[];
}

export class ValueSet {
  readonly size: number;
  readonly #memory: Memory;
  readonly #layout: ValueSetLayout;

  constructor(memory: Memory, layout: ValueSetLayout, size: number) {
    this.#memory = memory;
    this.#layout = layout;
    this.size = size;
  }

  get count(): number {
    return u32(this.#memory, this.#layout.base);
  }

  /** Replaces all members. Throws RangeError on a match that does not fit its key; ranges must be one value or all. */
  write(members: readonly (readonly KeyMatch[])[]): 'ok' | 'full' {
    if (members.length > this.size) return 'full';
    const { fields } = this.#layout;
    const encoded = members.map((matches) =>
      matches.map((m, i) => toMasked(m, fields[i]!.width, () => `key ${i} of the value set`)),
    );
    setU32(this.#memory, this.#layout.base, 0);
    encoded.forEach((pairs, i) => {
      const at = this.#memberAt(i);
      writeFields(
        this.#memory,
        at,
        fields,
        pairs.map(([value]) => value),
      );
      writeFields(
        this.#memory,
        at + this.#layout.memberBytes / 2,
        fields,
        pairs.map(([, mask]) => mask),
      );
    });
    setU32(this.#memory, this.#layout.base, members.length);
    return 'ok';
  }

  /** All members; each key as value and mask. */
  read(): KeyMatch[][] {
    return Array.from({ length: this.count }, (_, i) => {
      const [values, masks] = this.#pairs(i);
      return values.map((value, key) => ({ kind: 'ternary' as const, value, mask: masks[key]! }));
    });
  }

  /** Whether any member matches these keys. O(members). */
  contains(keys: readonly bigint[]): boolean {
    for (let i = 0; i < this.count; i++) {
      const [values, masks] = this.#pairs(i);
      if (keys.every((key, k) => (key & masks[k]!) === values[k])) return true;
    }
    return false;
  }

  #memberAt(index: number): number {
    return this.#layout.base + 16 + index * this.#layout.memberBytes;
  }

  #pairs(index: number): [values: bigint[], masks: bigint[]] {
    const at = this.#memberAt(index);
    return [
      readFields(this.#memory, at, this.#layout.fields),
      readFields(this.#memory, at + this.#layout.memberBytes / 2, this.#layout.fields),
    ];
  }
}
