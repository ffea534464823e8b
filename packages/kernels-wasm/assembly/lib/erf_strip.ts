/**
 * The f32 loop of erfc: erfc(a) = t P(t) e^(−a²), t = 1/(1 + 0.42 a), for all a ≥ 0 (P: Remez, relative error 2^-29), with the constants pinned (pin.ts).
 */
import { pinned_exp } from "./exp_strip";
import { hidden_zero, pin, pin32 } from "./pin";
import { madd } from "./simd";
import { high, low, narrow, pick } from "./wide";

/** t P(t), the arguments after t being constants. */
// @ts-ignore: decorator
@inline
function scaled_erfc(t: v128, p0: v128, p1: v128, p2: v128, p3: v128, p4: v128, p5: v128, p6: v128, p7: v128, p8: v128, p9: v128): v128 {
  let p = madd<f64>(p9, t, p8);
  p = madd<f64>(p, t, p7);
  p = madd<f64>(p, t, p6);
  p = madd<f64>(p, t, p5);
  p = madd<f64>(p, t, p4);
  p = madd<f64>(p, t, p3);
  p = madd<f64>(p, t, p2);
  p = madd<f64>(p, t, p1);
  return v128.mul<f64>(madd<f64>(p, t, p0), t);
}

/** erfc of n elements (a multiple of 4). */
// @ts-ignore: decorator
@inline
export function erfc_strip(dst: usize, a: usize, n: i32): void {
  const zero = hidden_zero(n);
  // e^(−a²) at these is below every f32 and any product of one; P holds up to erfc(10.2), the least f32, and stays of its size beyond.
  const top = pin32(14.0, zero);
  const slope = pin(0.42, zero);
  const log2e = pin(1.4426950408889634, zero);
  const rounder = pin(6755399441055744.0, zero);
  const ln2 = pin(0.6931471805599453, zero);
  const one = pin(1.0, zero);
  const two = pin(2.0, zero);
  const none = pin(0.0, zero);
  const c0 = pin(0.500000006768109, zero);
  const c1 = pin(0.1666666586907851, zero);
  const c2 = pin(0.04166629494768501, zero);
  const c3 = pin(0.008333497041269634, zero);
  const c4 = pin(0.001394465970397555, zero);
  const c5 = pin(0.00019790359937469387, zero);
  const p0 = pin(0.23697313547785986, zero);
  const p1 = pin(0.23661601141963637, zero);
  const p2 = pin(0.21986142472356593, zero);
  const p3 = pin(0.1502024166352196, zero);
  const p4 = pin(0.2132435703288495, zero);
  const p5 = pin(-0.1963741223985968, zero);
  const p6 = pin(0.4359496867293241, zero);
  const p7 = pin(-0.4857032191093794, zero);
  const p8 = pin(0.2302886738501459, zero);
  const p9 = pin(-0.04105757911826576, zero);
  const end = <usize>n * 4;
  for (let i: usize = 0; i < end; i += 16) {
    const x = v128.load(a + i);
    const bounded = v128.pmin<f32>(v128.abs<f32>(x), top);
    const a0 = low(bounded);
    const a1 = high(bounded);
    const t0 = v128.div<f64>(one, madd<f64>(a0, slope, one));
    const t1 = v128.div<f64>(one, madd<f64>(a1, slope, one));
    const e0 = pinned_exp(v128.neg<f64>(v128.mul<f64>(a0, a0)), log2e, rounder, ln2, one, c0, c1, c2, c3, c4, c5);
    const e1 = pinned_exp(v128.neg<f64>(v128.mul<f64>(a1, a1)), log2e, rounder, ln2, one, c0, c1, c2, c3, c4, c5);
    const tail0 = v128.mul<f64>(e0, scaled_erfc(t0, p0, p1, p2, p3, p4, p5, p6, p7, p8, p9));
    const tail1 = v128.mul<f64>(e1, scaled_erfc(t1, p0, p1, p2, p3, p4, p5, p6, p7, p8, p9));
    // 2 − tail below 0.
    const y0 = pick(v128.lt<f64>(low(x), none), v128.sub<f64>(two, tail0), tail0);
    const y1 = pick(v128.lt<f64>(high(x), none), v128.sub<f64>(two, tail1), tail1);
    v128.store(dst + i, narrow(y0, y1));
  }
}
