/** int8 with one f32 scale a row (an output channel): the scale, then a byte per weight, −127 … 127. */
import { roundHalfEven, type WeightFormat } from "./format.js";

export const i8: WeightFormat = {
  name: "i8",
  id: 2,
  block: 1,
  // Rows begin at multiples of four bytes, where their scale is read.
  rowBytes: (n) => 4 + Math.ceil(n / 4) * 4,
  decode(bytes, n) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const scale = view.getFloat32(0, true);
    return Float64Array.from({ length: n }, (_, i) => scale * view.getInt8(4 + i));
  },
  encode(row) {
    const bytes = new Uint8Array(this.rowBytes(row.length));
    const view = new DataView(bytes.buffer);
    const scale = Math.fround(largest(row) / 127);
    view.setFloat32(0, scale, true);
    for (let i = 0; i < row.length; i++) view.setInt8(4 + i, scale === 0 ? 0 : roundHalfEven((row[i] as number) / scale));
    return bytes;
  },
};

/** The largest magnitude from place `first` on, before `end`. */
export function largest(row: ArrayLike<number>, first = 0, end = row.length): number {
  let most = 0;
  for (let i = first; i < end; i++) most = Math.max(most, Math.abs(row[i] as number));
  return most;
}
