/**
 * erf, and in f64 erfc and GELU (erf_strip.ts has their f32). Near 0 an odd polynomial; beyond, erfc(a) = e^(−a²) erfcx(a) with a² exact in two words, erfcx
 * rational in a: for f64 (1 + 2a) erfcx(a) as a polynomial in (a − 7/2)/(a + 7/2) (M. M. Shepherd and J. G. Laframboise 1981),
 * for f32 t P(t), t = 1/(1 + 0.42 a). Coefficients: Remez.
 */
import { product_error, sum_error } from "./double";
import { exp_count, exp_mantissa, exp_mantissa_rest, exp_wide, scale_by_count, scale_extreme } from "./exp";
import { madd } from "./simd";
import { high, horner, k2, low, narrow, pick, sign_of } from "./wide";

/** 2/√π − 1. */
const EXCESS: f64 = 0.1283791670955126;
const SQRT_HALF: f64 = 0.7071067811865476;

/** (erf(x)/x − 2/√π) / x² on |x| ≤ 1, z = x²: relative error of erf 2^-35 for f32, 2^-63 for f64. */
// @ts-ignore: decorator
@inline
function erf_polynomial<P>(z: v128): v128 {
  if (sizeof<P>() == 4) {
    let p = horner(k2(-9.684209784972565e-06), z, 0.00011273019619920791);
    p = horner(p, z, -0.000848524912252436);
    p = horner(p, z, 0.005221131007691864);
    p = horner(p, z, -0.02686547616976107);
    p = horner(p, z, 0.112837835724007);
    return horner(p, z, -0.37612638581229485);
  }
  let p = horner(k2(5.955579468396818e-11), z, -1.137213712722775e-09);
  p = horner(p, z, 1.4659665997187222e-08);
  p = horner(p, z, -1.635031048799999e-07);
  p = horner(p, z, 1.646100197032033e-06);
  p = horner(p, z, -1.492559549750142e-05);
  p = horner(p, z, 0.00012055331128946667);
  p = horner(p, z, -0.0008548326981602001);
  p = horner(p, z, 0.0052239776248388615);
  p = horner(p, z, -0.02686617064508015);
  p = horner(p, z, 0.11283791670954908);
  return horner(p, z, -0.3761263890318375);
}

/** erf(x) − x on |x| ≤ 1. */
// @ts-ignore: decorator
@inline
function erf_excess<P>(x: v128): v128 {
  const z = v128.mul<f64>(x, x);
  return v128.mul<f64>(x, madd<f64>(z, erf_polynomial<P>(z), k2(EXCESS)));
}

/** erfcx(a)/t, t = 1/(1 + 0.42 a), 0 ≤ a ≤ 10.2: relative error 2^-32. */
// @ts-ignore: decorator
@inline
function erfcx_polynomial32(t: v128): v128 {
  let p = horner(k2(0.025102018828021155), t, -0.16077741793374623);
  p = horner(p, t, 0.4157097138350781);
  p = horner(p, t, -0.5282272745261581);
  p = horner(p, t, 0.3309568774268233);
  p = horner(p, t, -0.16157713855800887);
  p = horner(p, t, 0.10628027422971623);
  p = horner(p, t, 0.10728938941620834);
  p = horner(p, t, 0.17529185568779282);
  p = horner(p, t, 0.2160384697482274);
  p = horner(p, t, 0.23695312673231017);
  return horner(p, t, 0.23696010530763115);
}

/** (1 + 2a) erfcx(a) less its value at 7/2, over q = (a − 7/2)/(a + 7/2), 1/2 ≤ a ≤ 27.3: relative error 2^-60. */
// @ts-ignore: decorator
@inline
function erfcx_polynomial64(q: v128): v128 {
  let p = horner(k2(1.0330930830073858e-08), q, 5.337474313157509e-10);
  p = horner(p, q, -9.282941694140764e-08);
  p = horner(p, q, -7.837275508375795e-09);
  p = horner(p, q, 5.999409121018747e-07);
  p = horner(p, q, -4.4320938864823224e-08);
  p = horner(p, q, -3.8142594581216083e-06);
  p = horner(p, q, 2.3283416637615862e-06);
  p = horner(p, q, 2.426089530939385e-05);
  p = horner(p, q, -4.2782234626772795e-05);
  p = horner(p, q, -0.00012151241710069171);
  p = horner(p, q, 0.000564384416434674);
  p = horner(p, q, -0.0003022678771330445);
  p = horner(p, q, -0.004215019907378284);
  p = horner(p, q, 0.019099330942294233);
  p = horner(p, q, -0.04882332582794694);
  p = horner(p, q, 0.08798315382487419);
  p = horner(p, q, -0.1150895981601899);
  p = horner(p, q, 0.09751909515325836);
  p = horner(p, q, -0.010555596332218321);
  return horner(p, q, -0.14000918013761943);
}
const ERFCX_CENTRE: f64 = 1.2423492448711544;

