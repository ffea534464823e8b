// The chosen of each row sorted, best first: blocks of TILE pairs in shared memory. k pairs that one block holds are done then (the constant LAST).
//! use grid top_k_params sort_scratch sort_blocks
fn source_pair(list: u32, i: u32) -> vec2<u32> {
  return vec2<u32>(run_key(list * p.k + i), run_place(list * p.k + i));
}

fn put_pair(list: u32, length: u32, i: u32, key: u32, place: u32) {
  if (LAST == 1u) {
    put_best(list, i, place);
  } else {
    keep_pair(list * length + i, key, place);
  }
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  sort_blocks(flat_group(group, groups), lane, p.rows, p.k);
}
