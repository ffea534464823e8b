// Ends an assignment in a training step: the state takes its new value unless the step was stopped. On the device every element takes four bytes.
//! use grid step_scalars
struct Params {
  state_at: u32,
  value_at: u32,
  scalars_at: u32,
  elements: u32,
  element_bytes: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> state: array<u32>;
@group(0) @binding(2) var<storage, read> value: array<u32>;
@group(0) @binding(3) var<storage, read> scalars: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups) * 64u + lane;
  if (i >= p.elements || stopped()) {
    return;
  }
  state[p.state_at + i] = value[p.value_at + i];
}
