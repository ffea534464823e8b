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

/** Σ a·b: lane l sums the elements p ≡ l, whole vectors first. */
export function dot_run<T>(a: usize, b: usize, n: i32, step_b: usize): T {
  if (step_b != sizeof<T>()) {
    let total: T = 0;
    for (; n > 0; n--) {
      total += load<T>(a) * load<T>(b);
      a += sizeof<T>();
      b += step_b;
    }
    return total;
  }
  let sum = v128.splat<i32>(0);
  for (; n >= lanes<T>(); n -= lanes<T>()) {
    sum = madd<T>(v128.load(a), v128.load(b), sum);
    a += 16;
    b += 16;
  }
  if (n > 0) sum = madd<T>(load_partial<T>(a, n), load_partial<T>(b, n), sum);
  return hsum<T>(sum);
}
