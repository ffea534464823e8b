// The live elements of a bounded tensor, and zeros up to its maximum.
//! use grid
struct Params {
  y_at: u32,
  x_at: u32,
  element_bytes: u32,
  live: u32,
  all: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups) * 64u + lane;
  if (i >= p.all) {
    return;
  }
  var value = 0u;
  if (i < p.live) {
    value = x[p.x_at + i];
  }
  y[p.y_at + i] = value;
}
