/** Formats that are one 16-bit word a weight. */
import type { WeightFormat } from "./format.js";

export function words16(name: string, id: number, bits: (x: number) => number, value: (bits: number) => number): WeightFormat {
  return {
    name,
    id,
    block: 1,
    rowBytes: (n) => 2 * n,
    decode(bytes, n) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return Float64Array.from({ length: n }, (_, i) => value(view.getUint16(2 * i, true)));
    },
    encode(row) {
      const bytes = new Uint8Array(2 * row.length);
      const view = new DataView(bytes.buffer);
      for (let i = 0; i < row.length; i++) view.setUint16(2 * i, bits(row[i] as number), true);
      return bytes;
    },
  };
}
