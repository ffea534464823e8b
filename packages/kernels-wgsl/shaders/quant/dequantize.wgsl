// Rows of stored weights widened, all of them or those that indices name, a thread an element; four threads share what they read. An index
// out of range gives a row of zeros.
//! use grid stored_weights
struct Params {
  y_at: u32,
  stored_at: u32,
  indices_at: u32,
  picked: u32,
  rows: u32,
  stored_rows: u32,
  columns: u32,
  format: u32,
  row_bytes: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> stored: array<u32>;
@group(0) @binding(3) var<storage, read> indices: array<u32>;
@group(0) @binding(14) var<storage, read_write> fault: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups) * 64u + lane;
  if (i >= p.rows * p.columns) {
    return;
  }
  var row = i / p.columns;
  if (p.picked != 0u) {
    row = indices[p.indices_at + row];
  }
  let column = i % p.columns;
  var value = 0.0;
  // A negative index is a very large number here.
  if (row < p.stored_rows) {
    value = weights_at(p.stored_at + row * p.row_bytes, column & ~3u)[column & 3u];
  } else {
    fault[0] = 1u;
  }
  y[p.y_at + i] = value;
}
