// a where positive, else alpha (e^a − 1).
//! use expm1
fn elu_f32(a: f32, alpha: f32) -> f32 {
  return select(alpha * expm1_own(a), a, a > 0.0);
}
