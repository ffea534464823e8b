/** sin, cos and tan: reduction modulo π/2, then the polynomial of the quadrant. Arrangement of fdlibm's k_sin.c and k_cos.c; coefficients: Remez. */
import { product_error } from "./double";
import { madd, nmadd } from "./simd";
import { REDUCE_LIMIT, reduce_high, reduce_huge, reduce_low, reduce_short, turn_count } from "./reduce_angle";
import { high, horner, k2, low, narrow, pick, sign_of } from "./wide";

// @ts-ignore: decorator
@inline
function sin_polynomial(z: v128): v128 {
  let s = horner(k2(1.5896068505893648e-10), z, -2.5050745056179412e-08);
  s = horner(s, z, 2.755731360465272e-06);
  s = horner(s, z, -0.00019841269829543008);
  return horner(s, z, 0.008333333333322063);
}

// @ts-ignore: decorator
@inline
function cos_polynomial(z: v128): v128 {
  let c = horner(k2(-1.135842399367754e-11), z, 2.087569871869108e-09);
  c = horner(c, z, -2.7557314164059623e-07);
  c = horner(c, z, 2.480158728880035e-05);
  c = horner(c, z, -0.0013888888888872975);
  return horner(c, z, 0.041666666666666595);
}

/** sin(x + y), |x| ≤ π/4, y the second word of the argument. */
// @ts-ignore: decorator
@inline
export function sin_kernel<P>(x: v128, y: v128): v128 {
  const z = v128.mul<f64>(x, x);
  const v = v128.mul<f64>(z, x);
  if (sizeof<P>() == 4) {
    let s = horner(k2(2.718084200487539e-06), z, -0.00019839308363624224);
    s = horner(s, z, 0.008333329292766398);
    s = horner(s, z, -0.16666666640693426);
    return madd<f64>(v, s, x);
  }
  const middle = v128.sub<f64>(v128.mul<f64>(z, nmadd<f64>(v, sin_polynomial(z), v128.mul<f64>(y, k2(0.5)))), y);
  return v128.sub<f64>(x, madd<f64>(v, k2(0.1666666666666663), middle));
}

/** cos(x + y), |x| ≤ π/4. */
// @ts-ignore: decorator
@inline
export function cos_kernel<P>(x: v128, y: v128): v128 {
  const z = v128.mul<f64>(x, x);
  if (sizeof<P>() == 4) {
    let c = horner(k2(2.4432784096741534e-05), z, -0.0013887313054806053);
    c = horner(c, z, 0.04166664561863826);
    c = horner(c, z, -0.5);
    return horner(c, z, 1.0);
  }
  const half = v128.mul<f64>(z, k2(0.5));
  const w = v128.sub<f64>(k2(1.0), half);
  const lost = v128.sub<f64>(v128.sub<f64>(k2(1.0), w), half);
  return v128.add<f64>(w, v128.add<f64>(lost, v128.sub<f64>(v128.mul<f64>(v128.mul<f64>(z, z), cos_polynomial(z)), v128.mul<f64>(x, y))));
}

/** What sin_kernel<f64> rounded off its result s. */
// @ts-ignore: decorator
@inline
function sin_rest(x: v128, y: v128, s: v128): v128 {
  const z = v128.mul<f64>(x, x);
  const v = v128.mul<f64>(z, x);
  const middle = v128.sub<f64>(v128.mul<f64>(z, nmadd<f64>(v, sin_polynomial(z), v128.mul<f64>(y, k2(0.5)))), y);
  return v128.sub<f64>(v128.sub<f64>(x, s), madd<f64>(v, k2(0.1666666666666663), middle));
}

/** What cos_kernel<f64> rounded off its result c. */
// @ts-ignore: decorator
@inline
function cos_rest(x: v128, y: v128, c: v128): v128 {
  const z = v128.mul<f64>(x, x);
  const half = v128.mul<f64>(z, k2(0.5));
  const w = v128.sub<f64>(k2(1.0), half);
  const lost = v128.sub<f64>(v128.sub<f64>(k2(1.0), w), half);
  const rest = v128.add<f64>(lost, v128.sub<f64>(v128.mul<f64>(v128.mul<f64>(z, z), cos_polynomial(z)), v128.mul<f64>(x, y)));
  return v128.add<f64>(v128.sub<f64>(w, c), rest);
}

/** sin of the reduced angle plus `count` quarter turns; only the low bits of count matter. */
// @ts-ignore: decorator
@inline
function quadrant<P>(x: v128, y: v128, count: v128): v128 {
  const even = v128.eq<i64>(v128.and(count, v128.splat<i64>(1)), v128.splat<i64>(0));
  const value = pick(even, sin_kernel<P>(x, y), cos_kernel<P>(x, y));
  return v128.xor(value, v128.shl<i64>(v128.and(count, v128.splat<i64>(2)), 62));
}

