/**
 * The loop of exp, and for f32 also of the functions that are one exponential and a quotient: the ones that networks spend their time on.
 * Same arithmetic as exp_wide, with the constants pinned (pin.ts).
 */
import { exp_wide, LN2_HI, LN2_LO, scale_by_count } from "./exp";
import { hidden_zero, pin, pin32 } from "./pin";
import { madd, nmadd } from "./simd";
import { high, low, narrow, spoil_lowest } from "./wide";

/** Members of the family; known when compiling. */
export const EXP: i32 = 0;
export const SIGMOID: i32 = 1;
export const SILU: i32 = 2;
export const GELU_TANH: i32 = 3;
export const TANH: i32 = 4;

/** 2 √(2/π), and that times 0.044715. */
const GELU_LINEAR: f64 = 1.5957691216057308;
const GELU_CUBIC: f64 = 0.07135481627260025;

/** Where results no longer change: e^−200 times the largest f32 is below the least, tanh(20) = 1, and 2u(14) of GELU is 218. */
// @ts-ignore: decorator
@inline
function saturation(member: i32): f32 {
  return member == TANH ? 20 : member == GELU_TANH ? 14 : 200;
}

/** What the member exponentiates: x, −x, −2u(x), or 2|x| of x = |x|. */
// @ts-ignore: decorator
@inline
function exponent(member: i32, x: v128, linear: v128, cubic: v128): v128 {
  if (member == SIGMOID || member == SILU) return v128.neg<f64>(x);
  if (member == GELU_TANH) return v128.mul<f64>(v128.neg<f64>(x), madd<f64>(v128.mul<f64>(x, x), cubic, linear));
  if (member == TANH) return v128.add<f64>(x, x);
  return x;
}

/** e^x; the arguments after x are constants. */
// @ts-ignore: decorator
@inline
export function pinned_exp(x: v128, log2e: v128, rounder: v128, ln2: v128, one: v128, c0: v128, c1: v128, c2: v128, c3: v128, c4: v128, c5: v128): v128 {
  const count = madd<f64>(x, log2e, rounder);
  const r = nmadd<f64>(v128.sub<f64>(count, rounder), ln2, x);
  let p = madd<f64>(c5, r, c4);
  p = madd<f64>(p, r, c3);
  p = madd<f64>(p, r, c2);
  p = madd<f64>(p, r, c1);
  p = madd<f64>(p, r, c0);
  p = madd<f64>(p, r, one);
  return v128.add<i64>(madd<f64>(p, r, one), v128.shl<i64>(count, 52));
}

/** The member's value from x and its exponential. */
// @ts-ignore: decorator
@inline
function finish(member: i32, x: v128, e: v128, one: v128): v128 {
  if (member == SIGMOID) return v128.div<f64>(one, v128.add<f64>(e, one));
  if (member == SILU || member == GELU_TANH) return v128.div<f64>(x, v128.add<f64>(e, one));
  if (member == TANH) return v128.div<f64>(v128.sub<f64>(e, one), v128.add<f64>(e, one));
  return e;
}

