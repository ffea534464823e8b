// For normalisations of one operand, which whoever uses this has as `x`.
fn first_element(at: u32) -> f32 {
  return element(at);
}

fn element(at: u32) -> f32 {
  return x[p.x_at + at];
}
