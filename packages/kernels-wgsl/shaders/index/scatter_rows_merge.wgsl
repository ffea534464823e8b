// Positions sorted by the row they name: one round of merges.
//! use grid scatter_rows_params sort_scratch sort_merge
fn put_pair(list: u32, length: u32, i: u32, key: u32, place: u32) {
  keep_pair(i, key, place);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  sort_merge(flat_group(group, groups), lane, 1u, p.count);
}
