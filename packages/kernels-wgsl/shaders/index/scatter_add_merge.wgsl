// Positions sorted by the index they name: one round of merges of each line's.
//! use grid words scatter_line sort_scratch sort_merge
fn put_pair(list: u32, length: u32, i: u32, key: u32, place: u32) {
  keep_pair(list * length + i, key, place);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  sort_merge(flat_group(group, groups), lane, line_count(), word(5u));
}
