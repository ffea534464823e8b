/** asin, acos, atan and atan2. For f64 roots and quotients carry a second word, so that the last addition is the only rounding that shows. */
import { product_error, sum_error, two_sum_error } from "./double";
import { high, horner, k2, low, narrow, pick, sign_of } from "./wide";

const PI_HI: f64 = 3.141592653589793;
const PI_LO: f64 = 1.2246467991473532e-16;
const PIO2_HI: f64 = 1.5707963267948966;
const PIO2_LO: f64 = 6.123233995736766e-17;

/** (asin(x)/x − 1) / x² on |x| ≤ 1/2, z = x²: relative error of asin 2^-36 for f32, 2^-60 for f64. */
// @ts-ignore: decorator
@inline
function asin_polynomial<P>(z: v128): v128 {
  if (sizeof<P>() == 4) {
    let p = horner(k2(0.03466033246789039), z, 0.00749821045187446);
    p = horner(p, z, 0.02460823440478235);
    p = horner(p, z, 0.030111986948733835);
    p = horner(p, z, 0.04466001346388341);
    p = horner(p, z, 0.0749994875323432);
    return horner(p, z, 0.16666667181921443);
  }
  let p = horner(k2(0.0326539968134552), z, -0.02103864163890975);
  p = horner(p, z, 0.02173469833066688);
  p = horner(p, z, 0.0036955098853488);
  p = horner(p, z, 0.010783056327920596);
  p = horner(p, z, 0.011398427069825537);
  p = horner(p, z, 0.013980877941219572);
  p = horner(p, z, 0.017351607391341242);
  p = horner(p, z, 0.022372215235287107);
  p = horner(p, z, 0.030381942699358976);
  p = horner(p, z, 0.04464285717477933);
  p = horner(p, z, 0.07499999999970633);
  return horner(p, z, 0.1666666666666676);
}

/** For |x| < 1/2 |x| itself, else √((1 − |x|)/2), whose arcsine is (π/2 − asin|x|)/2. */
// @ts-ignore: decorator
@inline
function asin_root<P>(a: v128, z: v128, small: v128): v128 {
  return pick(small, a, v128.sqrt<f64>(z));
}

/** asin(t) − t, with what the root t lacks. */
// @ts-ignore: decorator
@inline
function asin_tail<P>(t: v128, z: v128, small: v128): v128 {
  const tail = v128.mul<f64>(v128.mul<f64>(t, z), asin_polynomial<P>(z));
  if (sizeof<P>() == 4) return tail;
  const square = v128.mul<f64>(t, t);
  const remainder = v128.sub<f64>(v128.sub<f64>(z, square), product_error(t, t, square));
  const missing = v128.div<f64>(remainder, v128.add<f64>(t, t));
  const needed = v128.andnot(v128.gt<f64>(t, k2(0.0)), small); // at |x| = 1 the root is 0 and exact
  return v128.add<f64>(tail, v128.and(missing, needed));
}

// @ts-ignore: decorator
@inline
function asin_square(a: v128, small: v128): v128 {
  return pick(small, v128.mul<f64>(a, a), v128.mul<f64>(v128.sub<f64>(k2(1.0), a), k2(0.5)));
}

// @ts-ignore: decorator
@inline
export function asin_wide<P>(x: v128): v128 {
  const a = v128.abs<f64>(x);
  const small = v128.lt<f64>(a, k2(0.5));
  const z = asin_square(a, small);
  const t = asin_root<P>(a, z, small);
  const tail = asin_tail<P>(t, z, small);
  const t2 = v128.add<f64>(t, t);
  const base = v128.sub<f64>(k2(PIO2_HI), t2);
  const lost = v128.sub<f64>(v128.sub<f64>(k2(PIO2_HI), base), t2);
  const rest = v128.sub<f64>(v128.add<f64>(lost, k2(PIO2_LO)), v128.add<f64>(tail, tail));
  const large = v128.add<f64>(base, rest);
  return v128.or(pick(small, v128.add<f64>(t, tail), large), sign_of(x));
}

