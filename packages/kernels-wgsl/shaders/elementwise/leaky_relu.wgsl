// a where positive, else slope a.
fn leaky_relu_f32(a: f32, slope: f32) -> f32 {
  return select(slope * a, a, a > 0.0);
}
