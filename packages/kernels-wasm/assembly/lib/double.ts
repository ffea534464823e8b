/**
 * Exact sums and products of f64x2: what rounding lost, as a second word (T. J. Dekker 1971). Not by fused multiply-add,
 * which a processor may lack even where relaxed SIMD is on; so nothing here may be contracted.
 */

/** The upper 26 bits, so that products of upper halves are exact. */
// @ts-ignore: decorator
@inline
function upper(x: v128): v128 {
  return v128.and(x, v128.splat<i64>(0xfffffffff8000000));
}

/** a·b − p to 2^-106 of p, where p = a·b rounded. */
// @ts-ignore: decorator
@inline
export function product_error(a: v128, b: v128, p: v128): v128 {
  const a1 = upper(a);
  const a2 = v128.sub<f64>(a, a1);
  const b1 = upper(b);
  const b2 = v128.sub<f64>(b, b1);
  const e = v128.sub<f64>(v128.mul<f64>(a1, b1), p);
  const f = v128.add<f64>(v128.add<f64>(e, v128.mul<f64>(a1, b2)), v128.mul<f64>(a2, b1));
  return v128.add<f64>(f, v128.mul<f64>(a2, b2));
}

/** (a + b) − s where s = a + b rounded and |a| ≥ |b|, or a = 0. */
// @ts-ignore: decorator
@inline
export function sum_error(a: v128, b: v128, s: v128): v128 {
  return v128.add<f64>(v128.sub<f64>(a, s), b);
}

/** (a + b) − s where s = a + b rounded, whichever is larger (D. Knuth). */
// @ts-ignore: decorator
@inline
export function two_sum_error(a: v128, b: v128, s: v128): v128 {
  const b1 = v128.sub<f64>(s, a);
  const a1 = v128.sub<f64>(s, b1);
  return v128.add<f64>(v128.sub<f64>(a, a1), v128.sub<f64>(b, b1));
}
