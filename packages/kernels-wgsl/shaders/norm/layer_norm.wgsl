// Rows to mean 0 and variance 1, then weight and bias.
//! use grid plain_row_norm

const CENTRED = 1;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  normalise_rows(flat_group(group, groups), thread);
}
