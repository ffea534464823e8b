/**
 * x^y as 2^k e^(y log x), with all the special cases of C99 annex F. For f64 the logarithm and its product with y are
 * two-word numbers: an ulp of the result is a relative 2^-63 of an exponent near 709.
 */
import { exp_count, exp_extreme, exp_mantissa, exp_wide, LN2_HI, LN2_LO, scale_by_count } from "./exp";
import { product_error, sum_error } from "./double";
import { log_exponent, log_mantissa, log_usual } from "./log";
import { high, horner, k2, low, narrow, sign_of } from "./wide";

const TWO_THIRDS: f64 = 0.6666666666666666;
const TWO_THIRDS_REST: f64 = 3.700743415417188e-17;

/** ((log((1 + s)/(1 − s))/s − 2)/z − 2/3)/z, z = s²: relative error of the logarithm 2^-74. */
// @ts-ignore: decorator
@inline
function long_log_polynomial(z: v128): v128 {
  let q = horner(k2(0.11988632604930471), z, 0.1167486682279211);
  q = horner(q, z, 0.13336314893905088);
  q = horner(q, z, 0.15384556940889685);
  q = horner(q, z, 0.18181818869219205);
  q = horner(q, z, 0.22222222217546056);
  q = horner(q, z, 0.2857142857144507);
  return horner(q, z, 0.3999999999999998);
}

/** 2^k_more x to the power y in f64; x positive and normal, y finite. */
// @ts-ignore: decorator
@inline
function long_power(x: v128, k_more: v128, y: v128): v128 {
  const k = v128.add<f64>(log_exponent(x), k_more);
  const f = v128.sub<f64>(log_mantissa(x), k2(1.0));
  // s = f / (2 + f)
  const d = v128.add<f64>(k2(2.0), f);
  const d_lo = sum_error(k2(2.0), f, d);
  const s = v128.div<f64>(f, d);
  const sd = v128.mul<f64>(s, d);
  const remainder = v128.sub<f64>(v128.sub<f64>(v128.sub<f64>(f, sd), product_error(s, d, sd)), v128.mul<f64>(s, d_lo));
  const s_lo = v128.div<f64>(remainder, d);
  // z = s²
  const z = v128.mul<f64>(s, s);
  const z_lo = v128.add<f64>(product_error(s, s, z), v128.mul<f64>(v128.add<f64>(s, s), s_lo));
  // t = 2/3 + z (2/5 + …)
  const q = v128.mul<f64>(z, long_log_polynomial(z));
  const t = v128.add<f64>(k2(TWO_THIRDS), q);
  const t_lo = v128.add<f64>(sum_error(k2(TWO_THIRDS), q, t), k2(TWO_THIRDS_REST));
  // u = s z t
  const c = v128.mul<f64>(s, z);
  const c_lo = v128.add<f64>(product_error(s, z, c), v128.add<f64>(v128.mul<f64>(s, z_lo), v128.mul<f64>(s_lo, z)));
  const u = v128.mul<f64>(c, t);
  const u_lo = v128.add<f64>(product_error(c, t, u), v128.add<f64>(v128.mul<f64>(c, t_lo), v128.mul<f64>(c_lo, t)));
  // log = k ln 2 + 2s + u
  const s2 = v128.add<f64>(s, s);
  const kl = v128.mul<f64>(k, k2(LN2_HI));
  const a = v128.add<f64>(kl, s2);
  const b = v128.add<f64>(a, u);
  const errors = v128.add<f64>(sum_error(kl, s2, a), sum_error(a, u, b));
  const rest = v128.add<f64>(v128.add<f64>(v128.add<f64>(s_lo, s_lo), u_lo), v128.mul<f64>(k, k2(LN2_LO)));
  const tail = v128.add<f64>(errors, rest);
  const l = v128.add<f64>(b, tail);
  const l_lo = sum_error(b, tail, l);
  // Beyond 2^70 every y gives 0, 1 or infinity, as 2^70 does.
  const bounded = v128.pmax<f64>(v128.pmin<f64>(y, k2(1180591620717411303424.0)), k2(-1180591620717411303424.0));
  const p = v128.mul<f64>(bounded, l);
  const p_lo = v128.add<f64>(product_error(bounded, l, p), v128.mul<f64>(bounded, l_lo));
  if (v128.any_true(v128.gt<f64>(v128.abs<f64>(p), k2(708.0)))) return exp_extreme(p, p_lo);
  const count = exp_count(p);
  return scale_by_count(exp_mantissa(p, p_lo, count), count);
}

/** x^y of f64x2 to precision P; x positive and finite (normal, for f64), y finite. */
// @ts-ignore: decorator
@inline
function power_usual<P>(x: v128, y: v128): v128 {
  if (sizeof<P>() == 4) return exp_wide<f32>(v128.mul<f64>(y, log_usual<f32>(x)));
  return long_power(x, k2(0.0), y);
}

/** x^y of anything. */
function power_any<P>(x: v128, y: v128): v128 {
  const one = k2(1.0);
  const zero = k2(0.0);
  const a = v128.abs<f64>(x);
  const infinite = v128.eq<f64>(a, k2(Infinity));
  let value: v128;
  if (sizeof<P>() == 4) {
    value = exp_wide<f32>(v128.mul<f64>(y, log_usual<f32>(a)));
    value = v128.bitselect(one, value, v128.eq<f64>(a, one)); // ∞ · 0
  } else {
    const tiny = v128.lt<f64>(a, k2(2.2250738585072014e-308));
    const scaled = v128.bitselect(v128.mul<f64>(a, k2(18014398509481984.0)), a, tiny);
    value = long_power(scaled, v128.and(tiny, k2(-54.0)), y);
  }
  // |x| is 0 or ∞: the result is the other when y < 0.
  const edge = v128.or(infinite, v128.eq<f64>(a, zero));
  const grows = v128.xor(v128.gt<f64>(y, zero), infinite);
  value = v128.bitselect(v128.andnot(k2(Infinity), grows), value, edge);
  const whole = v128.eq<f64>(v128.floor<f64>(y), y);
  const half = v128.mul<f64>(y, k2(0.5));
  const odd = v128.and(whole, v128.ne<f64>(v128.floor<f64>(half), half));
  value = v128.xor(value, v128.and(odd, sign_of(x)));
  const undefined_power = v128.andnot(v128.andnot(v128.lt<f64>(x, zero), infinite), whole);
  const unordered = v128.or(v128.ne<f64>(x, x), v128.ne<f64>(y, y));
  value = v128.bitselect(k2(NaN), value, v128.or(undefined_power, unordered));
  return v128.bitselect(one, value, v128.or(v128.eq<f64>(y, zero), v128.eq<f64>(x, one)));
}

/** x^y by lane with both in f64x2, to precision P. */
export function pow_wide<P>(x: v128, y: v128): v128 {
  const normal = sizeof<P>() == 4 ? k2(1e-46) : k2(2.2250738585072014e-308);
  const usual = v128.and(v128.ge<f64>(x, normal), v128.lt<f64>(x, k2(Infinity)));
  const ordinary = v128.and(usual, v128.lt<f64>(v128.abs<f64>(y), k2(Infinity)));
  return v128.all_true<i64>(ordinary) ? power_usual<P>(x, y) : power_any<P>(x, y);
}

/** x^y by lane, T = f32 or f64. */
export function pow<T>(x: v128, y: v128): v128 {
  if (sizeof<T>() == 8) return pow_wide<f64>(x, y);
  return narrow(pow_wide<f32>(low(x), low(y)), pow_wide<f32>(high(x), high(y)));
}
