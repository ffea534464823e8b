// lse and delta of each row side by side in `scratch`, for the passes of attention_bias_gradient: see lib/attention_delta.wgsl.
//! use grid words attention_delta
const OWN = 5u;
@group(0) @binding(2) var<storage, read> o: array<f32>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(0) @binding(5) var<storage, read> dlse: array<f32>;
@group(0) @binding(30) var<storage, read_write> scratch: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  save_rows(flat_group(group, groups), lane);
}
