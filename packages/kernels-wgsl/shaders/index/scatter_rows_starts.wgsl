// Where the positions of each row begin among the sorted ones, by bisection, one thread a row; the entry behind the last row is where they all end.
//! use grid scatter_rows_params sort_scratch
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = flat_group(group, groups) * 64u + lane;
  if (row > p.rows) {
    return;
  }
  var low = 0u;
  var high = p.count;
  while (low < high) {
    let middle = (low + high) >> 1u;
    if (run_key(middle) < row) {
      low = middle + 1u;
    } else {
      high = middle;
    }
  }
  scratch[4u * CAPACITY + row] = low;
}
