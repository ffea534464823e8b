/** GGUF Q4_0 (ggml-quants.c): blocks of 32, an f16 scale d and 32 nibbles q; w = (q − 8) d. The low nibbles are the first 16 weights. */
import { byBlocks, checkBlocks, f16Bits, f16Value, type WeightFormat } from "./format.js";

const BYTES = 18;

export const q4_0: WeightFormat = {
  name: "q4_0",
  id: 4,
  block: 32,
  rowBytes: (n) => (n / 32) * BYTES,
  decode(bytes, n) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return byBlocks(n, 32, (b, out, first) => {
      const scale = f16Value(view.getUint16(b * BYTES, true));
      for (let i = 0; i < 32; i++) out[first + i] = scale * (nibble(view, b * BYTES + 2, i) - 8);
    });
  },
  encode(row) {
    checkBlocks(q4_0, row.length);
    const bytes = new Uint8Array(this.rowBytes(row.length));
    const view = new DataView(bytes.buffer);
    const q = new Uint8Array(32);
    for (let b = 0; b < row.length / 32; b++) {
      // The weight of largest magnitude becomes −8.
      let extreme = 0;
      for (let i = b * 32; i < b * 32 + 32; i++) if (Math.abs(row[i] as number) > Math.abs(extreme)) extreme = row[i] as number;
      const scale = extreme / -8;
      view.setUint16(b * BYTES, f16Bits(scale), true);
      for (let i = 0; i < 32; i++) {
        q[i] = scale === 0 ? 8 : Math.min(15, Math.max(0, Math.floor((row[b * 32 + i] as number) / scale + 8.5)));
      }
      setNibbles(bytes, b * BYTES + 2, q);
    }
    return bytes;
  },
};

/** 32 numbers below 16 into 16 bytes: the low nibbles, then the high ones. */
export function setNibbles(bytes: Uint8Array, at: number, q: Uint8Array): void {
  for (let i = 0; i < 16; i++) bytes[at + i] = (q[i] as number) | ((q[i + 16] as number) << 4);
}

/** Nibble i of 16 bytes: the low ones, then the high ones. */
export function nibble(view: DataView, at: number, i: number): number {
  const byte = view.getUint8(at + (i % 16));
  return i < 16 ? byte & 15 : byte >> 4;
}
