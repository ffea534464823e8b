/** Each output's share of dY added to its window, plane by plane. Words: dx, dy, then window.ts. */
import { share_begin, share_end } from "../lib/rows";
import { H, HO, KH, KW, PH, PLANES, PW, SH, SW, W, WO, end_tap, first_tap, window_weight } from "./window";

function avg_pool2d_backward<T>(p: usize, thread: i32, threads: i32): void {
  const at = p + 8;
  const height = load<i32>(at, H);
  const width = load<i32>(at, W);
  const ho = load<i32>(at, HO);
  const wo = load<i32>(at, WO);
  const area = height * width;
  const planes = load<i32>(at, PLANES);
  const end = share_end(planes, 1, thread, threads);
  for (let plane = share_begin(planes, 1, thread, threads); plane < end; plane++) {
    const dx = load<usize>(p) + <usize>(plane * area) * sizeof<T>();
    let dy = load<usize>(p, 4) + <usize>(plane * ho * wo) * sizeof<T>();
    memory.fill(dx, 0, <usize>area * sizeof<T>());
    for (let r = 0; r < ho; r++) {
      const top = r * load<i32>(at, SH) - load<i32>(at, PH);
      const i0 = first_tap(top, 1);
      const i1 = end_tap(top, 1, load<i32>(at, KH), height);
      for (let q = 0; q < wo; q++) {
        const left = q * load<i32>(at, SW) - load<i32>(at, PW);
        const j0 = first_tap(left, 1);
        const j1 = end_tap(left, 1, load<i32>(at, KW), width);
        const share = <T>(<f64>load<T>(dy) * window_weight(at, top, left));
        for (let i = i0; i < i1; i++) {
          const base = (top + i) * width + left;
          for (let j = j0; j < j1; j++) {
            const d = dx + <usize>(base + j) * sizeof<T>();
            store<T>(d, load<T>(d) + share);
          }
        }
        dy += sizeof<T>();
      }
    }
  }
}

export function avg_pool2d_backward_f32(p: usize, thread: i32, threads: i32): void {
  avg_pool2d_backward<f32>(p, thread, threads);
}

export function avg_pool2d_backward_f64(p: usize, thread: i32, threads: i32): void {
  avg_pool2d_backward<f64>(p, thread, threads);
}
