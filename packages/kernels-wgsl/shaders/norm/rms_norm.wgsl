// Rows divided by their root mean square, then scaled.
//! use grid row_norm
struct Params {
  y_at: u32,
  x_at: u32,
  weight_at: u32,
  bias_at: u32,
  rows: u32,
  n: u32,
  has_weight: u32,
  has_bias: u32,
  eps: f32,
  eps_low: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;

const CENTRED = 0;

fn first_element(i: u32) -> f32 {
  return x[p.x_at + i];
}

fn element(i: u32) -> f32 {
  return x[p.x_at + i];
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  normalise_rows(flat_group(group, groups), thread);
}