/** erfcx(a) e^(−s − s_lo): erfc(a) when s + s_lo = a². 0 ≤ a for f32, 1/2 ≤ a for f64. */
// @ts-ignore: decorator
@inline
function erfc_tail<P>(a: v128, s: v128, s_lo: v128): v128 {
  if (sizeof<P>() == 4) {
    // Beyond 10.2 e^(−a²) is below every f32.
    const t = v128.div<f64>(k2(1.0), horner(v128.pmin<f64>(a, k2(10.2)), k2(0.42), 1.0));
    return v128.mul<f64>(v128.mul<f64>(t, erfcx_polynomial32(t)), exp_wide<f32>(v128.neg<f64>(s)));
  }
  const q = v128.div<f64>(v128.sub<f64>(a, k2(3.5)), v128.add<f64>(a, k2(3.5)));
  const slope = v128.mul<f64>(q, erfcx_polynomial64(q));
  const g = v128.add<f64>(k2(ERFCX_CENTRE), slope);
  const g_lo = sum_error(k2(ERFCX_CENTRE), slope, g);
  const exponent = v128.neg<f64>(s);
  const correction = v128.neg<f64>(s_lo);
  const count = exp_count(exponent);
  const e = exp_mantissa(exponent, correction, count);
  const e_lo = exp_mantissa_rest(exponent, correction, count);
  const n = v128.mul<f64>(e, g);
  const n_lo = v128.add<f64>(product_error(e, g, n), v128.add<f64>(v128.mul<f64>(e_lo, g), v128.mul<f64>(e, g_lo)));
  const a2 = v128.add<f64>(a, a);
  const d = v128.add<f64>(a2, k2(1.0));
  const d_lo = sum_error(a2, k2(1.0), d);
  const y = v128.div<f64>(n, d);
  const yd = v128.mul<f64>(y, d);
  const remainder = v128.sub<f64>(v128.sub<f64>(v128.sub<f64>(n, yd), product_error(y, d, yd)), v128.mul<f64>(y, d_lo));
  const result = v128.add<f64>(y, v128.div<f64>(v128.add<f64>(remainder, n_lo), d));
  if (!v128.all_true<i64>(v128.le<f64>(s, k2(690.0)))) return scale_extreme(result, count);
  return scale_by_count(result, count);
}

/** erfc(a) of a ≥ 1/2, which is 0 from 28 on. */
// @ts-ignore: decorator
@inline
function erfc_positive<P>(a: v128): v128 {
  const bounded = v128.pmin<f64>(a, k2(28.0));
  const s = v128.mul<f64>(bounded, bounded);
  if (sizeof<P>() == 4) return erfc_tail<f32>(bounded, s, k2(0.0));
  const inner = v128.pmax<f64>(bounded, k2(0.5));
  const square = v128.mul<f64>(inner, inner);
  return erfc_tail<f64>(inner, square, product_error(inner, inner, square));
}

// @ts-ignore: decorator
@inline
export function erf_wide<P>(x: v128): v128 {
  const a = v128.abs<f64>(x);
  const small = v128.add<f64>(a, erf_excess<P>(v128.pmin<f64>(a, k2(1.0))));
  const large = v128.sub<f64>(k2(1.0), erfc_positive<P>(a));
  return v128.or(pick(v128.lt<f64>(a, k2(0.8125)), small, large), sign_of(x));
}

// @ts-ignore: decorator
@inline
export function erfc_wide(x: v128): v128 {
  const a = v128.abs<f64>(x);
  const tail = erfc_positive<f64>(a);
  // 1/2 − ((x − 1/2) + (erf(x) − x)) keeps what 1 − erf(x) would round off.
  const inner = v128.pmax<f64>(v128.pmin<f64>(x, k2(1.0)), k2(-1.0));
  const middle = v128.sub<f64>(k2(0.5), v128.add<f64>(v128.sub<f64>(inner, k2(0.5)), erf_excess<f64>(inner)));
  const near = v128.sub<f64>(k2(1.0), v128.add<f64>(inner, erf_excess<f64>(inner)));
  const small = pick(v128.lt<f64>(x, k2(0.25)), near, middle);
  const left = v128.sub<f64>(k2(2.0), tail);
  const outer = pick(v128.lt<f64>(x, k2(0.0)), left, tail);
  const central = v128.and(v128.gt<f64>(x, k2(-1.0)), v128.lt<f64>(x, k2(0.5)));
  return pick(central, small, outer);
}

/** ½ erfc(|x|/√2): the probability beyond |x| of the normal distribution. */
// @ts-ignore: decorator
@inline
function normal_tail(x: v128): v128 {
  const a = v128.pmin<f64>(v128.abs<f64>(x), k2(39.0));
  const z = v128.mul<f64>(a, k2(SQRT_HALF));
  const outer = v128.pmax<f64>(a, k2(SQRT_HALF));
  const square = v128.mul<f64>(outer, outer);
  const half = v128.mul<f64>(square, k2(0.5));
  const half_lo = v128.mul<f64>(product_error(outer, outer, square), k2(0.5));
  const far = v128.mul<f64>(k2(0.5), erfc_tail<f64>(v128.pmax<f64>(z, k2(0.5)), half, half_lo));
  const inner = v128.pmin<f64>(z, k2(1.0));
  const near = v128.sub<f64>(k2(0.5), v128.mul<f64>(k2(0.5), v128.add<f64>(inner, erf_excess<f64>(inner))));
  return pick(v128.lt<f64>(z, k2(0.5)), near, far);
}

/** x Φ(x) in f64, Φ(x) = ½ erfc(−x/√2) with its left tail to full accuracy. */
// @ts-ignore: decorator
@inline
export function gelu_erf_wide(x: v128): v128 {
  const tail = normal_tail(x);
  return v128.mul<f64>(x, pick(v128.lt<f64>(x, k2(0.0)), tail, v128.sub<f64>(k2(1.0), tail)));
}

export function erf<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return erf_wide<f64>(x);
  return narrow(erf_wide<f32>(low(x)), erf_wide<f32>(high(x)));
}
