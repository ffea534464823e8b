// The direction of adafactor_matrix before clipping: an element's root is the product of its row's and its column's.
fn row_root(row: u32) -> f32 {
  return sqrt(row_means[p.row_means_at + row] / scratch[wholes_at() + row / p.rows]);
}

fn direction(row: u32, root: f32, column: u32) -> f32 {
  let column_root = sqrt(column_means[p.column_means_at + (row / p.rows) * p.columns + column]);
  let g = gradients[p.gradients_at + row * p.columns + column] * step_scalar(GRADIENT_SCALE);
  return g / max(root * column_root, floor_of_roots());
}
