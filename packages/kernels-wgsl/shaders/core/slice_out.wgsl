// A value into this turn's slice of a stacked array. SLICE is the number of its elements: the launch counts bytes as the host stores them.
//! use grid
struct Params {
  stack_at: u32,
  value_at: u32,
  turn_at: u32,
  host_bytes: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> stack: array<u32>;
@group(0) @binding(2) var<storage, read> value: array<u32>;
@group(0) @binding(3) var<storage, read> turn: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups) * 64u + lane;
  if (i < SLICE) {
    stack[p.stack_at + turn[p.turn_at] * SLICE + i] = value[p.value_at + i];
  }
}
