// Fourth pass of adafactor_matrix: the squares of the directions of each workgroup's rows.
//! use adafactor_direction adafactor_matrix grid squares
@group(0) @binding(2) var<storage, read> row_means: array<f32>;
@group(0) @binding(3) var<storage, read> column_means: array<f32>;
@group(0) @binding(5) var<storage, read> gradients: array<f32>;
@group(0) @binding(6) var<storage, read> scalars: array<f32>;
@group(0) @binding(14) var<storage, read_write> scratch: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let item = flat_group(group, groups);
  if (stopped() || item >= row_groups()) {
    return;
  }
  let row = item * (256u / LANES) + lane / LANES;
  var sum = vec2(0.0);
  if (row < all_rows()) {
    let root = row_root(row);
    for (var j = lane % LANES; j < p.columns; j += LANES) {
      sum += square_of(direction(row, root, j));
    }
  }
  sum = group_sum(lane, sum);
  if (lane == 0u) {
    store_part(row_groups() + item, sum);
  }
}
