/**
 * int8 weights as the integer product reads them, made at loading time: panels of eight channels, each its eight f32 scales, then for every four weights of
 * a row 8 × 4 bytes of w + 64, w in −63 … 63. Seven bits, because the dot instruction's second operand must not be negative.
 */
import { roundHalfEven } from "./format.js";
import { largest } from "./i8.js";

const CHANNELS = 8;
const MOST = 63;
const OFFSET = 64;

export function panelBytes(n: number): number {
  return 32 + Math.ceil(n / 4) * 32;
}

/** @param weights (out, in), row-major */
export function packPanels(weights: ArrayLike<number>, out: number, n: number): Uint8Array<ArrayBuffer> {
  const size = panelBytes(n);
  const bytes = new Uint8Array(Math.ceil(out / CHANNELS) * size);
  const view = new DataView(bytes.buffer);
  for (let row = 0; row < out; row++) {
    const at = Math.floor(row / CHANNELS) * size;
    const channel = row % CHANNELS;
    const values = Array.from({ length: n }, (_, i) => weights[row * n + i] as number);
    const scale = Math.fround(largest(values) / MOST);
    view.setFloat32(at + 4 * channel, scale, true);
    for (let i = 0; i < n; i++) {
      const q = scale === 0 ? 0 : Math.max(-MOST, Math.min(MOST, roundHalfEven((values[i] as number) / scale)));
      bytes[at + 32 + Math.floor(i / 4) * 32 + channel * 4 + (i % 4)] = q + OFFSET;
    }
  }
  return bytes;
}

/** One row's scale and whole numbers. */
export function unpackRow(bytes: Uint8Array, row: number, n: number): { scale: number; q: Int32Array } {
  const at = Math.floor(row / CHANNELS) * panelBytes(n);
  const channel = row % CHANNELS;
  const scale = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getFloat32(at + 4 * channel, true);
  const q = Int32Array.from({ length: n }, (_, i) => (bytes[at + 32 + Math.floor(i / 4) * 32 + channel * 4 + (i % 4)] as number) - OFFSET);
  return { scale, q };
}
