/**
 * Largest element of windows and its flat place in the plane. Padding never wins, the first of equals does, and any NaN does, the last one of
 * several, as in PyTorch. Words: y, places, x, then window.ts.
 */
import { share_begin, share_end } from "../lib/rows";
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
  const dh = load<i32>(at, DH);
  const dw = load<i32>(at, DW);
  const rows = load<i32>(at, PLANES) * ho;
  const end = share_end(rows, 1, thread, threads);
  for (let row = share_begin(rows, 1, thread, threads); row < end; row++) {
    const plane = row / ho;
    const top = (row - plane * ho) * load<i32>(at, SH) - load<i32>(at, PH);
    const i0 = first_tap(top, dh);
    const i1 = end_tap(top, dh, kh, height);
    const x = load<usize>(p, 8) + <usize>(plane * height * width) * sizeof<T>();
    let y = load<usize>(p) + <usize>(row * wo) * sizeof<T>();
    let places = load<usize>(p, 4) + (<usize>(row * wo) << 2);
    let left = -load<i32>(at, PW);
    for (let q = 0; q < wo; q++) {
      const j0 = first_tap(left, dw);
      const j1 = end_tap(left, dw, kw, width);
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
      y += sizeof<T>();
      places += 4;
      left += sw;
    }
  }
}

export function max_pool2d_f32(p: usize, thread: i32, threads: i32): void {
  max_pool2d<f32>(p, thread, threads);
}

export function max_pool2d_f64(p: usize, thread: i32, threads: i32): void {
  max_pool2d<f64>(p, thread, threads);
}
