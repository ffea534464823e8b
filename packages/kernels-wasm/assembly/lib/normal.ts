/**
 * Standard normal numbers by Box and Muller (1958): √(−2 log u) times cos and sin of 2πv. Nothing here is fused, and
 * packages/engine/src/random.ts repeats it operation by operation, so that every build and the host draw the same bits.
 */
import { LN2_HI, LN2_LO } from "./exp";
import { block_words } from "./philox";
import { log_exponent, log_mantissa } from "./log";
import { k2 } from "./wide";

/** p·x + c in two roundings, whatever the build. */
// @ts-ignore: decorator
@inline
function step(p: v128, x: v128, c: f64): v128 {
  return v128.add<f64>(v128.mul<f64>(p, x), k2(c));
}

/** √(−2 log u), 0 < u ≤ 1. */
function radius(u: v128): v128 {
  const k = log_exponent(u);
  const f = v128.sub<f64>(log_mantissa(u), k2(1.0));
  const s = v128.div<f64>(f, v128.add<f64>(k2(2.0), f));
  const z = v128.mul<f64>(s, s);
  let q = step(k2(0.14795634090042487), z, 0.15314083806595405);
  q = step(q, z, 0.18183562957592078);
  q = step(q, z, 0.22222198600860205);
  q = step(q, z, 0.2857142874210496);
  q = step(q, z, 0.39999999999416);
  q = step(q, z, 0.6666666666666734);
  const half = v128.mul<f64>(v128.mul<f64>(f, f), k2(0.5));
  const rest = v128.add<f64>(v128.mul<f64>(s, v128.add<f64>(half, v128.mul<f64>(z, q))), v128.mul<f64>(k, k2(LN2_LO)));
  const minor = v128.add<f64>(v128.sub<f64>(rest, half), f);
  const logarithm = v128.add<f64>(v128.mul<f64>(k, k2(LN2_HI)), minor);
  return v128.sqrt<f64>(v128.abs<f64>(v128.mul<f64>(logarithm, k2(-2.0)))); // |…|: −0 at u = 1
}

/** sin(2πv) for quarters = 0, cos(2πv) for 1, by lane; 0 ≤ v < 1. */
function wave(v: v128, quarters: v128): v128 {
  const turns = v128.mul<f64>(v, k2(4.0));
  const n = v128.nearest<f64>(turns);
  const x = v128.mul<f64>(v128.sub<f64>(turns, n), k2(1.5707963267948966));
  const z = v128.mul<f64>(x, x);
  let s = step(k2(1.5896068505893648e-10), z, -2.5050745056179412e-08);
  s = step(s, z, 2.755731360465272e-06);
  s = step(s, z, -0.00019841269829543008);
  s = step(s, z, 0.008333333333322063);
  s = step(s, z, -0.1666666666666663);
  const sine = v128.add<f64>(x, v128.mul<f64>(v128.mul<f64>(x, z), s));
  let c = step(k2(-1.135842399367754e-11), z, 2.087569871869108e-09);
  c = step(c, z, -2.7557314164059623e-07);
  c = step(c, z, 2.480158728880035e-05);
  c = step(c, z, -0.0013888888888872975);
  c = step(c, z, 0.041666666666666595);
  c = step(c, z, -0.5);
  const cosine = v128.add<f64>(k2(1.0), v128.mul<f64>(z, c));
  // 2^52 + n + quarters: the count stands in the low bits.
  const count = v128.add<f64>(v128.add<f64>(n, quarters), k2(4503599627370496.0));
  const even = v128.eq<i64>(v128.and(count, v128.splat<i64>(1)), v128.splat<i64>(0));
  return v128.xor(v128.bitselect(sine, cosine, even), v128.shl<i64>(v128.and(count, v128.splat<i64>(2)), 62));
}

/** u·2^-32 of the u32 in the low half of each lane. */
// @ts-ignore: decorator
@inline
function fraction(words: v128): v128 {
  const value = v128.sub<f64>(v128.or(words, k2(4503599627370496.0)), k2(4503599627370496.0));
  return v128.mul<f64>(value, k2(2.3283064365386963e-10));
}

/**
 * Normal numbers of one block. f32: words 0 and 1 give elements 0 (cos) and 1 (sin), words 2 and 3 elements 2 and 3, each radius from
 * (word + 1)·2^-32. f64: words 0 and 1 give the radius, from (53 bits + 1)·2^-53, words 2 and 3 the angle. imm: [state address, stream].
 */
export function normal_block<T>(imm: usize, block: u32): v128 {
  const words = block_words(<usize>load<f64>(imm), <u32>load<f64>(imm, 8), block);
  if (sizeof<T>() == 4) {
    const first = v128.and(words, v128.splat<i64>(0xffffffff));
    const r = radius(v128.add<f64>(fraction(first), k2(2.3283064365386963e-10)));
    const v = fraction(v128.shr<u64>(words, 32));
    const x = f32x4.demote_f64x2_zero(v128.mul<f64>(r, wave(v, k2(1.0))));
    const y = f32x4.demote_f64x2_zero(v128.mul<f64>(r, wave(v, k2(0.0))));
    return v128.shuffle<i32>(x, y, 0, 4, 1, 5);
  }
  const bits = v128.shr<u64>(words, 11);
  const u = (<f64>v128.extract_lane<u64>(bits, 0) + 1.0) * 1.1102230246251565e-16;
  const v = <f64>v128.extract_lane<u64>(bits, 1) * 1.1102230246251565e-16;
  return v128.mul<f64>(radius(k2(u)), wave(k2(v), f64x2(1.0, 0.0)));
}
