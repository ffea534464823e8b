/** Powers of two that bring a matrix to the order of one, so that squares of its elements neither overflow nor vanish. */

/** 2⁻ᵉ for x = f · 2ᵉ with 1 ≤ f < 2; 1 where x is zero, subnormal or not finite. Multiplying by it rounds nothing. */
// @ts-ignore: decorator
@inline
export function unit_scale(x: f64): f64 {
  const exponent = (reinterpret<u64>(x) >> 52) & 0x7ff;
  if (exponent == 0 || exponent >= 2046) return 1;
  return reinterpret<f64>((2046 - exponent) << 52);
}
