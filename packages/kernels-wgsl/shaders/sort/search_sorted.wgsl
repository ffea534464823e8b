// Where values belong in sorted rows, by bisection, one thread a value.
//! use grid sort_key
struct Params {
  y_at: u32,
  sorted_at: u32,
  values_at: u32,
  rows: u32,
  n: u32,
  m: u32,
  one_row: u32,
  right: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<storage, read> sorted: array<u32>;
@group(0) @binding(3) var<storage, read> values: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups) * 64u + lane;
  if (i >= p.rows * p.m) {
    return;
  }
  let row = p.sorted_at + select(i / p.m * p.n, 0u, p.one_row != 0u);
  let key = sort_key(values[p.values_at + i], false);
  var low = 0u;
  var high = p.n;
  while (low < high) {
    let middle = (low + high) >> 1u;
    let other = sort_key(sorted[row + middle], false);
    if (other < key || (p.right != 0u && other == key)) {
      low = middle + 1u;
    } else {
      high = middle;
    }
  }
  y[p.y_at + i] = low;
}
