// min(max(a, low), high), NaN stays NaN; ±∞ leaves a side open.
fn clamp_f32(a: f32, low: f32, high: f32) -> f32 {
  let raised = select(a, low, a < low);
  return select(raised, high, raised > high);
}

fn clamp_i32(a: i32, low: i32, high: i32) -> i32 {
  return min(max(a, low), high);
}
