/**
 * One plane convolved by one kernel: four vectors of outputs at a time stay in registers while the taps pass, which read the plane itself or,
 * where it is padded, a copy with the zeros around it (band.ts). Serves depthwise convolution and, with the kernel turned round, its gradient.
 */
import { lanes, load_splat, madd, store_partial } from "../lib/simd";
import { fill_band, fill_offsets } from "./band";
import { BAND_BYTES, reach } from "./geometry";

/** Bytes of what rows × columns outputs look at. */
// @ts-ignore: decorator
@inline
export function plane_bytes<T>(rows: i32, columns: i32, kh: i32, kw: i32, sh: i32, sw: i32, dh: i32, dw: i32): i64 {
  return <i64>reach(rows, sh, kh, dh) * <i64>reach(columns, sw, kw, dw) * sizeof<T>();
}

/**
 * y (ho × wo) = kernel over x (height × width), whose first tap of the first output is at (h0, w0). Weights are `step` bytes apart.
 * `table` has room for kh·kw offsets, `band` for BAND_BYTES; a band for two vectors of outputs fits.
 */
export function convolve_plane<T>(
  y: usize, x: usize, w: usize, step: isize, height: i32, width: i32, ho: i32, wo: i32, kh: i32, kw: i32, sh: i32, sw: i32, h0: i32, w0: i32,
  dh: i32, dw: i32, table: usize, band: usize,
): void {
  const inside = h0 >= 0 && w0 >= 0 && h0 + reach(ho, sh, kh, dh) <= height && w0 + reach(wo, sw, kw, dw) <= width;
  let rows = ho;
  let columns = wo;
  while (!inside && plane_bytes<T>(rows, columns, kh, kw, sh, sw, dh, dw) > BAND_BYTES) {
    if (rows > 1) rows = (rows + 1) >> 1;
    else columns = max(2 * lanes<T>(), columns >> 1);
  }
  const band_rows = reach(rows, sh, kh, dh);
  const band_columns = reach(columns, sw, kw, dw);
  const row_bytes = <usize>(inside ? width : band_columns) * sizeof<T>();
  fill_offsets(table, 0, kh * kw, kh, kw, 0, <usize>dh * row_bytes, <usize>dw * sizeof<T>());
  const taps = table + (<usize>(kh * kw) << 2);
  for (let r = 0; r < ho; r += rows) {
    for (let q = 0; q < wo; q += columns) {
      let base = x + <usize>((h0 + r * sh) * width + w0 + q * sw) * sizeof<T>();
      if (!inside) {
        fill_band<T>(band, x, 1, height, width, h0 + r * sh, band_rows, w0 + q * sw, band_columns);
        base = band;
      }
      const end = min(ho, r + rows);
      for (let row = r; row < end; row++) {
        const d = y + <usize>(row * wo + q) * sizeof<T>();
        const from = base + <usize>((row - r) * sh) * row_bytes;
        const n = min(columns, wo - q);
        if (sw == 1) output_row<T>(1, d, from, n, sw, w, step, table, taps);
        else if (sw == 2) output_row<T>(2, d, from, n, sw, w, step, table, taps);
        else output_row<T>(0, d, from, n, sw, w, step, table, taps);
      }
    }
  }
}

/** STRIDE is a literal at every call: 1, 2, or 0 for any other. */
// @ts-ignore: decorator
@inline
function output_row<T>(STRIDE: i32, y: usize, x: usize, n: i32, stride: i32, w: usize, step: isize, table: usize, end: usize): void {
  const next = <usize>(lanes<T>() * stride) * sizeof<T>();
  for (; n >= 4 * lanes<T>(); n -= 4 * lanes<T>()) {
    let a = v128.splat<i32>(0), b = a, c = a, d = a;
    let wp = w;
    for (let t = table; t < end; t += 4) {
      const factor = load_splat<T>(wp);
      const at = x + load<usize>(t);
      a = madd<T>(factor, apart<T>(STRIDE, at, stride), a);
      b = madd<T>(factor, apart<T>(STRIDE, at + next, stride), b);
      c = madd<T>(factor, apart<T>(STRIDE, at + 2 * next, stride), c);
      d = madd<T>(factor, apart<T>(STRIDE, at + 3 * next, stride), d);
      wp += step;
    }
    v128.store(y, a);
    v128.store(y, b, 16);
    v128.store(y, c, 32);
    v128.store(y, d, 48);
    y += 64;
    x += 4 * next;
  }
  for (; n > 0; n -= lanes<T>()) {
    let a = v128.splat<i32>(0);
    let wp = w;
    for (let t = table; t < end; t += 4) {
      // Elements beyond the row may be far beyond the plane where they are apart.
      const at = x + load<usize>(t);
      a = madd<T>(load_splat<T>(wp), n >= lanes<T>() || STRIDE == 1 ? apart<T>(STRIDE, at, stride) : apart_partial<T>(at, stride, n), a);
      wp += step;
    }
    store_partial<T>(y, a, n);
    y += 16;
    x += next;
  }
}

/** A vector of elements `stride` apart; for stride 2 one element beyond the last is read. */
// @ts-ignore: decorator
@inline
function apart<T>(STRIDE: i32, x: usize, stride: i32): v128 {
  if (STRIDE == 1) return v128.load(x);
  if (sizeof<T>() == 4) {
    if (STRIDE == 2) return v128.shuffle<i32>(v128.load(x), v128.load(x, 16), 0, 2, 4, 6);
    const bytes = <usize>stride << 2;
    let v = v128.load32_zero(x);
    v = v128.load_lane<i32>(x + bytes, v, 1);
    v = v128.load_lane<i32>(x + 2 * bytes, v, 2);
    return v128.load_lane<i32>(x + 3 * bytes, v, 3);
  }
  return v128.load_lane<i64>(x + (<usize>stride << 3), v128.load64_zero(x), 1);
}

/** The first n (1 … lanes − 1) of them. */
function apart_partial<T>(x: usize, stride: i32, n: i32): v128 {
  if (sizeof<T>() == 8) return v128.load64_zero(x);
  const bytes = <usize>stride << 2;
  let v = v128.load32_zero(x);
  if (n > 1) v = v128.load_lane<i32>(x + bytes, v, 1);
  return n > 2 ? v128.load_lane<i32>(x + 2 * bytes, v, 2) : v;
}
