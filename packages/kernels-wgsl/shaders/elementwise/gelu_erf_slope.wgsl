// Φ(a) + a φ(a): the slope of a Φ(a), with one exponential for distribution and density.
//! use normal_tail
fn gelu_erf_slope_f32(a: f32) -> f32 {
  let x = min(abs(a), 16.0);
  let e = exp_minus_square(x, 0.5);
  let tail = normal_tail(x, e);
  let share = select(1.0 - tail, tail, a < 0.0);
  return select(share + times_sign_of(x * (e * 0.3989422804014327), a), a, is_nan(a));
}
