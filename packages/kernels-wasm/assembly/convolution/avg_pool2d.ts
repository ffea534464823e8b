/** Mean of windows, summed in f64. Words: y, x, then window.ts. */
import { share_begin, share_end } from "../lib/rows";
import { H, HO, KH, KW, PH, PLANES, PW, SH, SW, W, WO, end_tap, first_tap, window_weight } from "./window";

function avg_pool2d<T>(p: usize, thread: i32, threads: i32): void {
  const at = p + 8;
  const height = load<i32>(at, H);
  const width = load<i32>(at, W);
  const ho = load<i32>(at, HO);
  const wo = load<i32>(at, WO);
  const rows = load<i32>(at, PLANES) * ho;
  const end = share_end(rows, 1, thread, threads);
  for (let row = share_begin(rows, 1, thread, threads); row < end; row++) {
    const plane = row / ho;
    const top = (row - plane * ho) * load<i32>(at, SH) - load<i32>(at, PH);
    const i0 = first_tap(top, 1);
    const i1 = end_tap(top, 1, load<i32>(at, KH), height);
    const x = load<usize>(p, 4) + <usize>(plane * height * width) * sizeof<T>();
    let y = load<usize>(p) + <usize>(row * wo) * sizeof<T>();
    for (let q = 0; q < wo; q++) {
      const left = q * load<i32>(at, SW) - load<i32>(at, PW);
      const j0 = first_tap(left, 1);
      const j1 = end_tap(left, 1, load<i32>(at, KW), width);
      let total: f64 = 0;
      for (let i = i0; i < i1; i++) {
        const base = (top + i) * width + left;
        for (let j = j0; j < j1; j++) total += <f64>load<T>(x + <usize>(base + j) * sizeof<T>());
      }
      store<T>(y, <T>(total * window_weight(at, top, left)));
      y += sizeof<T>();
    }
  }
}

export function avg_pool2d_f32(p: usize, thread: i32, threads: i32): void {
  avg_pool2d<f32>(p, thread, threads);
}

export function avg_pool2d_f64(p: usize, thread: i32, threads: i32): void {
  avg_pool2d<f64>(p, thread, threads);
}
