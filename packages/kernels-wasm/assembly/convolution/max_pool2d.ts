/**
 * Largest element of windows and its flat place in the plane. Padding never wins, the first of equals does, and any NaN does, the last one of
 * several, as in PyTorch. A vector of windows at a time where all their taps are inside the row; one at a time at the edges.
 * Words: y, places, x, then window.ts.
 */
import { share_begin, share_end } from "../lib/rows";
import { lanes } from "../lib/simd";
import { pick } from "../lib/wide";
import { DH, DW, H, HO, KH, KW, PH, PLANES, PW, SH, SW, W, WO, end_tap, first_tap } from "./window";

function max_pool2d<T>(p: usize, thread: i32, threads: i32): void {
  const at = p + 12;
  const height = load<i32>(at, H);
  const width = load<i32>(at, W);
  const ho = load<i32>(at, HO);
  const wo = load<i32>(at, WO);
  const kh = load<i32>(at, KH);
  const kw = load<i32>(at, KW);
  const sw = load<i32>(at, SW);
  const pw = load<i32>(at, PW);
  const dh = load<i32>(at, DH);
  const dw = load<i32>(at, DW);
  // Windows whose first tap is at or behind the row's beginning, and whose last is before its end.
  const inside_begin = min(wo, (pw + sw - 1) / sw);
  const room = width - 1 + pw - (kw - 1) * dw;
  const inside_end = room < 0 ? 0 : min(wo, room / sw + 1);
  const rows = load<i32>(at, PLANES) * ho;
  const end = share_end(rows, 1, thread, threads);
  for (let row = share_begin(rows, 1, thread, threads); row < end; row++) {
    const plane = row / ho;
    const top = (row - plane * ho) * load<i32>(at, SH) - load<i32>(at, PH);
    const i0 = first_tap(top, dh);
    const i1 = end_tap(top, dh, kh, height);
    const x = load<usize>(p, 8) + <usize>(plane * height * width) * sizeof<T>();
    const y = load<usize>(p) + <usize>(row * wo) * sizeof<T>();
    const places = load<usize>(p, 4) + (<usize>(row * wo) << 2);
    for (let q = 0; q < wo; ) {
      const many = inside_end - inside_begin >= lanes<T>() && q >= inside_begin && q < inside_end;
      // The last vector overlaps the one before it.
      if (many) q = min(q, inside_end - lanes<T>());
      const left = q * sw - pw;
      const d = y + <usize>q * sizeof<T>();
      const place = places + (<usize>q << 2);
      if (many) windows<T>(d, place, x, top + i0 * dh, i1 - i0, dh, width, left, kw, dw, sw);
      else window<T>(d, place, x, top, i0, i1, dh, width, left, first_tap(left, dw), end_tap(left, dw, kw, width), dw);
      q += many ? lanes<T>() : 1;
    }
  }
}

function window<T>(
  y: usize, places: usize, x: usize, top: i32, i0: i32, i1: i32, dh: i32, width: i32, left: i32, j0: i32, j1: i32, dw: i32,
): void {
  let best: T = <T>-Infinity;
  let place = (top + i0 * dh) * width + left + j0 * dw;
  for (let i = i0; i < i1; i++) {
    const base = (top + i * dh) * width + left;
    for (let j = j0; j < j1; j++) {
      const candidate = load<T>(x + <usize>(base + j * dw) * sizeof<T>());
      if (!(candidate > best) && candidate == candidate) continue;
      best = candidate;
      place = base + j * dw;
    }
  }
  store<T>(y, best);
  store<i32>(places, place);
}

/** A vector of neighbouring windows, `step` elements apart, the first from column `left`; `rows` rows of taps from `top`. */
function windows<T>(
  y: usize, places: usize, x: usize, top: i32, rows: i32, dh: i32, width: i32, left: i32, kw: i32, dw: i32, step: i32,
): void {
  let best = v128.splat<T>(<T>-Infinity);
  const offsets = sizeof<T>() == 4 ? i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(step)) : i64x2.mul(i64x2(0, 1), i64x2.splat(<i64>step));
  let base = top * width + left;
  let place = shifted<T>(offsets, base);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < kw; j++) {
      const at = base + j * dw;
      const candidate = apart<T>(x + <usize>at * sizeof<T>(), step);
      const better = v128.or(v128.gt<T>(candidate, best), v128.ne<T>(candidate, candidate));
      best = pick(better, candidate, best);
      place = pick(better, shifted<T>(offsets, at), place);
    }
    base += dh * width;
  }
  v128.store(y, best);
  // Of f64 the places are 64 bits wide until here.
  if (sizeof<T>() == 4) v128.store(places, place);
  else v128.store_lane<i64>(places, v128.shuffle<i32>(place, place, 0, 2, 0, 2), 0);
}

// @ts-ignore: decorator
@inline
function shifted<T>(offsets: v128, at: i32): v128 {
  return sizeof<T>() == 4 ? i32x4.add(offsets, i32x4.splat(at)) : i64x2.add(offsets, i64x2.splat(<i64>at));
}

/** Elements `step` apart; of every other one the vector behind them is read too, of which one element may lie beyond the row. */
// @ts-ignore: decorator
@inline
function apart<T>(x: usize, step: i32): v128 {
  if (step == 1) return v128.load(x);
  if (sizeof<T>() == 4) {
    if (step == 2) return v128.shuffle<i32>(v128.load(x), v128.load(x, 16), 0, 2, 4, 6);
    const bytes = <usize>step << 2;
    let v = v128.load32_zero(x);
    v = v128.load_lane<i32>(x + bytes, v, 1);
    v = v128.load_lane<i32>(x + 2 * bytes, v, 2);
    return v128.load_lane<i32>(x + 3 * bytes, v, 3);
  }
  return v128.load_lane<i64>(x + (<usize>step << 3), v128.load64_zero(x), 1);
}

export function max_pool2d_f32(p: usize, thread: i32, threads: i32): void {
  max_pool2d<f32>(p, thread, threads);
}

export function max_pool2d_f64(p: usize, thread: i32, threads: i32): void {
  max_pool2d<f64>(p, thread, threads);
}
