// 1 / (1 + e^−x). e^−|x| cannot overflow, and the left tail keeps its relative accuracy.
//! use exp
fn sigmoid_own(x: f32) -> f32 {
  let e = exp_own(-abs(x));
  return select(1.0, e, x < 0.0) / (1.0 + e);
}
