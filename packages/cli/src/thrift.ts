/** Structures in Thrift's compact protocol (github.com/apache/thrift, doc/specs/thrift-compact-protocol.md), as far as Parquet's footers need it. */

export type ThriftValue =
  | { readonly kind: "i32" | "i64"; readonly value: number }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "list"; readonly of: ThriftValue["kind"]; readonly items: readonly ThriftValue[] }
  | { readonly kind: "struct"; readonly fields: Readonly<Record<number, ThriftValue>> };

const TYPES = { i32: 5, i64: 6, text: 8, list: 9, struct: 12 } as const;

export const i32 = (value: number): ThriftValue => ({ kind: "i32", value });
export const i64 = (value: number): ThriftValue => ({ kind: "i64", value });
export const text = (value: string): ThriftValue => ({ kind: "text", value });
export const list = (of: ThriftValue["kind"], items: readonly ThriftValue[]): ThriftValue => ({ kind: "list", of, items });
/** Fields by their number. */
export const struct = (fields: Readonly<Record<number, ThriftValue>>): ThriftValue => ({ kind: "struct", fields });

/** A whole number from 0 to 2^53, seven bits a byte, the lowest first. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}

export function thrift(value: ThriftValue): number[] {
  switch (value.kind) {
    case "i32":
    case "i64":
      return varint(2 * value.value); // zigzag of a number that is not negative
    case "text": {
      const bytes = new TextEncoder().encode(value.value);
      return [...varint(bytes.length), ...bytes];
    }
    case "list": {
      const { items, of } = value;
      const head = items.length < 15 ? [items.length * 16 + TYPES[of]] : [240 + TYPES[of], ...varint(items.length)];
      return [...head, ...items.flatMap(thrift)];
    }
    case "struct": {
      let before = 0;
      const fields = Object.entries(value.fields).flatMap(([number, field]) => {
        const step = Number(number) - before;
        before = Number(number);
        return [step * 16 + TYPES[field.kind], ...thrift(field)];
      });
      return [...fields, 0];
    }
  }
}
