// Second pass of adafactor_matrix: the sums of squares of each column of each block of HEIGHT rows. Neighbouring threads have neighbouring
// columns.
//! use adafactor_matrix grid
@group(0) @binding(5) var<storage, read> gradients: array<f32>;
@group(0) @binding(6) var<storage, read> scalars: array<f32>;
@group(0) @binding(14) var<storage, read_write> scratch: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let item = flat_group(group, groups) * 64u + lane;
  if (stopped() || item >= p.batch * column_blocks() * p.columns) {
    return;
  }
  let block = item / p.columns;
  let matrix = block / column_blocks();
  let first = (block % column_blocks()) * HEIGHT;
  let scale = step_scalar(GRADIENT_SCALE);
  var at = p.gradients_at + (matrix * p.rows + first) * p.columns + item % p.columns;
  var sum = 0.0;
  for (var i = first; i < min(p.rows, first + HEIGHT); i++) {
    let g = gradients[at] * scale;
    sum += g * g;
    at += p.columns;
  }
  scratch[column_sums_at() + item] = sum;
}
