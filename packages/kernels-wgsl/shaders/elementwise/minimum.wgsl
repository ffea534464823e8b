// The smaller of a and b; NaN where either is; −0 below +0.
//! use special
fn minimum_f32(a: f32, b: f32) -> f32 {
  let zeros = bitcast<f32>(bitcast<u32>(a) | bitcast<u32>(b));
  let smaller = select(select(b, a, a < b), zeros, a == b);
  return select(select(smaller, b, is_nan(b)), a, is_nan(a));
}

fn minimum_i32(a: i32, b: i32) -> i32 {
  return min(a, b);
}
