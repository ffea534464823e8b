/** Half-precision numbers widened to f32, exactly. */
import { hidden_zero, pin32, pin_words } from "../pin";

/** Constants of widen_f16, pinned where its loop begins. */
export const MAGNITUDE: i32 = 0x7fff;
export const SIGN: i32 = 0x8000;
export const REBASE: f32 = 5.192296858534828e33; // 2^112
export const SPECIAL: f32 = 65536;
export const INFINITE: i32 = 0x7f800000;

/** Four f16 in the low halves of 32-bit lanes. Exponents are rebased by a product, which is right for subnormals too. */
// @ts-ignore: decorator
@inline
export function widen_f16(bits: v128, magnitude_bits: v128, sign: v128, rebase: v128, special: v128, infinite: v128): v128 {
  const magnitude = v128.mul<f32>(v128.shl<i32>(v128.and(bits, magnitude_bits), 13), rebase);
  return v128.or(v128.or(magnitude, v128.and(v128.ge<f32>(magnitude, special), infinite)), v128.shl<i32>(v128.and(bits, sign), 16));
}

/** n f16, each in a word of 32 bits, become f32 where they lie; up to three words more are touched. */
export function widen_in_place(p: usize, n: i32): void {
  const zero = hidden_zero(n);
  const magnitude = pin_words(MAGNITUDE, zero);
  const sign = pin_words(SIGN, zero);
  const rebase = pin32(REBASE, zero);
  const special = pin32(SPECIAL, zero);
  const infinite = pin_words(INFINITE, zero);
  for (const end = p + (<usize>n << 2); p < end; p += 16) {
    v128.store(p, widen_f16(v128.load(p), magnitude, sign, rebase, special, infinite));
  }
}

/** The f16 at p. */
// @ts-ignore: decorator
@inline
export function load_f16(p: usize): f32 {
  const bits = <u32>load<u16>(p);
  const magnitude = reinterpret<f32>((bits & 0x7fff) << 13) * <f32>REBASE;
  const special: u32 = magnitude >= 65536 ? 0x7f800000 : 0;
  return reinterpret<f32>(reinterpret<u32>(magnitude) | special | ((bits & 0x8000) << 16));
}
