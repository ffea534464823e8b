// erf and erfc. Near 0 an odd polynomial; beyond, erfc(a) = e^(−a²) t P(t), t = 1 / (1 + a/2), with a² exact in two words.
// Coefficients: Remez.
//! use exp rounded special
// (erf(x) − x) on |x| ≤ 0.82: 2/√π − 1, then (erf(x)/x − 2/√π) / x² with a relative error of erf of 2^-33
fn erf_excess(x: f32) -> f32 {
  let z = x * x;
  var p = 9.016379044624045e-5 * z - 0.0008280377369374037;
  p = p * z + 0.00521202152594924;
  p = p * z - 0.02686343900859356;
  p = p * z + 0.11283762753009796;
  p = p * z - 0.37612637877464294;
  return x * (z * p + 0.12837916612625122);
}

// erfc(a) e^(a²), 0 ≤ a ≤ 10.2, given t: relative error 2^-28
fn erfc_scaled(t: f32) -> f32 {
  var p = 0.03576882183551788 * t - 0.19103991985321045;
  p = p * t + 0.3814273476600647;
  p = p * t - 0.28959015011787415;
  p = p * t - 0.02197384461760521;
  p = p * t + 0.03542119637131691;
  p = p * t + 0.05486905202269554;
  p = p * t + 0.1855979561805725;
  p = p * t + 0.24517856538295746;
  p = p * t + 0.2822524607181549;
  p = p * t + 0.2820885181427002;
  return p * t;
}

// e^(−scale a²), 0 ≤ a, scale 1 or ½: an error of a² would be multiplied by a².
fn exp_minus_square(a: f32, scale: f32) -> f32 {
  let high = bitcast<f32>(bitcast<u32>(a) & 0xfffff000u); // 12 bits: its square is exact
  return exp_sum(-scale * rounded(high * high), -scale * ((a - high) * (a + high)));
}

// erfc(a), a ≥ 0; 0 from 10.1 on.
fn erfc_positive(a: f32) -> f32 {
  let bounded = min(a, 11.0);
  return erfc_scaled(2.0 / (bounded + 2.0)) * exp_minus_square(bounded, 1.0);
}

fn erf_own(x: f32) -> f32 {
  let a = abs(x);
  let y = select(1.0 - erfc_positive(a), a + erf_excess(a), a < 0.8125);
  return select(with_sign_of(y, x), x, is_nan(x));
}

fn erfc_own(x: f32) -> f32 {
  let tail = erfc_positive(abs(x));
  // ½ − ((x − ½) + (erf(x) − x)) keeps what 1 − erf(x) would round off.
  let excess = erf_excess(clamp(x, -0.8125, 0.8125));
  let central = select(0.5 - ((x - 0.5) + excess), 1.0 - (x + excess), x < 0.25);
  let outer = select(tail, 2.0 - tail, x < 0.0);
  return select(select(outer, central, abs(x) < 0.8125), x, is_nan(x));
}
