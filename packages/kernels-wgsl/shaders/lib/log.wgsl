// log x = k ln 2 + log(1 + f), x = 2^k (1 + f), 1 + f in [√½, √2): WGSL's own log is allowed an absolute error only. Coefficients: Remez.
//! use special
// ln 2 in two parts, of which the first has 15 bits, so that k times it is exact.
const LOG_LN2_HI = 0.693145751953125;
const LOG_LN2_LO = 1.428606765330187e-6;

struct Mantissa {
  // x = 2^k (1 + f)
  k: f32,
  f: f32,
}

// Of a positive finite number, subnormal or not.
fn mantissa_of(x: f32) -> Mantissa {
  var bits = bitcast<u32>(x);
  var lowered = 0;
  if (bits < 0x00800000u) {
    // Subnormal: by integers, as floating-point units may take it for 0.
    let shift = countLeadingZeros(bits) - 8u;
    bits <<= shift;
    lowered = i32(shift);
  }
  // 1.0 less √½ as bits carries the upper half of the mantissas into the next exponent.
  let shifted = bits + (0x3f800000u - 0x3f3504f3u);
  let k = i32(shifted >> 23u) - 127 - lowered;
  return Mantissa(f32(k), bitcast<f32>((shifted & 0x007fffffu) + 0x3f3504f3u) - 1.0);
}

// k ln 2 + log(1 + f) + low, low a correction far below f.
fn log_sum(k: f32, f: f32, low: f32) -> f32 {
  // (log(1 + f) − f + f²/2) / f³: relative error of log(1 + f) 2^-30
  var p = 0.06703618168830872 * f - 0.11631661653518677;
  p = p * f + 0.11886497586965561;
  p = p * f - 0.12414328753948212;
  p = p * f + 0.14220787584781647;
  p = p * f - 0.16667403280735016;
  p = p * f + 0.2000204175710678;
  p = p * f - 0.2500002384185791;
  p = p * f + 0.3333331346511841;
  let z = f * f;
  let rest = (f * z * p - 0.5 * z) + (k * LOG_LN2_LO + low);
  return k * LOG_LN2_HI + (f + rest);
}

// −∞ at ±0, NaN below.
fn log_own(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let m = mantissa_of(x);
  var y = log_sum(m.k, m.f, 0.0);
  y = select(y, x, bits >= 0x7f800000u);
  y = select(y, -infinity(), (bits << 1u) == 0u);
  return select(y, not_a_number(), bits > 0x80000000u);
}
