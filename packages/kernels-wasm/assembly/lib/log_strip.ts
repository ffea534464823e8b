/** The loop of log: the arithmetic of log.ts with the constants pinned (pin.ts). Vectors with zeros, negative, subnormal or infinite lanes take log.ts's way. */
import { LN2_HI, LN2_LO } from "./exp";
import { log, TO_SQRT_HALF } from "./log";
import { hidden_zero, pin, pin32 } from "./pin";
import { madd } from "./simd";
import { high, low, narrow } from "./wide";

// @ts-ignore: decorator
@inline
function pin64(x: u64, zero: v128): v128 {
  return v128.or(v128.splat<u64>(x), zero);
}

/** log of positive normal numbers to f32; the arguments after x are constants. */
// @ts-ignore: decorator
@inline
function short_log(x: v128, offset: v128, fraction: v128, root: v128, two52: v128, bias: v128, one: v128, two: v128, ln2: v128, q0: v128, q1: v128, q2: v128, q3: v128): v128 {
  const shifted = v128.add<i64>(x, offset);
  const k = v128.sub<f64>(v128.or(v128.shr<u64>(shifted, 52), two52), bias);
  const f = v128.sub<f64>(v128.add<i64>(v128.and(shifted, fraction), root), one);
  const s = v128.div<f64>(f, v128.add<f64>(f, two));
  const z = v128.mul<f64>(s, s);
  const q = madd<f64>(madd<f64>(madd<f64>(q3, z, q2), z, q1), z, q0);
  return madd<f64>(k, ln2, v128.mul<f64>(s, madd<f64>(z, q, two)));
}

export function log_strip32(dst: usize, a: usize, n: i32): void {
  const zero = hidden_zero(n);
  const least = pin32(1e-45, zero);
  const infinity = pin32(<f32>Infinity, zero);
  const offset = pin64(TO_SQRT_HALF, zero);
  const fraction = pin64(0x000fffffffffffff, zero);
  const root = pin64(0x3fe6a09e667f3bcd, zero);
  const two52 = pin(4503599627370496.0, zero);
  const bias = pin(4503599627371519.0, zero);
  const one = pin(1.0, zero);
  const two = pin(2.0, zero);
  const ln2 = pin(0.6931471805599453, zero);
  const q0 = pin(0.6666666564822318, zero);
  const q1 = pin(0.4000033464066983, zero);
  const q2 = pin(0.28537339706344567, zero);
  const q3 = pin(0.23581618627533787, zero);
  const end = <usize>n * 4;
  for (let i: usize = 0; i < end; i += 16) {
    const x = v128.load(a + i);
    const usual = v128.and(v128.ge<f32>(x, least), v128.lt<f32>(x, infinity));
    if (!v128.all_true<i32>(usual)) {
      v128.store(dst + i, log<f32>(x));
      continue;
    }
    const y0 = short_log(low(x), offset, fraction, root, two52, bias, one, two, ln2, q0, q1, q2, q3);
    const y1 = short_log(high(x), offset, fraction, root, two52, bias, one, two, ln2, q0, q1, q2, q3);
    v128.store(dst + i, narrow(y0, y1));
  }
}

export function log_strip64(dst: usize, a: usize, n: i32): void {
  const zero = hidden_zero(n);
  const least = pin(2.2250738585072014e-308, zero);
  const infinity = pin(Infinity, zero);
  const offset = pin64(TO_SQRT_HALF, zero);
  const fraction = pin64(0x000fffffffffffff, zero);
  const root = pin64(0x3fe6a09e667f3bcd, zero);
  const two52 = pin(4503599627370496.0, zero);
  const bias = pin(4503599627371519.0, zero);
  const one = pin(1.0, zero);
  const two = pin(2.0, zero);
  const half = pin(0.5, zero);
  const ln2_hi = pin(LN2_HI, zero);
  const ln2_lo = pin(LN2_LO, zero);
  const q0 = pin(0.6666666666666734, zero);
  const q1 = pin(0.39999999999416, zero);
  const q2 = pin(0.2857142874210496, zero);
  const q3 = pin(0.22222198600860205, zero);
  const q4 = pin(0.18183562957592078, zero);
  const q5 = pin(0.15314083806595405, zero);
  const q6 = pin(0.14795634090042487, zero);
  const end = <usize>n * 8;
  for (let i: usize = 0; i < end; i += 16) {
    const x = v128.load(a + i);
    const usual = v128.and(v128.ge<f64>(x, least), v128.lt<f64>(x, infinity));
    if (!v128.all_true<i64>(usual)) {
      v128.store(dst + i, log<f64>(x));
      continue;
    }
    const shifted = v128.add<i64>(x, offset);
    const k = v128.sub<f64>(v128.or(v128.shr<u64>(shifted, 52), two52), bias);
    const f = v128.sub<f64>(v128.add<i64>(v128.and(shifted, fraction), root), one);
    const s = v128.div<f64>(f, v128.add<f64>(f, two));
    const z = v128.mul<f64>(s, s);
    let q = madd<f64>(q6, z, q5);
    q = madd<f64>(q, z, q4);
    q = madd<f64>(q, z, q3);
    q = madd<f64>(q, z, q2);
    q = madd<f64>(q, z, q1);
    q = madd<f64>(q, z, q0);
    const square = v128.mul<f64>(v128.mul<f64>(f, f), half);
    const rest = madd<f64>(s, v128.add<f64>(square, v128.mul<f64>(z, q)), v128.mul<f64>(k, ln2_lo));
    const minor = v128.add<f64>(v128.sub<f64>(rest, square), f);
    v128.store(dst + i, madd<f64>(k, ln2_hi, minor));
  }
}