/** sin(|x| + quarters·π/2), |x| ≤ REDUCE_LIMIT. */
// @ts-ignore: decorator
@inline
function sine_usual<P>(x: v128, quarters: i64): v128 {
  const count = turn_count(x);
  const turned = v128.add<i64>(count, v128.splat<i64>(quarters));
  if (sizeof<P>() == 4) return quadrant<P>(reduce_short(x, count), k2(0.0), turned);
  return quadrant<P>(reduce_high(x, count), reduce_low(x, count), turned);
}

/** The same where some lane is huge, infinite or NaN. */
function sine_any<P>(x: v128, quarters: i64): v128 {
  const a = reduce_huge(v128.extract_lane<f64>(x, 0));
  const b = reduce_huge(v128.extract_lane<f64>(x, 1));
  const lo = v128.shuffle<i64>(a, b, 1, 3);
  const huge = quadrant<f64>(v128.shuffle<i64>(a, b, 0, 2), lo, v128.add<i64>(lo, v128.splat<i64>(quarters)));
  return v128.bitselect(sine_usual<P>(x, quarters), huge, v128.le<f64>(x, k2(REDUCE_LIMIT)));
}

// @ts-ignore: decorator
@inline
export function sin_wide<P>(x: v128): v128 {
  const a = v128.abs<f64>(x);
  const y = v128.any_true(v128.gt<f64>(a, k2(REDUCE_LIMIT))) ? sine_any<P>(a, 0) : sine_usual<P>(a, 0);
  return v128.xor(y, sign_of(x)); // keeps −0
}

// @ts-ignore: decorator
@inline
export function cos_wide<P>(x: v128): v128 {
  const a = v128.abs<f64>(x);
  return v128.any_true(v128.gt<f64>(a, k2(REDUCE_LIMIT))) ? sine_any<P>(a, 1) : sine_usual<P>(a, 1);
}

/** tan of the reduced angle plus `count` quarter turns: sin/cos, or −cos/sin after an odd number. */
// @ts-ignore: decorator
@inline
function tangent<P>(x: v128, y: v128, count: v128): v128 {
  const even = v128.eq<i64>(v128.and(count, v128.splat<i64>(1)), v128.splat<i64>(0));
  const s = sin_kernel<P>(x, y);
  const c = cos_kernel<P>(x, y);
  const n = pick(even, s, v128.neg<f64>(c));
  const d = pick(even, c, s);
  const q = v128.div<f64>(n, d);
  if (sizeof<P>() == 4) return q;
  const s_lo = sin_rest(x, y, s);
  const c_lo = cos_rest(x, y, c);
  const n_lo = pick(even, s_lo, v128.neg<f64>(c_lo));
  const d_lo = pick(even, c_lo, s_lo);
  const qd = v128.mul<f64>(q, d);
  const remainder = v128.sub<f64>(v128.sub<f64>(n, qd), product_error(q, d, qd));
  return v128.add<f64>(q, v128.div<f64>(v128.sub<f64>(v128.add<f64>(remainder, n_lo), v128.mul<f64>(q, d_lo)), d));
}

/** tan(x), 0 ≤ x ≤ REDUCE_LIMIT. */
// @ts-ignore: decorator
@inline
function tangent_usual<P>(x: v128): v128 {
  const count = turn_count(x);
  if (sizeof<P>() == 4) return tangent<f32>(reduce_short(x, count), k2(0.0), count);
  return tangent<f64>(reduce_high(x, count), reduce_low(x, count), count);
}

function tangent_any<P>(x: v128): v128 {
  const a = reduce_huge(v128.extract_lane<f64>(x, 0));
  const b = reduce_huge(v128.extract_lane<f64>(x, 1));
  const lo = v128.shuffle<i64>(a, b, 1, 3);
  return v128.bitselect(tangent_usual<P>(x), tangent<f64>(v128.shuffle<i64>(a, b, 0, 2), lo, lo), v128.le<f64>(x, k2(REDUCE_LIMIT)));
}

// @ts-ignore: decorator
@inline
export function tan_wide<P>(x: v128): v128 {
  const a = v128.abs<f64>(x);
  const y = v128.any_true(v128.gt<f64>(a, k2(REDUCE_LIMIT))) ? tangent_any<P>(a) : tangent_usual<P>(a);
  return v128.xor(y, sign_of(x)); // keeps −0
}

export function sin<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return sin_wide<f64>(x);
  return narrow(sin_wide<f32>(low(x)), sin_wide<f32>(high(x)));
}

export function cos<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return cos_wide<f64>(x);
  return narrow(cos_wide<f32>(low(x)), cos_wide<f32>(high(x)));
}

export function tan<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return tan_wide<f64>(x);
  return narrow(tan_wide<f32>(low(x)), tan_wide<f32>(high(x)));
}
