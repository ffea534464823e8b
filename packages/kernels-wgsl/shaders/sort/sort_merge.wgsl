// Stable sort of rows, one round of merges, between the outputs and the spare buffers: each pair is read and written once, 16 bytes in all.
//! use grid sort_outputs sort_merge
fn run_key(at: u32) -> u32 {
  if (TO == 0u) {
    return values[p.values_at + at];
  }
  return spare_keys[p.spare_keys_at + at];
}

fn run_place(at: u32) -> u32 {
  if (TO == 0u) {
    return indices[p.indices_at + at];
  }
  return spare_places[p.spare_places_at + at];
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  sort_merge(flat_group(group, groups), lane, p.rows, p.n);
}
