// Groups of channels of each sample to mean 0 and variance 1, then weight and bias by channel.
//! use grid plain_element slab_forward slabs
struct Params {
  y_at: u32,
  x_at: u32,
  weight_at: u32,
  bias_at: u32,
  units: u32,
  slabs: u32,
  span: u32,
  unit_stride: u32,
  slab_stride: u32,
  groups: u32,
  group_channels: u32,
  channel_step: u32,
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

fn settle(unit: u32, moments: Moments) {
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  normalise_slabs(flat_group(group, groups), thread);
}
