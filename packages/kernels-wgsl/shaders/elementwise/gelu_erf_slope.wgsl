// Φ(a) + a φ(a): the slope of a Φ(a).
//! use normal_tail erf
fn gelu_erf_slope_f32(a: f32) -> f32 {
  let x = min(abs(a), 16.0);
  let slope = normal_tail(x) - x * (exp_minus_square(x, 0.5) * 0.3989422804014327);
  return select(select(1.0 - slope, slope, a < 0.0), a, is_nan(a));
}
