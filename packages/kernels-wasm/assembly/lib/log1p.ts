/** log(1 + u) for u of one or two words, and the inverse hyperbolic functions, which are such logarithms. */
import { product_error, sum_error, two_sum_error } from "./double";
import { log_combine, log_exponent, log_mantissa, log_wide } from "./log";
import { madd } from "./simd";
import { high, horner, k2, low, narrow, pick, sign_of } from "./wide";

/** log(1 + u + u_lo), −1 < u < ∞. */
// @ts-ignore: decorator
@inline
function log1p_core<P>(u: v128, u_lo: v128): v128 {
  const w = v128.add<f64>(k2(1.0), u);
  const lost = two_sum_error(k2(1.0), u, w);
  // Within [√½ − 1, √2 − 1] u itself is the exact mantissa less one.
  const near = v128.and(v128.gt<f64>(u, k2(-0.2928932188134524)), v128.lt<f64>(u, k2(0.41421356237309503)));
  const f = pick(near, u, v128.sub<f64>(log_mantissa(w), k2(1.0)));
  const k = v128.andnot(log_exponent(w), near);
  const c = v128.div<f64>(v128.add<f64>(v128.andnot(lost, near), u_lo), w);
  return log_combine<P>(k, f, c);
}

// @ts-ignore: decorator
@inline
export function log1p_wide<P>(x: v128): v128 {
  const usual = v128.and(v128.gt<f64>(x, k2(-1.0)), v128.lt<f64>(x, k2(Infinity)));
  const y = v128.or(log1p_core<P>(x, k2(0.0)), sign_of(x)); // keeps −0
  if (v128.all_true<i64>(usual)) return y;
  const outside = v128.bitselect(k2(NaN), x, v128.lt<f64>(x, k2(-1.0)));
  return v128.bitselect(y, v128.bitselect(k2(-Infinity), outside, v128.eq<f64>(x, k2(-1.0))), usual);
}

/** (asinh(x)/x − 1) / x² on |x| ≤ 1/2, z = x²: relative error of asinh 2^-65. */
// @ts-ignore: decorator
@inline
function asinh_polynomial(z: v128): v128 {
  let p = horner(k2(-0.0013635887442596114), z, 0.003923241835573506);
  p = horner(p, z, -0.006323659337630752);
  p = horner(p, z, 0.008120896682724725);
  p = horner(p, z, -0.00970963335598132);
  p = horner(p, z, 0.011544649823810565);
  p = horner(p, z, -0.013964144610550226);
  p = horner(p, z, 0.017352716605211028);
  p = horner(p, z, -0.02237215687132486);
  p = horner(p, z, 0.030381944378023547);
  p = horner(p, z, -0.044642857141682);
  p = horner(p, z, 0.0749999999999895);
  return horner(p, z, -0.16666666666666663);
}

/** What √w lacks, where root = √w rounded and w_lo is the second word of w. */
// @ts-ignore: decorator
@inline
function root_error(w: v128, w_lo: v128, root: v128): v128 {
  const square = v128.mul<f64>(root, root);
  const remainder = v128.sub<f64>(v128.sub<f64>(w, square), product_error(root, root, square));
  return v128.div<f64>(v128.add<f64>(remainder, w_lo), v128.add<f64>(root, root));
}

/** asinh in f64 of a ≥ 1/2: log(a + √(a² + 1)), the argument in two words. */
// @ts-ignore: decorator
@inline
function asinh_large(a: v128): v128 {
  const huge = v128.gt<f64>(a, k2(268435456.0)); // 2^28: there √(a² + 1) is a
  const s = v128.mul<f64>(a, a);
  const w = v128.add<f64>(s, k2(1.0));
  const w_lo = v128.add<f64>(product_error(a, a, s), two_sum_error(s, k2(1.0), w));
  const root = v128.sqrt<f64>(w);
  const sum = v128.add<f64>(root, a);
  const sum_lo = v128.add<f64>(sum_error(root, a, sum), root_error(w, w_lo, root));
  const v = pick(huge, a, sum);
  const c = v128.andnot(v128.div<f64>(sum_lo, v), huge);
  const k = v128.add<f64>(log_exponent(v), v128.and(huge, k2(1.0)));
  const y = log_combine<f64>(k, v128.sub<f64>(log_mantissa(v), k2(1.0)), c);
  return pick(v128.lt<f64>(a, k2(Infinity)), y, a);
}