// @ts-ignore: decorator
@inline
export function acos_wide<P>(x: v128): v128 {
  const a = v128.abs<f64>(x);
  const small = v128.lt<f64>(a, k2(0.5));
  const z = asin_square(a, small);
  const t = asin_root<P>(a, z, small);
  const tail = asin_tail<P>(t, z, small);
  // π/2 − x − tail, 2t + 2 tail, or π − 2t − 2 tail: base + signed term
  const negative = v128.lt<f64>(x, k2(0.0));
  const flip = v128.and(pick(small, v128.xor(sign_of(x), k2(-0.0)), sign_of(x)), k2(-0.0));
  const twice = pick(small, k2(1.0), k2(2.0));
  const term = v128.xor(v128.mul<f64>(t, twice), flip);
  const term_tail = v128.xor(v128.mul<f64>(tail, twice), flip);
  const base = pick(small, k2(PIO2_HI), v128.and(negative, k2(PI_HI)));
  const base_lo = pick(small, k2(PIO2_LO), v128.and(negative, k2(PI_LO)));
  const sum = v128.add<f64>(base, term);
  return v128.add<f64>(sum, v128.add<f64>(v128.add<f64>(sum_error(base, term, sum), base_lo), term_tail));
}

/** (atan(t)/t − 1) / t² on |t| ≤ √2 − 1, z = t²: relative error of atan 2^-35 for f32, 2^-59 for f64. */
// @ts-ignore: decorator
@inline
function atan_polynomial<P>(z: v128): v128 {
  if (sizeof<P>() == 4) {
    let p = horner(k2(0.04742443905837319), z, -0.08475525362719506);
    p = horner(p, z, 0.11044564446930459);
    p = horner(p, z, -0.1428199799526174);
    p = horner(p, z, 0.19999903585391246);
    return horner(p, z, -0.3333333249572474);
  }
  let p = horner(k2(-0.01789393655743635), z, 0.038052190928387575);
  p = horner(p, z, -0.05038806774497271);
  p = horner(p, z, 0.05847776008650745);
  p = horner(p, z, -0.06663088038411662);
  p = horner(p, z, 0.07692058761690979);
  p = horner(p, z, -0.090908976731548);
  p = horner(p, z, 0.1111111078040624);
  p = horner(p, z, -0.14285714280133002);
  p = horner(p, z, 0.1999999999995293);
  return horner(p, z, -0.3333333333333319);
}

/**
 * The angle of the point (x, y) in the first quadrant, or its supplement where `back`, as base ± atan(n/d) with |n/d| ≤ √2 − 1:
 * y/x, (y − x)/(y + x) about π/4, or −x/y about π/2. Both finite, their sum too, not both 0.
 */
// @ts-ignore: decorator
@inline
function quadrant_angle<P>(y: v128, x: v128, back: v128): v128 {
  const steep = v128.gt<f64>(y, v128.mul<f64>(x, k2(2.414213562373095)));
  const flat = v128.le<f64>(y, v128.mul<f64>(x, k2(0.41421356237309503)));
  const difference = v128.sub<f64>(y, x);
  const sum = v128.add<f64>(y, x);
  const n = pick(flat, y, pick(steep, v128.neg<f64>(x), difference));
  const d = pick(flat, x, pick(steep, y, sum));
  const t = v128.div<f64>(n, d);
  const z = v128.mul<f64>(t, t);
  let tail = v128.mul<f64>(v128.mul<f64>(t, z), atan_polynomial<P>(z));
  if (sizeof<P>() == 8) {
    const outer = v128.or(flat, steep);
    const n_lo = v128.andnot(two_sum_error(y, v128.neg<f64>(x), difference), outer);
    const d_lo = v128.andnot(two_sum_error(y, x, sum), outer);
    const td = v128.mul<f64>(t, d);
    const remainder = v128.sub<f64>(v128.sub<f64>(n, td), product_error(t, d, td));
    tail = v128.add<f64>(tail, v128.div<f64>(v128.sub<f64>(v128.add<f64>(remainder, n_lo), v128.mul<f64>(t, d_lo)), d));
  }
  // base in quarters of π: 0, 1 or 2, and 4 less that where back
  const quarters = v128.andnot(pick(steep, k2(2.0), k2(1.0)), flat);
  const turned = pick(back, v128.sub<f64>(k2(4.0), quarters), quarters);
  const sign = v128.and(back, k2(-0.0));
  const base = v128.mul<f64>(turned, k2(0.7853981633974483)); // 3π/4 rounds as the product does
  const base_lo = v128.mul<f64>(turned, k2(3.061616997868383e-17));
  const term = v128.xor(t, sign);
  const angle = v128.add<f64>(base, term);
  const rest = v128.add<f64>(v128.add<f64>(sum_error(base, term, angle), base_lo), v128.xor(tail, sign));
  return v128.add<f64>(angle, rest);
}

