/**
 * Real rows from the n/2 + 1 numbers of their transform: x[j] = factor · Σ over all n numbers y[k] e^(2πi j k / n), those beyond n/2 being the conjugates of
 * the others. The imaginary parts of y[0] and, n even, y[n/2] are not read. Words and table as of rfft.
 */
import { share_begin, share_end } from "../lib/rows";
import { scaled, size_of } from "./stages";
import { buffers, length_of, rows_of, scale_of, table_bytes, transform } from "./transform";

/** The reverse of rfft's untangle, for the inverse transform, which takes the conjugate: z*[k] and z*[h − k] from y[k] and y[h − k]. */
function tangle<T>(z: usize, y: usize, h: i32, roots: usize): void {
  for (let k = 0; 2 * k <= h; k++) {
    const near = <usize>k * size_of<T>();
    const far = <usize>(h - k) * size_of<T>();
    const ar = <f64>load<T>(y + near);
    const ai = k == 0 ? 0 : <f64>load<T>(y + near, sizeof<T>());
    const br = <f64>load<T>(y + far);
    const bi = k == 0 ? 0 : -<f64>load<T>(y + far, sizeof<T>());
    const wr = <f64>load<T>(roots + near);
    const wi = <f64>load<T>(roots + near, sizeof<T>());
    // even = a + b, odd = w* (a − b), z = even + i odd; z[h − k] = even* + i odd*.
    const er = ar + br;
    const ei = ai + bi;
    const dr = ar - br;
    const di = ai - bi;
    const or = wr * dr + wi * di;
    const oi = wr * di - wi * dr;
    if (k > 0) {
      store<T>(z + far, <T>(er + oi));
      store<T>(z + far, <T>(ei - or), sizeof<T>());
    }
    store<T>(z + near, <T>(er - oi));
    store<T>(z + near, <T>(-ei - or), sizeof<T>());
  }
}

function irfft<T>(p: usize, thread: i32, threads: i32): void {
  const rows = rows_of(p);
  const n = length_of(p);
  const h = (n & 1) == 0 ? n / 2 : n;
  const inputs = n / 2 + 1;
  const table = load<usize>(p, 12);
  const factor = scale_of(p);
  const end = share_end(rows, 1, thread, threads);
  for (let row = share_begin(rows, 1, thread, threads); row < end; row++) {
    const a = buffers<T>(p, h, row, thread);
    const y = load<usize>(p, 8) + <usize>row * <usize>inputs * size_of<T>();
    const x = load<usize>(p) + <usize>row * <usize>n * sizeof<T>();
    if ((n & 1) == 0) {
      tangle<T>(a, y, h, table + table_bytes<T>(p, h));
      scaled<T>(x, transform<T>(p, a, h, table), h, factor, true);
      continue;
    }
    store<T>(a, load<T>(y));
    store<T>(a, <T>0, sizeof<T>());
    for (let k = 1; k < inputs; k++) {
      const re = load<T>(y + <usize>k * size_of<T>());
      const im = load<T>(y + <usize>k * size_of<T>(), sizeof<T>());
      store<T>(a + <usize>k * size_of<T>(), re);
      store<T>(a + <usize>k * size_of<T>(), -im, sizeof<T>());
      store<T>(a + <usize>(n - k) * size_of<T>(), re);
      store<T>(a + <usize>(n - k) * size_of<T>(), im, sizeof<T>());
    }
    const result = transform<T>(p, a, n, table);
    for (let j = 0; j < n; j++) store<T>(x + <usize>j * sizeof<T>(), <T>(factor * <f64>load<T>(result + <usize>j * size_of<T>())));
  }
}

export function irfft_f32(p: usize, thread: i32, threads: i32): void {
  irfft<f32>(p, thread, threads);
}

export function irfft_f64(p: usize, thread: i32, threads: i32): void {
  irfft<f64>(p, thread, threads);
}
