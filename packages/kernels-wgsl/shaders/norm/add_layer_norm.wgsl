// A residual added, and the sum's rows to mean 0 and variance 1, then weight and bias: 16 bytes an element.
//! use grid row_norm
struct Params {
  sum_at: u32,
  y_at: u32,
  x_at: u32,
  residual_at: u32,
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
@group(0) @binding(1) var<storage, read_write> sum: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read> x: array<f32>;
@group(0) @binding(4) var<storage, read> residual: array<f32>;
@group(0) @binding(5) var<storage, read> weight: array<f32>;
@group(0) @binding(6) var<storage, read> bias: array<f32>;

const CENTRED = 1;

fn first_element(i: u32) -> f32 {
  let total = x[p.x_at + i] + residual[p.residual_at + i];
  sum[p.sum_at + i] = total;
  return total;
}

// Written by the same thread before.
fn element(i: u32) -> f32 {
  return sum[p.sum_at + i];
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  normalise_rows(flat_group(group, groups), thread);
}