// @ts-ignore: decorator
@inline
export function atan_wide<P>(x: v128): v128 {
  // 2^1000 stands for everything beyond: its arctangent is π/2 too.
  const a = v128.pmin<f64>(v128.abs<f64>(x), k2(1.0715086071862673e301));
  return v128.or(quadrant_angle<P>(a, k2(1.0), k2(0.0)), sign_of(x));
}

// @ts-ignore: decorator
@inline
export function atan2_wide<P>(y: v128, x: v128): v128 {
  const ay = v128.abs<f64>(y);
  const ax = v128.abs<f64>(x);
  let py = v128.pmin<f64>(ay, k2(1.7976931348623157e308));
  let px = v128.pmin<f64>(ax, k2(1.7976931348623157e308));
  if (sizeof<P>() == 8) {
    // y + x must not overflow, and the remainder of the quotient not be lost among subnormals.
    const largest = v128.pmax<f64>(py, px);
    const down = v128.gt<f64>(largest, k2(6.668014432879854e240)); // 2^800
    const up = v128.lt<f64>(largest, k2(1.499696813895631e-241)); // 2^-800
    const factor = pick(down, k2(6.223015277861142e-61), pick(up, k2(1.6069380442589903e60), k2(1.0))); // 2^∓200
    py = v128.mul<f64>(py, factor);
    px = v128.mul<f64>(px, factor);
  }
  const back = v128.lt<i64>(x, v128.splat<i64>(0));
  // An infinite x against a finite y, and y = 0 whatever x is, lie on the axis; an infinite y leaves a finite x nothing.
  const axis = v128.or(v128.eq<f64>(y, k2(0.0)), v128.and(v128.eq<f64>(ax, k2(Infinity)), v128.lt<f64>(ay, k2(Infinity))));
  py = v128.andnot(py, axis);
  px = pick(axis, k2(1.0), v128.andnot(px, v128.and(v128.eq<f64>(ay, k2(Infinity)), v128.lt<f64>(ax, k2(Infinity)))));
  const angle = v128.or(quadrant_angle<P>(py, px, back), sign_of(y));
  return pick(v128.or(v128.ne<f64>(x, x), v128.ne<f64>(y, y)), k2(NaN), angle);
}

export function asin<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return asin_wide<f64>(x);
  return narrow(asin_wide<f32>(low(x)), asin_wide<f32>(high(x)));
}

export function acos<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return acos_wide<f64>(x);
  return narrow(acos_wide<f32>(low(x)), acos_wide<f32>(high(x)));
}

export function atan<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return atan_wide<f64>(x);
  return narrow(atan_wide<f32>(low(x)), atan_wide<f32>(high(x)));
}

/** Angle of the point (x, y), in (−π, π]. */
export function atan2<T>(y: v128, x: v128): v128 {
  if (sizeof<T>() == 8) return atan2_wide<f64>(y, x);
  return narrow(atan2_wide<f32>(low(y), low(x)), atan2_wide<f32>(high(y), high(x)));
}
