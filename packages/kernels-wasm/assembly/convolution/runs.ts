/** Sums over runs of neighbouring outputs, whose inputs lie side by side (stride 1) or apart. Steps in bytes. */
import { hsum, lanes, load_partial, madd, store_partial } from "../lib/simd";

/** d += s. */
// @ts-ignore: decorator
@inline
export function add_run<T>(d: usize, s: usize, n: i32): void {
  for (; n >= lanes<T>(); n -= lanes<T>()) {
    v128.store(d, v128.add<T>(v128.load(d), v128.load(s)));
    d += 16;
    s += 16;
  }
  if (n > 0) store_partial<T>(d, v128.add<T>(v128.load(d), v128.load(s)), n);
}

/** d += s, elements of d being apart. */
// @ts-ignore: decorator
@inline
export function add_run_apart<T>(d: usize, s: usize, n: i32, step: usize): void {
  for (; n > 0; n--) {
    store<T>(d, load<T>(d) + load<T>(s));
    d += step;
    s += sizeof<T>();
  }
}

/** d += w·s. */
export function add_scaled<T>(d: usize, s: usize, w: T, n: i32, step_d: usize, step_s: usize): void {
  if (step_d != sizeof<T>() || step_s != sizeof<T>()) {
    for (; n > 0; n--) {
      store<T>(d, load<T>(d) + w * load<T>(s));
      d += step_d;
      s += step_s;
    }
    return;
  }
  const factor = v128.splat<T>(w);
  for (; n >= lanes<T>(); n -= lanes<T>()) {
    v128.store(d, madd<T>(factor, v128.load(s), v128.load(d)));
    d += 16;
    s += 16;
  }
  if (n > 0) store_partial<T>(d, madd<T>(factor, v128.load(s), v128.load(d)), n);
}

/** Σ a·b over rows × n elements: lane l sums the elements p ≡ l of the rows, whole vectors first. */
export function dot_rows<T>(a: usize, row_a: usize, b: usize, row_b: usize, rows: i32, n: i32, step_b: usize): T {
  let sum = v128.splat<i32>(0);
  let total: T = 0;
  for (let r = 0; r < rows; r++) {
    let ap = a;
    let bp = b;
    let left = n;
    if (step_b == sizeof<T>()) {
      for (; left >= lanes<T>(); left -= lanes<T>()) {
        sum = madd<T>(v128.load(ap), v128.load(bp), sum);
        ap += 16;
        bp += 16;
      }
      if (left > 0) sum = madd<T>(load_partial<T>(ap, left), load_partial<T>(bp, left), sum);
    } else {
      for (; left > 0; left--) {
        total += load<T>(ap) * load<T>(bp);
        ap += sizeof<T>();
        bp += step_b;
      }
    }
    a += row_a;
    b += row_b;
  }
  return hsum<T>(sum) + total;
}
