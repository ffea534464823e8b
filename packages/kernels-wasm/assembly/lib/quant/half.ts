/** Half-precision and bfloat16 numbers widened to f32, exactly. */

/** Four f16 in the low halves of 32-bit lanes. Exponents are rebased by a product, which is right for subnormals too. */
// @ts-ignore: decorator
@inline
export function widen_f16(bits: v128): v128 {
  const magnitude = v128.mul<f32>(v128.shl<i32>(v128.and(bits, v128.splat<i32>(0x7fff)), 13), v128.splat<f32>(5.192296858534828e33)); // 2^112
  const special = v128.and(v128.ge<f32>(magnitude, v128.splat<f32>(65536)), v128.splat<i32>(0x7f800000));
  return v128.or(v128.or(magnitude, special), v128.shl<i32>(v128.and(bits, v128.splat<i32>(0x8000)), 16));
}

/** The f16 at p. */
// @ts-ignore: decorator
@inline
export function load_f16(p: usize): f32 {
  const bits = <u32>load<u16>(p);
  const magnitude = reinterpret<f32>((bits & 0x7fff) << 13) * <f32>5.192296858534828e33;
  const special: u32 = magnitude >= 65536 ? 0x7f800000 : 0;
  return reinterpret<f32>(reinterpret<u32>(magnitude) | special | ((bits & 0x8000) << 16));
}
