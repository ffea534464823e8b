/**
 * Transforms of real rows: the n/2 + 1 numbers that the others follow from. Rows of even length are transformed as n/2 complex numbers, whose even and odd parts
 * are then told apart by symmetry. Words as of fft; the table holds e^(−2πi k / n), k = 0 … n/4, behind that of the transform.
 */
import { share_begin, share_end } from "../lib/rows";
import { scaled, size_of } from "./stages";
import { buffers, length_of, rows_of, scale_of, table_bytes, transform } from "./transform";

/** From the transform z of x[2j] + i x[2j + 1], h numbers, to that of x: y[k] and y[h − k] from z[k] and z[h − k]. */
function untangle<T>(y: usize, z: usize, h: i32, roots: usize, factor: f64): void {
  const half = 0.5 * factor;
  for (let k = 0; 2 * k <= h; k++) {
    const near = <usize>k * size_of<T>();
    const far = <usize>(h - k) * size_of<T>();
    const mirror = k == 0 ? z : z + far;
    const ar = <f64>load<T>(z + near);
    const ai = <f64>load<T>(z + near, sizeof<T>());
    const br = <f64>load<T>(mirror);
    const bi = -<f64>load<T>(mirror, sizeof<T>());
    const wr = <f64>load<T>(roots + near);
    const wi = <f64>load<T>(roots + near, sizeof<T>());
    // even = (a + b)/2, odd = −i (a − b)/2, y = even ± w odd.
    const er = (ar + br) * half;
    const ei = (ai + bi) * half;
    const or = (ai - bi) * half;
    const oi = (br - ar) * half;
    const tr = wr * or - wi * oi;
    const ti = wr * oi + wi * or;
    store<T>(y + far, <T>(er - tr));
    store<T>(y + far, k == 0 ? <T>0 : <T>(ti - ei), sizeof<T>());
    store<T>(y + near, <T>(er + tr));
    store<T>(y + near, k == 0 ? <T>0 : <T>(ei + ti), sizeof<T>());
  }
}

function rfft<T>(p: usize, thread: i32, threads: i32): void {
  const rows = rows_of(p);
  const n = length_of(p);
  const h = (n & 1) == 0 ? n / 2 : n;
  const outputs = n / 2 + 1;
  const table = load<usize>(p, 12);
  const end = share_end(rows, 1, thread, threads);
  for (let row = share_begin(rows, 1, thread, threads); row < end; row++) {
    const a = buffers<T>(p, h, row, thread);
    const x = load<usize>(p, 8) + <usize>row * <usize>n * sizeof<T>();
    const y = load<usize>(p) + <usize>row * <usize>outputs * size_of<T>();
    if ((n & 1) == 0) {
      memory.copy(a, x, <usize>n * sizeof<T>());
      untangle<T>(y, transform<T>(p, a, h, table), h, table + table_bytes<T>(p, h), scale_of(p));
    } else {
      for (let j = 0; j < n; j++) {
        store<T>(a + <usize>j * size_of<T>(), load<T>(x + <usize>j * sizeof<T>()));
        store<T>(a + <usize>j * size_of<T>(), <T>0, sizeof<T>());
      }
      scaled<T>(y, transform<T>(p, a, n, table), outputs, scale_of(p), false);
      store<T>(y, <T>0, sizeof<T>());
    }
  }
}

export function rfft_f32(p: usize, thread: i32, threads: i32): void {
  rfft<f32>(p, thread, threads);
}

export function rfft_f64(p: usize, thread: i32, threads: i32): void {
  rfft<f64>(p, thread, threads);
}
