// x − ln Σ e^x of rows. 8 bytes an element: the second reading finds the row in a cache.
//! use grid log softmax_row
struct Params {
  y_at: u32,
  x_at: u32,
  rows: u32,
  n: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;

fn logit(i: u32) -> f32 {
  return x[p.x_at + i];
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = flat_group(group, groups) * SLOTS + slot_of(thread);
  let begin = row * p.n;
  let end = select(begin, begin + p.n, row < p.rows);
  let row_total = softmax_row(thread, begin, end);
  let log_sum_of_row = log_own(row_total.y);
  for (var i = begin + lane_of(thread); i < end; i += LANES) {
    // Two steps, as their sum may exceed x so far that its digits go.
    y[p.y_at + i] = (logit(i) - row_total.x) - log_sum_of_row;
  }
}
