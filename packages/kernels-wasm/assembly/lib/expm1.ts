/** e^x − 1, sinh and cosh: the parts of exp put together without cancellation. */
import { sum_error } from "./double";
import { exp_count, exp_extreme, exp_polynomial, exp_wide, LN2_HI, LN2_LO, ROUNDER, scale_by_count } from "./exp";
import { madd, nmadd } from "./simd";
import { high, horner, k2, low, narrow, pick, sign_of } from "./wide";

// @ts-ignore: decorator
@inline
export function expm1_wide<P>(x: v128): v128 {
  const one = k2(1.0);
  const limit = sizeof<P>() == 4 ? 200.0 : 708.0;
  const clamped = v128.pmax<f64>(v128.pmin<f64>(x, k2(limit)), k2(-200.0));
  const count = exp_count(clamped);
  const k = v128.sub<f64>(count, k2(ROUNDER));
  const s = scale_by_count(one, count);
  if (sizeof<P>() == 4) {
    const r = nmadd<f64>(k, k2(0.6931471805599453), clamped);
    const y = v128.mul<f64>(r, horner(exp_polynomial<f32>(r), r, 1.0));
    return v128.or(madd<f64>(s, y, v128.sub<f64>(s, one)), sign_of(x)); // keeps −0
  }
  const h = nmadd<f64>(k, k2(LN2_HI), clamped);
  const l = v128.mul<f64>(k, k2(LN2_LO));
  const r = v128.sub<f64>(h, l);
  const t = v128.sub<f64>(v128.mul<f64>(v128.mul<f64>(r, r), exp_polynomial<f64>(r)), l);
  // 2^k (h + t) + (2^k − 1)
  const base = v128.sub<f64>(s, one);
  const base_lo = v128.sub<f64>(v128.sub<f64>(s, base), one);
  const sh = v128.mul<f64>(s, h);
  const sum = v128.add<f64>(base, sh);
  const y = v128.add<f64>(sum, v128.add<f64>(sum_error(base, sh, sum), v128.add<f64>(v128.mul<f64>(s, t), base_lo)));
  const result = v128.or(y, sign_of(x));
  const beyond = v128.gt<f64>(x, k2(708.0));
  return v128.any_true(beyond) ? v128.bitselect(exp_extreme(x, k2(0.0)), result, beyond) : result;
}

/** (sinh(x)/x − 1) / x² on |x| ≤ 1, z = x²: relative error of sinh 2^-63. */
// @ts-ignore: decorator
@inline
function sinh_polynomial(z: v128): v128 {
  let p = horner(k2(7.758748518059082e-13), z, 1.6057259779404362e-10);
  p = horner(p, z, 2.5052123136563467e-08);
  p = horner(p, z, 2.755731915707306e-06);
  p = horner(p, z, 0.00019841269841431867);
  p = horner(p, z, 0.008333333333333148);
  return horner(p, z, 0.16666666666666669);
}

/** e^|x| / 2 in f64, finite as long as it can be. */
// @ts-ignore: decorator
@inline
function half_exp(a: v128): v128 {
  const half = v128.mul<f64>(exp_wide<f64>(v128.pmin<f64>(a, k2(700.0))), k2(0.5));
  const beyond = v128.gt<f64>(a, k2(700.0));
  if (!v128.any_true(beyond)) return half;
  // e^a / 2 = 2^63 e^(a − 64 ln 2), the subtraction exact
  const lowered = exp_extreme(v128.sub<f64>(a, k2(64.0 * LN2_HI)), k2(-64.0 * LN2_LO));
  return v128.bitselect(v128.mul<f64>(lowered, k2(9223372036854775808.0)), half, beyond);
}

// @ts-ignore: decorator
@inline
export function sinh_wide<P>(x: v128): v128 {
  const a = v128.abs<f64>(x);
  if (sizeof<P>() == 4) {
    const u = expm1_wide<f32>(a);
    const y = v128.mul<f64>(v128.add<f64>(u, v128.div<f64>(u, v128.add<f64>(u, k2(1.0)))), k2(0.5));
    return v128.or(y, sign_of(x));
  }
  const z = v128.mul<f64>(a, a);
  const small = madd<f64>(v128.mul<f64>(a, z), sinh_polynomial(z), a);
  const half = half_exp(a);
  const large = v128.sub<f64>(half, v128.div<f64>(k2(0.25), half));
  return v128.or(pick(v128.lt<f64>(a, k2(1.0)), small, large), sign_of(x));
}

// @ts-ignore: decorator
@inline
export function cosh_wide<P>(x: v128): v128 {
  const a = v128.abs<f64>(x);
  const half = sizeof<P>() == 4 ? v128.mul<f64>(exp_wide<f32>(a), k2(0.5)) : half_exp(a);
  return v128.add<f64>(half, v128.div<f64>(k2(0.25), half));
}

export function expm1<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return expm1_wide<f64>(x);
  return narrow(expm1_wide<f32>(low(x)), expm1_wide<f32>(high(x)));
}

export function sinh<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return sinh_wide<f64>(x);
  return narrow(sinh_wide<f32>(low(x)), sinh_wide<f32>(high(x)));
}

export function cosh<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return cosh_wide<f64>(x);
  return narrow(cosh_wide<f32>(low(x)), cosh_wide<f32>(high(x)));
}
