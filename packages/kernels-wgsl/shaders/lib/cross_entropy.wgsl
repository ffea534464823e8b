// What cross-entropy and its gradient share: what a row is compared with, q = class weight · ((1 − smoothing) · target + smoothing / classes), the target
// being 1 at a label or probabilities.
//! use special
fn class_weight(c: u32) -> f32 {
  if (p.has_weights == 0u) {
    return 1.0;
  }
  return weight[p.weight_at + c];
}

// 1 − smoothing.
fn sharpness() -> f32 {
  return (1.0 - p.smoothing) - p.smoothing_low;
}

fn label_of(row: u32) -> i32 {
  return bitcast<i32>(goal[p.target_at + row]);
}

fn probability_at(i: u32) -> f32 {
  return bitcast<f32>(goal[p.target_at + i]);
}
