// For normalisations of a sum: x and the residual are read once and their sum written, which later readings find. Whoever uses this has them as `x`,
// `residual` and `sum`.
fn first_element(at: u32) -> f32 {
  let total = x[p.x_at + at] + residual[p.residual_at + at];
  sum[p.sum_at + at] = total;
  return total;
}

fn element(at: u32) -> f32 {
  return sum[p.sum_at + at];
}
