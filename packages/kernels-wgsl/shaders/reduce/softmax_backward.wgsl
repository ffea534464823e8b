// dx = y (dy − Σ y dy) of rows. 12 bytes an element: the second reading finds the row in a cache.
//! use grid share
struct Params {
  dx_at: u32,
  y_at: u32,
  dy_at: u32,
  rows: u32,
  n: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;
@group(0) @binding(2) var<storage, read> y: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;

alias Total = f32;

fn merge(a: Total, b: Total) -> Total {
  return a + b;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = flat_group(group, groups) * SLOTS + slot_of(thread);
  let begin = row * p.n;
  let end = select(begin, begin + p.n, row < p.rows);
  var sum = 0.0;
  for (var i = begin + lane_of(thread); i < end; i += LANES) {
    sum += y[p.y_at + i] * dy[p.dy_at + i];
  }
  let total = merge_lanes(thread, sum);
  for (var i = begin + lane_of(thread); i < end; i += LANES) {
    dx[p.dx_at + i] = y[p.y_at + i] * (dy[p.dy_at + i] - total);
  }
}
