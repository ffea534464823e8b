/**
 * Moments of a weight that no longer changes decay into subnormals, on which x86 cores take some 150 cycles an operation (measured: 37 µs
 * instead of 2 for Adam on 2,433 weights); optimisers round them to 0.
 */

/** x, or 0 where x is subnormal. */
// @ts-ignore: decorator
@inline
export function flush<T>(x: v128): v128 {
  const least = sizeof<T>() == 4 ? v128.splat<f32>(1.17549435e-38) : v128.splat<f64>(2.2250738585072014e-308);
  return v128.andnot(x, v128.lt<T>(v128.abs<T>(x), least));
}
