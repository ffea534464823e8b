// e^a.
//! use exp
fn exp_f32(a: f32) -> f32 {
  return exp_own(a);
}
