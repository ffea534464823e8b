/** GGUF Q8_0 (ggml-quants.c): blocks of 32, an f16 scale and 32 signed bytes. */
import { byBlocks, checkBlocks, f16Bits, f16Value, roundHalfEven, type WeightFormat } from "./format.js";
import { largest } from "./i8.js";

const BYTES = 34;

export const q8_0: WeightFormat = {
  name: "q8_0",
  id: 3,
  block: 32,
  rowBytes: (n) => (n / 32) * BYTES,
  decode(bytes, n) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return byBlocks(n, 32, (b, out, first) => {
      const scale = f16Value(view.getUint16(b * BYTES, true));
      for (let i = 0; i < 32; i++) out[first + i] = scale * view.getInt8(b * BYTES + 2 + i);
    });
  },
  encode(row) {
    checkBlocks(q8_0, row.length);
    const bytes = new Uint8Array(this.rowBytes(row.length));
    const view = new DataView(bytes.buffer);
    for (let b = 0; b < row.length / 32; b++) {
      const scale = largest(row, b * 32, b * 32 + 32) / 127;
      view.setUint16(b * BYTES, f16Bits(scale), true);
      if (scale === 0) continue;
      for (let i = 0; i < 32; i++) view.setInt8(b * BYTES + 2 + i, roundHalfEven((row[b * 32 + i] as number) / scale));
    }
    return bytes;
  },
};
