// Rows put in the place of others, (indices, inner) into (extent, inner), which holds the old ones: one thread a column, so that of equal indices the last
// counts. An index out of range is left out.
//! use grid
struct Params {
  y_at: u32,
  rows_at: u32,
  indices_at: u32,
  element_bytes: u32,
  extent: u32,
  count: u32,
  inner: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<storage, read> rows: array<u32>;
@group(0) @binding(3) var<storage, read> indices: array<u32>;
@group(0) @binding(14) var<storage, read_write> fault: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let column = flat_group(group, groups) * 64u + lane;
  if (column >= p.inner) {
    return;
  }
  for (var k = 0u; k < p.count; k++) {
    // As an unsigned number a negative index is beyond any extent.
    let index = indices[p.indices_at + k];
    if (index < p.extent) {
      y[p.y_at + index * p.inner + column] = rows[p.rows_at + k * p.inner + column];
    } else {
      fault[0] = 1u;
    }
  }
}
