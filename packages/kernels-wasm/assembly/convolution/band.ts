/**
 * What a block of outputs looks at: the image itself where nothing is padded, else a copy in scratch with the zeros around it, so that
 * packing never asks whether it is inside. Copies are made of whole vectors that run over the end of a row; what comes later repairs it.
 */
import { lanes } from "../lib/simd";

/** `n` zeros at d, and up to a vector beyond. */
// @ts-ignore: decorator
@inline
function zero_run<T>(d: usize, n: i32): void {
  for (const end = d + <usize>n * sizeof<T>(); d < end; d += 16) v128.store(d, v128.splat<i32>(0));
}

/** `n` elements from s to d, and up to a vector beyond. */
// @ts-ignore: decorator
@inline
function copy_run<T>(d: usize, s: usize, n: i32): void {
  for (const end = d + <usize>n * sizeof<T>(); d < end; d += 16) {
    v128.store(d, v128.load(s));
    s += 16;
  }
}

/** Rows h0 … h0 + rows and columns w0 … w0 + columns of `channels` planes of height × width, zeros where they are outside. */
export function fill_band<T>(
  d: usize, x: usize, channels: i32, height: i32, width: i32, h0: i32, rows: i32, w0: i32, columns: i32,
): void {
  const left = min(columns, max(0, -w0));
  const inside = max(0, min(columns, width - w0) - left);
  const right = columns - left - inside;
  const row_bytes = <usize>width * sizeof<T>();
  const from = <usize>(w0 + left) * sizeof<T>();
  for (let c = 0; c < channels; c++) {
    for (let r = 0; r < rows; r++) {
      const h = h0 + r;
      if (h < 0 || h >= height) {
        zero_run<T>(d, columns);
      } else {
        zero_run<T>(d, left);
        const at = d + <usize>left * sizeof<T>();
        copy_run<T>(at, x + <usize>h * row_bytes + from, inside);
        zero_run<T>(at + <usize>inside * sizeof<T>(), right);
      }
      d += <usize>columns * sizeof<T>();
    }
    x += <usize>height * row_bytes;
  }
}

/** Byte offsets of the (channel, row tap, column tap) triples p0 … p0 + n from the first of them's channel. */
// @ts-ignore: decorator
@inline
export function fill_offsets(
  table: usize, p0: i32, n: i32, kh: i32, kw: i32, channel_bytes: usize, row_bytes: usize, column_bytes: usize,
): void {
  const taps = kh * kw;
  const channel = p0 / taps;
  let i = (p0 - channel * taps) / kw;
  let j = p0 - channel * taps - i * kw;
  let c: usize = 0;
  for (const end = table + (<usize>n << 2); table < end; table += 4) {
    store<usize>(table, c + <usize>i * row_bytes + <usize>j * column_bytes);
    if (++j < kw) continue;
    j = 0;
    if (++i < kh) continue;
    i = 0;
    c += channel_bytes;
  }
}

/** The first `n` lanes. */
// @ts-ignore: decorator
@inline
export function first_lanes<T>(n: i32): v128 {
  if (sizeof<T>() == 4) return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(n));
  return n >= lanes<T>() ? v128.splat<i64>(-1) : i64x2(-1, 0);
}