// @ts-ignore: decorator
@inline
export function exp_strip(member: i32, dst: usize, a: usize, n: i32): void {
  const zero = hidden_zero(n);
  const top = pin32(saturation(member), zero);
  const bottom = pin32(-saturation(member), zero);
  const linear = pin(GELU_LINEAR, zero);
  const cubic = pin(GELU_CUBIC, zero);
  const log2e = pin(1.4426950408889634, zero);
  const rounder = pin(6755399441055744.0, zero);
  const ln2 = pin(0.6931471805599453, zero);
  const one = pin(1.0, zero);
  const c0 = pin(0.500000006768109, zero);
  const c1 = pin(0.1666666586907851, zero);
  const c2 = pin(0.04166629494768501, zero);
  const c3 = pin(0.008333497041269634, zero);
  const c4 = pin(0.001394465970397555, zero);
  const c5 = pin(0.00019790359937469387, zero);
  const small = pin32(0.0009765625, zero);
  const third = pin32(-0.33333334, zero);
  const sign = pin32(-0.0, zero);
  const end = <usize>n * 4;
  for (let i: usize = 0; i < end; i += 16) {
    const x = v128.load(a + i);
    const bounded = member == TANH ? v128.pmin<f32>(v128.abs<f32>(x), top) : v128.pmax<f32>(v128.pmin<f32>(x, top), bottom);
    const x0 = low(bounded);
    const x1 = high(bounded);
    const e0 = pinned_exp(exponent(member, x0, linear, cubic), log2e, rounder, ln2, one, c0, c1, c2, c3, c4, c5);
    const e1 = pinned_exp(exponent(member, x1, linear, cubic), log2e, rounder, ln2, one, c0, c1, c2, c3, c4, c5);
    // The factor of SILU and GELU is x itself, not what saturates.
    const factor = member == SILU || member == GELU_TANH;
    let y = narrow(finish(member, factor ? low(x) : x0, e0, one), finish(member, factor ? high(x) : x1, e1, one));
    if (factor) y = spoil_lowest(x, y);
    if (member == TANH) {
      // Below 2^-10 (e − 1) cancels, and the series x − x³/3 is exact to f32.
      const series = madd<f32>(v128.mul<f32>(bounded, v128.mul<f32>(bounded, bounded)), third, bounded);
      y = v128.or(v128.bitselect(series, y, v128.lt<f32>(bounded, small)), v128.and(x, sign));
    }
    v128.store(dst + i, y);
  }
}

/** e^x in f64; a vector with a lane beyond 708 or NaN takes exp_wide's slower way. */
export function exp_strip64(dst: usize, a: usize, n: i32): void {
  const zero = hidden_zero(n);
  const limit = pin(708.0, zero);
  const log2e = pin(1.4426950408889634, zero);
  const rounder = pin(6755399441055744.0, zero);
  const ln2_hi = pin(LN2_HI, zero);
  const ln2_lo = pin(LN2_LO, zero);
  const one = pin(1.0, zero);
  const c0 = pin(0.5, zero);
  const c1 = pin(0.16666666666666682, zero);
  const c2 = pin(0.041666666666666095, zero);
  const c3 = pin(0.008333333333317034, zero);
  const c4 = pin(0.0013888888889115642, zero);
  const c5 = pin(0.00019841269896383367, zero);
  const c6 = pin(2.4801586926596194e-05, zero);
  const c7 = pin(2.7557234862374246e-06, zero);
  const c8 = pin(2.7557581886726407e-07, zero);
  const c9 = pin(2.5112036685299423e-08, zero);
  const c10 = pin(2.0826613866720846e-09, zero);
  const end = <usize>n * 8;
  for (let i: usize = 0; i < end; i += 16) {
    const x = v128.load(a + i);
    if (!v128.all_true<i64>(v128.le<f64>(v128.abs<f64>(x), limit))) {
      v128.store(dst + i, exp_wide<f64>(x));
      continue;
    }
    const count = madd<f64>(x, log2e, rounder);
    const k = v128.sub<f64>(count, rounder);
    const h = nmadd<f64>(k, ln2_hi, x);
    const l = v128.mul<f64>(k, ln2_lo);
    const r = v128.sub<f64>(h, l);
    let p = madd<f64>(c10, r, c9);
    p = madd<f64>(p, r, c8);
    p = madd<f64>(p, r, c7);
    p = madd<f64>(p, r, c6);
    p = madd<f64>(p, r, c5);
    p = madd<f64>(p, r, c4);
    p = madd<f64>(p, r, c3);
    p = madd<f64>(p, r, c2);
    p = madd<f64>(p, r, c1);
    p = madd<f64>(p, r, c0);
    const t = v128.sub<f64>(v128.mul<f64>(v128.mul<f64>(r, r), p), l);
    const s = v128.add<f64>(one, h);
    const rest = v128.add<f64>(v128.add<f64>(v128.sub<f64>(one, s), h), t);
    v128.store(dst + i, scale_by_count(v128.add<f64>(s, rest), count));
  }
}
