// A residual added, and of the sum mean and population variance of each channel over the batch. What is more than bindings there are, y, weight and bias,
// is left to add_batch_norm_write.
//! use add_batch_norm_params grid residual_element slabs
@group(0) @binding(1) var<storage, read_write> sum: array<f32>;
@group(0) @binding(3) var<storage, read_write> mean: array<f32>;
@group(0) @binding(4) var<storage, read_write> variance: array<f32>;
@group(0) @binding(5) var<storage, read> x: array<f32>;
@group(0) @binding(6) var<storage, read> residual: array<f32>;
@group(0) @binding(7) var<storage, read> weight: array<f32>;

fn slope(at: u32, channel: u32) -> f32 {
  return 0.0;
}

fn settle(unit: u32, moments: Moments) {
  mean[p.mean_at + unit] = moments.shift + moments.rest;
  variance[p.variance_at + unit] = max(moments.squares, 0.0) / f32(unit_length());
}

fn write(at: u32, channel: u32, moments: Moments) {
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  normalise_slabs(flat_group(group, groups), thread);
}
