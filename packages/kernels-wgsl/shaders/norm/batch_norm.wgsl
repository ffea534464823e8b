// Each channel over the batch to mean 0 and variance 1, then weight and bias; mean and population variance are results, too.
//! use grid slabs
struct Params {
  y_at: u32,
  mean_at: u32,
  variance_at: u32,
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
@group(0) @binding(2) var<storage, read_write> mean: array<f32>;
@group(0) @binding(3) var<storage, read_write> variance: array<f32>;
@group(0) @binding(4) var<storage, read> x: array<f32>;
@group(0) @binding(5) var<storage, read> weight: array<f32>;
@group(0) @binding(6) var<storage, read> bias: array<f32>;

fn first_element(at: u32) -> f32 {
  return element(at);
}

fn element(at: u32) -> f32 {
  return x[p.x_at + at];
}

fn slope(at: u32, channel: u32) -> f32 {
  return 0.0;
}

fn settle(unit: u32, moments: Moments) {
  mean[p.mean_at + unit] = moments.shift + moments.rest;
  variance[p.variance_at + unit] = max(moments.squares, 0.0) / f32(unit_length());
}

// y of one element.
fn write(at: u32, channel: u32, moments: Moments) {
  var value = scaled(at, channel, moments);
  if (p.has_bias != 0u) {
    value += bias[p.bias_at + channel];
  }
  y[p.y_at + at] = value;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  normalise_slabs(flat_group(group, groups), thread);
}
