// The last pass of add_batch_norm: the sum normalised, then weight and bias.
//! use add_batch_norm_params grid slab_forward slabs
@group(0) @binding(1) var<storage, read> sum: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(7) var<storage, read> weight: array<f32>;
@group(0) @binding(8) var<storage, read> bias: array<f32>;

fn first_element(at: u32) -> f32 {
  return element(at);
}

fn element(at: u32) -> f32 {
  return sum[p.sum_at + at];
}

fn settle(unit: u32, moments: Moments) {
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  normalise_slabs(flat_group(group, groups), thread);
}
