/** Complex transforms of rows. Words: output, work, input, table, rows, length, convolution, 1 = buffers in `work`, factor (f64), 1 = inverse. */
import { share_begin, share_end } from "../lib/rows";
import { scaled, size_of } from "./stages";
import { buffers, is_inverse, length_of, rows_of, scale_of, transform } from "./transform";

function fft<T>(p: usize, thread: i32, threads: i32): void {
  const rows = rows_of(p);
  const n = length_of(p);
  const bytes = <usize>n * size_of<T>();
  const inverse = is_inverse(p);
  const end = share_end(rows, 1, thread, threads);
  for (let row = share_begin(rows, 1, thread, threads); row < end; row++) {
    const a = buffers<T>(p, n, row, thread);
    const x = load<usize>(p, 8) + <usize>row * bytes;
    if (inverse) scaled<T>(a, x, n, 1, true);
    else memory.copy(a, x, bytes);
    scaled<T>(load<usize>(p) + <usize>row * bytes, transform<T>(p, a, n, load<usize>(p, 12)), n, scale_of(p), inverse);
  }
}

export function fft_f32(p: usize, thread: i32, threads: i32): void {
  fft<f32>(p, thread, threads);
}

export function fft_f64(p: usize, thread: i32, threads: i32): void {
  fft<f64>(p, thread, threads);
}
