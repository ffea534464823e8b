/** GGUF Q6_K (ggml-quants.c), read only: blocks of 256, six bits a weight, sixteen int8 scales and an f16 scale of those. */
import { f16Value, type WeightFormat } from "./format.js";

const BYTES = 210;

export const q6_K: WeightFormat = {
  name: "q6_K",
  id: 6,
  block: 256,
  rowBytes: (n) => (n / 256) * BYTES,
  decode(bytes, n) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Float64Array.from({ length: n }, (_, i) => {
      const block = Math.floor(i / 256) * BYTES;
      // Within half a block of 128 weights, four runs of 32 share 64 bytes of nibbles and 32 bytes of upper pairs.
      const [half, run, l] = [Math.floor((i % 256) / 128), Math.floor((i % 128) / 32), i % 32];
      const low = view.getUint8(block + half * 64 + (run % 2) * 32 + l);
      const high = view.getUint8(block + 128 + half * 32 + l);
      const q = ((run < 2 ? low & 15 : low >> 4) | (((high >> (2 * run)) & 3) << 4)) - 32;
      const scale = view.getInt8(block + 192 + half * 8 + run * 2 + Math.floor(l / 16));
      return f16Value(view.getUint16(block + 208, true)) * scale * q;
    });
  },
};
