// Stable sort of rows, the first pass: blocks of a row in shared memory. A row that one block holds is done then.
//! use grid sort_key sort_outputs sort_blocks
fn source_pair(list: u32, i: u32) -> vec2<u32> {
  return vec2<u32>(sort_key(x[p.x_at + list * p.n + i], p.descending != 0u), i);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  sort_blocks(flat_group(group, groups), lane, p.rows, p.n);
}
