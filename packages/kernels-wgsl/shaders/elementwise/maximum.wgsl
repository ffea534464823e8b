// The larger of a and b; NaN where either is; +0 above −0.
//! use special
fn maximum_f32(a: f32, b: f32) -> f32 {
  let zeros = bitcast<f32>(bitcast<u32>(a) & bitcast<u32>(b));
  let larger = select(select(b, a, a > b), zeros, a == b);
  return select(select(larger, b, is_nan(b)), a, is_nan(a));
}

fn maximum_i32(a: i32, b: i32) -> i32 {
  return max(a, b);
}
