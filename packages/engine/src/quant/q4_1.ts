/** GGUF Q4_1 (ggml-quants.c): blocks of 32, f16 scale d and least value m, 32 nibbles q; w = q d + m. */
import { byBlocks, checkBlocks, f16Bits, f16Value, type WeightFormat } from "./format.js";
import { nibble, setNibbles } from "./q4_0.js";

const BYTES = 20;

export const q4_1: WeightFormat = {
  name: "q4_1",
  id: 5,
  block: 32,
  rowBytes: (n) => (n / 32) * BYTES,
  decode(bytes, n) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return byBlocks(n, 32, (b, out, first) => {
      const [scale, least] = [f16Value(view.getUint16(b * BYTES, true)), f16Value(view.getUint16(b * BYTES + 2, true))];
      for (let i = 0; i < 32; i++) out[first + i] = scale * nibble(view, b * BYTES + 4, i) + least;
    });
  },
  encode(row) {
    checkBlocks(q4_1, row.length);
    const bytes = new Uint8Array(this.rowBytes(row.length));
    const view = new DataView(bytes.buffer);
    const q = new Uint8Array(32);
    for (let b = 0; b < row.length / 32; b++) {
      let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (let i = b * 32; i < b * 32 + 32; i++) {
        least = Math.min(least, row[i] as number);
        most = Math.max(most, row[i] as number);
      }
      const scale = (most - least) / 15;
      view.setUint16(b * BYTES, f16Bits(scale), true);
      view.setUint16(b * BYTES + 2, f16Bits(least), true);
      for (let i = 0; i < 32; i++) {
        q[i] = scale === 0 ? 0 : Math.min(15, Math.max(0, Math.floor(((row[b * 32 + i] as number) - least) / scale + 0.5)));
      }
      setNibbles(bytes, b * BYTES + 4, q);
    }
    return bytes;
  },
};