// @ts-ignore: decorator
@inline
export function asinh_wide<P>(x: v128): v128 {
  const a = v128.abs<f64>(x);
  const z = v128.mul<f64>(a, a);
  let y: v128;
  if (sizeof<P>() == 4) {
    const root = v128.sqrt<f64>(v128.add<f64>(z, k2(1.0)));
    y = log1p_wide<f32>(v128.add<f64>(a, v128.div<f64>(z, v128.add<f64>(root, k2(1.0)))));
    y = pick(v128.lt<f64>(a, k2(Infinity)), y, a);
  } else {
    const small = madd<f64>(v128.mul<f64>(a, z), asinh_polynomial(z), a);
    y = pick(v128.lt<f64>(a, k2(0.5)), small, asinh_large(a));
  }
  return v128.or(y, sign_of(x));
}

// @ts-ignore: decorator
@inline
export function acosh_wide<P>(x: v128): v128 {
  const t = v128.sub<f64>(x, k2(1.0));
  if (sizeof<P>() == 4) {
    const w = v128.mul<f64>(t, v128.add<f64>(x, k2(1.0)));
    return pick(v128.lt<f64>(x, k2(1.0)), k2(NaN), log1p_wide<f32>(v128.add<f64>(t, v128.sqrt<f64>(w))));
  }
  const huge = v128.gt<f64>(x, k2(268435456.0));
  const s = v128.add<f64>(x, k2(1.0));
  const w = v128.mul<f64>(t, s);
  const w_lo = v128.add<f64>(product_error(t, s, w), v128.mul<f64>(t, two_sum_error(x, k2(1.0), s)));
  const root = v128.sqrt<f64>(w);
  const u = v128.add<f64>(root, t);
  const u_lo = v128.add<f64>(sum_error(root, t, u), root_error(w, w_lo, root));
  const usual = v128.and(v128.gt<f64>(x, k2(1.0)), v128.le<f64>(x, k2(268435456.0)));
  const y = log1p_core<f64>(pick(usual, u, k2(0.0)), v128.and(u_lo, usual));
  if (v128.all_true<i64>(usual)) return y;
  const beyond = v128.add<f64>(log_wide<f64>(x), k2(0.6931471805599453));
  return v128.bitselect(beyond, v128.bitselect(y, k2(NaN), v128.ge<f64>(x, k2(1.0))), huge);
}

// @ts-ignore: decorator
@inline
export function atanh_wide<P>(x: v128): v128 {
  const a = v128.abs<f64>(x);
  const a2 = v128.add<f64>(a, a);
  const d = v128.sub<f64>(k2(1.0), a);
  const q = v128.div<f64>(a2, d);
  if (sizeof<P>() == 4) return v128.or(v128.mul<f64>(log1p_wide<f32>(q), k2(0.5)), sign_of(x));
  const d_lo = v128.sub<f64>(v128.sub<f64>(k2(1.0), d), a);
  const qd = v128.mul<f64>(q, d);
  const remainder = v128.sub<f64>(v128.sub<f64>(v128.sub<f64>(a2, qd), product_error(q, d, qd)), v128.mul<f64>(q, d_lo));
  const inside = v128.lt<f64>(a, k2(1.0));
  const core = log1p_core<f64>(pick(inside, q, k2(0.0)), v128.and(v128.div<f64>(remainder, d), inside));
  const y = v128.mul<f64>(core, k2(0.5));
  const edge = pick(v128.eq<f64>(a, k2(1.0)), k2(Infinity), k2(NaN));
  return v128.or(pick(inside, y, edge), sign_of(x));
}

export function log1p<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return log1p_wide<f64>(x);
  return narrow(log1p_wide<f32>(low(x)), log1p_wide<f32>(high(x)));
}

export function asinh<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return asinh_wide<f64>(x);
  return narrow(asinh_wide<f32>(low(x)), asinh_wide<f32>(high(x)));
}

export function acosh<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return acosh_wide<f64>(x);
  return narrow(acosh_wide<f32>(low(x)), acosh_wide<f32>(high(x)));
}

export function atanh<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return atanh_wide<f64>(x);
  return narrow(atanh_wide<f32>(low(x)), atanh_wide<f32>(high(x)));
}
