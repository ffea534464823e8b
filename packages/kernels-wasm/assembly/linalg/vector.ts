/** The three loops over dense vectors that decompositions are made of. Sums are kept in float64 whatever T is, in an order that depends on the length alone. */
import { lanes, load_partial, madd, nmadd, splat, store_partial } from "../lib/simd";

/** a · b over n elements. */
export function dot<T>(a: usize, b: usize, n: i32): f64 {
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4, a += 4 * sizeof<T>(), b += 4 * sizeof<T>()) {
    s0 = madd<f64>(low<T>(a), low<T>(b), s0);
    s1 = madd<f64>(high<T>(a), high<T>(b), s1);
  }
  let total = f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s1, 0) + (f64x2.extract_lane(s0, 1) + f64x2.extract_lane(s1, 1));
  for (; i < n; i++, a += sizeof<T>(), b += sizeof<T>()) total += <f64>load<T>(a) * <f64>load<T>(b);
  return total;
}

/** Elements 0 and 1 at p as float64. */
// @ts-ignore: decorator
@inline
export function low<T>(p: usize): v128 {
  if (sizeof<T>() == 8) return v128.load(p);
  return f64x2.promote_low_f32x4(v128.load64_zero(p));
}

/** Elements 2 and 3 at p as float64. */
// @ts-ignore: decorator
@inline
export function high<T>(p: usize): v128 {
  if (sizeof<T>() == 8) return v128.load(p, 16);
  return f64x2.promote_low_f32x4(v128.load64_zero(p, 8));
}

/** Stores four float64 as T. */
// @ts-ignore: decorator
@inline
export function store_four<T>(p: usize, a: v128, b: v128): void {
  if (sizeof<T>() == 8) {
    v128.store(p, a);
    v128.store(p, b, 16);
  } else {
    v128.store(p, v128.shuffle<i64>(f32x4.demote_f64x2_zero(a), f32x4.demote_f64x2_zero(b), 0, 2));
  }
}

/** y −= alpha · x over n elements. */
export function subtract_scaled<T>(y: usize, x: usize, alpha: T, n: i32): void {
  const factor = splat<T>(alpha);
  const step = lanes<T>();
  let i = 0;
  for (; i + step <= n; i += step, y += 16, x += 16) v128.store(y, nmadd<T>(factor, v128.load(x), v128.load(y)));
  if (i < n) store_partial<T>(y, nmadd<T>(factor, load_partial<T>(x, n - i), load_partial<T>(y, n - i)), n - i);
}

/** (x, y) turned by the angle with cosine c and sine s: x' = c x − s y, y' = s x + c y; float64. */
export function rotate<T>(x: usize, y: usize, c: T, s: T, n: i32): void {
  const vc = f64x2.splat(c);
  const vs = f64x2.splat(s);
  let i = 0;
  for (; i + 2 <= n; i += 2, x += 16, y += 16) {
    const a = v128.load(x);
    const b = v128.load(y);
    v128.store(x, nmadd<f64>(vs, b, f64x2.mul(vc, a)));
    v128.store(y, madd<f64>(vs, a, f64x2.mul(vc, b)));
  }
  if (i < n) {
    const a = load<f64>(x);
    const b = load<f64>(y);
    store<f64>(x, c * a - s * b);
    store<f64>(y, s * a + c * b);
  }
}
