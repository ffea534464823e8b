// Words of adafactor_matrix, how its passes divide the work, and where in `scratch` they leave what.
// Passes over rows take LANES threads a row, 256 / LANES rows a workgroup. Passes over columns take a thread for each column of HEIGHT
// rows.
//! use adafactor
struct Params {
  params_at: u32,
  row_means_at: u32,
  column_means_at: u32,
  momentum_at: u32,
  gradients_at: u32,
  scalars_at: u32,
  batch: u32,
  rows: u32,
  columns: u32,
  flags: u32,
  decay_rate: f32,
  decay_rate_low: f32,
  eps1: f32,
  eps1_low: f32,
  eps2: f32,
  eps2_low: f32,
  clip: f32,
  clip_low: f32,
  beta1: f32,
  beta1_low: f32,
  weight_decay: f32,
  weight_decay_low: f32,
  lr_scale: f32,
  lr_scale_low: f32,
}
@group(0) @binding(0) var<uniform> p: Params;

fn all_rows() -> u32 {
  return p.batch * p.rows;
}

// Workgroups of a pass over rows. `scratch` begins with two parts of each: squares of the parameters, and of the directions.
fn row_groups() -> u32 {
  return (all_rows() * LANES + 255u) / 256u;
}

// The two factors of the step.
fn factors_at() -> u32 {
  return 4u * row_groups();
}

// For each matrix the mean of the means of its rows.
fn wholes_at() -> u32 {
  return factors_at() + 2u;
}

// For each matrix, by blocks of HEIGHT rows, the sums of the squares of its columns.
fn column_sums_at() -> u32 {
  return wholes_at() + p.batch;
}

fn column_blocks() -> u32 {
  return (p.rows + HEIGHT - 1u) / HEIGHT;
}
