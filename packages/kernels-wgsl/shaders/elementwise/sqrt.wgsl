// √a; NaN below −0.
//! use quotient
fn sqrt_f32(a: f32) -> f32 {
  return root(a);
}
