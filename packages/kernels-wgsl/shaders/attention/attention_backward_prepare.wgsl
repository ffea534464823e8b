// Gathers the small operands of attention_backward in `scratch`, see lib/attention.wgsl.
//! use grid words attention_prepare
const OWN = 7u;
@group(0) @binding(11) var<storage, read> cu_q: array<i32>;
@group(0) @binding(12) var<storage, read> cu_k: array<i32>;
@group(0) @binding(13) var<storage, read> mask: array<u32>;
@group(0) @binding(15) var<storage, read> lengths: array<i32>;
@group(0) @binding(16) var<storage, read> cosines: array<f32>;
@group(0) @binding(17) var<storage, read> sines: array<f32>;
@group(0) @binding(30) var<storage, read_write> scratch: array<u32>;
@group(0) @binding(31) var<storage, read> random_state: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  prepare(flat_group(group, groups) * 64u + lane);
}
