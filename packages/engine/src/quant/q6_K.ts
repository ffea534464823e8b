/** GGUF Q6_K (ggml-quants.c), read only: blocks of 256, six bits a weight, sixteen int8 scales and an f16 scale of those. */
import { byBlocks, f16Value, type WeightFormat } from "./format.js";

const BYTES = 210;

export const q6_K: WeightFormat = {
  name: "q6_K",
  id: 6,
  block: 256,
  rowBytes: (n) => (n / 256) * BYTES,
  decode(bytes, n) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return byBlocks(n, 256, (b, out, first) => {
      const block = b * BYTES;
      const whole = f16Value(view.getUint16(block + 208, true));
      for (let i = 0; i < 256; i++) {
        // Within half a block of 128 weights, four runs of 32 share 64 bytes of nibbles and 32 bytes of upper pairs.
        const half = i >> 7;
        const run = (i >> 5) & 3;
        const l = i & 31;
        const low = view.getUint8(block + half * 64 + (run & 1) * 32 + l);
        const high = view.getUint8(block + 128 + half * 32 + l);
        const q = ((run < 2 ? low & 15 : low >> 4) | (((high >> (2 * run)) & 3) << 4)) - 32;
        out[first + i] = whole * view.getInt8(block + 192 + half * 8 + run * 2 + (l >> 4)) * q;
      }
    });
  },
};
