/** Panels of integer products widened to rows of f32 or f64. Words: y (rows, n), panels, rows, n, format, bytes of a panel. */
import { scratch } from "../lib/control";
import { outliers_in, tail_of, widen_group, widen_outliers } from "../lib/quant/panels";
import { share_begin, share_end } from "../lib/rows";

export function dequantize_panels_f32(p: usize, thread: i32, threads: i32): void {
  dequantize_panels<f32>(p, thread, threads);
}

export function dequantize_panels_f64(p: usize, thread: i32, threads: i32): void {
  dequantize_panels<f64>(p, thread, threads);
}

function dequantize_panels<T>(p: usize, thread: i32, threads: i32): void {
  const rows = load<i32>(p, 8);
  const n = load<i32>(p, 12);
  const format = load<i32>(p, 16);
  const stored = load<usize>(p, 20);
  const tail = tail_of(format, n);
  const outliers = outliers_in(format, stored, n);
  const ld = <usize>n * sizeof<T>();
  const four = 4 * sizeof<T>();
  const apart = scratch(thread);
  const panels = (rows + 7) >> 3;
  const end = share_end(panels, 1, thread, threads);
  for (let panel = share_begin(panels, 1, thread, threads); panel < end; panel++) {
    const from = load<usize>(p, 4) + <usize>panel * stored;
    const y = load<usize>(p) + (<usize>panel << 3) * ld;
    const height = min(8, rows - (panel << 3));
    for (let j = 0; j < n; j += 4) {
      const to = y + <usize>j * sizeof<T>();
      const width = min(4, n - j);
      if (height == 8 && width == 4) {
        widen_group<T>(format, to, ld, from, j >> 2);
        widen_outliers<T>(to, ld, from + tail, outliers, j >> 2);
        continue;
      }
      // Whole groups are written, so those that stand over an edge go through scratch.
      widen_group<T>(format, apart, four, from, j >> 2);
      widen_outliers<T>(apart, four, from + tail, outliers, j >> 2);
      for (let r: usize = 0; r < <usize>height; r++) memory.copy(to + r * ld, apart + r * four, <usize>width * sizeof<T>());
    }
  }
}
