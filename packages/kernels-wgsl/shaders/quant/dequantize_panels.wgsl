// Panels of integer products widened to rows, a thread an element; four threads share what they read.
//! use grid widened_panels
struct Params {
  y_at: u32,
  stored_at: u32,
  rows: u32,
  columns: u32,
  format: u32,
  row_bytes: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> stored: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups) * 64u + lane;
  if (i >= p.rows * p.columns) {
    return;
  }
  let column = i % p.columns;
  y[p.y_at + i] = panel_weights(p.stored_at / 4u, p.columns, p.row_bytes / 4u, i / p.columns, column & ~3u)[column & 3u];
}
