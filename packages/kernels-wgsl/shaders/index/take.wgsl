// Whole slabs picked by index, (outer, extent, inner) to (outer, indices, inner): one thread an element. An index out of range gives zeros.
//! use grid
struct Params {
  y_at: u32,
  x_at: u32,
  indices_at: u32,
  element_bytes: u32,
  outer: u32,
  extent: u32,
  count: u32,
  inner: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<u32>;
@group(0) @binding(3) var<storage, read> indices: array<u32>;
@group(0) @binding(14) var<storage, read_write> fault: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups) * 64u + lane;
  if (i >= p.outer * p.count * p.inner) {
    return;
  }
  let slab = i / p.inner;
  let o = slab / p.count;
  // As an unsigned number a negative index is beyond any extent.
  let index = indices[p.indices_at + slab - o * p.count];
  var value = 0u;
  if (index < p.extent) {
    value = x[p.x_at + (o * p.extent + index) * p.inner + i - slab * p.inner];
  } else {
    fault[0] = 1u;
  }
  y[p.y_at + i] = value;
}
